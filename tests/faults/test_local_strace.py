"""The command as a process, which strace kills, or whose disk it makes fail, at a call about the checkpoint.

The calls are those of the threads that open, write and flush; the Nth of one kind is counted in each thread.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.carrying_runs import QUICK, assert_all_right
from fakes.processes import ROOT, Stand, ferry, standing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed (Debian: strace)"),
]

Json = Any

POINTS = [
    *(("pwrite64", number) for number in range(1, 16)),
    *(("fsync", number) for number in range(1, 16)),
    ("rename", 1),
]
SHORT = {
    *(("pwrite64", number) for number in (1, 2, 4, 9)),
    *(("fsync", number) for number in (1, 5, 8)),
    ("rename", 1),
}


def traced(folder: Path, file: Path, injected: str) -> subprocess.CompletedProcess[str]:
    """Run a migration under strace, which does something to calls about the checkpoint."""
    checkpoint = folder / "migration.checkpoint"
    paths = [f"--trace-path={path}" for path in (checkpoint, f"{checkpoint}.new", folder)]
    calls = injected.partition(":")[0]
    command = ["strace", "-f", "-qq", "-o", str(folder / "trace.txt"), *paths]
    command += [f"--trace={calls}", f"--inject={injected}"]
    command += [sys.executable, "-m", "pipelines.cli", "run", "-c", str(file), "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FERRY_")}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def finished(file: Path, stand: Stand) -> None:
    """Run again, and assert that the end is that of a run which nobody disturbed."""
    ran = ferry("run", "-c", file, "--json")
    assert "Traceback" not in ran.talk
    assert ran.code == 0, ran.talk
    assert_all_right(stand)
    completions = [row["completions"] for row in stand.audit("session-uploads")]
    assert max(completions) == 1


@pytest.mark.fault(30, 33)
@pytest.mark.parametrize(
    ("call", "number"),
    [pytest.param(*one, marks=() if one in SHORT else pytest.mark.long) for one in POINTS],
)
def test_killed_at_a_call(
    call: str, number: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The next run needs no unlocking, and ends with one session and one PATCH an event."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", **QUICK) as stand:
        file = stand.settings(tmp_path)
        ended = traced(tmp_path, file, f"{call}:signal=SIGKILL:when={number}")
        assert ended.returncode in {-9, 137}, ended.stderr
        finished(file, stand)
    record_property("injected", 1)


@pytest.mark.fault(32)
@pytest.mark.parametrize(("call", "error"), [("fsync", "EIO"), ("pwrite64", "EDQUOT")])
def test_a_call_fails(call: str, error: str, tmp_path: Path) -> None:
    """Nine with how to go on, and no traceback; the next run ends the rest."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", **QUICK) as stand:
        file = stand.settings(tmp_path)
        ended = traced(tmp_path, file, f"{call}:error={error}:when=6")
        assert ended.returncode == 9, ended.stderr
        assert "Traceback" not in ended.stderr
        assert "free space or mend the disk, then run again: it goes on where it was" in ended.stderr
        finished(file, stand)
