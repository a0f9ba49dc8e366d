"""`ferry retry` over whole runs: what Panopto could not process is moved again, and one session is there."""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, findings
from campaign.books import read
from fakes.processes import Stand, begun, ferry, standing

pytestmark = pytest.mark.slow

QUICK: Mapping[str, Any] = {
    "largest": 600_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
FAILS: Mapping[str, Any] = {
    "operation": "panopto.process",
    "action": "state",
    "arguments": {"state": 5, "message": "no codec"},
}


def configured(stand: Stand) -> Path:
    """Write the settings of all runs of a sandbox, whose checkpoint lies beside them."""
    folder = stand.folder / "run"
    folder.mkdir(exist_ok=True)
    return stand.settings(folder, {"luminus": None})


def failed_session(stand: Stand) -> str:
    """Return the one session whose upload is in state 5."""
    (found,) = [one.session_id for one in read(stand).sessions if one.state == 5]
    return found


def all_is_well(stand: Stand, failed: str) -> None:
    """Assert that each event has exactly one session, complete, and that the failed one is gone."""
    books = read(stand)
    approve(findings(books, Bounds(events={one.event_id for one in books.sources})))
    assert failed not in {one.session_id for one in books.sessions}


def strikes(action: str, **arguments: Any) -> dict[str, Any]:
    """Return a fault of the call that deletes a session."""
    return {"operation": "panopto.delete_session", "action": action, "arguments": arguments}


@pytest.mark.fault(25)
@pytest.mark.parametrize(
    "fault",
    [None, strikes("lose_answer"), strikes("status", status=429), strikes("status", status=500),
     strikes("status", status=401)],
    ids=["answered", "lost", "429", "500", "401"],
)  # fmt: skip
def test_what_failed_is_moved_again_and_once(fault: dict[str, Any] | None, tmp_path: Path) -> None:
    """No run takes it up; a dry run changes nothing; then the failed session goes, and one comes."""
    faults = [FAILS, *([fault] if fault else [])]
    with standing(tmp_path, events=2, faults=faults, **QUICK) as stand:
        settings = configured(stand)
        assert ferry("run", "-c", settings, "--json").code == 4
        failed = failed_session(stand)
        assert ferry("run", "-c", settings, "--json").code == 4
        tried = ferry("retry", "--failed", "-c", settings, "--dry-run", "--json")
        assert (tried.code, tried.document["items"][0]["deleted"]) == (0, failed), tried.talk
        assert failed_session(stand) == failed
        ran = ferry("retry", "--failed", "--reason", "processing_error", "-c", settings, "--json")
        assert (ran.code, ran.document["events"]["released"]) == (0, 1), ran.talk
        assert read(stand).calls("delete_session") == (2 if fault else 1)
        event_id = ran.document["items"][0]["event_id"]
        shown = ferry("show", event_id, "-c", settings, "--json").document
        assert [one["kind"] for one in shown["history"]] == [
            "item.ended", "item.delete", "item.deleted", "item.anew", "item.planned"
        ]  # fmt: skip
        again = ferry("run", "-c", settings, "--json")
        assert again.code == 0, again.talk
        all_is_well(stand, failed)
        left = ferry("retry", "--event", event_id, "-c", settings, "--json")
        assert (left.code, left.document["events"]["left"]) == (0, 1)


@pytest.mark.fault(25)
@pytest.mark.parametrize("action", ["stall", "lose_answer"])
def test_a_retry_that_is_killed_at_its_deletion_is_made_again(action: str, tmp_path: Path) -> None:
    """Before the session went, and after: the next retry looks, and one session is there in the end."""
    fault = strikes(action) if action == "stall" else {**strikes(action), "times": 3}
    with standing(tmp_path, events=1, faults=[FAILS, fault], **QUICK) as stand:
        settings = configured(stand)
        assert ferry("run", "-c", settings, "--json").code == 4
        failed = failed_session(stand)
        (tmp_path / "killed").mkdir()
        with begun("retry", "--failed", "-c", settings, folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not [one for one in read(stand).log if one.call == "delete_session" and one.fault]:
                assert time.monotonic() < end
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        assert ferry("run", "-c", settings, "--json").code == 4
        ran = ferry("retry", "--failed", "-c", settings, "--json")
        assert (ran.code, ran.document["events"]["released"]) == (0, 1), ran.talk
        assert ferry("run", "-c", settings, "--json").code == 0
        all_is_well(stand, failed)


@pytest.mark.fault(25)
def test_what_failed_is_not_taken_in_as_right(tmp_path: Path) -> None:
    """Its session carries the marker, title and duration: reconciling leaves it failed, and says so."""
    with standing(tmp_path, events=1, faults=[FAILS], **QUICK) as stand:
        settings = configured(stand)
        assert ferry("run", "-c", settings, "--json").code == 4
        ran = ferry("reconcile", "-c", settings, "--json")
        assert (ran.code, ran.document["events"]["known"]) == (0, 1), ran.talk
        assert "`ferry retry`" in ran.document["items"][0]["why"]
        assert ferry("run", "-c", settings, "--json").document["reasons"] == {"processing_error": 1}
