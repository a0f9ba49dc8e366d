"""Who we are at VALT: one access token for all callers, and how far VALT's clock is from ours.

Source: IVS wiki, API_Authentication, and IntelligentVideoSolutions/ivs-valt-python 35f843f, auth.py: the
names in the body are in lower case, whatever the wiki's table prints. How long a token lives is not known.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from engine import AccountRefused, Answer, RetryPolicy, ServerFault
from pipelines.config import SettingsError
from pipelines.renewal import Renewal
from pipelines.rest import Judge, decode, path_of
from pipelines.valt.answers import is_fine, refusal


class Calls(Protocol):
    """The way to make calls of one service (pipelines.rest.Rest is one)."""

    where: str

    async def call(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        policy: RetryPolicy | None = None,
        judge: Judge | None = None,
    ) -> Answer:
        """Call until an answer comes that is not a passing fault."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """An access token. It goes into the query, as VALT wants it, so no address may be shown."""

    value: str = field(repr=False)


class Login:
    """Hands out the present token. Callers that need a new one at the same time share one login for it.

    `skew` is VALT's clock minus ours in seconds, as of the last login; `clock` is in epoch seconds.
    """

    def __init__(
        self, rest: Calls, username: str, password: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.skew = 0.0
        self._rest = rest
        self._username = username
        self._password = password
        self._clock = clock
        self._renewal = Renewal(self._log_in)

    async def token(self) -> Token:
        """Return the present token, or log in for one. Raises AccountRefused or a Transient error."""
        return self._renewal.present or await self.renew(None)

    async def renew(self, refused: Token | None) -> Token:
        """Return another token than `refused`: the present one where it is another, else a new one.

        Those who wait while a login fails share its failure, and an account that was refused is not tried
        again: VALT, or the directory behind it, may lock it.
        """
        return await self._renewal.renew(refused)

    async def _log_in(self) -> Token:
        answer = await self._rest.call(
            "POST",
            path_of("api", "v3", "login"),
            endpoint="POST login",
            json={"username": self._username, "password": self._password},
        )
        token = Token(read_token(answer, self._rest.where))
        self.skew = skew_of(answer.headers.get("Date"), self._clock())
        return token


def read_token(answer: Answer, where: str) -> str:
    """Read the answer to a login. Raises AccountRefused, or SettingsError where there is no such call.

    An answer that makes no sense is a ServerFault. Nothing of what VALT says is shown: it may repeat a
    password.
    """
    if answer.status in {400, 401, 403}:
        raise AccountRefused(
            f"refuses the user name or the password (HTTP {answer.status})",
            where=where,
            advice="check valt.username and its password",
        )
    if answer.status == 404:
        raise SettingsError("has no VALT API v3", where=where, advice="check valt.url")
    if not is_fine(answer):
        raise refusal(Answer(answer.status, answer.headers, b""), "lets nobody log in", where)
    match decode(answer, where):
        case {"data": {"access_token": str(token)}} if token:
            return token
        case _:
            raise ServerFault("answers a login without a token", where=where)


def skew_of(date: str | None, now: float) -> float:
    """Return how many seconds a server's clock, as its Date header tells it, is before ours.

    The header tells whole seconds. 0 where there is none that can be read; `now` is in epoch seconds.
    """
    try:
        moment = parsedate_to_datetime(date or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (TypeError, ValueError, OverflowError):
        return 0.0
