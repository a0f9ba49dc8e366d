"""A loop in virtual time that goes so many rounds and stands still, and may shuffle what is ready."""

import asyncio
from random import Random

from fakes.virtual_time import VirtualLoop

ROUND = 1e-6
"""Seconds that a round takes: where none passed, who waits for a billionth of one would wait for ever."""


class SteppingLoop(VirtualLoop):
    """Goes on by `go` alone. With `chance` the callbacks that are ready are called in any order.

    asyncio calls them in the order in which they became ready; nothing of ours may depend on that.
    """

    def __init__(self, now: float = 1000.0, chance: Random | None = None) -> None:
        super().__init__()
        self._jumping.now = now
        self._chance = chance
        self._left = 0
        self._until = 0.0

    def go(self, work: "asyncio.Future[object]", rounds: int = 1 << 60, until: float = 1e12) -> bool:
        """Go so many rounds, or to that time, or until the work is done; tell whether it is.

        Raises Deadlock where everything waits for something else.
        """
        if work.done():
            return True
        self._left, self._until = rounds, until
        work.add_done_callback(self._stop_with)
        try:
            self.run_forever()
        finally:
            work.remove_done_callback(self._stop_with)
        return work.done()

    def _stop_with(self, work: "asyncio.Future[object]") -> None:
        self.stop()

    def _run_once(self) -> None:
        if self._chance is not None:
            ready = list(self._ready)  # type: ignore[has-type]
            self._chance.shuffle(ready)
            self._ready.clear()
            self._ready.extend(ready)
        super()._run_once()  # type: ignore[misc]
        self._jumping.now += ROUND
        self._left -= 1
        if self._left <= 0 or self.time() >= self._until:
            self.stop()

    def end(self, work: "asyncio.Task[object]") -> None:
        """Cancel the work, and close when it has ended. Raises Deadlock where it does not."""
        self._chance = None
        work.cancel()
        self.go(work)
        if not work.cancelled():
            work.exception()  # nobody is left who could hear of it
        self.close()
