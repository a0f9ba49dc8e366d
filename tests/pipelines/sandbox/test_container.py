"""Containers are recognised by their bytes, and MP4 tells its duration and its tracks."""

import io
import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.container import Container, read_container
from pipelines.sandbox.media import SeededMedia


def whole(media: SeededMedia) -> io.BytesIO:
    """A seeded file as an open one."""
    return io.BytesIO(media.read(0, media.size))


@given(duration=st.integers(0, 2**31), video=st.booleans(), audio=st.booleans())
def test_what_a_seeded_head_says_is_read_back(duration: int, video: bool, audio: bool) -> None:
    """Duration to the millisecond and the kinds of tracks survive the way through the bytes."""
    media = SeededMedia("x", 5000, duration, video=video, audio=audio)
    assert read_container(whole(media)) == Container("mp4", duration, video, audio)


def test_a_moov_at_the_end_is_found() -> None:
    """Phones and cameras write moov after the media; the duration is found there, past a 64-bit mdat."""
    head = SeededMedia("x", 4096, 4321).read(0, 4096)
    at = head.index(b"moov") - 4
    moov = head[at : at + struct.unpack_from(">I", head, at)[0]]
    mdat = struct.pack(">I4sQ", 1, b"mdat", 16 + 1000) + bytes(1000)
    assert read_container(io.BytesIO(head[:28] + mdat + moov)) == Container("mp4", 4321, True, True)


@pytest.mark.parametrize("size", [0, 3, 8, 40, 200])
def test_a_torn_head_is_no_container(size: int) -> None:
    """A file that ends within its head has no usable moov."""
    assert read_container(whole(SeededMedia("x", size, 4321))) is None


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00", Container("ebml", None, True, True)),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", Container("mp3", None, False, True)),
        (b"\xff\xfb\x90\x44", Container("mp3", None, False, True)),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", Container("wave", None, False, True)),
        (b"RIFF\x24\x00\x00\x00AVI LIST", Container("avi", None, True, True)),
        (b"<!DOCTYPE html><html>", None),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", None),
        (b"\x00\x00\x00\x00\x00\x00\x00\x00", None),
    ],
)
def test_signatures(head: bytes, expected: Container | None) -> None:
    """Other containers are known by their signature, without a duration; a login page is none."""
    assert read_container(io.BytesIO(head + bytes(100))) == expected


def test_real_files_are_read() -> None:
    """The small MP4 files beside Panopto's published samples tell duration and tracks."""
    reference = os.environ.get("FERRY_REFERENCE")
    if not reference:
        pytest.skip("FERRY_REFERENCE does not name the folder of published references")
    files = sorted(Path(reference).glob("panopto-ucs/samples/**/*.mp4"))
    assert files
    for path in files:
        with path.open("rb") as file:
            found = read_container(file)
        assert found is not None, path
        assert found.duration is not None, path
        assert found.video or found.audio, path
