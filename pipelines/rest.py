"""Calls to one service's REST API: its pace, its retries, and one deadline a call.

The retry stands outside: a call that waits for its next try holds no turn and no connection.
"""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import anyio
import orjson

from engine import (
    Answer,
    Breaker,
    Clocks,
    FerryError,
    Http,
    Observer,
    Pace,
    RetryPolicy,
    ServerFault,
    Throttled,
    TimedOut,
    Transient,
    Unreachable,
    Untrusted,
    host_of,
    passing_fault,
    retry_after,
    retrying,
    silence,
)

Headers = Callable[[], Awaitable[Mapping[str, str]]]
"""Asked before every try: credentials may have changed meanwhile."""


async def no_headers() -> Mapping[str, str]:
    """Give none."""
    return {}


def path_of(*segments: str) -> str:
    """Join segments to a path, each quoted whole: an Opencast identifier is not always a UUID."""
    return "/" + "/".join(quote(segment, safe="") for segment in segments)


def judge(answer: Answer, where: str, now: float) -> None:
    """Raise Throttled or ServerFault where the same call may succeed later; other statuses pass."""
    wait = retry_after(answer.headers.get("Retry-After"), now)
    fault = passing_fault(answer.status, wait, where)
    if fault is not None:
        raise fault


Judge = Callable[[Answer, str, float], None]
"""Told an answer, where it came from and the time in epoch seconds; raises where to call again."""


class Rest:
    """One service's API below `base` (scheme, host and perhaps a path, without a slash at its end).

    `paced_as` is the one endpoint that all calls count as, for a service whose limit is for all of them;
    `service` is its name for people, which errors tell where nobody answers.
    """

    def __init__(
        self,
        http: Http,
        base: str,
        *,
        service: str = "",
        pace: Pace | None = None,
        paced_as: str | None = None,
        judge: Judge = judge,
        policy: RetryPolicy | None = None,
        headers: Headers = no_headers,
        observer: Observer = silence,
        breaker: Breaker | None = None,
        clocks: Clocks | None = None,
        deadline: float = 60.0,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.base = base.rstrip("/")
        self.where = host_of(base)
        self._http = http
        self._service = service
        self._pace = pace
        self._paced_as = paced_as
        self._judge = judge
        self._policy = policy or RetryPolicy()
        self._headers = headers
        self._observer = observer
        self._breaker = breaker
        self._clocks = clocks or Clocks()
        self._deadline = deadline
        self._sleep = sleep
        self._clock = clock
        self._chance = chance

    async def call(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        policy: RetryPolicy | None = None,
        judge: Judge | None = None,
        unheard: Callable[[], None] | None = None,
    ) -> Answer:
        """Call until an answer comes that is not a passing fault; return it whatever else its status is.

        `path` is quoted already; `endpoint` names the call for its pace ("GET sessionUpload/{id}"); a `body`
        goes out as it is, with its Content-Type among the `headers`; `policy` and `judge` take the place of
        the service's; `unheard` is called for each try that brought no whole answer, though it may have been
        done. Raises the last Transient error where the policy gives up, or a Final one. While the host rests,
        calls wait before they take a turn.
        """
        url = self.base + path + ("?" + urlencode(query, quote_via=quote, safe=":,/") if query else "")
        content, kind = (body, {}) if body is not None else encode(json, form)
        paced = self._paced_as or endpoint
        judge_it = judge or self._judge

        async def once() -> Answer:
            if self._pace is not None:
                await self._pace.turn(paced)
            sent = {**kind, **await self._headers(), **(headers or {})}
            try:
                answer = await self._http.call(
                    method, url, headers=sent, body=content, deadline=self._deadline
                )
            except (Transient, Untrusted) as error:
                if unheard is not None and isinstance(error, Transient):
                    unheard()
                raise unreached(error, self._service) from error
            self._clocks.note(self.where, answer.headers.get("Date"))
            try:
                judge_it(answer, f"{self.where} {endpoint}", time.time())
            except Throttled as error:
                if self._pace is not None:
                    self._pace.hold(paced, error.retry_after or 1.0)
                raise
            return answer

        return await retrying(
            once,
            policy=policy or self._policy,
            sleep=self._sleep,
            clock=self._clock,
            chance=self._chance,
            note=self._observer,
            breaker=self._breaker,
            host=self.where,
        )


def unreached(error: Transient | Untrusted, service: str) -> FerryError:
    """Return an error with the name of the service that was not reached, and the setting that leads there.

    Any other error is returned as it is; so is each where the service has no name. The host stays `where`.
    """
    if not service or not isinstance(error, Unreachable | TimedOut | Untrusted):
        return error
    usual = f"check {service.lower()}.url and the network of this machine, and say the same again"
    what = f"{service} cannot be reached: {error.what}"
    return type(error)(what, where=error.where, advice=error.advice or usual)


def encode(json: Any, form: Mapping[str, str] | None) -> tuple[bytes | None, Mapping[str, str]]:
    """Return a call's body and its Content-Type header."""
    if json is not None:
        return orjson.dumps(json), {"Content-Type": "application/json; charset=utf-8"}
    if form is not None:
        return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return None, {}


def decode(answer: Answer, where: str) -> Any:
    """Return the JSON of an answer; anything else is a ServerFault that says what came instead."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        kind = answer.headers.get("Content-Type", "nothing").split(";")[0]
        raise ServerFault(f"answers {kind} where JSON was expected", where=where) from error
