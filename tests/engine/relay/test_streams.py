"""What holds of the relay on aiohttp's streams alone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from aiohttp.abc import AbstractStreamWriter
from fakes.relay_worlds import until

from engine.relay.digest import Digest
from engine.relay.feed import BytesFeed
from engine.relay.streams import PartBody
from engine.wire import BytesGet, PartSum

DATA = bytes(range(256)) * 100


class Written(AbstractStreamWriter):
    """A connection that keeps what it is given."""

    transport = None

    def __init__(self) -> None:
        self.data = b""

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Keep some bytes."""
        self.data += chunk

    async def write_eof(self, chunk: bytes = b"") -> None:
        """Nothing follows."""

    async def drain(self) -> None:
        """Nothing waits."""

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None:
        """Nothing is compressed."""

    def enable_chunking(self) -> None:
        """Nothing is cut."""

    async def write_headers(self, status_line: str, headers: object) -> None:
        """Keep none."""


async def test_a_part_is_not_whole_while_its_last_piece_waits_for_the_sum_of_its_file() -> None:
    """An answer that comes meanwhile is an early one: the target does not have all of the part."""
    begun, go_on = Event(), Event()

    def update(piece: memoryview) -> None:
        begun.set()
        go_on.wait(5)

    writer = Written()
    with ThreadPoolExecutor(1) as threads:
        digest = Digest(threads, len(DATA), float, PartSum(update, int))
        body = PartBody(BytesFeed(BytesGet(DATA)), len(DATA), digest, int, int)
        sending = asyncio.create_task(body.write(writer))
        await until(begun.is_set)
        assert (body.whole, writer.data) == (False, b"")
        go_on.set()
        await sending
    assert (body.whole, writer.data) == (True, DATA)
