"""Runs an asynchronous verb: on uvloop where there is one, until it ends or a signal asks it to."""

import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import anyio

from pipelines.cli.exits import Exit

Result = TypeVar("Result")

GRACE = 20.0
"""Seconds in which parts in flight may end after a first signal."""

_EXITS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}


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
    """Listens for SIGINT and SIGTERM: the first drains; a second, or the end of the grace, stops at once.

    With something to read again it listens for SIGHUP as well, where there is one, and does that.
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
        with anyio.open_signal_receiver(*_EXITS, *self._hang_up()) as received:
            async for number in received:
                if number not in _EXITS and self._read_again is not None:
                    self._read_again()
                    continue
                if self.exit is not None:
                    break
                self.exit = _EXITS[number]
                self._told(f"stopping: parts in flight have {GRACE:.0f} s to end; once more stops at once")
                self._drain()
                scope.deadline = anyio.current_time() + GRACE
        scope.cancel()

    def _hang_up(self) -> list[signal.Signals]:
        if self._read_again is None:
            return []
        return [one for one in signal.Signals if one.name == "SIGHUP"]
