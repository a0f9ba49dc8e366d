"""One lane: which part is asked for when, and that each is settled exactly once.

::

    next_put ──> part 1: ────bytes────┐ answer ......... settle
                                      └> next_put ──> part 2: ────bytes────┐ answer ... settle
    the feed:    ═══════ one GET, never two readers at once ═══════════════╡ close

A part may start when the last byte of the one before it has been handed on and a place abreast is free; it
keeps its place until `settle` has returned. A part that fails ends the lane: one that flows meanwhile goes on
to its own end, as its bytes are good, and none is asked for after it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import anyio

from engine.errors import FerryError
from engine.http import ours
from engine.relay.feed import Feed
from engine.wire import PartFailure, PartPut, PartReceipt

IDLE = 10.0
"""Seconds that a GET may wait for a place abreast; servers close idle ones, so the lane ends instead."""

Send = Callable[[PartPut, float, Callable[[], None]], Awaitable[PartReceipt | PartFailure]]
"""Sends one part until an instant of the loop's clock. Calls back when its last byte is handed on."""


class Lane:
    """The order of events in one lane, whatever carries the bytes."""

    def __init__(
        self,
        feed: Feed,
        send: Send,
        settle: Callable[[PartReceipt | PartFailure], Awaitable[None]],
        abreast: int,
        idle: float = IDLE,
    ) -> None:
        self._feed = feed
        self._send = send
        self._settle = settle
        self._places = anyio.Semaphore(abreast)
        self._idle = idle
        self._failed = False

    async def run(self, next_put: Callable[[], PartPut | None]) -> None:
        """Return when the feed is closed and every part that was asked for is settled.

        Being cancelled closes everything; then what was not settled yet stays unsettled.
        """
        put = next_put()
        if put is None:
            return
        ends_at = _instant(put.deadline)
        try:
            error = await self._open(ends_at)
            if error is not None:
                await self._settle(PartFailure(put.part.number, 0, error))
                return
            await self._feed_parts(put, ends_at, next_put)
        finally:
            self._feed.close()

    async def _feed_parts(
        self, put: PartPut | None, ends_at: float, next_put: Callable[[], PartPut | None]
    ) -> None:
        async with anyio.create_task_group() as parts:
            await self._places.acquire()
            while put is not None:
                fed = anyio.Event()
                parts.start_soon(self._part, put, ends_at, fed)
                await fed.wait()
                put = await self._following(next_put)
                ends_at = _instant(put.deadline) if put else ends_at
            self._feed.close()

    async def _open(self, ends_at: float) -> FerryError | None:
        """Open the feed within the first part's time."""
        try:
            with ours(self._feed.where):
                async with asyncio.timeout_at(ends_at):
                    await self._feed.open()
        except FerryError as error:
            return error
        return None

    async def _part(self, put: PartPut, ends_at: float, fed: anyio.Event) -> None:
        """Send one part and settle it."""
        try:
            outcome = await self._send(put, ends_at, fed.set)
            self._failed = self._failed or isinstance(outcome, PartFailure)
        finally:
            fed.set()
        await self._settle(outcome)
        self._places.release()

    async def _following(self, next_put: Callable[[], PartPut | None]) -> PartPut | None:
        """Take a place and ask for the next part; none where the lane is at its end, or waited too long."""
        if self._failed or not self._feed.left:
            return None
        with anyio.move_on_after(self._idle) as waiting:
            await self._places.acquire()
        return None if self._failed or waiting.cancelled_caught else next_put()


def _instant(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds
