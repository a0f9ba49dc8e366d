"""The word that nothing new is to begin, and sleeps that hear it."""

from collections.abc import Awaitable, Callable

import anyio

from engine.errors import Interrupted

Sleep = Callable[[float], Awaitable[None]]


class Drain:
    """One word for a whole run: said once, and never taken back."""

    def __init__(self) -> None:
        self._said = anyio.Event()

    @property
    def begun(self) -> bool:
        """Whether nothing new is to begin."""
        return self._said.is_set()

    def begin(self) -> None:
        """Say it."""
        self._said.set()

    async def rest(self, seconds: float, sleep: Sleep = anyio.sleep) -> None:
        """Sleep, but no longer than until the word is said."""
        async with anyio.create_task_group() as group:

            async def wake() -> None:
                await self._said.wait()
                group.cancel_scope.cancel()

            group.start_soon(wake)
            await sleep(seconds)
            group.cancel_scope.cancel()

    async def before_another_try(self, seconds: float, sleep: Sleep = anyio.sleep) -> None:
        """Sleep before something is tried again; raises Interrupted where it no longer will be."""
        await self.rest(seconds, sleep)
        if self.begun:
            raise Interrupted("stopped while it waited for another try")
