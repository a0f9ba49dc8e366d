"""Media files made of a seed: any length, read at any offset, held nowhere.

A seeded file begins with a true ISO-BMFF head (ISO/IEC 14496-12: ftyp, moov, mdat), so that its duration
and its kinds of tracks can be read back. What follows is filler in which every 4 KiB carries the file's key
and its own number: a part that is swapped, repeated or taken from another file shows.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

BLOCK = 4096
_MARK = struct.Struct(">16sQ")
_TEMPLATE_BLOCKS = 64


class Media(Protocol):
    """What a file server needs of a file: its length in bytes, and any stretch of it."""

    @property
    def size(self) -> int:
        """The length in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer only where the file ends."""


@dataclass(frozen=True, slots=True)
class SeededMedia:
    """A file of `size` bytes that follows from its key, with an MP4 head that tells `duration` milliseconds.

    A size below that of the head leaves a torn head, as a broken upload would.
    """

    key: str
    size: int
    duration: int
    video: bool = True
    audio: bool = True
    _head: bytes = field(init=False, repr=False)
    _digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(self.key.encode(), digest_size=16).digest()
        object.__setattr__(self, "_digest", digest)
        object.__setattr__(self, "_head", _mp4_head(self.size, self.duration, self.video, self.audio, digest))

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`, at more than 500 MB/s and without touching a disk."""
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        first = offset // BLOCK
        body = _filler(self._digest, first, -(-end // BLOCK) - first)
        start = first * BLOCK
        if start < len(self._head):
            body[: len(self._head) - start] = self._head[start : start + len(body)]
        return bytes(memoryview(body)[offset - start : end - start])


@dataclass(frozen=True, slots=True)
class TextMedia:
    """A small file whose bytes are at hand: a playlist, captions, a catalogue."""

    content: bytes

    @property
    def size(self) -> int:
        """The length in bytes."""
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`."""
        return self.content[offset : offset + length]


@dataclass(frozen=True, slots=True)
class DiskMedia:
    """A person's own file, read where it lies."""

    path: Path
    size: int

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`. Blocks on the disk; OSError if the file is gone."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(min(length, max(0, self.size - offset)))


def digest(media: Media, algorithm: str) -> str:
    """The hex digest of a whole file, by an algorithm of hashlib. Takes its time: call it in a thread."""
    state = hashlib.new(algorithm, usedforsecurity=False)
    for block in blocks(media, 0, media.size):
        state.update(block)
    return state.hexdigest()


def blocks(media: Media, offset: int, end: int, size: int = 1 << 18) -> Iterator[bytes]:
    """The bytes of [offset, end) in blocks of `size`."""
    while offset < end:
        block = media.read(offset, min(size, end - offset))
        if not block:
            return
        offset += len(block)
        yield block


@cache
def _template() -> bytes:
    """The filler under the marks: alike for all files, of no pattern that a player or a codec would know."""
    return hashlib.shake_256(b"lecture-ferry sandbox").digest(_TEMPLATE_BLOCKS * BLOCK)


def _filler(key: bytes, first: int, count: int) -> bytearray:
    """Blocks `first` to `first + count` of a file, each with its mark at its start."""
    template = _template()
    skew = first % _TEMPLATE_BLOCKS
    filler = bytearray(template * (-(-(skew + count) // _TEMPLATE_BLOCKS)))
    filler = filler[skew * BLOCK : (skew + count) * BLOCK]
    pack_into: Callable[..., None] = _MARK.pack_into
    for number in range(count):
        pack_into(filler, number * BLOCK, key, first + number)
    return filler


def _mp4_head(size: int, duration: int, video: bool, audio: bool, mark: bytes) -> bytes:
    """Everything before the media bytes; the mark keeps two heads apart that are otherwise alike."""
    kinds = [kind for kind, wanted in ((b"vide", video), (b"soun", audio)) if wanted]
    tracks = [_track(number, kind, duration) for number, kind in enumerate(kinds, start=1)]
    head = b"".join([
        _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2mp41"),
        _box(b"free", mark),
        _box(b"moov", _movie_header(duration, len(tracks) + 1), *tracks),
    ])  # fmt: skip
    large_size = max(16, size - len(head))
    return (head + struct.pack(">I4sQ", 1, b"mdat", large_size))[:size]


def _movie_header(duration: int, next_track: int) -> bytes:
    times = struct.pack(">IIII", 0, 0, 1000, duration)
    return _box(b"mvhd", bytes(4), times, struct.pack(">IH10x", 0x10000, 0x100), _MATRIX, bytes(24),
                struct.pack(">I", next_track))  # fmt: skip


def _track(number: int, kind: bytes, duration: int) -> bytes:
    header = _box(b"tkhd", struct.pack(">I", 7), struct.pack(">IIIII8x", 0, 0, number, 0, duration),
                  bytes(8), _MATRIX, bytes(8))  # fmt: skip
    media_header = _box(b"mdhd", bytes(4), struct.pack(">IIIIHH", 0, 0, 1000, duration, 0x55C4, 0))
    kind_of_media = _box(b"hdlr", bytes(8), kind, bytes(12), b"sandbox\0")
    return _box(b"trak", header, _box(b"mdia", media_header, kind_of_media))


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
