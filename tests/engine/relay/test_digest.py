"""What holds of checksums that are worked out while bytes flow."""

import asyncio
import hashlib
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.relay.digest import LITTLE, Digest, Md5

BLOCK = LITTLE + 1
"""Bytes of the smallest block that goes to a thread."""


PIECES = st.builds(bytes.__mul__, st.binary(min_size=1, max_size=400), st.sampled_from([1, 99]))


@settings(max_examples=50, deadline=None)
@given(st.lists(PIECES, max_size=20), st.integers(1, 3 * LITTLE))
def test_checksums_are_those_of_the_whole(pieces: list[bytes], block: int) -> None:
    """However the bytes are cut and gathered, on the loop and in threads, CRC-32 and MD5 are those of all."""

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
        md5 = Md5(threads, BLOCK, spent.append)
        await md5.add(memoryview(bytes(BLOCK)))
        await md5.add(memoryview(bytes(BLOCK - 1)))
        waiting = asyncio.ensure_future(md5.add(memoryview(bytes(1))))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        gate.set()
        await waiting
        assert await md5.hexdigest() == hashlib.md5(bytes(2 * BLOCK)).hexdigest()
    assert len(spent) == 2


async def test_a_little_wakes_no_thread() -> None:
    """What is hashed in no time is hashed on the loop, after the block before it, and told as well."""
    spent: list[float] = []
    with ThreadPoolExecutor(1) as threads:
        md5 = Md5(threads, 1, spent.append)
        await md5.add(memoryview(bytes(BLOCK)))
        await md5.add(memoryview(b"1"))
        assert len(spent) == 2
        assert await md5.hexdigest() == hashlib.md5(bytes(BLOCK) + b"1").hexdigest()
