"""Where the bytes that Panopto's S3 receives lie: a file a part, which appears only when it is whole.

An object is the sequence of its parts' files; nothing is copied, so the disk holds about what was uploaded.
"""

import asyncio
import hashlib
import io
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import aiofiles.os
from aiofiles.threadpool import wrap

from pipelines.sandbox.container import Container, read_container
from pipelines.sandbox.panopto.multipart import Part

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What the bytes of an object were seen to be."""

    size: int
    sha256: str
    crc32: int
    container: Container | None


class Segments(io.RawIOBase):
    """Several files read as one, seekable."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._ends: list[int] = []
        self._files = [path.open("rb") for path in paths]
        for path in paths:
            self._ends.append((self._ends[-1] if self._ends else 0) + path.stat().st_size)
        self._at = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, as files do."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ends[-1] if self._ends else 0}
        self._at = max(0, start[whence] + offset)
        return self._at

    def tell(self) -> int:
        """The place where the next read begins."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read from the file that holds this place, at most to its end."""
        begin = 0
        for file, end in zip(self._files, self._ends, strict=True):
            if self._at < end:
                file.seek(self._at - begin)
                count = file.readinto(memoryview(buffer)[: end - self._at])
                self._at += count
                return count
            begin = end
        return 0

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()
        super().close()


class Disk:
    """A folder that parts are written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def receive(self, blocks: AsyncIterator[bytes]) -> Part:
        """Write a body to a file, hashing as it comes. A body that ends by an exception leaves nothing."""
        await aiofiles.os.makedirs(self._folder, exist_ok=True)
        path = self._folder / uuid4().hex
        arriving = path.with_suffix(".arriving")
        digest, size = hashlib.md5(usedforsecurity=False), 0
        try:
            with _begun(arriving) as file:
                async for block in blocks:
                    await wrap(file).write(block)
                    await asyncio.to_thread(digest.update, block)
                    size += len(block)
            arriving.rename(path)
        except BaseException:
            arriving.unlink(missing_ok=True)
            raise
        return Part(path, size, digest.hexdigest())

    async def look(self, parts: Sequence[Part]) -> Seen:
        """Hash the bytes of a whole object and see what container they are."""
        return await asyncio.to_thread(_look, [part.path for part in parts])

    async def read(self, paths: Sequence[Path], most: int) -> bytes:
        """The first bytes of an object."""
        return await asyncio.to_thread(_read, paths, most)

    async def drop(self, paths: Sequence[Path]) -> None:
        """Remove files; those that are gone already are no error."""
        await asyncio.to_thread(_unlink, paths)


def flip(paths: Sequence[Path], at: int) -> None:
    """Change one byte of an object on the disk (a fault)."""
    for path in paths:
        size = path.stat().st_size
        if at < size:
            with path.open("r+b") as file:
                file.seek(at)
                byte = file.read(1)
                file.seek(at)
                file.write(bytes([byte[0] ^ 1]))
            return
        at -= size


def _begun(path: Path) -> io.FileIO:
    """Open a new file, at once: one that a thread opens is nobody's where its request ends meanwhile."""
    return io.FileIO(path, "w")


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _look(paths: Sequence[Path]) -> Seen:
    sha256, crc32, size = hashlib.sha256(), 0, 0
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                sha256.update(block)
                crc32 = zlib.crc32(block, crc32)
                size += len(block)
    with io.BufferedReader(Segments(paths)) as whole:
        return Seen(size, sha256.hexdigest(), crc32, read_container(whole))


def _read(paths: Sequence[Path], most: int) -> bytes:
    with io.BufferedReader(Segments(paths)) as whole:
        return whole.read(most)
