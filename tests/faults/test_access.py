"""What goes wrong while access is looked at and granted, over whole commands; Panopto's own books judge.

Whatever is lost, refused or killed: nobody gets more than the report says, nor the same twice; a look writes
nothing, and a run never makes any of these calls.
"""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import approve, findings
from campaign.books import read
from fakes.processes import Ran, Stand, begun, ferry, standing

pytestmark = pytest.mark.slow

QUICK: Mapping[str, Any] = {
    "largest": 600_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
TABLE = """role,grant,principal
ROLE_ADMIN,nothing,
ROLE_MIGRATION,nothing,
ROLE_ANONYMOUS,level,Organization
*_Learner,viewer,group:All staff
*_Instructor,viewer,user:lovelace
"""
READS = ("get_session_access", "session_permissions", "search_users", "search_groups")
WRITES = ("update_session_access", "create_session_permission", "delete_session_permission")
Fault = Mapping[str, Any]
Rights = dict[str, tuple[str, list[str]]]


def strikes(call: str, action: str, times: int = 1, **arguments: Any) -> Fault:
    """Return a fault of Panopto's."""
    return {"operation": f"panopto.{call}", "action": action, "times": times, "arguments": arguments}


def moved(stand: Stand, **changes: Any) -> Path:
    """Move everything, and return the settings; a run asks nothing of who may see it."""
    folder = stand.folder / "run"
    folder.mkdir()
    (folder / "roles.csv").write_text(TABLE)
    settings = stand.settings(folder, {"luminus": None, "session.roles": "roles.csv", **changes})
    ran = ferry("run", "-c", settings, "--json")
    assert ran.code == 0, ran.talk
    assert not {one.call for one in read(stand).log} & {*READS, *WRITES}
    return settings


def looked(settings: Path, code: int = 5) -> Path:
    """Write a report next to the settings, and return its path."""
    report = settings.with_name("access.json")
    ran = ferry("access", "-c", settings, "--format", "json", "--output", report)
    assert ran.code == code, f"{ran.talk}{ran.output}"
    return report


def granted(settings: Path, report: Path, code: int = 0) -> Ran:
    """Do what a report says, and hold its end against what is expected."""
    ran = ferry("access", "-c", settings, "--grant", "--from-report", report, "--format", "json")
    assert (ran.code, ran.document["exit"]) == (code, code), f"{ran.talk}{ran.output}"
    return ran


def rights(stand: Stand) -> Rights:
    """Return of each session the level that counts and the permissions of its own, by Panopto's books."""
    return {
        row["session_id"]: (
            row["access"]["level"],
            sorted(f"{one['role']} {one['principal_id']}" for one in row["permissions"]),
        )
        for row in stand.audit("sessions")
    }


def said(report: Path) -> Rights:
    """Return what the sessions are to be by a report, by a reading of its own."""
    return {
        one["session_id"]: (
            one["wanted"]["level"],
            sorted(f"{right['role']} {right['id']}" for right in one["difference"]["grant"]),
        )
        for one in json.loads(report.read_text())["items"]
    }


def taken(stand: Stand) -> Counter[str]:
    """Count the calls that changed something."""
    return Counter(one.call for one in read(stand).log if one.call in WRITES and one.applied)


def test_a_look_and_what_it_says_is_done_once(tmp_path: Path) -> None:
    """The world's lists by the table; then nothing differs, and what was moved is as it was."""
    with standing(tmp_path, events=8, **QUICK) as stand:
        settings = moved(stand)
        before = rights(stand)
        report = looked(settings)
        assert rights(stand) == before
        wanted = said(report)
        assert {level for level, _ in wanted.values()} == {"Restricted", "Organization"}
        assert any(permissions for _, permissions in wanted.values())
        told = granted(settings, report).document["sessions"]
        assert told["done"] > 0
        assert rights(stand) == wanted
        counts = taken(stand)
        assert granted(settings, report).document["sessions"]["already"] == len(wanted)
        looked(settings, 0)
        assert taken(stand) == counts
        for verb in ("run", "verify"):
            assert ferry(verb, "-c", settings, "--json").code == 0
        approve(findings(read(stand)))


@pytest.mark.fault(8, 24, 26)
@pytest.mark.parametrize(
    "fault",
    [("lose_answer", {}), ("reset", {}), ("status", {"status": 429}), ("status", {"status": 503}),
     ("status", {"status": 500}), ("status", {"status": 401}), ("delay", {"seconds": 0.2})],
    ids=["lost", "reset", "429", "503", "500", "expired", "late"],
)  # fmt: skip
def test_every_call_is_made_good_whatever_becomes_of_its_answer(
    fault: tuple[str, Mapping[str, Any]], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Levels and permissions are those of the report, and no permission is made twice."""
    times = 1 if fault[1].get("status") == 401 else 2
    faults = [strikes(call, fault[0], times, **fault[1]) for call in (*READS, *WRITES)]
    with standing(tmp_path, events=6, faults=faults, **QUICK) as stand:
        settings = moved(stand)
        report = looked(settings)
        granted(settings, report)
        wanted = said(report)
        assert rights(stand) == wanted
        assert taken(stand)["create_session_permission"] == sum(len(one) for _, one in wanted.values())
        settings.with_name("roles.csv").write_text(TABLE.replace("viewer,group:All staff", "nothing,"))
        granted(settings, looked(settings))
        held = [one for level, one in rights(stand).values()]
        assert taken(stand)["delete_session_permission"] == sum(len(one) for _, one in wanted.values()) - sum(
            map(len, held)
        )
        struck = [row["struck"] for row in stand.audit("faults")]
        assert all(struck)
        record_property("injected", sum(struck))
        record_property("happened", "levels and permissions as the report says, none twice")


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("action", ["stall", "lose_answer"])
@pytest.mark.fault(30)
def test_a_command_that_is_killed_at_its_call_goes_on(call: str, action: str, tmp_path: Path) -> None:
    """Before the call was done, and after: the same command, given again, ends it."""
    with standing(tmp_path, events=6, faults=[strikes(call, action)], **QUICK) as stand:
        settings = moved(stand)
        report = looked(settings)
        wanted = said(report)
        if call == "delete_session_permission":
            granted(settings, report)
            settings.with_name("roles.csv").write_text(TABLE.replace("viewer,group:All staff", "nothing,"))
            report = looked(settings)
        (tmp_path / "killed").mkdir()
        command = ("access", "-c", settings, "--grant", "--from-report", report)
        with begun(*command, folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not [one for one in read(stand).log if one.call == call and one.fault]:
                assert time.monotonic() < end
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        counts = granted(settings, report).document["sessions"]
        assert counts["done"] + counts["already"] == len(wanted)
        if call != "delete_session_permission":
            assert rights(stand) == wanted
        assert taken(stand)["create_session_permission"] == sum(len(one) for _, one in wanted.values())
        looked(settings, 0)
        assert ferry("status", "-c", settings, "--json").code == 0


def test_what_passes_too_late_is_told_and_done_by_the_same_command(tmp_path: Path) -> None:
    """Exit 3; what could be done was, and the rest is another time."""
    always = strikes("create_session_permission", "status", 4, status=503)
    with standing(tmp_path, events=6, faults=[always], **QUICK) as stand:
        settings = moved(stand, **{"transfer.attempts": 2})
        report = looked(settings)
        first = granted(settings, report, 3).document["sessions"]
        assert first["undecided"] > 0
        granted(settings, report)
        assert rights(stand) == said(report)


def test_reports_that_are_not_ours(tmp_path: Path) -> None:
    """Edited, of another kind, of another checkpoint, without a table: exit 2, and nothing is asked for."""
    with standing(tmp_path, events=4, **QUICK) as stand:
        settings = moved(stand)
        report = looked(settings)
        edited = settings.with_name("edited.json")
        edited.write_text(report.read_text().replace('"Restricted"', '"Public"'))
        assert "is not as it was written" in granted(settings, edited, 2).talk
        assert ferry("report", "-c", settings, "--format", "json", "--output", edited).code == 0
        assert "is no report of access" in granted(settings, edited, 2).talk
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "roles.csv").write_text(TABLE)
        changes = {"luminus": None, "session.roles": "roles.csv", "select.limit": 1}
        other = stand.settings(tmp_path / "other", changes)
        (other.with_name("migration.checkpoint")).write_bytes(
            settings.with_name("migration.checkpoint").read_bytes().splitlines(keepends=True)[0]
        )
        assert "is not a report of this checkpoint" in granted(other, report, 2).talk
        (tmp_path / "none").mkdir()
        none = stand.settings(tmp_path / "none", {"luminus": None})
        ran = ferry("access", "-c", none)
        assert ran.code == 2
        assert taken(stand) == Counter()


def test_what_somebody_changed_since_is_left_alone(tmp_path: Path) -> None:
    """Exit 5, named; the other sessions are done."""
    with standing(tmp_path, events=6, **QUICK) as stand:
        settings = moved(stand)
        report = looked(settings)
        rows = json.loads(report.read_text())["items"]
        settings.with_name("roles.csv").write_text(TABLE.replace("level,Organization", "level,Public"))
        left = sum(one["wanted"]["level"] == "Organization" for one in rows)
        told = granted(settings, report, 5).document
        assert told["sessions"]["changed"] == left
        assert all(
            "asks for something else" in one["why"] for one in told["items"] if one["fate"] == "changed"
        )
        assert "Public" not in {level for level, _ in rights(stand).values()}


def test_the_account_is_refused(tmp_path: Path) -> None:
    """Exit 7 and one document; with the account mended the same command goes on."""
    fault = strikes("update_session_access", "status", 2, status=401)
    with standing(tmp_path, events=4, faults=[fault], **QUICK) as stand:
        settings = moved(stand)
        report = looked(settings)
        granted(settings, report, 7)
        granted(settings, report)
        assert rights(stand) == said(report)


def test_plan_report_and_show_tell_of_it(tmp_path: Path) -> None:
    """The plan before anything is moved, the others once it is granted."""
    with standing(tmp_path, events=8, **QUICK) as stand:
        folder = tmp_path / "plan"
        folder.mkdir()
        (folder / "roles.csv").write_text(TABLE.replace("*_Learner,viewer,group:All staff\n", ""))
        planned = stand.settings(folder, {"luminus": None, "session.roles": "roles.csv"})
        ran = ferry("plan", "-c", planned, "--json")
        assert ran.code == 0, ran.talk
        told = ran.document
        assert sum(told["access"]["levels"].values()) == told["to_move"]["items"]
        assert any(role.endswith("_Learner") for role in told["access"]["unmapped"])
        assert "access levels by the table of roles: " in ferry("plan", "-c", planned).output
        settings = moved(stand)
        granted(settings, looked(settings))
        event = ferry("report", "-c", settings, "--format", "json").document["items"]
        verified = next(one["event_id"] for one in event if one["outcome"] == "verified")
        assert "access" in ferry("show", verified, "-c", settings).output
