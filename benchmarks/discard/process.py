"""How a run starts a target, and asks it at the end what has come."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.authority import Authority
from benchmarks.corpus import Row

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Report:
    """What has come: bytes of parts and objects, sizes by key, and why the run does not count, if so."""

    bytes: int
    objects: dict[str, int]
    parts: int
    again: int
    voids: list[str]
    cpu_s: float


class Target:
    """A running target."""

    def __init__(self, process: "subprocess.Popen[str]", tls: bool) -> None:
        self._process = process
        port = self._line().strip()
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{port}"

    def report(self) -> Report:
        """End it, and return what has come."""
        said, _ = self._process.communicate(timeout=60)
        found: dict[str, Any] = json.loads(said)
        return Report(**found)

    def _line(self) -> str:
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            raise SystemExit("the target did not start")
        return line


@contextmanager
def standing(
    rows: Sequence[Row], folder: Path, authority: Authority | None, delay: float = 0.0
) -> Iterator[Target]:
    """Start a target that knows these rows; over TLS where there is an authority. `delay` is in seconds.

    It ends with its block, or its standard input; a terminal's signals are not for it.
    """
    settings = {
        "rows": rows,
        "delay": delay,
        "chain": str(authority.chain) if authority else None,
        "key": str(authority.key) if authority else None,
    }
    path = folder / "target.json"
    path.write_text(json.dumps(settings))
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.discard", str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Target(process, authority is not None)
        finally:
            if process.poll() is None:
                process.kill()
