"""What goes wrong while a run is rolled back, over whole commands; the sandbox's own books judge.

Whatever is lost, refused or killed: only sessions of that run go, each event has one session after the next
run, and nothing else anywhere is changed.
"""

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, findings
from campaign.books import read
from fakes.processes import Ran, Stand, begun, ferry, standing
from fakes.vandal import Vandal

pytestmark = pytest.mark.slow

QUICK: Mapping[str, Any] = {
    "largest": 600_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
    "opencast_account": "editor",
    "retraction_seconds": 0.1,
}
Property = Callable[[str, object], None]
Fault = Mapping[str, Any]


def strikes(action: str, times: int = 1, **arguments: Any) -> Fault:
    """Return a fault of the call that deletes a session."""
    return {
        "operation": "panopto.delete_session", "action": action, "times": times, "arguments": arguments
    }  # fmt: skip


def configured(stand: Stand, luminus: bool = False) -> Path:
    """Write the settings of all runs of a sandbox, whose checkpoint lies beside them."""
    folder = stand.folder / "run"
    folder.mkdir(exist_ok=True)
    return stand.settings(folder, {"carry.wait": 5} if luminus else {"luminus": None})


def moved(stand: Stand, settings: Path) -> set[str]:
    """Run, and return the sessions that are there then, all of them right."""
    ran = ferry("run", "-c", settings, "--json")
    assert ran.code == 0, ran.talk
    books = read(stand)
    approve(findings(books, Bounds(events={one.event_id for one in books.sources})))
    return sessions(stand)


def sessions(stand: Stand) -> set[str]:
    """Return the sessions that Panopto has."""
    return {one.session_id for one in read(stand).sessions}


def rollback(settings: Path, *more: str, code: int = 0) -> Ran:
    """Run the verb for run 1, and hold its end against what is expected."""
    ran = ferry("rollback", "--run", "1", "-c", settings, "--json", *more)
    assert (ran.code, ran.document["exit"]) == (code, code), f"{ran.talk}{ran.output}"
    return ran


def undone(settings: Path, count: int, code: int = 0) -> Mapping[str, int]:
    """Roll run 1 back, and return how many events became what."""
    told: Mapping[str, int] = rollback(
        settings, "--apply", "--sessions", str(count), code=code
    ).document["events"]  # fmt: skip
    return told


@pytest.mark.parametrize(
    "fault",
    [None, strikes("lose_answer"), strikes("reset"), strikes("status", status=429),
     strikes("status", status=503), strikes("status", status=401)],
    ids=["answered", "lost", "reset", "429", "503", "401"],
)  # fmt: skip
@pytest.mark.fault(8, 26)
def test_a_run_is_rolled_back_once_and_moved_again(
    fault: Fault | None, tmp_path: Path, record_property: Property
) -> None:
    """A look and another number delete nothing; then all goes, nothing twice, and comes back."""
    with standing(tmp_path, events=3, faults=[fault] if fault else [], **QUICK) as stand:
        settings = configured(stand)
        first = moved(stand, settings)
        opencast = stand.audit("events")
        assert rollback(settings).document["events"]["to delete"] == len(first)
        refused = rollback(settings, "--apply", "--sessions", str(len(first) + 1), code=2)
        assert "nothing was deleted" in refused.talk
        assert (sessions(stand), read(stand).calls("delete_session")) == (first, 0)
        told = undone(settings, len(first))
        assert told["deleted"] + told["gone"] == len(first)
        assert sessions(stand) == set()
        assert read(stand).calls("delete_session") == len(first) + bool(fault)
        assert undone(settings, 0) == dict.fromkeys(told, 0)
        assert stand.audit("events") == opencast
        second = moved(stand, settings)
        assert len(second) == len(first)
        assert not second & first
        listed = ferry("rollback", "-c", settings, "--json").document["runs"]
        assert [(one["run"], one["sessions"]) for one in listed] == [("1", 0), ("2", len(first))]
        assert undone(settings, 0) == dict.fromkeys(told, 0)
        assert sessions(stand) == second
        record_property("injected", int(bool(fault)))
        record_property("happened", f"{len(first)} sessions deleted once each, and moved again")


