"""A run and its time windows as a process: it waits and says so, is stopped there, or ends with 8."""

import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.processes import Stand, begun, ended, ferry, standing


@pytest.fixture
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A sandbox of two events."""
    folder = tmp_path_factory.mktemp("sandbox")
    with standing(folder, events=2, largest=300_000, rate_limit="off", seconds_to_processing=0.05) as found:
        yield found


def window(begin: int, end: int) -> str:
    """Return a window that opens and closes so many hours from now, in UTC."""
    now = datetime.now(UTC)
    return "-".join(f"{now + timedelta(hours=hours):%H:%M}" for hours in (begin, end))


def settings(stand: Stand, folder: Path, windows: str) -> Path:
    """Write settings with windows."""
    changes = {"limits.windows": windows, "limits.timezone": "UTC", "luminus": None, "carry": None}
    return stand.settings(folder, changes)


def test_inside_a_window_all_is_moved(stand: Stand, tmp_path: Path) -> None:
    """A window that is open changes nothing."""
    ran = ferry("run", "-c", settings(stand, tmp_path, window(-1, 2)), "--stop-at-window", "--json")
    assert ran.code == 0, ran.talk
    assert "window" not in ran.talk


def test_outside_a_window_it_ends_with_8_where_it_is_told_to(stand: Stand, tmp_path: Path) -> None:
    """It says when the next one opens, and has called nobody."""
    calls = len(stand.audit("log"))
    ran = ferry("run", "-c", settings(stand, tmp_path, window(2, 3)), "--stop-at-window", "--json")
    assert (ran.code, ran.document["exit"]) == (8, 8)
    assert "ferry: stopped outside the time windows; the next one opens" in ran.talk
    assert len(stand.audit("log")) == calls


def test_stopped_while_it_waits(stand: Stand, tmp_path: Path) -> None:
    """Outside a window it says when it goes on; Ctrl-C ends it at once with 130."""
    file = settings(stand, tmp_path, window(2, 3))
    with begun("run", "-c", file, folder=tmp_path) as process:
        until(lambda: "outside the time windows; goes on at" in talk(tmp_path))
        process.send_signal(signal.SIGINT)
        ran = ended(process, tmp_path, seconds=10)
    assert ran.code == 130
    assert "Traceback" not in ran.talk


def test_without_windows_there_is_nothing_to_stop_at(stand: Stand, tmp_path: Path) -> None:
    """Two, in one sentence."""
    ran = ferry("run", "-c", stand.settings(tmp_path), "--stop-at-window")
    assert ran.code == 2
    assert "--stop-at-window: needs limits.windows in" in ran.talk


@pytest.mark.slow
@pytest.mark.fault(34)
def test_a_window_that_closes_and_opens_while_it_runs(tmp_path_factory: pytest.TempPathFactory) -> None:
    """By a file of limits: nothing is sent in the pause, then it goes on, and each event has one session."""
    folder, home = tmp_path_factory.mktemp("slow"), tmp_path_factory.mktemp("run")
    switches = {"rate_limit": "off", "seconds_to_processing": 0.05, "seconds_to_complete": 0.05}
    with standing(
        folder, events=4, bandwidth=4.0, largest=12_000_000, typical=9_000_000, **switches
    ) as stand:
        changes = {
            "limits.file": "limits.toml",
            "limits.timezone": "UTC",
            "limits.grace_seconds": 0.5,
            "transfer.part_size_mib": 5,
            "transfer.items_in_flight": 1,
            "luminus": None,
            "carry": None,
        }
        file, limits = stand.settings(home, changes), home / "limits.toml"
        limits.write_text(f'windows = "{window(-1, 2)}"\n')
        with begun("run", "-c", file, "--json", folder=home) as process:
            until(lambda: puts(stand) > 1)
            limits.write_text(f'windows = "{window(2, 3)}"\n')
            until(lambda: "outside the time windows; goes on at" in talk(home))
            sent = puts(stand)
            time.sleep(2)
            assert puts(stand) == sent
            assert process.poll() is None
            limits.write_text("parts_in_flight = 0\n")
            until(lambda: "the limits stay as they were" in talk(home))
            limits.write_text("up_mib = 30\n")
            until(lambda: "a time window has opened; goes on" in talk(home))
            process.send_signal(signal.SIGHUP)
            ran = ended(process, home, seconds=60)
        sessions = [one["description"].rpartition("Opencast: ")[2] for one in stand.audit("sessions")]
    assert ran.code == 0, ran.talk
    assert ran.document["outcomes"]["verified"] == len(sessions) == len(set(sessions)) > 0
    assert ran.talk.count("30.0 MiB a second") >= 2
    assert "the time window has ended" in ran.talk
    assert "Traceback" not in ran.talk


def puts(stand: Stand) -> int:
    """Return how many parts were sent to Panopto's S3."""
    return sum(row["count"] for row in stand.audit("requests") if row["call"] == "upload_part")


def talk(folder: Path) -> str:
    """Return what a verb has said so far."""
    return (folder / "stderr.txt").read_text()


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
