"""A file on this machine as a source: one part at a time, and no other state of it than was measured."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.carrying import DATA, TARGET, Carrying

from engine.errors import Changed, Empty, Gone, Unreadable
from engine.integrity import crc32
from engine.model import ByteRange, LocalFile, Transfer
from engine.reader import LocalReader
from engine.wire import BytesGet


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A film that is there."""
    path = tmp_path / "film.mp4"
    path.write_bytes(DATA)
    return path


async def test_a_span_is_read_as_it_stands(file: Path) -> None:
    """Size and last change tell its state; a span gives its bytes, and one beyond the end what there is."""
    reader = LocalReader(LocalFile(file))
    validator = await reader.measure()
    assert validator.size == len(DATA)
    assert reader.known == validator
    assert await reader.get(ByteRange(100, 300), validator) == BytesGet(DATA[100:300])
    assert await reader.get(ByteRange(len(DATA) - 5, len(DATA) + 5), validator) == BytesGet(DATA[-5:])
    assert reader.by_parts


def shorten(path: Path) -> None:
    """Cut a file off."""
    os.truncate(path, 10)


def touch(path: Path) -> None:
    """Write other bytes of the same length, a second later."""
    path.write_bytes(bytes(len(DATA)))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000_000))


@pytest.mark.parametrize("change", [shorten, touch])
async def test_a_file_that_changed_is_never_mixed(file: Path, change: Callable[[Path], None]) -> None:
    """Neither a shorter one, nor one of the same length."""
    reader = LocalReader(LocalFile(file))
    validator = await reader.measure()
    change(file)
    with pytest.raises(Changed):
        await reader.get(ByteRange(0, 5), validator)


@pytest.mark.parametrize(("name", "kind"), [("none.mp4", Gone), (".", Unreadable), ("empty.mp4", Empty)])
async def test_what_is_no_film(tmp_path: Path, name: str, kind: type[Exception]) -> None:
    """A name that leads nowhere, a folder, and a file without bytes."""
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(kind):
        await LocalReader(LocalFile(tmp_path / name)).measure()


async def test_a_file_is_carried_like_any_source(file: Path) -> None:
    """Through lanes of one part each, to an object that is its bytes."""
    result = await Carrying().engine.transfer(Transfer("event", "film.mp4", LocalFile(file), TARGET))
    assert (result.size, result.crc32) == (len(DATA), crc32(DATA))
    assert result.parts > 1
