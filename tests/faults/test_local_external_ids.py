"""A checkpoint is lost, and sessions were moved on and described anew: their external ids find them."""

import json
import ssl
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, findings
from campaign.books import read
from fakes.carrying_runs import QUICK
from fakes.processes import Ran, Stand, ferry, standing

pytestmark = [pytest.mark.fault(35), pytest.mark.slow]

FIND = "soap_get_sessions_by_external_id"
EVENTS = 4
ALONE = {"luminus": None, "carry": None}


def called(stand: Stand, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """Make one call to the emulated Panopto."""
    panopto = stand.details["panopto"]
    request = urllib.request.Request(panopto["url"] + path, body, dict(headers), method=method)
    trust = ssl.create_default_context(cafile=str(stand.folder / "ca.pem"))
    with urllib.request.urlopen(request, timeout=20, context=trust) as reply:
        return json.load(reply)


def changed(stand: Stand, session_id: str, **values: str) -> None:
    """Change a session as a teacher would: Folder, Description."""
    panopto = stand.details["panopto"]
    account = {name: panopto[name] for name in ("client_id", "client_secret", "username", "password")}
    form = urllib.parse.urlencode({"grant_type": "password", "scope": "api", **account}).encode()
    token = called(stand, "POST", "/Panopto/oauth2/connect/token", form, {})["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    called(stand, "PUT", f"/Panopto/api/v1/sessions/{session_id}", json.dumps(values).encode(), headers)


def moved_on(stand: Stand, home: Path, settings: Mapping[str, Any] | None = None) -> Path:
    """Move all, lose the checkpoint; one session is moved and described anew, another only described."""
    home.mkdir()
    file = stand.settings(home, {**ALONE, **(settings or {})})
    assert ferry("run", "-c", file, "--json").code == 0
    (home / "migration.checkpoint").unlink()
    (home / "migration.checkpoint.lock").unlink()
    first, second, *rest = sorted(stand.audit("sessions"), key=lambda one: one["session_id"])
    elsewhere = next(one["folder_id"] for one in (second, *rest) if one["folder_id"] != first["folder_id"])
    changed(stand, first["session_id"], Folder=elsewhere, Description="Please watch before Monday")
    changed(stand, second["session_id"], Description="Please watch before Tuesday")
    return file


def verb(*arguments: str | Path) -> Ran:
    """Run a verb for its document."""
    ran = ferry(*arguments, "--json")
    assert "Traceback" not in ran.talk, ran.talk
    assert ran.document["exit"] == ran.code
    return ran


def lookups(stand: Stand) -> list[int]:
    """Return the statuses of the calls that asked for external ids."""
    return [row["status"] for row in stand.audit("log") if row["call"] == FIND]


def assert_one_each(stand: Stand) -> None:
    """Assert by the site's own books that each event has one session, and that the auditor finds nothing."""
    owners = Counter(one["external_id"] for one in stand.audit("sessions"))
    assert len(owners) == EVENTS
    assert set(owners.values()) == {1}
    books = read(stand)
    assert len(books.session_uploads) == EVENTS
    approve(findings(books, Bounds(events=set(owners))))


def test_neither_run_nor_reconcile_makes_a_second_session(tmp_path: Path) -> None:
    """Plan and run hold all back, by one lookup; reconcile takes in what is right, and names the other."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", **QUICK) as stand:
        file = moved_on(stand, tmp_path / "run")
        before = len(lookups(stand))
        held = {"unrecorded_session": EVENTS}
        planned = verb("plan", "-c", file)
        assert (planned.code, planned.document["retryable"]) == (3, held)
        ran = verb("run", "-c", file)
        assert (ran.code, ran.document["reasons"]) == (3, held)
        assert lookups(stand)[before:] == [200, 200]
        assert_one_each(stand)
        found = verb("reconcile", "-c", file)
        assert found.code == 5
        told = {name: count for name, count in found.document["events"].items() if count}
        assert told == {"adopted": EVENTS - 1, "differs": 1}
        (differing,) = [one for one in found.document["items"] if one["verdict"] == "differs"]
        assert "folder is " in differing["why"]
        assert "marker" not in differing["why"]
        again = verb("run", "-c", file)
        assert (again.code, again.document["outcomes"]["verified"]) == (5, EVENTS - 1)
        assert_one_each(stand)


def test_with_the_setting_off_nobody_asks(tmp_path: Path) -> None:
    """Neither at the first run nor at the second, of a plan or of reconciling."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", **QUICK) as stand:
        file = stand.settings(tmp_path, {**ALONE, "session.external_id": False})
        assert verb("plan", "-c", file).code == 0
        assert verb("run", "-c", file).code == 0
        assert verb("reconcile", "-c", file).code == 0
        assert lookups(stand) == []


FAULTS = {
    "429": ("status", {"status": 429}),
    "503": ("status", {"status": 503}),
    "a lost answer": ("lose_answer", {}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_lookup_that_has_no_answer_is_made_again(tmp_path: Path, name: str) -> None:
    """What passes is tried again, and nothing is sent meanwhile."""
    action, arguments = FAULTS[name]
    fault = {"operation": f"panopto.{FIND}", "action": action, "nth": 2, "arguments": arguments}
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", faults=[fault], **QUICK) as stand:
        file = moved_on(stand, tmp_path / "run")
        ran = verb("run", "-c", file)
        assert ran.document["reasons"] == {"unrecorded_session": EVENTS}
        assert len(lookups(stand)) == 3
        assert_one_each(stand)


def test_a_service_that_stays_away_moves_nothing(tmp_path: Path) -> None:
    """Nobody knows what is there: the items are left for the next run, which finds it."""
    fault = {
        "operation": f"panopto.{FIND}", "action": "status", "nth": 2, "times": 3, "arguments": {"status": 503}
    }  # fmt: skip
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", faults=[fault], **QUICK) as stand:
        file = moved_on(stand, tmp_path / "run", {"transfer.attempts": 1})
        ran = verb("run", "-c", file)
        assert ran.code == 3
        assert ran.document["outcomes"]["retryable"] == EVENTS
        assert_one_each(stand)
        assert verb("run", "-c", file).document["reasons"] == {"unrecorded_session": EVENTS}
        assert_one_each(stand)


def test_a_site_without_the_older_api_goes_by_the_markers(tmp_path: Path) -> None:
    """It is said once by each verb, and what has its marker is found as before."""
    fault = {
        "operation": f"panopto.{FIND}", "action": "status", "times": 0, "arguments": {"status": 404}
    }  # fmt: skip
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", faults=[fault], **QUICK) as stand:
        (tmp_path / "run").mkdir()
        file = stand.settings(tmp_path / "run", ALONE)
        ran = verb("run", "-c", file)
        assert ran.code == 0
        assert ran.talk.count("by their markers alone") == 1
        (tmp_path / "run" / "migration.checkpoint").unlink()
        planned = verb("plan", "-c", file)
        assert planned.document["retryable"] == {"unrecorded_session": EVENTS}
        assert sum("by their markers alone" in one for one in planned.document["problems"]) == 1
        found = verb("reconcile", "-c", file)
        assert (found.code, found.document["events"]["adopted"]) == (0, EVENTS)
        assert "HTTP 404" in found.document["unasked"]
        assert_one_each(stand)
