"""One bandwidth that many streams share: every stretch of bytes is given its place on one time line.

A stream that asks often waits behind all who asked before it, so that all of them get the same share, and
nothing has to be locked.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

BURST = 0.05
"""Seconds of bandwidth that may be used at once after a pause."""


@dataclass(slots=True)
class Bandwidth:
    """`rate` in bytes a second, None for no limit; it may be changed while streams wait."""

    rate: float | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _booked: float = field(default=float("-inf"), init=False)

    async def take(self, count: int) -> None:
        """Wait until `count` more bytes may pass; others get their turn even where there is no need to wait.

        That matters: a socket whose peer reads fast never makes its writer wait.
        """
        if self.rate is None:
            await self.sleep(0)
            return
        now = self.clock()
        self._booked = max(self._booked, now - BURST) + count / self.rate
        await self.sleep(max(0.0, self._booked - now))

    def stretch(self, largest: int) -> int:
        """How many bytes to ask for at a time: at most `largest`, fewer where the bandwidth is narrow."""
        return largest if self.rate is None else max(4096, min(largest, int(self.rate / 20)))
