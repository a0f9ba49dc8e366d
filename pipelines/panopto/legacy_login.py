"""The cookie of Panopto's older APIs: one for all callers, got with the access token, renewed by one of them.

Source: Panopto's Swagger (GET /api/v1/auth/legacyLogin), Panopto/python-soap 48bf314. How long a cookie lives
is not told, and this login has a rate of its own: so it is kept until it is refused.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine import Answer, ServerFault
from pipelines.panopto.calls import Calls, is_fine
from pipelines.renewal import Renewal
from pipelines.rest import path_of

LOGIN = path_of("Panopto", "api", "v1", "auth", "legacyLogin")

NAME = ".ASPXAUTH"

NEW = 300.0
"""Seconds in which a cookie is surely good."""


@dataclass(frozen=True, slots=True, eq=False)
class Cookie:
    """The value of the cookie: who has it is signed in. `since` is when it was got."""

    value: str = field(repr=False)
    since: float = 0.0


class LegacyLogin:
    """Hands out the present cookie. Callers that need a new one at the same time share one login for it.

    `clock` is in seconds.
    """

    def __init__(self, calls: Calls, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._clock = clock
        self._renewal = Renewal(self._log_in)

    async def headers(self) -> Mapping[str, str]:
        """Return the authorisation of a call that is made now."""
        return {"Cookie": f"{NAME}={(await self.cookie()).value}"}

    async def cookie(self) -> Cookie:
        """Return the present cookie, or log in for one.

        Raises AccountRefused, Refused where Panopto gives no such cookie, or a Transient error.
        """
        return self._renewal.present or await self.renew(None)

    async def renew(self, refused: Cookie | None) -> Cookie:
        """Return another cookie than `refused`: the present one where it is another, else a new one."""
        return await self._renewal.renew(refused)

    async def _log_in(self) -> Cookie:
        answer = await self._calls.call("GET", LOGIN, endpoint="GET legacyLogin")
        if not is_fine(answer):
            advice = (
                "owner, availability and external id are set there: ask Panopto whether it is open to you"
            )
            raise self._calls.refusal(answer, "gives no cookie for its older API", advice)
        return Cookie(read_cookie(answer, self._calls.where), self._clock())

    def may_have_ended(self, cookie: Cookie) -> bool:
        """Whether a refusal of a right may mean that a cookie has run out: not while it is new."""
        return self._clock() - cookie.since >= NEW


def read_cookie(answer: Answer, where: str) -> str:
    """Return the cookie: the csrf one beside it is for browsers. Raises ServerFault where there is none."""
    values = [found[1] for one in _set_cookies(answer) if (found := _COOKIE.match(one))]
    if not values:
        raise ServerFault("answers a login for its older API without a cookie", where=where)
    return values[-1]


def _set_cookies(answer: Answer) -> list[str]:
    """Return each Set-Cookie header: an answer has several."""
    return [value for name, value in answer.headers.items() if name.lower() == "set-cookie"]


_COOKIE = re.compile(r"\.ASPXAUTH=([!#-+\--:<-\[\]-~]+)")
"""RFC 6265, 4.1.1: a value has no blank, quote, comma, semicolon or backslash. An empty one takes it away."""
