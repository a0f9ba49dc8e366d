"""What holds of checksums that are worked out while bytes flow."""

import asyncio
import hashlib
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.relay.digest import Digest, Md5


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=400), max_size=20), st.integers(1, 1000))
def test_checksums_are_those_of_the_whole(pieces: list[bytes], block: int) -> None:
    """However the bytes are cut and gathered, CRC-32 and MD5 are those of all of them in order."""

    async def summed() -> tuple[int, str | None]:
        with ThreadPoolExecutor(2) as threads:
            digest = Digest(threads, block, lambda _: None)
            for piece in pieces:
                await digest.add(memoryview(piece))
            return digest.crc32, await digest.md5()

    data = b"".join(pieces)
    assert asyncio.run(summed()) == (zlib.crc32(data), hashlib.md5(data).hexdigest())


async def test_without_threads_there_is_no_md5() -> None:
    """CRC-32 is always there, MD5 only where it is asked for."""
    digest = Digest(None, 10, lambda _: None)
    await digest.add(memoryview(b"bytes"))
    assert (digest.crc32, await digest.md5()) == (zlib.crc32(b"bytes"), None)


async def test_hashing_holds_back_the_stream_and_holds_no_more_than_two_blocks() -> None:
    """While one block is hashed another may be gathered; then the stream waits. What was hashed is told."""
    gate = threading.Event()
    spent: list[float] = []
    with ThreadPoolExecutor(1) as threads:
        threads.submit(gate.wait)
        md5 = Md5(threads, 100, spent.append)
        await md5.add(memoryview(bytes(100)))
        await md5.add(memoryview(bytes(99)))
        waiting = asyncio.ensure_future(md5.add(memoryview(bytes(1))))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        gate.set()
        await waiting
        assert await md5.hexdigest() == hashlib.md5(bytes(200)).hexdigest()
    assert len(spent) == 3
