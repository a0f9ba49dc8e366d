"""Where the bytes of a lane come from: a GET's body as it arrives, or bytes in memory."""

from collections.abc import Callable
from typing import Protocol

import aiohttp

from engine.errors import ShortBody
from engine.http import Http, host_of, ours
from engine.wire import BytesGet, Head, RangedGet

SLICE = 256 * 1024
"""Bytes that one piece of bytes in memory holds at most."""


Hand = Callable[[memoryview], bool]
"""Takes a piece, and tells whether its memory is free again at once; else it is when more is asked for."""


class Feed(Protocol):
    """Bytes in order."""

    @property
    def where(self) -> str:
        """Return the host that they come from."""
        ...

    @property
    def left(self) -> int:
        """Return how many bytes are still to be taken."""
        ...

    async def open(self) -> None:
        """Make ready to be read; raises what the GET's judge says of its head."""
        ...

    async def take(self, most: int) -> memoryview:
        """Return the next bytes, at least one and at most `most`; raises ShortBody where there are none.

        They stay what they are until the next are asked for.
        """
        ...

    async def flow(self, most: int, hand: Hand) -> None:
        """Hand on the next bytes, at least one and at most `most`, until `hand` is not done at once."""
        ...

    def close(self) -> None:
        """Stop at once; nothing is drained."""
        ...


class BytesFeed:
    """Bytes in memory."""

    def __init__(self, get: BytesGet) -> None:
        self.where = "memory"
        self.left = len(get.data)
        self._rest = memoryview(get.data)

    async def open(self) -> None:
        """Nothing is to be opened."""

    async def take(self, most: int) -> memoryview:
        """Return the next bytes."""
        if not self.left:
            raise ShortBody("there are fewer bytes than its parts need", where=self.where)
        piece, self._rest = split(self._rest, min(most, SLICE))
        self.left -= len(piece)
        return piece

    async def flow(self, most: int, hand: Hand) -> None:
        """Hand on one piece."""
        hand(await self.take(most))

    def close(self) -> None:
        """Let go of the bytes."""
        self._rest = memoryview(b"")


class StreamFeed:
    """The body of a GET. At most about two `buffer`s lie unread, then the connection is paused."""

    def __init__(self, http: Http, get: RangedGet, buffer: int) -> None:
        self.where = host_of(get.request.url)
        self.left = get.span.length
        self._http = http
        self._get = get
        self._buffer = buffer
        self._response: aiohttp.ClientResponse | None = None
        self._rest = memoryview(b"")

    async def open(self) -> None:
        """Send the GET and judge its head."""
        self._response = await self._http.begin(self._get.request, buffer=self._buffer)
        self._get.judge(Head(self._response.status, self._response.headers))

    async def take(self, most: int) -> memoryview:
        """Return the next bytes of the body, and with the last of them the certainty that no more follow."""
        if not self._rest:
            self._rest = memoryview(await self._read())
            self._judge_length(len(self._rest))
        piece, self._rest = split(self._rest, most)
        self.left -= len(piece)
        if not self.left and await self._read():
            self._judge_length(1)
        return piece

    async def _read(self) -> bytes:
        if self._response is None:
            raise RuntimeError("the feed was not opened")
        with ours(self.where):
            while True:
                # One piece as it came: joining what lies unread would hold it twice.
                piece, ended = await self._response.content.readchunk()
                if piece or not ended:
                    return piece

    def _judge_length(self, came: int) -> None:
        """End of file says only that a body is short, whether or not its length was declared."""
        if not came:
            raise ShortBody(f"its body ended {self.left} bytes early", where=self.where)
        if came > self.left:
            raise ShortBody("its body goes on after its end", where=self.where)

    async def flow(self, most: int, hand: Hand) -> None:
        """Hand on one piece."""
        hand(await self.take(most))

    def close(self) -> None:
        """Close the connection, unless the body was read to its end and it was given back already."""
        if self._response is not None:
            self._response.close()


def split(data: memoryview, at: int) -> tuple[memoryview, memoryview]:
    """Return what comes before a position and what comes after it; nothing is copied."""
    return data[:at], data[at:]
