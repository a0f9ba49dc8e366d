"""What goes wrong while events are marked or deleted at Opencast, over whole commands; its own books judge.

A run never makes any of these calls; whatever is lost, refused or killed, an event is written once, deleted
only when its session is right, and known to the checkpoint as what it is.
"""

import json
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import approve, findings
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
WRITES = ("add_ace", "delete_ace", "put_metadata", "delete_event")
Property = Callable[[str, object], None]
Fault = Mapping[str, Any]


def strikes(call: str, action: str, times: int = 1, **arguments: Any) -> Fault:
    """Return a fault of Opencast's."""
    return {"operation": f"opencast.{call}", "action": action, "times": times, "arguments": arguments}


def moved(stand: Stand, style: str = "json") -> tuple[Path, Path]:
    """Move everything, and return the settings and the report of it."""
    folder = stand.folder / "run"
    folder.mkdir()
    settings = stand.settings(folder, {"luminus": None})
    ran = ferry("run", "-c", settings, "--json")
    assert ran.code == 0, ran.talk
    report = folder / f"report.{style}"
    assert ferry("report", "-c", settings, "--format", style, "--output", report).code == 0
    assert written(stand) == dict.fromkeys(WRITES, 0)
    return settings, report


def written(stand: Stand) -> dict[str, int]:
    """Return how often each call changed an event, by Opencast's books."""
    rows = stand.audit("events")
    return {name: sum(row[name] for row in rows) for name in WRITES}


def verified(report: Path) -> int:
    """Return how many events a report tells as verified."""
    return sum(one["outcome"] == "verified" for one in json.loads(report.read_text())["items"])


def source(verb: str, settings: Path, report: Path, *more: str, code: int = 0) -> Ran:
    """Run a verb of `ferry source`, and hold its end against what is expected."""
    ran = ferry("source", verb, "--from-report", report, "-c", settings, "--json", *more)
    assert (ran.code, ran.document["exit"]) == (code, code), f"{ran.talk}{ran.output}"
    return ran


@pytest.mark.parametrize("style", ["json", "csv"])
def test_marked_and_unmarked(style: str, tmp_path: Path) -> None:
    """A look writes nothing; then each event is marked once; runs and verifications go on as before."""
    with standing(tmp_path, events=3, **QUICK) as stand:
        settings, report = moved(stand, style)
        before = {row["event_id"]: row for row in stand.audit("events")}
        looked = source("mark", settings, report)
        count = looked.document["events"]["to do"]
        assert count > 0
        assert stand.audit("events") == list(before.values())
        assert source("mark", settings, report, "--apply").document["events"]["done"] == count
        assert source("mark", settings, report, "--apply").document["events"]["already"] == count
        assert written(stand) == {**dict.fromkeys(WRITES, 0), "add_ace": count}
        assert ferry("run", "-c", settings, "--json").code == 0
        assert ferry("verify", "-c", settings, "--json").code == 0
        assert source("unmark", settings, report, "--apply").document["events"]["done"] == count
        after = {row["event_id"]: row for row in stand.audit("events")}
        assert {name: row["acl"] for name, row in after.items()} == {
            name: row["acl"] for name, row in before.items()
        }
        approve(findings(read(stand)))


@pytest.mark.parametrize(
    "fault",
    [("lose_answer", {}), ("reset", {}), ("status", {"status": 429}), ("status", {"status": 503}),
     ("delay", {"seconds": 0.2})],
    ids=["lost", "reset", "429", "503", "late"],
)  # fmt: skip
@pytest.mark.fault(8)
def test_every_call_is_made_once_whatever_becomes_of_its_answer(
    fault: tuple[str, Mapping[str, Any]], tmp_path: Path, record_property: Property
) -> None:
    """A role, a field, the role again, the event itself: each changed once, and known so."""
    faults = [strikes(call, fault[0], 2, **fault[1]) for call in WRITES]
    with standing(tmp_path, events=2, faults=faults, **QUICK) as stand:
        settings, report = moved(stand)
        count = verified(report)
        for verb, *more in (("mark",), ("mark", "--field", "subjects=moved"), ("unmark",)):
            assert source(verb, settings, report, "--apply", *more).document["events"]["done"] == count
        retracted = source("retract", settings, report, "--apply", "--events", str(count))
        assert retracted.document["events"]["done"] == count
        assert written(stand) == dict.fromkeys(WRITES, count)
        struck = [row["struck"] for row in stand.audit("faults")]
        assert all(struck)
        record_property("injected", sum(struck))
        record_property("happened", f"{4 * count} calls of four kinds, each applied once")


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("status", [401, 302])
def test_an_account_that_is_refused_ends_the_command(call: str, status: int, tmp_path: Path) -> None:
    """Exit 7 and one document; nothing is changed; with the account mended the same command goes on."""
    fault = strikes(call, "status", 1, status=status, headers={"Location": "https://127.0.0.1:9/login.html"})
    verbs = {
        "add_ace": ("mark", "--apply"),
        "delete_ace": ("unmark", "--apply"),
        "put_metadata": ("mark", "--apply", "--field", "subjects=moved"),
        "delete_event": ("retract", "--apply", "--events", "1"),
    }
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        settings, report = moved(stand)
        verb, *more = verbs[call]
        if call == "delete_ace":
            source("mark", settings, report, "--apply")
        assert "checkpoint" not in source(verb, settings, report, *more, code=7).talk
        assert written(stand)[call] == 0
        assert source(verb, settings, report, *more).document["events"]["done"] == 1
        assert written(stand)[call] == 1


