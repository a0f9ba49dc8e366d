"""Two runs with one checkpoint, signals, and a machine that sleeps: all as processes against a sandbox."""

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import Process, Stand, begun, ended, ferry, standing

pytestmark = pytest.mark.slow

Json = Any
MIB = 1024 * 1024
QUICK = {"rate_limit": "off", "seconds_to_processing": 0.05, "seconds_to_complete": 0.05}
GRACE = 20.0
DEADLINE = 30.0
"""Seconds that a part has at least."""


@contextmanager
def under_way(folder: Path, **switches: Json) -> Iterator[tuple[Stand, Path, Process]]:
    """Start a slow run, and wait until parts of it are in flight."""
    (folder / "sandbox").mkdir()
    with standing(folder / "sandbox", **{**QUICK, **switches}) as stand:
        file = stand.settings(folder, {"transfer.part_size_mib": 5, "luminus": None, "carry": None})
        with begun("run", "-c", file, "--json", folder=folder) as process:
            until(lambda: in_flight(stand) or process.poll() is not None)
            assert process.poll() is None
            yield stand, file, process


def in_flight(stand: Stand) -> bool:
    """Tell whether a part has reached Panopto and is not whole there."""
    return any(row["call"] == "upload_part" and row["status"] is None for row in stand.audit("log"))


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def whole(stand: Stand, file: Path, events: int) -> None:
    """Assert that the next run ends the rest, with one session an event."""
    ran = ferry("run", "-c", file, "--json", seconds=90)
    assert ran.code == 0, ran.talk
    found = [one["description"].rpartition("Opencast: ")[2] for one in stand.audit("sessions")]
    assert len(found) == len(set(found)) == events


@pytest.mark.fault(33)
def test_a_second_run_and_one_after_a_kill(tmp_path: Path) -> None:
    """The second ends with 6 before its first call and names the first; a kill needs no unlocking."""
    with under_way(tmp_path, events=2, bandwidth=4.0, largest=12 * MIB) as (stand, file, first):
        first.send_signal(signal.SIGSTOP)
        time.sleep(0.5)  # what the sandbox was sent before is in its log
        calls = len(stand.audit("log"))
        owner = json.loads((tmp_path / "migration.checkpoint.lock").read_text())
        second = ferry("run", "-c", file, "--json")
        assert (second.code, second.document["exit"]) == (6, 6)
        assert len(stand.audit("log")) == calls
        assert (owner["pid"], owner["host"]) == (first.pid, socket.gethostname())
        assert f"pid {first.pid} on {owner['host']}, started {owner['start']}" in second.talk
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        whole(stand, file, 2)


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_second_signal_ends_it_at_once(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """It does not wait for what is in flight, writes its document, and the next run ends the rest."""
    with under_way(tmp_path, events=2, bandwidth=2.0, largest=12 * MIB) as (stand, file, first):
        first.send_signal(number)
        until(lambda: "once more stops at once" in (tmp_path / "stderr.txt").read_text())
        first.send_signal(number)
        started = time.monotonic()
        ran = ended(first, tmp_path)
        assert time.monotonic() - started < GRACE / 2
        assert (ran.code, ran.document["exit"]) == (code, code)
        assert "Traceback" not in ran.talk
        whole(stand, file, 2)


@pytest.mark.fault(34)
def test_what_is_in_flight_is_dropped_after_the_grace(tmp_path: Path) -> None:
    """A part that takes longer than 20 s is dropped then; no session came of it, and its item is open."""
    with under_way(tmp_path, events=1, bandwidth=0.1, largest=12 * MIB) as (stand, file, first):
        started = time.monotonic()
        first.send_signal(signal.SIGTERM)
        ran = ended(first, tmp_path, GRACE + 30)
        assert ran.code == 143
        assert GRACE - 1 < time.monotonic() - started < GRACE + 25
        assert not stand.audit("sessions")
        status = ferry("status", "-c", file, "--json")
        assert (status.code, status.document["reasons"]) == (3, {"shipping": 1})


@pytest.mark.fault(34)
def test_a_machine_that_sleeps(tmp_path: Path) -> None:
    """Stopped for longer than the deadline of a part, it goes on by itself, and nothing is there twice."""
    with under_way(tmp_path, events=2, bandwidth=4.0, largest=12 * MIB) as (stand, _, first):
        first.send_signal(signal.SIGSTOP)
        time.sleep(DEADLINE + 5)
        first.send_signal(signal.SIGCONT)
        ran = ended(first, tmp_path, 80)
        assert ran.code == 0, ran.talk
        found = [one["description"].rpartition("Opencast: ")[2] for one in stand.audit("sessions")]
        assert len(found) == len(set(found)) == 2
