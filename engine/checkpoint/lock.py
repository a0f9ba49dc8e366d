"""One run a checkpoint: a lock that the kernel frees with its process, and the disks that cannot keep it."""

import os
import socket
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson
import psutil
from filelock import FileLock, Timeout

from engine.errors import CheckpointInUse, LocalResource

NETWORK = frozenset(
    {
        "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.ceph", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone",
        "fuse.s3fs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb", "smb2",
        "smb3", "smbfs", "webdav",
    }
)  # fmt: skip
"""Types of file systems whose locks and fsync do not span the hosts that see them, as psutil names them."""


class Owner(NamedTuple):
    """Who holds a checkpoint, and since when (ISO 8601, UTC)."""

    host: str
    pid: int
    start: str


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock beside a checkpoint; it stays as a file, and says who was last.

    Raises CheckpointInUse with the owner's host, pid and start, or OSError. It must be let go in
    whatever thread, so it belongs to the process.
    """
    lock_path = path.with_name(f"{path.name}.lock")
    lock = FileLock(
        lock_path, mode=0o600, thread_local=False, blocking=False, fallback_to_soft=False, on_acquired=_sign
    )
    try:
        lock.acquire()
    except Timeout as error:
        raise CheckpointInUse(
            f"is in use by {_owner_text(lock_path)}",
            where=str(path),
            advice="wait for it, or stop it; the lock goes with its process",
        ) from error
    try:
        yield
    finally:
        lock.release()


def last_owner(path: Path) -> str | None:
    """Return who held a checkpoint last, in words; None where no run ever did, as far as its lock tells."""
    lock_path = path.with_name(f"{path.name}.lock")
    return _owner_text(lock_path) if lock_path.exists() else None


def _sign(handle: int) -> None:
    owner = Owner(socket.gethostname(), os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"))
    os.ftruncate(handle, 0)
    os.pwrite(handle, orjson.dumps(owner._asdict()) + b"\n", 0)


def _owner_text(lock_path: Path) -> str:
    try:
        owner = Owner(**orjson.loads(lock_path.read_bytes()))
    except (OSError, TypeError, ValueError):
        return "another run"
    return f"the run with pid {owner.pid} on {owner.host}, started {owner.start}"


class Mount(NamedTuple):
    """A mounted file system."""

    mountpoint: str
    fstype: str


def file_system_of(path: Path, mounts: Iterable[Mount]) -> str:
    """Return the type of the file system that an absolute path lies on; empty where nobody knows."""
    found = Mount("", "")
    for mount in mounts:
        if path.is_relative_to(mount.mountpoint) and len(mount.mountpoint) >= len(found.mountpoint):
            found = mount
    return found.fstype


def mounts_here() -> Iterator[Mount]:
    """Give what is mounted on this machine."""
    for partition in psutil.disk_partitions(all=True):
        yield Mount(partition.mountpoint, partition.fstype)


def refuse_network(path: Path, allowed: Collection[str], mounts: Iterable[Mount] | None = None) -> None:
    """Raise LocalResource where a checkpoint would lie on a network file system not allowed by name."""
    fstype = file_system_of(path, mounts_here() if mounts is None else mounts).lower()
    if fstype in NETWORK and fstype not in allowed:
        raise LocalResource(
            f"lies on a network file system ({fstype}), whose locks and fsync cannot be trusted",
            where=str(path),
            advice=f"put it on a local disk, or allow {fstype!r} by name",
        )
