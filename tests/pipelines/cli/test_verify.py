"""`ferry verify`: what was moved held against a sandbox, and what is said of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import Ran, Stand, ferry, standing
from fakes.vandal import Vandal

from pipelines.cli.exits import Exit
from pipelines.cli.verify import code_of, document, write
from pipelines.recheck.found import Finding, Found, Unread, Waiting

Told = Callable[..., Ran]
Json = Any

GOOD = Found(items=3, lecture_items=2, schedules=1)
BAD = Found(
    items=1,
    differences=(Finding("e-1", "title", "Analysis", "Other\x1b[2J"), Finding("e-2", "session", "s-2", "")),
    waiting=(Waiting("e-3", "it has no lecture item yet"),),
    unread=(Unread("VALT", "no answer"),),
)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (GOOD, Exit.DONE),
        (BAD, Exit.DIFFERS),
        (Found(unread=BAD.unread), Exit.RETRYABLE),
        (Found(waiting=BAD.waiting), Exit.DONE),
    ],
)
def test_the_worst_finding_is_the_code(found: Found, code: Exit) -> None:
    """A difference comes before what could not be read; what waits is neither."""
    assert code_of(found) == code


def test_the_document() -> None:
    """Names and values are those of the manual, and nothing else is there."""
    assert document(BAD, Exit.DIFFERS) == {
        "version": 1,
        "exit": 5,
        "verified": {"items": 1, "lecture_items": 0, "schedules": 0},
        "differences": [
            {"event_id": "e-1", "field": "title", "expected": "Analysis", "found": "Other\x1b[2J"},
            {"event_id": "e-2", "field": "session", "expected": "s-2", "found": ""},
        ],
        "waiting": [{"event_id": "e-3", "why": "it has no lecture item yet"}],
        "unread": [{"what": "VALT", "why": "no answer"}],
    }


def test_people_get_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding is one line, safe for a terminal; the numbers come last."""
    write(BAD, Exit.DIFFERS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("e-1: title is 'Other")
    assert lines[0].endswith("where 'Analysis' was expected")
    assert lines[1:4] == [
        "e-2: session is missing where 's-2' was expected",
        "not verified: VALT: no answer",
        "waiting: e-3: it has no lecture item yet",
    ]
    assert lines[4] == "1 items, 0 lecture items and 0 schedules are as they were meant"
    assert "\x1b" not in "".join(lines)


def test_settings_that_are_not_there(tmp_path: Path, told: Told) -> None:
    """One sentence on stderr, one document on stdout, and two."""
    ran = told("verify", "-c", tmp_path / "none.toml", "--json")
    assert (ran.code, ran.document["exit"], ran.document["differences"]) == (2, 2, [])
    assert ran.talk.count("\n") == 1


def writes(stand: Stand) -> list[Json]:
    """Return all calls that may change something; signing in changes nothing."""
    return [
        entry
        for entry in stand.audit("log")
        if entry["method"] not in {"GET", "HEAD"} and entry["call"] not in {"login", "token"}
    ]


@pytest.mark.slow
def test_a_run_is_verified_and_reported(tmp_path: Path) -> None:
    """All is verified as it was moved; each change is told by its event; who refuses is named; only reads."""
    with standing(tmp_path, events=4, bookings=2, largest=2**20, typical=2**18) as stand:
        settings = tmp_path / "migration.toml"
        assert ferry("run", "-c", settings, "--json").code == 0
        assert ferry("schedules", "run", "-c", settings).code == 0
        before = writes(stand)
        good = ferry("verify", "-c", settings, "--json")
        assert (good.code, good.document["differences"], good.document["unread"]) == (0, [], [])
        assert writes(stand) == before
        rows = ferry("report", "-c", settings, "--format", "json").document
        assert good.document["verified"] == {
            "items": rows["totals"]["items"]["verified"],
            "lecture_items": len([one for one in stand.audit("lecture-items") if one["patches"]]),
            "schedules": len([one for one in stand.audit("schedules") if one["edits"]]),
        }
        _spoilt(Vandal(stand), settings, rows)
    assert ferry("report", "-c", settings, "--format", "json").document == rows


def _spoilt(vandal: Vandal, settings: Path, rows: Json) -> None:
    """Spoil one thing of each kind, then the accounts, and look after each."""
    stand = vandal.stand
    session = stand.audit("sessions")[0]
    item = next(one for one in stand.audit("lecture-items") if one["patches"])
    schedule = rows["schedules"][0]
    vandal.rename_session(session["session_id"])
    vandal.hide(item)
    vandal.rename_schedule(schedule["schedule_id"])
    events = {row["session_id"]: row["event_id"] for row in rows["items"]}
    wanted = {
        (events[session["session_id"]], "title"),
        (events[item["session_id"]], f"lecture item {item['lecture_item_id']} publish"),
        (schedule["event_id"], f"schedule {schedule['schedule_id']} name"),
    }
    assert _differing(settings, 5) == (wanted, set())
    (settings.parent / "luminus-token.secret").write_text("spoilt")
    (settings.parent / "valt-password.secret").write_text("spoilt")
    title = {one for one in wanted if one[1] == "title"}
    assert _differing(settings, 5) == (title, {"LumiNUS", "VALT"})
    (settings.parent / "panopto-password.secret").write_text("spoilt")
    assert _differing(settings, 7) == (set(), set())


def _differing(settings: Path, code: int) -> tuple[set[tuple[str, str]], set[str]]:
    """Return what differs and what is unread; nothing that is said holds a secret."""
    ran = ferry("verify", "-c", settings, "--json")
    assert (ran.code, ran.document["exit"]) == (code, code)
    assert "spoilt" not in ran.output + ran.talk
    differences = {(one["event_id"], one["field"]) for one in ran.document["differences"]}
    return differences, {one["what"] for one in ran.document["unread"]}
