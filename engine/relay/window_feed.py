"""The body of a GET, read straight into a lane's two windows.

::

    connection ──recv_into──> [ one ][ two ] ──take()──> piece of the first, good until the next take()
                  ^              │            both full: reading pauses
                  └── at once ───┴──flow()──> hand(piece): written while the cache still holds it

The first window is taken from, even while it is still being filled; when all of it was taken the other one
comes first, if it holds anything. Where the body ends is told by its length alone.
"""

import asyncio
from typing import NoReturn

from engine.errors import ServerFault, ShortBody
from engine.http import host_of, ours
from engine.parts import KIB
from engine.relay.connection import Connection
from engine.relay.connections import Connections, origin_of
from engine.relay.feed import Hand
from engine.relay.heads import Reply, Unspoken, written
from engine.relay.window import Window
from engine.wire import Head, RangedGet

ENOUGH = 512 * KIB
"""Bytes that are handed on at once where as many flow: few enough that the cache still holds them when they
are summed and sent, and so many that Python is asked seldom."""

LULL = 0.1
"""Seconds after which fewer are handed on: a target must not starve."""


class WindowFeed:
    """The body of a GET, in windows; what `engine.relay.feed.Feed` promises."""

    def __init__(self, connections: Connections, get: RangedGet, windows: tuple[Window, Window]) -> None:
        self.where = host_of(get.request.url)
        self.left = get.span.length
        self._get = get
        self._connections = connections
        self._connection: Connection | None = None
        self._scratch = memoryview(b"")
        self._front, self._back = windows
        self._filling = self._front
        self._coming = self.left
        self._wanted = 1
        self._hand: Hand | None = None
        self._lull: asyncio.TimerHandle | None = None
        self._most = 0
        self._news = asyncio.Event()
        self._declared = self._keeps = self._excess = self._ended = self._paused = False
        self._error: Exception | None = None

    async def open(self) -> None:
        """Send the GET, judge its head, and read on into the windows. Raises Unspoken."""
        connection = self._connection = await self._connections.take(origin_of(self._get.request.url))
        request, parser = written(self._get.request)
        reply = Reply(parser, connection.scratch, self.where, connection.pause, bodily=False)
        connection.read_into(reply)
        await connection.write(memoryview(request))
        head = await reply.read_head()
        self._get.judge(head)
        self._judge_form(head)
        self._keeps = reply.keeps
        self._scratch = connection.scratch
        self._pour(reply.rest)
        connection.read_into(self)
        connection.resume()

    def _judge_form(self, head: Head) -> None:
        """Raise where the body is not simply so many bytes, or as many as come until the end."""
        if "Transfer-Encoding" in head.headers:
            raise Unspoken("its answers are chunked", where=self.where)
        length = head.headers.get("Content-Length")
        self._declared = length is not None
        if length is not None and int(length) != self._coming:
            raise ServerFault("declares another length than its range has", where=self.where)

    def _pour(self, rest: bytes) -> None:
        """Put what came along with the head where it belongs."""
        while rest and self._coming:
            room = self.room()
            count = min(len(rest), len(room))
            room[:count] = rest[:count]
            rest = rest[count:]
            self.filled(count)
        self._excess = self._excess or bool(rest)

    def room(self) -> memoryview:
        """Return where the next bytes go; what comes after the last one is only noticed."""
        if not self._coming:
            return self._scratch
        self._filling = self._back if self._front.full else self._front
        if self._filling.full:
            raise ConnectionAbortedError("read while paused")
        return self._filling.room(self._coming)

    def filled(self, count: int) -> None:
        """Take note of bytes in that room."""
        if not self._coming:
            self._excess = True
        else:
            self._filling.end += count
            self._coming -= count
            if self._hand is not None:
                self._hand_on(self._hand, ENOUGH)
        if self._excess or (self._coming and self._front.full and self._back.full):
            self._pause()
        self._tell()

    def ended(self, error: Exception | None) -> None:
        """Take note that no more bytes come."""
        self._ended, self._error = True, error
        self._tell()

    def _pause(self) -> None:
        if self._connection is not None and not self._paused:
            self._paused = True
            self._connection.pause()

    def _tell(self) -> None:
        if self._ready:
            self._news.set()

    @property
    def _ready(self) -> bool:
        if self._ended or not self._coming:
            return True
        return self._hand is None and self._front.held >= self._wanted

    async def take(self, most: int) -> memoryview:
        """Return the next bytes, as many as came of them, and with the last of them the certainty that no
        more follow. What was taken before may be overwritten from now on."""
        front = self._emptied()
        self._wanted = min(most, self.left, front.size - front.start, ENOUGH)
        await self._arrival()
        if not front.held:
            self._short()
        piece = front.take(most)
        self.left -= len(piece)
        if not self.left:
            await self._end_of_body()
        return piece

    async def flow(self, most: int, hand: Hand) -> None:
        """Hand on the next bytes until `most` are handed on or `hand` is not done at once: when there are
        enough of them, and however few after a lull.

        Of a body without a length each piece is waited for: the last one counts when nothing follows it.
        """
        if not self._declared:
            hand(await self.take(most))
            return
        self._hand, self._most = hand, most
        self._lull = asyncio.get_running_loop().call_later(LULL, self._hand_on_any)
        try:
            self._emptied()
            self._hand_on(hand, ENOUGH)
            while self._hand is not None:
                if self._ended or not self._coming:
                    self._short()
                self._news.clear()
                await self._news.wait()
        finally:
            self._hand = None
            self._lull.cancel()

    def _hand_on_any(self) -> None:
        """Hand on however little is held, time and again."""
        self._lull = asyncio.get_running_loop().call_later(LULL, self._hand_on_any)
        if self._hand is not None:
            self._hand_on(self._hand, 1)

    def _hand_on(self, hand: Hand, enough: int) -> None:
        """Hand on what is held where it is enough, for as long as each piece is done with at once."""
        front = self._front
        while front.held >= min(enough, self._most) or (front.held and front.full):
            piece = front.take(self._most)
            self.left -= len(piece)
            self._most -= len(piece)
            if not hand(piece) or not self._most:
                self._hand = None
                self._news.set()
                return
            front = self._emptied()

    def _emptied(self) -> Window:
        """Return the window to take from. One of which all was taken is filled anew, after what the other
        one holds."""
        front = self._front
        if front.end and not front.held:
            front.empty()
            if self._back.held:
                self._front, self._back = self._back, front
            if self._paused and not self._excess and self._connection is not None:
                self._paused = False
                self._connection.resume()
        return self._front

    async def _arrival(self) -> None:
        """Wait for as many bytes as are wanted, or after a lull for any."""
        lull = asyncio.get_running_loop().call_later(LULL, self._settle_for_any)
        try:
            while not self._ready:
                self._news.clear()
                await self._news.wait()
        finally:
            lull.cancel()

    def _settle_for_any(self) -> None:
        self._wanted = 1
        self._tell()

    def _short(self) -> NoReturn:
        with ours(self.where):
            raise self._error or ShortBody(f"its body ended {self.left} bytes early", where=self.where)

    async def _end_of_body(self) -> None:
        """Where no length was declared, wait until nothing follows."""
        while not (self._declared or self._ended or self._excess):
            self._news.clear()
            await self._news.wait()
        if self._excess and not self._declared:
            raise ShortBody("its body goes on after its end", where=self.where)

    def close(self) -> None:
        """Keep the connection where the body came exactly; else cut it, and nothing is drained."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        exact = self._declared and self._keeps and not (self._coming or self._excess or self._ended)
        if exact:
            self._connections.keep(connection)
        else:
            connection.abort()
