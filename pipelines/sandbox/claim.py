"""The folder of a sandbox: one sandbox at a time writes into it, and never over what a person wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.sandbox.handout import MARK, NAMES, SETTINGS

LOCK = ".sandbox.lock"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made where it is missing, until left; the lock dies with its process.

    Raises ValueError (one sentence) where another sandbox serves from it, or where a file that would be
    written over is there and no sandbox wrote the settings beside it. Nothing has been changed then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if found := _foreign(folder):
        raise ValueError(f"The folder {folder} holds a {found} that no sandbox wrote; name another folder.")
    lock = FileLock(folder / LOCK, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ValueError(f"Another sandbox serves from the folder {folder}; name another folder.") from None
    try:
        yield
    finally:
        lock.release()


def _foreign(folder: Path) -> str | None:
    """Return the name of a file that a person misses when it is written over; None where there is none."""
    settings = folder / SETTINGS
    if settings.is_file():
        with settings.open("rb") as file:
            if file.readline(200).rstrip() == MARK.encode():
                return None
    return next((name for name in NAMES if (folder / name).exists()), None)
