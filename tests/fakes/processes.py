"""The command `ferry` in processes of its own: a sandbox that stands, and verbs that are run against it."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fakes.forked import Forked

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "pipelines.cli")
READY_SECONDS = 30.0
LUMINUS_RATE = 20
USUAL = {
    "luminus.calls_per_second": LUMINUS_RATE - 2,
    "network.outage_minutes": 0.05,
    "session.captions_seconds": 2,
}
"""Settings of a run unless it is told otherwise, for the sake of time."""
STRUCK: list[int] = []
"""How many requests were struck by faults, of each sandbox that has stood: for the score of a test."""

PATHS = (
    ("opencast", "password_file"),
    ("panopto", "client_secret_file"),
    ("panopto", "password_file"),
    ("panopto", "folders"),
    ("luminus", "token_file"),
    ("luminus", "subscription_key_file"),
    ("luminus", "modules"),
    ("valt", "password_file"),
    ("valt", "rooms"),
    ("valt", "schedules"),
    ("network", "ca_file"),
)
"""The settings that lead to files of the sandbox."""

Json = Any
Process = Forked | subprocess.Popen[bytes]


@dataclass(frozen=True)
class Ran:
    """A verb that has ended: its exit code (negative where a signal killed it), stdout and stderr."""

    code: int
    output: str
    talk: str

    @property
    def document(self) -> Json:
        """The one JSON document on stdout; raises ValueError where stdout is anything else."""
        return json.loads(self.output)


@dataclass(frozen=True)
class Stand:
    """A sandbox that stands: its folder, and what its sandbox.json says."""

    folder: Path
    details: Mapping[str, Json]

    def audit(self, name: str) -> Json:
        """Return a list of the audit by its path: sources, objects, sessions, lecture-items, schedules..."""
        with urllib.request.urlopen(f"{self.details['audit']['url']}/{name}", timeout=60) as reply:
            return json.load(reply)

    def fetch(self, url: str) -> bytes:
        """Return a file that needs no signature."""
        with urllib.request.urlopen(url, timeout=60) as reply:
            content: bytes = reply.read()
            return content

    def settings(self, folder: Path, changes: Mapping[str, Json] | None = None) -> Path:
        """Write settings into another folder, which has its own checkpoint, and return their path.

        `changes` are values by "section.name"; None leaves a setting out, or a whole section by its name.
        Unless told otherwise LumiNUS is called as often as `standing` lets it take, less a tenth, a host
        that stops answering is waited for but three seconds, and captions but two.
        """
        document = tomllib.loads((self.folder / "migration.toml").read_text())
        for section, name in PATHS:
            document[section][name] = str(self.folder / document[section][name])
        for setting, value in {**USUAL, **(changes or {})}.items():
            section, dot, name = setting.partition(".")
            if dot:
                document.setdefault(section, {})[name] = value
            elif value is None:
                document.pop(section, None)
            else:
                document[section] = value
        path = folder / "migration.toml"
        path.write_text(toml(document))
        return path


def toml(document: Mapping[str, Mapping[str, Json]]) -> str:
    """Write tables of plain values as TOML, whose strings, numbers, booleans and lists are JSON's."""
    lines = []
    for section, values in document.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None]
    return "\n".join(lines) + "\n"


@contextmanager
def standing(
    folder: Path,
    *,
    events: int = 4,
    bookings: int = 0,
    bandwidth: float | None = None,
    faults: list[Mapping[str, Json]] | None = None,
    **switches: Json,
) -> Iterator[Stand]:
    """Start `ferry sandbox` in `folder`, wait until it is ready, and stop it afterwards.

    `bandwidth` is in MiB a second; `faults` are what a faults file holds; switches are given by name. Unless
    told otherwise LumiNUS takes more calls, and imports sooner, than by default: for the sake of time.
    """
    arguments = ["sandbox", "--out", str(folder), "--events", str(events)]
    arguments += ["--bookings", str(bookings)]
    if bandwidth is not None:
        arguments += ["--bandwidth", str(bandwidth)]
    if faults is not None:
        script = folder / "faults.json"
        script.write_text(json.dumps(faults))
        arguments += ["--faults", str(script)]
    for name, value in {"luminus_rate": LUMINUS_RATE, "lecture_item_lag": 0.2, **switches}.items():
        arguments += ["--switch", f"{name}={value}"]
    with begun(*arguments, folder=folder) as process:
        stand = Stand(folder, _ready(process, folder))
        yield stand
        if faults:
            STRUCK.append(sum(row["struck"] for row in stand.audit("faults")))


def _ready(process: Process, folder: Path) -> Mapping[str, Json]:
    end = time.monotonic() + READY_SECONDS
    while not (folder / "sandbox.json").exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the sandbox did not start: {(folder / 'stderr.txt').read_text()}")
        time.sleep(0.02)
    found: Mapping[str, Json] = json.loads((folder / "sandbox.json").read_text())
    return found


@contextmanager
def begun(
    *arguments: str | Path, folder: Path, environment: Mapping[str, str] | None = None, fresh: bool = False
) -> Iterator[Process]:
    """Start a verb whose stdout and stderr go to stdout.txt and stderr.txt of a folder.

    It has a process group of its own, and a fresh interpreter where that is asked for. What still runs at the
    end is terminated, and killed after 10 s.
    """
    start = _fresh if fresh else _forked
    process = start([str(argument) for argument in arguments], _environment(environment), folder)
    try:
        yield process
    finally:
        _end(process)


def _forked(arguments: list[str], environment: Mapping[str, str], folder: Path) -> Process:
    return Forked(arguments, ROOT, environment, folder)


def _fresh(arguments: list[str], environment: Mapping[str, str], folder: Path) -> Process:
    with (folder / "stdout.txt").open("wb") as out, (folder / "stderr.txt").open("wb") as err:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )


def ended(process: Process, folder: Path, seconds: float = 60.0) -> Ran:
    """Wait for a verb that `begun` started, and return what it said."""
    code = process.wait(seconds)
    return Ran(code, (folder / "stdout.txt").read_text(), (folder / "stderr.txt").read_text())


def ferry(*arguments: str | Path, environment: Mapping[str, str] | None = None, seconds: float = 60.0) -> Ran:
    """Run a verb to its end. Raises subprocess.TimeoutExpired where it takes longer."""
    with (
        TemporaryDirectory() as name,
        begun(*arguments, folder=Path(name), environment=environment) as process,
    ):
        return ended(process, Path(name), seconds)


def _environment(given: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return this process's environment without settings of ours, and with those that are given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FERRY_")}
    return {**plain, "COLUMNS": "120", **(given or {})}


def _end(process: Process) -> None:
    process.terminate()
    try:
        process.wait(10.0)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
