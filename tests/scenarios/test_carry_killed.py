"""A run that is killed between session and lecture item, at any step, ends like one that was not."""

import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes.carrying_runs import CARRIED, QUICK, assert_all_right, calls, carried, settings
from fakes.processes import Stand, begun, standing

pytestmark = pytest.mark.slow

Fault = Mapping[str, Any]

LATE = 0.5
"""Seconds after which a PATCH is applied whose sender is dead by then."""


def stalls(operation: str, nth: int = 1, match: str = "") -> Fault:
    """Return the fault by which a call gets no answer, once."""
    return {"operation": operation, "action": "stall", "nth": nth, "match": match}


STEPS: Mapping[str, Fault] = {
    "the session's state": stalls("panopto.get_session_upload", 2),
    "the session": stalls("panopto.get_session"),
    "the modules": stalls("luminus.modules"),
    "the first web lecture": stalls("luminus.weblecture"),
    "the second web lecture": stalls("luminus.weblecture", 2),
    "the first look": stalls("luminus.sessions"),
    "the second look": stalls("luminus.sessions", 2),
    "the fourth look": stalls("luminus.sessions", 4),
    "the sixth look": stalls("luminus.sessions", 6),
    "the event": stalls("opencast.list_events", match="withacl=true"),
    "the series": stalls("opencast.get_series"),
    "the first PATCH, not applied": stalls("luminus.patch_session"),
    "the last PATCH, not applied": stalls("luminus.patch_session", CARRIED),
    "the first PATCH, refused": {
        "operation": "luminus.patch_session",
        "action": "status",
        "arguments": {"status": 429, "headers": {"Retry-After": "2"}},
    },
    "the first PATCH, its answer lost": {"operation": "luminus.patch_session", "action": "lose_answer"},
    "the first PATCH, applied when nobody hears": {
        "operation": "luminus.patch_session",
        "action": "delay",
        "arguments": {"seconds": LATE},
    },
    "the last PATCH, applied when nobody hears": {
        "operation": "luminus.patch_session",
        "action": "delay",
        "nth": CARRIED,
        "arguments": {"seconds": LATE},
    },
}


def killed(folder: Path, stand: Stand, holds: Callable[[], bool]) -> bool:
    """Begin a run, and kill it as soon as something holds; tell whether it still ran then."""
    with begun("run", "-c", settings(folder, stand), "--json", folder=folder) as process:
        end = time.monotonic() + 30
        while not holds():
            if process.poll() is not None:
                return False
            assert time.monotonic() < end
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        return process.wait(10) == -signal.SIGKILL


def struck(stand: Stand) -> bool:
    """Tell whether the fault has struck."""
    return any(row["fault"] for row in stand.audit("log"))


SHORT = {
    "the session",
    "the first look",
    "the event",
    "the first PATCH, not applied",
    "the first PATCH, its answer lost",
    "the first PATCH, applied when nobody hears",
}
"""Steps of the short form; the long one has all of them, and `test_killed_again_and_again` each call."""


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    "step", [step if step in SHORT else pytest.param(step, marks=pytest.mark.long) for step in STEPS]
)
def test_killed_at_a_step(step: str, tmp_path: Path) -> None:
    """Run again, each event has one session and each lecture item is as it must be, by one PATCH."""
    with standing(tmp_path, faults=[STEPS[step]], **QUICK) as stand:
        assert killed(tmp_path / "run", stand, lambda: struck(stand))
        time.sleep(LATE if STEPS[step]["action"] == "delay" else 0)
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand)


def test_killed_again_and_again(tmp_path: Path) -> None:
    """Each run dies one call to LumiNUS later than the one before; what the last leaves is as it must be."""
    with standing(tmp_path, **QUICK) as stand:
        for more in range(1, 20):
            enough = len(calls(stand)) + more
            if not killed(tmp_path / "run", stand, partial(has_called, stand, enough)):
                break
        assert more > CARRIED
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand)


def has_called(stand: Stand, times: int) -> bool:
    """Tell whether LumiNUS was called so many times."""
    return len(calls(stand)) >= times


@pytest.mark.parametrize("action", ["stall", "delay"])
@pytest.mark.parametrize("nth", [2, *(pytest.param(nth, marks=pytest.mark.long) for nth in (3, 4))])
def test_killed_where_sessions_have_two_lecture_items(nth: int, action: str, tmp_path: Path) -> None:
    """Whether between the two of a session or after both: each is set once."""
    fault = {
        "operation": "luminus.patch_session",
        "action": action,
        "nth": nth,
        "arguments": {} if action == "stall" else {"seconds": LATE},
    }
    with standing(tmp_path, faults=[fault], **{**QUICK, "events": 6, "cross_listed": "on"}) as stand:
        assert killed(tmp_path / "run", stand, lambda: struck(stand))
        time.sleep(LATE)
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        rows = stand.audit("lecture-items")
        assert len(rows) > len({row["session_id"] for row in rows})
        assert_all_right(stand, items=len(rows))
