"""What goes wrong at Panopto's own API (F13, F23 to F25), over whole runs; the auditor has the last word."""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, dishonest, findings
from campaign.books import Books, read
from campaign.order import false_ends, lines, unannounced
from fakes.processes import Ran, Stand, begun, ferry, standing

pytestmark = pytest.mark.slow

QUICK: Mapping[str, Any] = {
    "largest": 600_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}

Property = Any


def struck(call: str, action: str, **more: Any) -> dict[str, Any]:
    """Return a fault of Panopto's."""
    return {"operation": f"panopto.{call}", "action": action, **more}


def moved(stand: Stand, **changes: Any) -> Ran:
    """Run the migration and hold it against every invariant; `changes` are settings by section__name."""
    given = {name.replace("__", "."): value for name, value in changes.items()}
    ran = ferry("run", "-c", configured(stand, given), "--json", seconds=100)
    books, written = read(stand), lines(checkpoint(stand))
    approve([*findings(books), *dishonest(books, ran.document, ran.code)])
    approve([*unannounced(written, books), *false_ends(written, books)])
    return ran


def configured(stand: Stand, changes: Mapping[str, Any] | None = None) -> Path:
    """Write the settings of all runs of a sandbox, whose checkpoint lies beside them."""
    folder = stand.folder / "run"
    folder.mkdir(exist_ok=True)
    return stand.settings(folder, {"luminus": None, **(changes or {})})


def checkpoint(stand: Stand) -> bytes:
    """Return the bytes of that checkpoint."""
    return (stand.folder / "run" / "migration.checkpoint").read_bytes()


def all_is_well(stand: Stand) -> Books:
    """Assert that each event has exactly one session, and return the books."""
    books = read(stand)
    approve(findings(books, Bounds(events={one.event_id for one in books.sources})))
    return books


@pytest.mark.fault(13)
@pytest.mark.parametrize("status", [404, 403])
def test_a_source_that_is_gone_is_listed_again_once(
    status: int, tmp_path: Path, record_property: Property
) -> None:
    """One item's file for ever: permanent, its event read once more; the others are verified, exit 4."""
    fault = {
        "operation": "files.get_file",
        "action": "status",
        "match": "presenter_720p.mp4",
        "times": 0,
        "arguments": {"status": status},
    }
    with standing(tmp_path, events=3, faults=[fault], **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 4, ran.talk
        outcomes = ran.document["outcomes"]
        assert outcomes["permanent"] >= 1
        assert outcomes["permanent"] + outcomes["verified"] == 3
        record_property("happened", f"{outcomes['permanent']} permanent, {outcomes['verified']} verified")


@pytest.mark.fault(23)
def test_a_session_upload_that_nobody_heard_of_is_counted(tmp_path: Path, record_property: Property) -> None:
    """The answer to POST is lost: the next one is fresh, no session comes of the first, and it is told."""
    with standing(
        tmp_path, events=2, faults=[struck("create_session_upload", "lose_answer")], **QUICK
    ) as stand:
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        books = all_is_well(stand)
        assert len(books.session_uploads) == 3
        assert sorted(one.completions for one in books.session_uploads) == [0, 1, 1]
        assert ran.document["orphan_session_uploads"] == 1
        record_property("injected", 1)
        record_property("happened", "another was opened, the orphan was counted")


KILLS = {
    "before it arrives": (struck("put_session_upload", "stall"), "put_session_upload"),
    "before it is applied": (
        struck("put_session_upload", "delay", arguments={"seconds": 3}),
        "put_session_upload",
    ),
    "after it was applied": (struck("put_session_upload", "lose_answer"), "put_session_upload"),
    "at the first look": (struck("get_session_upload", "stall", nth=2), "get_session_upload"),
    "at the session": (struck("get_session", "stall"), "get_session"),
}


@pytest.mark.fault(24)
@pytest.mark.parametrize("moment", KILLS)
def test_a_crash_around_completing_makes_exactly_one_session(
    moment: str, tmp_path: Path, record_property: Property
) -> None:
    """Killed there and started again: the state is asked for first, and no second PUT is applied."""
    fault, call = KILLS[moment]
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        settings = configured(stand)
        (tmp_path / "killed").mkdir()
        with begun("run", "-c", settings, "--json", folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not [one for one in read(stand).log if one.call == call and one.fault]:
                assert time.monotonic() < end
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        approve(unannounced(lines(checkpoint(stand)), read(stand)))
        time.sleep(3.5 if "delay" in fault["action"] else 0)
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        books = all_is_well(stand)
        assert [one.completions for one in books.session_uploads] == [1]
        assert books.sent_again() == 0
        record_property("injected", 1)
        record_property("happened", "one session, nothing sent again")


@pytest.mark.fault(25)
@pytest.mark.parametrize(("seconds", "code"), [(0.9, 0), (1.2, 5), (-1.2, 5)])
def test_complete_is_not_right(seconds: float, code: int, tmp_path: Path, record_property: Property) -> None:
    """State 4 with another duration: within a second it is verified, beyond it differs."""
    with standing(tmp_path, events=1, **QUICK) as stand:
        assert moved(stand).code == 0
        (session,) = stand.audit("sessions")
    folder = tmp_path / "again"
    folder.mkdir()
    altered = struck("process", "alter", arguments={"duration": session["duration"] + seconds})
    with standing(folder, events=1, faults=[altered], **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == code, ran.talk
        assert ran.document["reasons"] == ({"duration": 1} if code else {})
        record_property("injected", 1)
        record_property("happened", "told as different" if code else "within the tolerance")


@pytest.mark.fault(25)
def test_processing_that_never_ends_is_bounded(tmp_path: Path, record_property: Property) -> None:
    """The item waits when its time is over; the next run only looks, and ends when Panopto does."""
    with standing(tmp_path, events=1, **{**QUICK, "seconds_to_complete": 15.0}) as stand:
        ran = moved(stand, finish__limit_minutes=0.05)
        assert (ran.code, ran.document["outcomes"]["waiting"]) == (3, 1), ran.talk
        time.sleep(13)
        assert moved(stand).code == 0
        assert all_is_well(stand).sent_again() == 0
        record_property("happened", "waited for in the next run")
