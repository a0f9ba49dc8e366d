"""The few things that are done to files, so that tests can take them away, tear them or make them fail."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

from engine.errors import LocalResource

Purpose = Literal["read", "write", "new"]


class Files(Protocol):
    """A disk. Everything blocks, and raises OSError where it fails."""

    def open(self, path: Path, purpose: Purpose) -> int:
        """Open a file and return its handle; a new one is created or emptied. Mode 0600 unless only read."""
        ...

    def close(self, handle: int) -> None:
        """Close a handle."""
        ...

    def read(self, handle: int, count: int, offset: int) -> bytes:
        """Return up to `count` bytes from `offset` on; none at the end."""
        ...

    def write(self, handle: int, data: bytes, offset: int) -> None:
        """Write all of `data` at `offset`."""
        ...

    def truncate(self, handle: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        ...

    def fsync(self, handle: int) -> None:
        """Return when what was written is durable."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, in place of what had it before."""
        ...

    def fsync_folder(self, folder: Path) -> None:
        """Return when the names in a folder are durable."""
        ...


class OsFiles:
    """The disk of this machine."""

    def open(self, path: Path, purpose: Purpose) -> int:
        """Open a file; links are followed by nobody but the caller."""
        if purpose == "read":
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        created = os.O_CREAT | os.O_TRUNC if purpose == "new" else 0
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | created, 0o600)
        os.fchmod(handle, 0o600)
        return handle

    def close(self, handle: int) -> None:
        """Close a handle."""
        os.close(handle)

    def read(self, handle: int, count: int, offset: int) -> bytes:
        """Return up to `count` bytes."""
        return os.pread(handle, count, offset)

    def write(self, handle: int, data: bytes, offset: int) -> None:
        """Write all of `data`: one call may write less."""
        view = memoryview(data)
        while view:
            written = os.pwrite(handle, view, offset)
            view = view[written:]
            offset += written

    def truncate(self, handle: int, size: int) -> None:
        """Cut the file."""
        os.ftruncate(handle, size)

    def fsync(self, handle: int) -> None:
        """Flush the file."""
        os.fsync(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Rename, atomically."""
        old.replace(new)

    def fsync_folder(self, folder: Path) -> None:
        """Flush the folder, which is opened for it."""
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


OS_FILES = OsFiles()


def local_resource(cause: BaseException | None, where: str) -> LocalResource:
    """Return our error for what a disk said; an fsync that failed is never trusted again."""
    reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    error = LocalResource(
        f"cannot be read or written ({reason})",
        where=where,
        advice="free space or mend the disk, then run again: it goes on where it was",
    )
    error.__cause__ = cause
    return error


@contextmanager
def ours(where: str) -> Iterator[None]:
    """Raise LocalResource in place of OSError."""
    try:
        yield
    except OSError as error:
        raise local_resource(error, where) from error
