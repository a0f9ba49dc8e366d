"""A relay of real lanes and real windows whose sources and targets are in memory."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from engine.errors import FerryError
from engine.limits import Windows
from engine.relay.lane import Lane
from engine.relay.window import WindowMemory
from engine.wire import BytesGet, PartFailure, PartPut, PartReceipt, Places, RangedGet
from fakes.memory_bodies import MemoryBody
from fakes.memory_relay import Flow, NextPut, Settle, Store, by
from fakes.memory_site import MemoryFiles


class LaneRelay:
    """What the relay on protocols does, without the sockets: two windows a lane, then its parts in order.

    `most` is the most windows that were ever leased at once.
    """

    def __init__(self, files: MemoryFiles, store: Store, windows: Windows) -> None:
        self.most = 0
        self._files = files
        self._store = store
        self._windows = windows
        self._memory = WindowMemory(windows)

    @property
    def mapped(self) -> int:
        """How many windows there are, free ones among them, when none is leased."""
        return len(self._memory._free)

    async def lane(
        self, get: RangedGet | BytesGet, next_put: NextPut, settle: Settle, *, places: Places
    ) -> None:
        """Carry one lane."""
        async with AsyncExitStack() as memory:
            await memory.enter_async_context(self._memory.pair())
            self.most = max(self.most, self._windows.statistics().leased)
            feed = MemoryBody(self._files, get)

            async def send(
                put: PartPut, ends_at: float, fed: Callable[[], None]
            ) -> PartReceipt | PartFailure:
                flow = Flow(put, self._store.put(put.request), ends_at)

                async def pump() -> None:
                    while (left := put.part.span.length - flow.handed) > 0:
                        await flow.write(bytes(await feed.take(left)))

                try:
                    await by(ends_at, pump())
                    fed()
                    return await by(ends_at, flow.receipt())
                except FerryError as error:
                    return PartFailure(put.part.number, flow.handed, error)

            lane = Lane(feed, send, settle, places, memory.aclose, deadline=get.deadline)
            await lane.run(next_put)