def test_only_the_sessions_of_that_run_go(tmp_path: Path) -> None:
    """What a pilot moved stays; lecture items stay as they are."""
    with standing(tmp_path, events=4, **QUICK) as stand:
        settings = configured(stand, luminus=True)
        text = settings.read_text()
        settings.write_text(text + "[select]\nlimit = 1\n")
        assert ferry("run", "-c", settings, "--json").code == 0
        pilot = sessions(stand)
        settings.write_text(text)
        assert ferry("run", "-c", settings, "--json").code == 0
        rest = sessions(stand) - pilot
        assert (len(pilot), bool(rest)) == (1, True)
        patches = {one.lecture_item_id: one.patches for one in read(stand).lecture_items}
        told = ferry(
            "rollback", "--run", "2", "--apply", "--sessions", str(len(rest)), "-c", settings, "--json"
        )  # fmt: skip
        assert (told.code, told.document["events"]["deleted"]) == (0, len(rest)), told.talk
        assert sessions(stand) == pilot
        assert {one.lecture_item_id: one.patches for one in read(stand).lecture_items} == patches


def test_what_somebody_changed_since_is_left_for_a_person(tmp_path: Path) -> None:
    """Its title, or its description but for the marker: both are told, and the third session goes alone."""
    with standing(tmp_path, events=3, **QUICK) as stand:
        settings = configured(stand)
        moved(stand, settings)
        rows = [one for one in read(stand).sessions if one.event_id]
        assert len(rows) == 3
        vandal = Vandal(stand)
        vandal.change_session(rows[0].session_id, Name="Renamed by hand")
        vandal.change_session(rows[1].session_id, Description=f"More words.\n\nOpencast: {rows[1].event_id}")
        told = rollback(settings, code=5).document
        assert {one["event_id"]: one["fate"] for one in told["items"]} == {
            rows[0].event_id: "by hand", rows[1].event_id: "by hand", rows[2].event_id: "to delete"
        }  # fmt: skip
        assert undone(settings, 1, code=5) == {**dict.fromkeys(told["events"], 0), "deleted": 1, "by hand": 2}
        assert sessions(stand) == {rows[0].session_id, rows[1].session_id}
        assert ferry("run", "-c", settings, "--json").code == 0
        assert len(sessions(stand)) == 3


def test_what_is_gone_from_the_source_is_left_for_a_person(tmp_path: Path) -> None:
    """Its session is all that there is of a recording: nothing is deleted."""
    with standing(tmp_path, events=2, **QUICK) as stand:
        settings = configured(stand)
        count = len(moved(stand, settings))
        report = settings.parent / "report.json"
        assert ferry("report", "-c", settings, "--format", "json", "--output", report).code == 0
        retracted = ferry(
            "source", "retract", "--from-report", report, "--apply", "--events", str(count), "-c", settings
        )  # fmt: skip
        assert retracted.code == 0, retracted.talk
        told = rollback(settings, code=5).document
        assert told["events"]["by hand"] == count
        assert "all that there is" in told["items"][0]["why"]
        assert undone(settings, 0, code=5)["by hand"] == count
        assert len(sessions(stand)) == count


@pytest.mark.parametrize("action", ["stall", "lose_answer"])
@pytest.mark.fault(30)
def test_a_rollback_that_is_killed_at_its_deletion_is_made_again(action: str, tmp_path: Path) -> None:
    """Before the session went, and after: no run moves it meanwhile, and the next rollback ends it."""
    fault = strikes(action, times=1 if action == "stall" else 3)
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        settings = configured(stand)
        first = moved(stand, settings)
        (tmp_path / "killed").mkdir()
        words = ("rollback", "--run", "1", "--apply", "--sessions", "1", "-c", settings)
        with begun(*words, folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not [one for one in read(stand).log if one.call == "delete_session" and one.fault]:
                assert time.monotonic() < end
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        there = sessions(stand)
        assert there == (first if action == "stall" else set())
        ran = ferry("run", "-c", settings, "--json")
        assert (ran.code, ran.document["reasons"]) == (3, {"rolling_back": 1}), ran.talk
        assert sessions(stand) == there
        told = undone(settings, len(there))
        assert told["deleted" if there else "gone"] == 1
        assert sessions(stand) == set()
        assert not moved(stand, settings) & first


def test_a_session_that_may_not_be_deleted_is_not_decided(tmp_path: Path) -> None:
    """It is as it was, and the same command goes on with it."""
    fault = strikes("status", 2, status=403)
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        settings = configured(stand)
        first = moved(stand, settings)
        assert undone(settings, 1, code=3)["undecided"] == 1
        assert sessions(stand) == first
        assert undone(settings, 1)["deleted"] == 1
        assert not moved(stand, settings) & first
