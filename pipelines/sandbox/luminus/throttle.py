"""How calls are refused that come too often: by LumiNUS in three ways, by the gateway in four others.

Sources: fluminurs issue 635 and src/conferencing.rs (400 as text and as envelope, the envelope under 200);
Azure's rate-limit-policy.md (429, Retry-After, which its operator may give another name) and quota-policy.md
(403, Retry-After, "Out of call volume quota"). RFC 9110 lets Retry-After be seconds or a date. Not
established and chosen here: the numbers; refused calls do not count, so that whoever waits gets through.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate

from aiohttp import web

from pipelines.sandbox.luminus.answers import answer, gateway

TOO_MANY = "TooManyRequests"
WINDOW = 1.0
QUOTA_SECONDS = 79_271
"""A spent quota comes back after most of a day."""


@dataclass(slots=True)
class Throttle:
    """Counts all calls. `rate` in calls a second and `quota` in calls; 0 is no limit."""

    rate: int
    quota: int
    clock: Callable[[], float] = time.time
    _calls: deque[float] = field(default_factory=deque)
    _counted: int = 0
    _refused: int = 0
    _spent_at: float | None = None

    def refusal(self) -> web.Response | None:
        """Count a call, or return the answer that refuses it."""
        now = self.clock()
        left = self._until_quota(now)
        if left > 0:
            return _out_of_quota(math.ceil(left))
        while self._calls and self._calls[0] <= now - WINDOW:
            self._calls.popleft()
        if self.rate and len(self._calls) >= self.rate:
            return self._too_fast(now, self._calls[0] + WINDOW - now)
        self._calls.append(now)
        self._counted += 1
        return None

    def _until_quota(self, now: float) -> float:
        """Seconds until a spent quota is there again; what was counted is forgotten then."""
        if not self.quota or self._counted < self.quota:
            return 0.0
        self._spent_at = now if self._spent_at is None else self._spent_at
        left = self._spent_at + QUOTA_SECONDS - now
        if left <= 0:
            self._counted, self._spent_at = 0, None
        return left

    def _too_fast(self, now: float, wait: float) -> web.Response:
        self._refused += 1
        return REFUSALS[(self._refused - 1) % len(REFUSALS)](now, max(1, math.ceil(wait)))


def _text(_now: float, _wait: int) -> web.Response:
    return web.Response(status=400, text=TOO_MANY)


def _fail(status: int) -> Callable[[float, int], web.Response]:
    def answered(_now: float, _wait: int) -> web.Response:
        return answer({"code": 400, "status": "fail", "message": TOO_MANY}, status)

    return answered


def _by_seconds(_now: float, wait: int) -> web.Response:
    return _rate_exceeded(wait, {"Retry-After": str(wait)})


def _by_date(now: float, wait: int) -> web.Response:
    return _rate_exceeded(wait, {"Retry-After": formatdate(math.ceil(now) + wait, usegmt=True)})


def _by_text_alone(_now: float, wait: int) -> web.Response:
    return _rate_exceeded(wait, {})


def _rate_exceeded(wait: int, headers: Mapping[str, str]) -> web.Response:
    return gateway(429, f"Rate limit is exceeded. Try again in {wait} seconds.", headers)


def _quota_for_now(_now: float, wait: int) -> web.Response:
    return _out_of_quota(wait)


def _out_of_quota(wait: int) -> web.Response:
    minutes, seconds = divmod(wait, 60)
    hours, minutes = divmod(minutes, 60)
    told = f"{hours:02}:{minutes:02}:{seconds:02}"
    return gateway(
        403,
        f"Out of call volume quota. Quota will be replenished in {told}.",
        {"Retry-After": str(wait)},
    )


REFUSALS: tuple[Callable[[float, int], web.Response], ...] = (
    _text, _fail(400), _fail(200), _by_seconds, _by_date, _by_text_alone, _quota_for_now,
)  # fmt: skip
"""The answers to calls that come too fast, in turn."""
