"""One part on its way: from the feed through the checksums into a PUT, whose answer may come at any time.

::

    feed.flow() ──piece──> crc ──> connection.write_at_once() ──> ... ──> last byte ──> answer ──> judge
          ^                                   │ written whole: the next piece, without a turn of the loop
          └───────────────────────────────────┘ not yet, or hashed in a thread: wait, then ask for more

An answer before the last byte: the part failed.
"""

from collections.abc import Callable

import anyio

from engine.errors import FerryError, ServerFault, TimedOut
from engine.http import host_of
from engine.relay.connection import Connection
from engine.relay.connections import Connections, origin_of
from engine.relay.digest import Digest
from engine.relay.feed import Feed
from engine.relay.heads import Reply, written
from engine.wire import PartPut

NOTHING = memoryview(b"")

EARLY_LIMIT = 5.0
"""Seconds that an early answer may take to explain itself."""


class PartFlow:
    """Sends one part, once. `handed` bytes were given to the connection so far."""

    def __init__(
        self,
        put: PartPut,
        feed: Feed,
        digest: Digest,
        flowed: Callable[[int], None],
        fed: Callable[[], None],
    ) -> None:
        self.handed = 0
        self._put = put
        self._feed = feed
        self._digest = digest
        self._flowed = flowed
        self._fed = fed
        self._where = host_of(put.request.url)
        self._flow = anyio.CancelScope()
        self._reading = self._early = False
        self._unsent = NOTHING
        self._connection: Connection | None = None

    @property
    def whole(self) -> bool:
        """Whether the last byte has left the connection."""
        if self._connection is None or self._unsent or not self._connection.flushed:
            return False
        return self.handed == self._put.part.span.length

    def cause(self, error: FerryError) -> FerryError:
        """Return what the source did, where that is behind the failure of the PUT."""
        if self._reading and isinstance(error, TimedOut):
            return TimedOut("its bytes did not come in time", where=self._feed.where)
        return error

    async def send(self, connections: Connections) -> str:
        """Send the PUT and return the ETag of its answer. An answer before the last byte never counts."""
        connection = self._connection = await connections.take(origin_of(self._put.request.url))
        request, parser = written(self._put.request)
        reply = Reply(parser, connection.scratch, self._where, self._heard)
        connection.read_into(reply)
        try:
            with self._flow:
                await self._pump(connection, request)
            await self._answer(reply)
        finally:
            if reply.keeps and reply.whole and self.whole and not self._early:
                connections.keep(connection)
            else:
                await connection.cut()
        return self._judged(reply)

    async def _pump(self, connection: Connection, request: bytes) -> None:
        """Hand on every byte; a piece goes back to the feed when it is sent and hashed."""
        await connection.write(memoryview(request))
        while (left := self._put.part.span.length - self.handed) > 0:
            self._reading = True
            if self._digest.at_once:
                await self._feed.flow(left, self._hand)
            else:
                self._unsent = await self._feed.take(left)
            if self._early:
                await anyio.sleep_forever()  # until the cancelling of the flow arrives here
            self._reading = False
            if not self._digest.at_once:
                await self._digest.add(self._unsent)
                self._count(self._unsent)
            await connection.write(self._unsent)
            self._unsent = NOTHING
            await self._digest.done()
        await self._digest.flowed()
        self._fed()

    def _hand(self, piece: memoryview) -> bool:
        """Sum a piece and write as much of it as the kernel takes; after an early answer nothing is sent."""
        if self._connection is None or self._early:
            return False
        self._digest.add_at_once(piece)
        self._count(piece)
        self._unsent = self._connection.write_at_once(piece)
        return not self._unsent and self._connection.flushed

    def _count(self, piece: memoryview) -> None:
        self.handed += len(piece)
        self._flowed(len(piece))

    def _heard(self) -> None:
        """An answer before the last byte, or none at all any more, ends the flow."""
        if not self.whole:
            self._early = True
            self._flow.cancel()

    async def _answer(self, reply: Reply) -> None:
        if not self._early:
            await reply.read_whole()
            return
        with anyio.move_on_after(EARLY_LIMIT):
            await reply.read_whole()

    def _judged(self, reply: Reply) -> str:
        """Return the ETag; an error may be told by as much of its answer as came."""
        if reply.head is None:
            raise reply.ended_with or ServerFault("does not answer", where=self._where)
        status = reply.head.status
        if status < 300 and not self._early and reply.ended_with is not None:
            raise reply.ended_with
        etag = self._put.judge(reply.head, bytes(reply.body))
        if self._early:
            raise ServerFault(f"answers HTTP {status} before it has the whole part", where=self._where)
        return etag
