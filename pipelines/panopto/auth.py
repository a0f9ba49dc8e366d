"""Who we are at Panopto: one access token for all callers, renewed in time and by one of them only.

Source: Panopto/panopto-api-python-examples 1024206 (password grant, scope api), uw-restclients-panopto (Basic
client authentication). The password grant needs an API client of the type "User Based Server Application"
and a local Panopto account.
"""

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import AccountRefused, Answer, ServerFault
from pipelines.renewal import Renewal
from pipelines.rest import Rest, decode, path_of

TOKEN = path_of("Panopto", "oauth2", "connect", "token")

LIFETIME = 3600.0
"""Seconds that a token lives where the answer does not say so."""

_REFUSALS = {
    "invalid_client": (
        "does not know the API client, or refuses its secret",
        "check panopto.client_id and panopto.client_secret_file",
    ),
    "invalid_grant": (
        "refuses the user name or the password",
        "check panopto.username and panopto.password_file; it must be a local Panopto account",
    ),
    "unauthorized_client": (
        "does not let this API client sign in by password",
        "make one of the type User Based Server Application and set panopto.client_id",
    ),
}


@dataclass(frozen=True, slots=True)
class Account:
    """An API client and the user in whose name it acts; without a user it acts in its own."""

    client_id: str
    client_secret: str = field(repr=False)
    username: str | None = None
    password: str = field(default="", repr=False)

    @property
    def form(self) -> Mapping[str, str]:
        """The grant, as the token endpoint takes it."""
        if self.username is None:
            return {"grant_type": "client_credentials", "scope": "api"}
        grant = {"grant_type": "password", "scope": "api"}
        return {**grant, "username": self.username, "password": self.password}

    @property
    def basic(self) -> str:
        """The client's own authorisation (RFC 7617)."""
        pair = f"{self.client_id}:{self.client_secret}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; it is to be renewed from `renew_at` on, by the clock of whoever got it."""

    value: str = field(repr=False)
    renew_at: float


def early(lifetime: float) -> float:
    """Return how many seconds before its end a token is renewed."""
    return min(300.0, lifetime / 10)


class Tokens:
    """Hands out the present token. Callers that need a new one at the same time share one request for it.

    `rest` is the server without any authorisation of its own; `clock` is in seconds.
    """

    def __init__(self, rest: Rest, account: Account, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._account = account
        self._clock = clock
        self._renewal = Renewal(self._request)

    async def headers(self) -> Mapping[str, str]:
        """Return the authorisation of a call that is made now."""
        return {"Authorization": f"Bearer {(await self.token()).value}"}

    async def token(self) -> Token:
        """Return the present token, or a new one where it is missing or near its end.

        Raises AccountRefused, or a Transient error.
        """
        present = self._renewal.present
        if present is not None and self._clock() < present.renew_at:
            return present
        return await self.renew(present)

    async def renew(self, refused: Token | None) -> Token:
        """Return another token than `refused`: the present one where it is another, else a new one.

        Those who wait while a request for one fails share its failure, and an account that was refused
        is not tried again: Panopto may lock it.
        """
        return await self._renewal.renew(refused)

    async def _request(self) -> Token:
        begun = self._clock()
        answer = await self._rest.call(
            "POST",
            TOKEN,
            endpoint="POST token",
            form=self._account.form,
            headers={"Authorization": self._account.basic},
        )
        value, lifetime = read_token(answer, self._rest.where)
        return Token(value, begun + lifetime - early(lifetime))


def read_token(answer: Answer, where: str) -> tuple[str, float]:
    """Read the token endpoint's answer: the token, and its life in seconds (RFC 6749, 5.1 and 5.2).

    Raises AccountRefused with what to do about it, or ServerFault where the answer makes no sense.
    """
    if not 200 <= answer.status < 300:
        raise refusal(answer, where)
    json = decode(answer, where)
    if not isinstance(json, Mapping) or not isinstance(json.get("access_token"), str):
        raise ServerFault("answers a request for a token without one", where=where)
    return json["access_token"], _seconds(json.get("expires_in"))


def refusal(answer: Answer, where: str) -> AccountRefused:
    """Return what an answer that is no token means."""
    code = _error_code(answer, where)
    if code in _REFUSALS:
        what, advice = _REFUSALS[code]
        return AccountRefused(what, where=where, advice=advice)
    said = f"HTTP {answer.status}" + (f", {code}" if code else "")
    return AccountRefused(
        f"gives no access token ({said})", where=where, advice="check panopto.url and the API client"
    )


def _error_code(answer: Answer, where: str) -> str:
    try:
        json = decode(answer, where)
    except ServerFault:
        return ""
    code = json.get("error") if isinstance(json, Mapping) else None
    return code[:40] if isinstance(code, str) and code.isascii() and code.isprintable() else ""


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return LIFETIME
    return seconds if 0 < seconds < float("inf") else LIFETIME