def test_an_account_that_only_reads_changes_nothing(tmp_path: Path) -> None:
    """A migration's own account has none of the roles: each verb says which one, at the first look."""
    with standing(tmp_path, events=1, **{**QUICK, "opencast_account": "reader"}) as stand:
        settings, report = moved(stand)
        for verb, role in (("mark", "ACL_EDIT"), ("unmark", "ACL_DELETE"), ("retract", "EVENTS_DELETE")):
            assert role in source(verb, settings, report, code=7).talk
        assert written(stand) == dict.fromkeys(WRITES, 0)


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("action", ["stall", "lose_answer"])
@pytest.mark.fault(30)
def test_a_command_that_is_killed_at_its_call_goes_on(call: str, action: str, tmp_path: Path) -> None:
    """Before the call was done, and after: the same command, given again, ends it; it was done once."""
    verbs = {
        "add_ace": ("mark", "--apply"),
        "delete_ace": ("unmark", "--apply"),
        "put_metadata": ("mark", "--apply", "--field", "subjects=moved"),
        "delete_event": ("retract", "--apply", "--events", "1"),
    }
    faults = [strikes(call, action)]
    with standing(tmp_path, events=1, faults=faults, **QUICK) as stand:
        settings, report = moved(stand)
        if call == "delete_ace":
            source("mark", settings, report, "--apply")
        (tmp_path / "killed").mkdir()
        command = ("source", verbs[call][0], "--from-report", report, "-c", settings, *verbs[call][1:])
        with begun(*command, folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not [one for one in read(stand).log if one.call == call and one.fault]:
                assert time.monotonic() < end
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        again = source(verbs[call][0], settings, report, *verbs[call][1:])
        counts = again.document["events"]
        assert counts["done"] + counts["already"] + counts["left"] == 1
        assert written(stand)[call] == 1
        there = stand.audit("events")[0]["there"]
        assert there is (call != "delete_event")
        assert ferry("status", "-c", settings, "--json").code == 0


def test_a_session_that_is_not_right_keeps_its_event(tmp_path: Path) -> None:
    """It was renamed at Panopto since the report: its event stays, a person looks, and the others go."""
    with standing(tmp_path, events=2, **QUICK) as stand:
        settings, report = moved(stand)
        count = verified(report)
        assert source("retract", settings, report).document["events"]["to do"] == count
        lost = read(stand).sessions[0]
        Vandal(stand).rename_session(lost.session_id)
        looked = source("retract", settings, report, code=5).document
        assert (looked["events"]["by hand"], looked["events"]["to do"]) == (1, count - 1)
        refused = source("retract", settings, report, "--apply", "--events", str(count), code=2)
        assert f"{count - 1} events are to be retracted" in refused.talk
        assert written(stand)["delete_event"] == 0
        source("retract", settings, report, "--apply", "--events", str(count - 1), code=5)
        there = {row["event_id"] for row in stand.audit("events") if row["there"]}
        assert lost.event_id in there
        assert written(stand)["delete_event"] == count - 1


def test_a_retraction_that_never_ends_is_told(tmp_path: Path) -> None:
    """Exit 3 within the limit; asked again nothing more is deleted, and the number stays the same."""
    with standing(tmp_path, events=1, **{**QUICK, "retraction": "off"}) as stand:
        settings, report = moved(stand)
        for _ in range(2):
            ran = source("retract", settings, report, "--apply", "--events", "1", "--wait", "0.2", code=3)
            assert ran.document["events"]["retracting"] == 1
        assert written(stand)["delete_event"] == 1
