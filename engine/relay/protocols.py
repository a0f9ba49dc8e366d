"""The relay on asyncio's protocols: bytes go from socket to window to socket, and are no objects in between.

A GET that these protocols do not speak (a chunked body, a user in the address) is read by aiohttp.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import AsyncExitStack

from engine.errors import FerryError
from engine.http import Http, host_of, ours
from engine.limits import Windows
from engine.progress import Observer, RelayFell
from engine.relay.connections import Connections, ConnectionStatistics
from engine.relay.digest import Digest
from engine.relay.feed import BytesFeed, Feed, Hand, StreamFeed
from engine.relay.heads import Unspoken
from engine.relay.lane import IDLE, Lane
from engine.relay.part_flow import PartFlow
from engine.relay.streams import SHARE
from engine.relay.window import Window, WindowMemory
from engine.relay.window_feed import WindowFeed
from engine.wire import BytesGet, PartFailure, PartPut, PartReceipt, Places, RangedGet


class ProtocolRelay:
    """Lanes over protocols: what `engine.wire.Relay` promises. `http` reads what they cannot."""

    def __init__(
        self,
        connections: Connections,
        http: Http,
        hashing: Executor,
        windows: Windows,
        flowed: Callable[[int], None],
        spent: Callable[[float], None],
        observer: Observer,
        idle: float = IDLE,
    ) -> None:
        self._connections = connections
        self._http = http
        self._hashing = hashing
        self._memory = WindowMemory(windows)
        self._piece = windows.size // SHARE
        self._flowed = flowed
        self._spent = spent
        self._observer = observer
        self._idle = idle
        self._unspoken: set[str] = set()

    def statistics(self) -> ConnectionStatistics:
        """Return how many connections there are."""
        return self._connections.statistics()

    async def lane(
        self,
        get: RangedGet | BytesGet,
        next_put: Callable[[], PartPut | None],
        settle: Callable[[PartReceipt | PartFailure], Awaitable[None]],
        *,
        places: Places,
    ) -> None:
        """Feed the body of `get` to the parts that `next_put` hands out; see `engine.wire.Relay`.

        Waiting for windows comes first and counts against no deadline; they are free again when the last byte
        is handed on, however long its answer takes. Where a part fails, the one that flows meanwhile is let
        finish. Being cancelled closes every connection of the lane.
        """
        async with AsyncExitStack() as memory:
            windows = await memory.enter_async_context(self._memory.pair())
            feed = self._feed(get, windows)

            async def send(
                put: PartPut, ends_at: float, fed: Callable[[], None]
            ) -> PartReceipt | PartFailure:
                return await self._send(put, feed, ends_at, fed)

            lane = Lane(feed, send, settle, places, memory.aclose, self._idle, get.deadline)
            await lane.run(next_put)

    async def _send(
        self, put: PartPut, feed: Feed, ends_at: float, fed: Callable[[], None]
    ) -> PartReceipt | PartFailure:
        """Send one part, whatever becomes of it."""
        threads = self._hashing if put.hashed or put.file else None
        digest = Digest(threads, 1, self._spent, put.file)
        flow = PartFlow(put, feed, digest, self._flowed, fed)
        try:
            with ours(host_of(put.request.url)):
                async with asyncio.timeout_at(ends_at):
                    etag = await flow.send(self._connections)
                    md5 = await digest.md5()
        except FerryError as error:
            return PartFailure(put.part.number, flow.handed, flow.cause(error))
        return PartReceipt(put.part.number, flow.handed, digest.crc32, md5, etag)

    def _feed(self, get: RangedGet | BytesGet, windows: tuple[Window, Window]) -> Feed:
        if isinstance(get, BytesGet):
            return BytesFeed(get)
        host = host_of(get.request.url)
        streams = StreamFeed(self._http, get, self._piece)
        if host in self._unspoken:
            return streams

        def fall(reason: str) -> Feed:
            self._unspoken.add(host)
            self._observer(RelayFell(host, reason))
            return streams

        return FallingFeed(WindowFeed(self._connections, get, windows), fall)


class FallingFeed:
    """A feed that may turn out to be unspoken when it is opened, and is another one from then on."""

    def __init__(self, feed: Feed, fall: Callable[[str], Feed]) -> None:
        self._feed = feed
        self._fall = fall

    @property
    def where(self) -> str:
        """Return the host that the bytes come from."""
        return self._feed.where

    @property
    def left(self) -> int:
        """Return how many bytes are still to be taken."""
        return self._feed.left

    async def open(self) -> None:
        """Send the GET, and judge its head."""
        try:
            await self._feed.open()
        except Unspoken as unspoken:
            self._feed.close()
            self._feed = self._fall(unspoken.what)
            await self._feed.open()

    async def take(self, most: int) -> memoryview:
        """Return the next bytes."""
        return await self._feed.take(most)

    async def flow(self, most: int, hand: Hand) -> None:
        """Hand on the next bytes."""
        await self._feed.flow(most, hand)

    def close(self) -> None:
        """Stop at once."""
        self._feed.close()
