"""A run and its time windows as a process: it waits and says so, is stopped there, or ends with 8."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.processes import Stand, begun, ended, ferry, standing


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One sandbox for all tests."""
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
        until = time.monotonic() + 20
        while "outside the time windows; goes on at" not in (tmp_path / "stderr.txt").read_text():
            assert time.monotonic() < until
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        ran = ended(process, tmp_path, seconds=10)
    assert ran.code == 130
    assert "Traceback" not in ran.talk


def test_without_windows_there_is_nothing_to_stop_at(stand: Stand, tmp_path: Path) -> None:
    """Two, in one sentence."""
    ran = ferry("run", "-c", stand.settings(tmp_path), "--stop-at-window")
    assert ran.code == 2
    assert "--stop-at-window needs limits.windows" in ran.talk
