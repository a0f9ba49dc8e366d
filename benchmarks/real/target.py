"""What a real target is to the runner: a name, the program it stands on, and how to serve with it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

from benchmarks.authority import Authority
from benchmarks.peers.client import program


@dataclass(frozen=True, slots=True)
class Served:
    """A target that stands: its endpoint, and how an object of BUCKET is read back.

    `read` raises FileNotFoundError where there is no such object.
    """

    endpoint: str
    read: Callable[[str], BufferedIOBase]


@dataclass(frozen=True, slots=True)
class RealTarget:
    """One S3 server; `serving` takes an empty folder, and an authority where it is to speak TLS."""

    name: str
    tool: str
    serving: Callable[[Path, Authority | None], AbstractContextManager[Served]]

    @property
    def missing(self) -> str:
        """Say that its program is not installed; empty where it is."""
        if program(self.tool):
            return ""
        return f"the target {self.name} is left out: {self.tool} is not installed (make peers)"
