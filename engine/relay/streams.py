"""The relay on aiohttp's streams.

::

              paused while nobody takes            paused while the target does not read
    GET ──> StreamReader ──take()──> PartBody ──write()──> PUT on connection A ──> answer ──> judge
              (window)               crc, md5                                    (early? then the part failed)

A lane holds two windows: what lies unread of the GET, and what is being hashed or written.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import AsyncExitStack

import aiohttp
import anyio
from aiohttp.abc import AbstractStreamWriter

from engine.errors import FerryError, ServerFault, TimedOut
from engine.http import Http, host_of, ours, start_of_body, whole_body
from engine.limits import Windows
from engine.parts import KIB
from engine.relay.digest import Digest
from engine.relay.feed import BytesFeed, Feed, StreamFeed
from engine.relay.heads import LARGEST_ANSWER
from engine.relay.lane import IDLE, Lane
from engine.relay.part_flow import EARLY_LIMIT
from engine.wire import BytesGet, Head, PartFailure, PartPut, PartReceipt, Places, RangedGet

SHARE = 16
"""What is read or hashed at once is this share of a window: aiohttp, TLS and the socket hold copies of it."""

LARGEST_PIECE = 128 * KIB
"""Bytes handed to a connection at once; TLS keeps buffers as large as the largest piece it was given."""


class StreamRelay:
    """Lanes over aiohttp: what `engine.wire.Relay` promises."""

    def __init__(
        self,
        http: Http,
        hashing: Executor,
        windows: Windows,
        flowed: Callable[[int], None],
        spent: Callable[[float], None],
        idle: float = IDLE,
    ) -> None:
        self._http = http
        self._hashing = hashing
        self._windows = windows
        self._flowed = flowed
        self._spent = spent
        self._idle = idle

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
            await memory.enter_async_context(self._windows.lease(2))
            feed = self._feed(get)

            async def send(
                put: PartPut, ends_at: float, fed: Callable[[], None]
            ) -> PartReceipt | PartFailure:
                return await self._send(put, feed, ends_at, fed)

            lane = Lane(feed, send, settle, places, memory.aclose, self._idle, get.deadline)
            await lane.run(next_put)

    def _feed(self, get: RangedGet | BytesGet) -> Feed:
        if isinstance(get, BytesGet):
            return BytesFeed(get)
        return StreamFeed(self._http, get, self._windows.size // SHARE)

    async def _send(
        self, put: PartPut, feed: Feed, ends_at: float, fed: Callable[[], None]
    ) -> PartReceipt | PartFailure:
        """Send one part, whatever becomes of it."""
        threads = self._hashing if put.hashed or put.file else None
        digest = Digest(threads, self._windows.size // SHARE, self._spent, put.file)
        body = PartBody(feed, put.part.span.length, digest, self._flowed, fed)
        try:
            with ours(host_of(put.request.url)):
                async with asyncio.timeout_at(ends_at):
                    etag = await self._answer(put, body)
                    md5 = await digest.md5()
        except FerryError as error:
            return PartFailure(put.part.number, body.handed, body.cause(error))
        finally:
            body.abandon()
        return PartReceipt(put.part.number, body.handed, digest.crc32, md5, etag)

    async def _answer(self, put: PartPut, body: "PartBody") -> str:
        """Send the PUT and return the ETag of its answer. An answer before the last byte never counts."""
        async with self._http.answer(put.request, body=body) as response:
            early = not body.whole
            if early:
                body.stop()
                content = await _explained(response)
            elif response.status >= 300:
                content = await start_of_body(response, LARGEST_ANSWER)
            else:
                content = await whole_body(response, LARGEST_ANSWER)
            etag = put.judge(Head(response.status, response.headers), content)
        if early:
            said = f"answers HTTP {response.status} before it has the whole part"
            raise ServerFault(said, where=host_of(put.request.url))
        return etag


async def _explained(response: aiohttp.ClientResponse) -> bytes:
    with anyio.move_on_after(EARLY_LIMIT):
        return await start_of_body(response, LARGEST_ANSWER)
    return b""


class PartBody(aiohttp.Payload):
    """The body of one PUT: pulled from the feed while the connection takes it, counted and summed.

    aiohttp drives it in a task of its own, which ends with the request. A body that was begun is never sent
    a second time.
    """

    _autoclose = True

    def __init__(
        self, feed: Feed, length: int, digest: Digest, flowed: Callable[[int], None], fed: Callable[[], None]
    ) -> None:
        super().__init__(None)
        self.handed = 0
        self._size = self._length = length
        self._feed = feed
        self._digest = digest
        self._flowed = flowed
        self._fed = fed
        self._transport: asyncio.WriteTransport | None = None
        self._going_on = asyncio.Event()
        self._going_on.set()
        self._reading = self._through = False
        self._error: FerryError | None = None

    @property
    def whole(self) -> bool:
        """Whether the last byte has been handed to the connection."""
        return self.handed == self._length

    def cause(self, error: FerryError) -> FerryError:
        """Return what the source did, where that is behind the failure of the PUT."""
        if self._error is None and self._reading and isinstance(error, TimedOut):
            return TimedOut("its bytes did not come in time", where=self._feed.where)
        return self._error or error

    def stop(self) -> None:
        """Hand on no more; the request will be closed."""
        self._going_on.clear()

    def abandon(self) -> None:
        """Cut the connection where the body did not get through: a peer that does not read would hold it."""
        if not self._through and self._transport is not None:
            self._transport.abort()

    async def write_with_length(
        self,
        writer: AbstractStreamWriter,
        content_length: int | None,  # noqa: ARG002 - aiohttp's signature; the length is the part's
    ) -> None:
        """Write all of it; called by aiohttp."""
        self._consumed = True
        self._transport = writer.transport
        while not self.whole:
            piece = await self._next()
            if self.handed + len(piece) == self._length:
                await self._digest.flowed()  # before the answer, which ends this task
            await self._going_on.wait()
            self.handed += len(piece)
            self._flowed(len(piece))
            await writer.write(piece)
        self._through = True
        self._fed()

    async def _next(self) -> memoryview:
        self._reading = True
        try:
            piece = await self._feed.take(min(self._length - self.handed, LARGEST_PIECE))
        except FerryError as error:
            self._error = error
            raise
        self._reading = False
        await self._digest.add(piece)
        return piece

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write all of it."""
        await self.write_with_length(writer, None)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002 - the same
        """Refuse: the bytes are not held."""
        raise TypeError("the body of a part cannot be shown")
