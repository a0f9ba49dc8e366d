"""One lane: which part is asked for when, and that each is settled exactly once.

::

    the feed:  GET ════════════════ one GET, never two readers at once ════════╡ close
    a place ──> next_put ──> part 1: ────bytes────┐ answer ......... settle
                               a place ──> next_put ──> part 2: ────bytes──────┐ answer ... settle

A part may start when the last byte of the one before it has been handed on and one of the lane's places is
free; it keeps its place until `settle` has returned. After the last byte of the last part none is taken any
more: a place that no part has goes to another lane, whose GET is asked for while answers are awaited here. A
part that fails ends the lane: one that flows meanwhile goes on to its own end, as its bytes are good, and
none is asked for after it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import anyio

from engine.errors import FerryError
from engine.http import ours
from engine.relay.feed import Feed
from engine.wire import HEAD_DEADLINE, PartFailure, PartPut, PartReceipt, Places

IDLE = 10.0
"""Seconds that a GET may wait for a place; servers close idle ones, so the lane ends instead."""

Send = Callable[[PartPut, float, Callable[[], None]], Awaitable[PartReceipt | PartFailure]]
"""Sends one part until an instant of the loop's clock. Calls back when its last byte is handed on."""


class Lane:
    """The order of events in one lane, whatever carries the bytes.

    `fed` is told when the last byte of the last part is handed on: nobody needs the feed's memory any more.
    """

    def __init__(
        self,
        feed: Feed,
        send: Send,
        settle: Callable[[PartReceipt | PartFailure], Awaitable[None]],
        places: Places,
        fed: Callable[[], Awaitable[None]],
        idle: float = IDLE,
        deadline: float = HEAD_DEADLINE,
    ) -> None:
        self._feed = feed
        self._send = send
        self._settle = settle
        self._places = places
        self._fed = fed
        self._idle = idle
        self._deadline = deadline
        self._failed = False

    async def run(self, next_put: Callable[[], PartPut | None]) -> None:
        """Return when the feed is closed and every part that was asked for is settled.

        Being cancelled closes everything; then what was not settled yet stays unsettled.
        """
        try:
            with ours(self._feed.where):
                async with asyncio.timeout(self._deadline):
                    await self._feed.open()
        except FerryError as error:
            await self._fail(next_put(), error)
        else:
            await self._feed_parts(next_put)
        finally:
            self._feed.close()

    async def _fail(self, put: PartPut | None, error: FerryError) -> None:
        if put is not None:
            await self._settle(PartFailure(put.part.number, 0, error))

    async def _feed_parts(self, next_put: Callable[[], PartPut | None]) -> None:
        async with anyio.create_task_group() as parts:
            begun = False
            while (put := await self._following(next_put)) is not None:
                begun, fed = True, anyio.Event()
                parts.start_soon(self._part, put, fed)
                await fed.wait()
            if begun:
                self._places.end()
            self._feed.close()
            await self._fed()

    async def _part(self, put: PartPut, fed: anyio.Event) -> None:
        """Send one part and settle it."""
        try:
            outcome = await self._send(put, _instant(put.deadline), fed.set)
            self._failed = self._failed or isinstance(outcome, PartFailure)
        finally:
            fed.set()
        await self._settle(outcome)
        self._places.give()

    async def _following(self, next_put: Callable[[], PartPut | None]) -> PartPut | None:
        """Take a place and ask for the next part; none where the lane is at its end, or waited too long."""
        if self._failed or not self._feed.left:
            return None
        with anyio.move_on_after(self._idle) as waiting:
            await self._places.take()
        if waiting.cancelled_caught:
            return None
        put = None if self._failed else next_put()
        if put is None:
            self._places.give()
        return put


def _instant(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds
