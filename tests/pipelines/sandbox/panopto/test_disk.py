"""Parts on the disk, and several files read as one."""

import hashlib
import io
import zlib
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from fakes.panopto_caller import FILM
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.panopto.disk import Disk, Segments, flip


async def blocks(*bodies: bytes, end: type[Exception] | None = None) -> AsyncIterator[bytes]:
    """These blocks, and then an exception if there is one."""
    for body in bodies:
        yield body
    if end is not None:
        raise end


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return [path.name for path in folder.iterdir()]


async def test_a_whole_body_becomes_a_file_with_its_md5(tmp_path: Path) -> None:
    """The blocks lie in one file, and the part knows size and MD5."""
    part = await Disk(tmp_path / "new").receive(blocks(b"ab", b"c"))
    assert (await Disk(tmp_path).read([part.path], 9), part.size) == (b"abc", 3)
    assert part.md5 == hashlib.md5(b"abc", usedforsecurity=False).hexdigest()


async def test_a_body_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """Whatever ended it, no file stays."""
    with pytest.raises(ConnectionResetError):
        await Disk(tmp_path).receive(blocks(b"ab", end=ConnectionResetError))
    assert names(tmp_path) == []


async def test_an_object_is_looked_at_over_all_its_parts(tmp_path: Path) -> None:
    """Hashes and container are those of the parts put together, wherever they were cut."""
    disk = Disk(tmp_path)
    cuts = (0, 10, 900, len(FILM))
    parts = [await disk.receive(blocks(FILM[a:b])) for a, b in pairwise(cuts)]
    seen = await disk.look(parts)
    assert (seen.size, seen.sha256) == (len(FILM), hashlib.sha256(FILM).hexdigest())
    assert seen.crc32 == zlib.crc32(FILM)
    assert seen.container is not None
    assert seen.container.duration == 90_500
    assert await disk.read([part.path for part in parts], 1000) == FILM[:1000]


@given(st.lists(st.binary(max_size=9), max_size=5), st.integers(0, 50), st.integers(0, 50))
def test_segments_read_like_one_file(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], at: int, count: int
) -> None:
    """Reading any stretch of the segments is reading it from their sum."""
    folder = tmp_path_factory.mktemp("segments")
    paths = [folder / str(number) for number in range(len(pieces))]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece)
    whole = b"".join(pieces)
    with io.BufferedReader(Segments(paths)) as file:
        assert file.seek(0, io.SEEK_END) == len(whole)
        file.seek(at)
        assert file.read(count) == whole[at : at + count]


def test_a_flip_changes_one_byte_in_the_right_file(tmp_path: Path) -> None:
    """The place counts over all files."""
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(b"\0\0\0")
    flip(paths, 4)
    assert [path.read_bytes() for path in paths] == [b"\0\0\0", b"\0\1\0"]
