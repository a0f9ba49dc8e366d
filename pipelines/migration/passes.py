"""A run as passes: one in each time window, and between two of them the run holds nothing but its checkpoint.

::

    wait for a window ──> pass ──the window's end──> close ──the grace──> drain ──> wait for the next window
                           │
                           └── all items have their ends: the run is done

A pass is all of a run from its plan to its last item, so that what a window's end leaves is taken up as after
a start: from the checkpoint alone, each session upload being asked for its state before anything goes on.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import anyio

from engine import FerryError, Interrupted, Observer, Stopping, silence
from pipelines.config.windows import ALWAYS, TimeWindows
from pipelines.migration.stages import WindowClosed, WindowOpened, WindowShut


class WindowEnded(Stopping):
    """The run was to stop outside its time windows, and is outside of them (exit code 8)."""

    code = "window_ended"


class Pass(Protocol):
    """One pass over all that is not done."""

    async def run(self) -> None:
        """Take every item to its end. Raises Interrupted where some are left, and other Stopping errors."""
        ...

    def close(self) -> None:
        """Begin no further item; those under way may end."""
        ...

    def drain(self) -> None:
        """Begin nothing new at all; parts in flight may end."""
        ...


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a run may go on; `windows` gives what holds now, `grace` is in seconds.

    `stop` tells whether the run ends where a window does, and does not wait for the next one. `nap` is the
    time between two looks at the clock on the wall, which may be put right, or wake from a sleep.
    """

    windows: Callable[[], TimeWindows] = lambda: ALWAYS
    grace: float = 120.0
    stop: bool = False
    nap: float = 1.0
    now: Callable[[], datetime] = _now
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    @property
    def are_open(self) -> bool:
        """Whether a window is open."""
        return self.windows().is_open(self.now())

    @property
    def next_opening(self) -> str:
        """Say when the next window opens."""
        windows = self.windows()
        opening = windows.next_change(self.now())
        return windows.shown(opening) if opening else "never"

    async def until(self, *, are_open: bool) -> None:
        """Return when a window is open, or when none is."""
        while self.are_open != are_open:
            await self.sleep(self.nap)


class Passes:
    """One run. `begin` opens a pass, which is closed before the next one is opened."""

    def __init__(
        self,
        begin: Callable[[], AbstractAsyncContextManager[Pass]],
        hours: Hours,
        observer: Observer = silence,
    ) -> None:
        self._begin = begin
        self._hours = hours
        self._observer = observer
        self._draining = False
        self._closed = False
        self._pass: Pass | None = None
        self._waiting: anyio.CancelScope | None = None

    async def run(self) -> None:
        """Return when every item has its end.

        Raises Interrupted where the run was drained, WindowEnded, and what a pass raises.
        """
        while True:
            await self._opening()
            if await self._whole():
                return

    def drain(self) -> None:
        """Begin nothing new, in no further window."""
        self._draining = True
        if self._waiting is not None:
            self._waiting.cancel()
        if self._pass is not None:
            self._pass.drain()

    async def _opening(self) -> None:
        """Wait for a window."""
        if self._closed or not self._hours.are_open:
            if self._hours.stop:
                raise WindowEnded(
                    f"stopped outside the time windows; the next one opens {self._hours.next_opening}"
                )
            if not self._hours.are_open:
                await self._wait()
        if self._draining:
            raise Interrupted("stopped outside the time windows")

    async def _wait(self) -> None:
        self._observer(WindowShut(self._hours.next_opening))
        with anyio.CancelScope() as self._waiting:
            await self._hours.until(are_open=True)
            self._observer(WindowOpened())
        self._waiting = None

    async def _whole(self) -> bool:
        """Make one pass; tell whether nothing is left."""
        self._closed = False
        failed: list[FerryError] = []
        async with self._begin() as self._pass, anyio.create_task_group() as group:
            group.start_soon(self._end_in_time, self._pass)
            try:
                await self._pass.run()
            except FerryError as error:
                failed.append(error)
            group.cancel_scope.cancel()
        self._pass = None
        if failed and (self._draining or not self._closed or not isinstance(failed[0], Interrupted)):
            raise failed[0]
        return not failed

    async def _end_in_time(self, one: Pass) -> None:
        """End a pass with its window: first what has not begun, after the grace the rest."""
        await self._hours.until(are_open=False)
        self._closed = True
        self._observer(WindowClosed(self._hours.grace))
        one.close()
        await self._hours.sleep(self._hours.grace)
        one.drain()
