"""A token that many share and one at a time renews: who waits while that fails shares the failure."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio

from engine import AccountRefused, FerryError

Token = TypeVar("Token")


class Renewal(Generic[Token]):
    """Holds what `request` brought last. An account that was refused is not tried again: it may be locked."""

    def __init__(self, request: Callable[[], Awaitable[Token]]) -> None:
        self.present: Token | None = None
        self._request = request
        self._lock = anyio.Lock()
        self._failure: FerryError | None = None
        self._failures = 0

    async def renew(self, refused: Token | None) -> Token:
        """Return another token than `refused`: the present one where it is another, else a new one.

        Raises what the request raises.
        """
        failures = self._failures
        async with self._lock:
            if self.present is not None and self.present is not refused:
                return self.present
            if self._failure is not None and self._is_shared(self._failure, failures):
                raise self._failure
            try:
                self.present = await self._request()
            except FerryError as error:
                self._failure, self._failures = error, self._failures + 1
                raise
            return self.present

    def _is_shared(self, failure: FerryError, failures: int) -> bool:
        return isinstance(failure, AccountRefused) or self._failures != failures
