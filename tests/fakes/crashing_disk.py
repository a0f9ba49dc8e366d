"""A disk in memory that fails or stops at any operation, and forgets what was not flushed when power goes."""

import errno
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from engine.checkpoint.files import Purpose


class Stopped(OSError):
    """The process was killed here: nothing it does afterwards reaches the disk."""


@dataclass
class _File:
    content: bytearray = field(default_factory=bytearray)
    flushed: bytes = b""


class CrashingDisk:
    """Implements Files. Operations that change something are counted from 1.

    At number `kill_at` a write is torn and every operation from there on raises; at `fail_at` one raises
    `error` (a write having been done in part), and later ones work again.
    """

    def __init__(self, chance: Random) -> None:
        self.kill_at = 0
        self.fail_at = 0
        self.error = errno.EIO
        self.operations = 0
        self._chance = chance
        self._names: dict[Path, _File] = {}
        self._flushed_names: dict[Path, _File] = {}
        self._handles: dict[int, _File] = {}
        self._next_handle = 3

    def crash(self, *, power: bool, dropped: bool = False) -> None:
        """End the process; where the power goes too, what was not flushed is lost, in part or whole.

        `dropped` loses all of it; without, chance decides between all, some and none, and zeros in its place.
        """
        if power and dropped:
            self._names = dict(self._flushed_names)
            for file in self._names.values():
                file.content = bytearray(file.flushed)
        elif power:
            self._names = dict(self._chance.choice([self._names, self._flushed_names]))
            for file in self._names.values():
                file.content = self._after_power_loss(file)
            for file in self._names.values():
                file.flushed = bytes(file.content)
            self._flushed_names = dict(self._names)
        self._handles.clear()
        self.kill_at = self.fail_at = self.operations = 0

    def _after_power_loss(self, file: _File) -> bytearray:
        if not file.content.startswith(file.flushed):
            return bytearray(self._chance.choice([file.flushed, bytes(file.content)]))
        kept = self._chance.randint(len(file.flushed), len(file.content))
        zeros = self._chance.choice([0, len(file.content) - kept])
        return file.content[:kept] + bytes(zeros)

    def content(self, path: Path) -> bytes:
        """Return what the file holds now."""
        return bytes(self._names[path].content)

    def put(self, path: Path, content: bytes) -> None:
        """Lay a file down."""
        self._names[path] = self._flushed_names[path] = _File(bytearray(content), content)

    @property
    def open_handles(self) -> int:
        """How many handles nobody has closed."""
        return len(self._handles)

    def _count(self) -> bool:
        """Count an operation; tell whether it is to be torn, and raise where nothing works any more."""
        self.operations += 1
        if self.kill_at and self.operations > self.kill_at:
            raise Stopped(errno.EIO, "killed")
        return self.operations in (self.kill_at, self.fail_at)

    def _break(self) -> OSError:
        return (
            Stopped(errno.EIO, "killed") if self.operations == self.kill_at else OSError(self.error, "broken")
        )

    def _whole(self) -> None:
        if self._count():
            raise self._break()

    def open(self, path: Path, purpose: Purpose) -> int:
        """Open a file."""
        if purpose == "new":
            self._whole()
            self._names[path] = _File()
        elif path not in self._names:
            raise FileNotFoundError(errno.ENOENT, "no such file")
        self._next_handle += 1
        self._handles[self._next_handle] = self._names[path]
        return self._next_handle

    def close(self, handle: int) -> None:
        """Close a handle; closing it twice fails."""
        del self._handles[handle]

    def read(self, handle: int, count: int, offset: int) -> bytes:
        """Return up to `count` bytes."""
        return bytes(self._handles[handle].content[offset : offset + count])

    def write(self, handle: int, data: bytes, offset: int) -> None:
        """Write all, or some of it before it breaks."""
        broken = self._count()
        kept = self._chance.randint(0, len(data)) if broken else len(data)
        self._handles[handle].content[offset : offset + kept] = data[:kept]
        if broken:
            raise self._break()

    def truncate(self, handle: int, size: int) -> None:
        """Cut the file."""
        self._whole()
        del self._handles[handle].content[size:]

    def fsync(self, handle: int) -> None:
        """Keep what was written, whatever happens later."""
        self._whole()
        file = self._handles[handle]
        file.flushed = bytes(file.content)

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file."""
        self._whole()
        self._names[new] = self._names.pop(old)

    def fsync_folder(self, folder: Path) -> None:
        """Keep the names."""
        self._whole()
        self._flushed_names = dict(self._names)
