"""VALT's login: a name and a password for a token that every other call carries in its query.

Source: IVS wiki, API_Authentication. How long a token lives is not documented: it is a switch, 8 hours by
default, after which the vendor's own client logs in anew. Any number of tokens live side by side.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """A local account of VALT."""

    username: str
    password: str = field(repr=False)

    def opened_by(self, asked: Mapping[str, Any]) -> bool:
        """Whether these credentials are its own; their names are in lower case."""
        return (asked.get("username"), asked.get("password")) == (self.username, self.password)


class Tokens:
    """The tokens of one site. They live `life` seconds of the clock."""

    def __init__(self, life: float, clock: Callable[[], float]) -> None:
        self._life = life
        self._clock = clock
        self._expires: dict[str, float] = {}

    def issue(self) -> str:
        """A new token: 32 hex digits."""
        token = secrets.token_hex(16)
        self._expires[token] = self._clock() + self._life
        return token

    def holds(self, token: str) -> bool:
        """Whether a token is known and still alive."""
        return self._clock() < self._expires.get(token, float("-inf"))
