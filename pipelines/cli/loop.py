"""Runs an asynchronous verb: on uvloop where there is one, until it ends or a signal asks it to."""

import gc
import os
import signal
import stat
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import anyio

from pipelines.cli.exits import Exit

Result = TypeVar("Result")

GRACE = 20.0
"""Seconds in which parts in flight may end after a first signal."""

HANG_UP = next((one for one in signal.Signals if one.name == "SIGHUP"), None)
"""The signal that a terminal is gone, where the system has one."""

_EXITS = {
    signal.SIGINT: Exit.INTERRUPTED,
    signal.SIGTERM: Exit.TERMINATED,
    **({} if HANG_UP is None else {HANG_UP: Exit.TERMINATED}),
}


def run(main: Callable[[], Awaitable[Result]]) -> Result:
    """Run to the end and return what it returns. An exit out of a task is an exit, and no group of them.

    What has been loaded by now stays to the end, so the garbage collector need not look through it again and
    again: that was a tenth of the CPU of a short run.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    try:
        return anyio.run(main, backend_options={"use_uvloop": sys.platform != "win32"})
    except BaseExceptionGroup as group:
        exits = list(leaves(group, SystemExit))
        if not exits:
            raise
        raise exits[0] from None


def leaves(group: BaseExceptionGroup[BaseException], kind: type[BaseException]) -> Iterator[BaseException]:
    """Yield the exceptions of a kind that a group holds, however deep."""
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from leaves(one, kind)
        elif isinstance(one, kind):
            yield one


class Signals:
    """Listens for SIGINT, SIGTERM and SIGHUP: the first drains; a second, or the end of the grace, stops.

    With something to read again, that is what SIGHUP does. Where it is ignored, as under nohup, it stays so.
    """

    def __init__(
        self,
        drain: Callable[[], None],
        told: Callable[[str], None],
        read_again: Callable[[], None] | None = None,
    ) -> None:
        self.exit: Exit | None = None
        self._read_again = read_again
        self._drain = drain
        self._told = told

    async def guard(self, main: Callable[[], Awaitable[None]]) -> None:
        """Await `main`, which is cancelled where a signal says so; `exit` tells whether one came."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen, group.cancel_scope)
            await main()
            group.cancel_scope.cancel()

    async def _listen(self, scope: anyio.CancelScope) -> None:
        with anyio.open_signal_receiver(*self._heard()) as received:
            async for number in received:
                if number is HANG_UP:
                    let_go_of_lost_terminals()
                    if self._read_again is not None:
                        self._read_again()
                        continue
                if self.exit is not None:
                    break
                self.exit = _EXITS[number]
                self._told(f"stopping: parts in flight have {GRACE:.0f} s to end; once more stops at once")
                self._drain()
                scope.deadline = anyio.current_time() + GRACE
        scope.cancel()

    def _heard(self) -> list[signal.Signals]:
        """Return what is listened for: SIGHUP unless it is ignored and means nothing more."""
        ignored = HANG_UP is not None and signal.getsignal(HANG_UP) is signal.SIG_IGN
        return [one for one in _EXITS if one is not HANG_UP or self._read_again is not None or not ignored]


def let_go_of_lost_terminals(descriptors: Sequence[int] = (1, 2)) -> None:
    """Have what is written to a terminal that is gone go nowhere: each write would fail, and end the run."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for descriptor in descriptors:
            if stat.S_ISCHR(os.fstat(descriptor).st_mode) and not os.isatty(descriptor):
                os.dup2(nowhere, descriptor)
    finally:
        os.close(nowhere)
