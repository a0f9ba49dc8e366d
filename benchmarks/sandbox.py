"""A sandbox in a process of its own, for benchmarks of a whole run."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FERRY = (sys.executable, "-m", "pipelines.cli")
READY_LIMIT = 120.0

QUICK = ("keep_bytes=off", "rate_limit=off", "log=off")
"""Switches by which a sandbox keeps no bytes, counts no calls, and remembers no requests."""


@contextmanager
def standing(folder: Path, events: int, *switches: str) -> Iterator[dict[str, Any]]:
    """Start a sandbox with so many events, and end it afterwards; yields what its sandbox.json says."""
    command = [*FERRY, "sandbox", "--out", str(folder), "--events", str(events), "--bookings", "0"]
    for switch in (*QUICK, *switches):
        command += ["--switch", switch]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield _ready(folder / "sandbox.json", process)
        finally:
            process.terminate()
            process.wait(60)


def _ready(path: Path, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """Wait until the sandbox stands."""
    end = time.monotonic() + READY_LIMIT
    while not path.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("the sandbox did not start")
        time.sleep(0.05)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def audit(details: dict[str, Any], name: str) -> Any:
    """Return a list of the sandbox's audit."""
    with urllib.request.urlopen(f"{details['audit']['url']}/{name}", timeout=600) as reply:
        return json.load(reply)
