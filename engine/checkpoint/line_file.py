"""An open file of lines, and its end: what is written there gets the next numbers."""

from collections.abc import Iterable, Iterator

from engine.checkpoint.files import Files
from engine.checkpoint.line import frame
from engine.checkpoint.live import Place

_CHUNK = 1024 * 1024


class LineFile:
    """A handle with the number of its last line and its size in bytes. Everything blocks; raises OSError."""

    def __init__(self, files: Files, handle: int, *, number: int = 0) -> None:
        self.number = number
        self.size = 0
        self._files = files
        self._handle = handle

    def write(self, bodies: Iterable[bytes]) -> list[Place]:
        """Add lines at the end, in one write; tell where each lies. They are durable after `fsync` only."""
        lines = [frame(number, body) for number, body in enumerate(bodies, start=self.number + 1)]
        self._files.write(self._handle, b"".join(lines), self.size)
        places = []
        for line in lines:
            places.append(Place(self.size, len(line) - 1))
            self.size += len(line)
        self.number += len(lines)
        return places

    def fsync(self) -> None:
        """Return when all that was written is durable."""
        self._files.fsync(self._handle)

    def go_on(self, number: int, size: int, *, cut: bool, ended: bool) -> None:
        """Take up a file that was read: cut off what does not count, and end the last line if need be.

        Made durable whatever was found: a process that was killed may have written it without its fsync.
        """
        self.number, self.size = number, size
        if cut:
            self._files.truncate(self._handle, size)
        if not ended:
            self._files.write(self._handle, b"\n", size)
            self.size += 1
        self.fsync()

    def read(self, place: Place) -> bytes:
        """Return a line."""
        return self._files.read(self._handle, place.length, place.offset)

    def chunks(self) -> Iterator[bytes]:
        """Give all bytes in order."""
        offset = 0
        while chunk := self._files.read(self._handle, _CHUNK, offset):
            yield chunk
            offset += len(chunk)

    def close(self) -> None:
        """Close the handle."""
        self._files.close(self._handle)
