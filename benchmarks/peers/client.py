"""What a client is to the runner: a name, what it needs, and the command for a job."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.job import Job

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Command:
    """What is run and timed; `environment` adds to this process's."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Client:
    """One way to move the files of a job.

    `command` takes the job, the file it was written to, and an empty folder. `tools` are programs and
    `modules` packages that it stands on; `level` says what it checks of the bytes it sends. `part` is its
    part size where it has one of its own. `moves` is False for what only starts and ends.
    """

    name: str
    command: Callable[[Job, Path, Path], Command]
    tools: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    level: str = ""
    part: int | None = None
    moves: bool = True

    @property
    def missing(self) -> str:
        """Say which of what it needs is not installed; empty where all of it is."""
        tools = [name for name in self.tools if program(name) is None]
        modules = [name for name in self.modules if importlib.util.find_spec(name) is None]
        absent = ", ".join((*tools, *modules))
        return f"{self.name} is left out: {absent} is not installed (make peers)" if absent else ""


def program(name: str) -> str | None:
    """Find a program: beside this interpreter, where a package may have brought it, or on the path."""
    beside = str(Path(sys.executable).parent)
    places = (beside, os.environ.get("PATH", ""), "/usr/sbin", "/sbin")
    return shutil.which(name, path=os.pathsep.join(places))


def ours(name: str, job: Path, *options: str) -> tuple[str, ...]:
    """Return the command line of one of our own clients."""
    return (sys.executable, "-m", f"benchmarks.clients.{name}", str(job), *options)
