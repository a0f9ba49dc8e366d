"""A loop whose clock jumps to the next thing to do: hours of waiting take no time, and a deadlock is seen."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Deadlock(BaseException):
    """Everything waits for something else, and no time that passes will change that."""


class JumpingSelector(selectors.SelectSelector):
    """Never sleeps: what the loop would sleep is added to `now`."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        """Return what is ready, or let time pass."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise Deadlock
        if not ready:
            self.now += timeout or 0.0
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock of its own. Nothing may be awaited that comes from a thread or a socket."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._jumping.now


def virtually(work: Coroutine[Any, Any, Result]) -> Result:
    """Run something to its end in virtual time. Raises Deadlock where it has none."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
