"""The command `ferry` in a process forked from one that has its modules at hand: no start pays for imports.

A fresh interpreter spends a second of CPU on imports, and a scenario starts two to four. Each process is one
of its own all the same, with its own group, signals, environment and exit code.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipelines.cli import main

VERBS = ("verbs", "bench", "demo", "plan", "run", "sandbox", "schedules", "status", "verify")
STREAMS = ((0, Path(os.devnull)), (1, Path("stdout.txt")), (2, Path("stderr.txt")))
"""Standard streams and what they are, in the folder of a process where the name is not absolute."""

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([f"pipelines.cli.{name}" for name in VERBS])


class Forked:
    """A process that runs a verb, with what is used here of subprocess.Popen."""

    def __init__(
        self, arguments: Sequence[str], directory: Path, environment: Mapping[str, str], folder: Path
    ) -> None:
        for _, name in STREAMS[1:]:
            (folder / name).write_bytes(b"")
        self._process = _SERVER.Process(
            target=_run, args=(list(arguments), directory, dict(environment), folder.absolute())
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, negative where a signal killed it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code. Raises subprocess.TimeoutExpired after so many seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("ferry", timeout or 0.0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end, unless it has."""
        self.send_signal(signal.SIGTERM)


def _run(arguments: list[str], directory: Path, environment: dict[str, str], folder: Path) -> None:
    """Become what `subprocess` would have started, in the forked process."""
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # The tests may run under nohup.
    for number, name in STREAMS:
        descriptor = os.open(folder / name, os.O_RDWR if number else os.O_RDONLY)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["ferry", *arguments]
    main()
