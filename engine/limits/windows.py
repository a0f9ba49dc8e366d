"""The memory that bytes pass through, leased in windows."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from engine.parts import KIB, MIB


def window_size(budget: int, in_flight: int) -> int:
    """Return the bytes of one window: two for each part in flight fit the budget, from 256 KiB to 1 MiB."""
    return min(max(budget // (2 * in_flight), 256 * KIB), MIB)


@dataclass(frozen=True, slots=True)
class WindowStatistics:
    """How many windows of how many bytes there are, how many are leased, and how many callers wait."""

    size: int
    total: int
    leased: int
    waiting: int


@dataclass(eq=False, slots=True)
class _Lease:
    count: int
    granted: bool = False
    ready: anyio.Event = field(default_factory=anyio.Event)


class Windows:
    """The memory that bytes pass through, counted in windows of one size; no bytes are kept here.

    A caller that waits for windows stops reading: that is the backpressure. Ask once for all that is needed:
    who holds some while asking for more may wait for himself.
    """

    def __init__(self, budget: int, in_flight: int) -> None:
        self.size = window_size(budget, in_flight)
        self.total = budget // self.size
        if self.total < 1:
            raise ValueError(f"{budget} bytes hold no window of {self.size}")
        self._free = self.total
        self._queue: deque[_Lease] = deque()

    @asynccontextmanager
    async def lease(self, count: int = 1) -> AsyncIterator[int]:
        """Wait for `count` windows, in the order of asking; tell how many bytes they hold together."""
        if not 1 <= count <= self.total:
            raise ValueError(f"{count} windows of {self.total}")
        lease = _Lease(count)
        self._queue.append(lease)
        self._wake()
        try:
            await lease.ready.wait()
            yield count * self.size
        finally:
            self._end(lease)
            self._wake()

    def statistics(self) -> WindowStatistics:
        """Return how much of the memory is in use."""
        return WindowStatistics(self.size, self.total, self.total - self._free, len(self._queue))

    def _end(self, lease: _Lease) -> None:
        if lease.granted:
            self._free += lease.count
        else:
            self._queue.remove(lease)

    def _assign(self) -> list[_Lease]:
        lucky = []
        while self._queue and self._queue[0].count <= self._free:
            lease = self._queue.popleft()
            lease.granted = True
            self._free -= lease.count
            lucky.append(lease)
        return lucky

    def _wake(self) -> None:
        for lease in self._assign():
            lease.ready.set()
