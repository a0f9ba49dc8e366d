"""What the first look at a media file tells: its container, its duration, whether it has pictures or sound.

ISO-BMFF (MP4, MOV, M4A) is read as ISO/IEC 14496-12 lays it out, wherever its moov box lies; of other
containers only the signature is known.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_BRANDS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_LARGEST_MOOV = 64 << 20


@dataclass(frozen=True, slots=True)
class Container:
    """A recognised container. `duration` is in milliseconds, None where the signature does not tell it."""

    name: str
    duration: int | None
    video: bool
    audio: bool


@dataclass(frozen=True, slots=True)
class _Box:
    """One ISO-BMFF box: where its content begins and ends."""

    name: bytes
    start: int
    end: int


def read_container(file: BinaryIO) -> Container | None:
    """The container that a seekable file holds, or None where no signature is known."""
    head = _at(file, 0, 16)
    if head[4:8] in _BRANDS:
        return _iso(file)
    return next((known for is_it, known in _signatures(head) if is_it), None)


def _signatures(head: bytes) -> Iterator[tuple[bool, Container]]:
    audio_frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    yield head.startswith(b"\x1a\x45\xdf\xa3"), Container("ebml", None, video=True, audio=True)
    yield head.startswith(b"ID3") or audio_frame, Container("mp3", None, video=False, audio=True)
    yield head[:4] == b"RIFF" and head[8:12] == b"WAVE", Container("wave", None, video=False, audio=True)
    yield head[:4] == b"RIFF" and head[8:12] == b"AVI ", Container("avi", None, video=True, audio=True)
    yield head.startswith(b"OggS"), Container("ogg", None, video=True, audio=True)
    yield head.startswith(b"FLV\x01"), Container("flv", None, video=True, audio=True)
    yield head.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), Container("asf", None, video=True, audio=True)
    yield head.startswith(b"\x00\x00\x01\xba"), Container("mpeg", None, video=True, audio=True)


def _iso(file: BinaryIO) -> Container | None:
    end = file.seek(0, 2)
    moov = next((box for box in _boxes(file, 0, end) if box.name == b"moov"), None)
    if moov is None or moov.end > end or moov.end - moov.start > _LARGEST_MOOV:
        return None
    inside = list(_boxes(file, moov.start, moov.end))
    kinds = {_kind(file, box) for box in inside if box.name == b"trak"}
    header = next((box for box in inside if box.name == b"mvhd"), None)
    duration = _duration(_at(file, header.start, 32)) if header else None
    return Container("mp4", duration, video=b"vide" in kinds, audio=b"soun" in kinds)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """The boxes side by side in [start, end); stops where the file is torn."""
    while start + 8 <= end:
        head = _at(file, start, 16)
        if len(head) < 8:
            return
        size, name = struct.unpack_from(">I4s", head)
        begin = start + 8
        if size == 1 and len(head) == 16:
            size, begin = struct.unpack_from(">Q", head, 8)[0], start + 16
        stop = start + size if size else end
        if stop < begin:
            return
        yield _Box(name, begin, stop)
        start = stop


def _kind(file: BinaryIO, track: _Box) -> bytes:
    """The handler type of a track ("vide", "soun", ...), or nothing."""
    for media in (box for box in _boxes(file, track.start, track.end) if box.name == b"mdia"):
        for box in _boxes(file, media.start, media.end):
            if box.name == b"hdlr":
                return _at(file, box.start + 8, 4)
    return b""


def _duration(movie_header: bytes) -> int | None:
    """Milliseconds by an mvhd box of version 0 or 1; None where it is torn or says "unknown"."""
    try:
        if movie_header[:1] == b"\x01":
            scale, units = struct.unpack_from(">IQ", movie_header, 20)
            unknown = (1 << 64) - 1
        else:
            scale, units = struct.unpack_from(">II", movie_header, 12)
            unknown = (1 << 32) - 1
    except struct.error:
        return None
    return round(units * 1000 / scale) if scale and units != unknown else None


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)
