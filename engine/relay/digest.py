"""The checksums of a part as it flows: CRC-32 on the loop, MD5 in order in threads of its own.

Where the whole file is summed as well, one thread does both over the same bytes while its cache holds them.
MD5 costs more than everything else together and lets go of the interpreter lock, so it runs beside the loop
on large blocks: one being hashed while the next is gathered, never more. A little is hashed on the loop. The
loop's default threads stay free for names and the checkpoint. Only the loop changes what others see; a thread
touches its block and its hash.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Executor

from engine.integrity import crc32
from engine.parts import KIB
from engine.wire import PartSum

LITTLE = 16 * KIB
"""Bytes that are hashed on the loop, in some 25 us: a thread is woken and heard of in more."""


class Digest:
    """CRC-32 of what is added; where there are `threads` also its MD5 and the sum of its `file`."""

    def __init__(
        self,
        threads: Executor | None,
        block: int,
        spent: Callable[[float], None],
        file: PartSum | None = None,
    ) -> None:
        self.crc32 = 0
        self._file = file
        self._md5 = None if threads is None else Md5(threads, block, spent, file)

    @property
    def at_once(self) -> bool:
        """Whether all there is to do is done in `add_at_once`."""
        return self._md5 is None

    async def add(self, piece: memoryview) -> None:
        """Take the next bytes; waits only where hashing is slower than the stream."""
        self.add_at_once(piece)
        if self._md5 is not None:
            await self._md5.add(piece)

    def add_at_once(self, piece: memoryview) -> None:
        """Take the next bytes of a part that no thread hashes."""
        self.crc32 = crc32(piece, self.crc32)

    async def done(self) -> None:
        """Wait until all that was added is summed, and its memory may hold something else."""
        if self._md5 is not None:
            await self._md5.done()

    async def flowed(self) -> None:
        """Tell the sum of the file, where there is one, that all bytes of the part went by and are in it."""
        if self._file is not None:
            await self.done()
            self._file.flowed(self.crc32)

    async def md5(self) -> str | None:
        """Return the MD5 of everything added, in hex; None where it was not asked for."""
        return None if self._md5 is None else await self._md5.hexdigest()


class Md5:
    """An MD5 worked out by threads, block after block; `spent` hears of each block's seconds of CPU."""

    def __init__(
        self,
        threads: Executor,
        block: int,
        spent: Callable[[float], None],
        file: PartSum | None = None,
    ) -> None:
        self._hash = hashlib.md5(usedforsecurity=False)
        self._updates = [self._hash.update] if file is None else [self._hash.update, file.update]
        self._threads = threads
        self._block = block
        self._spent = spent
        self._gathered: list[memoryview] = []
        self._size = 0
        self._working: asyncio.Future[float] | None = None

    async def add(self, piece: memoryview) -> None:
        """Gather the next bytes, and give a block to a thread when the one before is done."""
        self._gathered.append(piece)
        self._size += len(piece)
        if self._size >= self._block:
            await self._give()

    async def hexdigest(self) -> str:
        """Return the digest of all that was added."""
        await self.done()
        return self._hash.hexdigest()

    async def done(self) -> None:
        """Wait until no thread looks at anything that was added."""
        if self._gathered:
            await self._give()
        await self._done()

    async def _give(self) -> None:
        """Begin to hash what was gathered; a little of it is hashed here, at less than a thread's turn."""
        await self._done()
        block, size = self._gathered, self._size
        self._gathered, self._size = [], 0
        if size <= LITTLE:
            self._spent(self._update(block))
        else:
            self._working = asyncio.get_running_loop().run_in_executor(self._threads, self._update, block)

    async def _done(self) -> None:
        if self._working is not None:
            self._spent(await self._working)
            self._working = None

    def _update(self, block: list[memoryview]) -> float:
        begun = time.thread_time()
        for piece in block:
            for update in self._updates:
                update(piece)
        return time.thread_time() - begun
