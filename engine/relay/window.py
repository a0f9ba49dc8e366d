"""Windows that hold bytes: memory that lanes borrow in pairs, and that goes from one lane to the next."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from mmap import mmap

from engine.limits import Windows


class Window:
    """Memory that is filled at one end and taken from at the other: `start` to `end` is still to be taken.

    It is mapped, so that what is never filled is never real.
    """

    __slots__ = ("_memory", "end", "size", "start")

    def __init__(self, size: int) -> None:
        self._memory = memoryview(mmap(-1, size))
        self.size = size
        self.start = 0
        self.end = 0

    @property
    def held(self) -> int:
        """How many bytes can be taken."""
        return self.end - self.start

    @property
    def full(self) -> bool:
        """Whether nothing more can be filled in before it is emptied."""
        return self.end == self.size

    def room(self, most: int) -> memoryview:
        """Return where the next bytes may be filled in."""
        return self._memory[self.end : self.end + most]

    def take(self, most: int) -> memoryview:
        """Return the next bytes."""
        piece = self._memory[self.start : min(self.start + most, self.end)]
        self.start += len(piece)
        return piece

    def empty(self) -> None:
        """Begin anew; what was taken is no longer looked at by anybody."""
        self.start = self.end = 0


class WindowMemory:
    """The memory of all lanes, within the count that `Windows` bounds."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._free: list[Window] = []

    @asynccontextmanager
    async def pair(self) -> AsyncIterator[tuple[Window, Window]]:
        """Wait for two windows, and lend them for the block."""
        async with self._windows.lease(2):
            one, two = self._empty(), self._empty()
            try:
                yield one, two
            finally:
                self._free += (one, two)

    def _empty(self) -> Window:
        window = self._free.pop() if self._free else Window(self._windows.size)
        window.empty()
        return window
