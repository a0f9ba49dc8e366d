"""Places of a lane that nobody else could have."""

import anyio


class Abreast:
    """What `engine.wire.Places` promises: so many parts at once. `ended` tells that no more are begun."""

    def __init__(self, count: int = 2) -> None:
        self._free = anyio.Semaphore(count)
        self.ended = False

    async def take(self) -> None:
        """Wait for a free one."""
        await self._free.acquire()

    def give(self) -> None:
        """Take one back."""
        self._free.release()

    def end(self) -> None:
        """Take note of it."""
        self.ended = True
