"""A place in a stage: an item holds it, gives it up when it goes on, and may come back."""

import anyio


class Place:
    """A place in a stage that is left once, and may be entered again."""

    def __init__(self, semaphore: anyio.Semaphore) -> None:
        self._semaphore = semaphore
        self._held = True

    def leave(self) -> None:
        """Give the place to the next one; does nothing where it was given already."""
        if self._held:
            self._held = False
            self._semaphore.release()

    async def enter(self) -> None:
        """Wait for a place."""
        await self._semaphore.acquire()
        self._held = True
