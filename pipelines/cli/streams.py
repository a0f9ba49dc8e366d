"""Standard streams that are missing, or that nobody reads any more, do not change how a verb ends."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


def fill() -> None:
    """Open what is missing of descriptors 0 to 2 on the null device.

    Otherwise the next file or socket would get the number, and libuv ends the process over it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is taken, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdin = sys.stdin or io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")


@contextmanager
def unbreakable() -> Iterator[None]:
    """Have stdout and stderr drop what is written once nobody reads: the exit code stays the verb's own."""
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _stream(1, sys.stdout), _stream(2, sys.stderr)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            # A full disk has been told by then: verbs flush what they write.
            with suppress(OSError):
                stream.flush()
        sys.stdout, sys.stderr = kept


class _Descriptor(io.FileIO):
    """A descriptor to write to; with its reader gone it takes everything and keeps nothing."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


def _stream(number: int, like: Any) -> io.TextIOWrapper:
    """Return a text stream to a descriptor, in the way of the one that Python made of it, if it made one."""
    return io.TextIOWrapper(
        io.BufferedWriter(_Descriptor(number, "w", closefd=False)),
        encoding=like.encoding if like else "utf-8",
        errors=like.errors if like else "replace",
        line_buffering=number == 2 or bool(like and like.line_buffering),
        write_through=bool(like and like.write_through),
    )
