"""Seeded files: any bytes at any offset, each 4 KiB its own, quickly."""

import hashlib
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.media import BLOCK, DiskMedia, SeededMedia, TextMedia, blocks, digest


@given(
    size=st.integers(0, 300_000),
    offset=st.integers(0, 300_000),
    length=st.integers(0, 300_000),
)
def test_a_stretch_is_a_slice_of_the_whole(size: int, offset: int, length: int) -> None:
    """Whatever offset and length are read, the bytes are those of the whole file at that place."""
    media = SeededMedia("slices", size, 1000)
    whole = media.read(0, size + 1)
    assert len(whole) == size
    assert media.read(offset, length) == whole[offset : offset + length]


def test_every_4_kib_is_unique_within_and_between_files() -> None:
    """No two blocks of 4 KiB are alike, within a file or in two files of equal size and duration."""
    one, other = (SeededMedia(key, 8 << 20, 60_000) for key in ("a", "b"))
    seen = {
        hashlib.sha256(media.read(offset, BLOCK)).digest()
        for media in (one, other)
        for offset in range(0, media.size, BLOCK)
    }
    assert len(seen) == 2 * (8 << 20) // BLOCK


def test_any_4_kib_at_odd_offsets_are_unique_too() -> None:
    """A stretch of 4 KiB that begins anywhere occurs nowhere else: a shifted part shows as well."""
    media = SeededMedia("odd", 2 << 20, 60_000)
    whole = media.read(0, media.size)
    for offset in range(4097, media.size - BLOCK, 65_537):
        assert whole.find(whole[offset : offset + BLOCK]) == offset
        assert whole.find(whole[offset : offset + BLOCK], offset + 1) == -1


def test_a_far_offset_costs_nothing() -> None:
    """The last bytes of a petabyte come at once, so nothing before them was made."""
    media = SeededMedia("far", 10**15, 1000)
    begun = time.process_time()
    assert len(media.read(10**15 - 100, 1000)) == 100
    assert time.process_time() - begun < 1


def test_generation_is_fast() -> None:
    """64 MiB are made at 100 MB/s or more of processor time, a fifth of what an idle machine does."""
    media = SeededMedia("fast", 64 << 20, 1000)
    media.read(0, 1 << 20)
    begun = time.process_time()
    assert sum(map(len, blocks(media, 0, media.size))) == media.size
    assert media.size / (time.process_time() - begun) > 100e6


def test_the_same_key_gives_the_same_bytes() -> None:
    """A file follows from its key alone: two processes with one seed serve the same bytes."""
    assert digest(SeededMedia("k", 100_000, 5), "sha256") == digest(SeededMedia("k", 100_000, 5), "sha256")


def test_small_and_own_files_are_read_alike(tmp_path: Path) -> None:
    """Text at hand and a file on disk answer as seeded files do: by stretch, shorter at the end."""
    path = tmp_path / "own.mp4"
    path.write_bytes(b"0123456789")
    for media in (TextMedia(b"0123456789"), DiskMedia(path, 10)):
        assert media.size == 10
        assert media.read(7, 100) == b"789"
        assert media.read(20, 5) == b""
        assert digest(media, "md5") == hashlib.md5(b"0123456789").hexdigest()
