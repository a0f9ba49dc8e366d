"""`ferry verify`: what was moved held against a sandbox, and what is said of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import Ran, Stand, ferry, standing
from fakes.vandal import Vandal

from pipelines.cli.exits import Exit
from pipelines.cli.verify import NAMED, code_of, differing, document, ends, waiting, write
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
        (Found(items=1, waiting=BAD.waiting), Exit.RETRYABLE),
    ],
)
def test_the_worst_finding_is_the_code(found: Found, code: Exit) -> None:
    """A difference comes before what could not be read, and before what is not done yet."""
    assert code_of(found) == code


def test_the_document() -> None:
    """Names and values are those of the manual, and nothing else is there."""
    assert document(BAD, Exit.DIFFERS) == {
        "version": 1,
        "exit": 5,
        "level": "quick",
        "seed": None,
        "verified": {"items": 1, "lecture_items": 0, "schedules": 0, "files": 0, "bytes": 0},
        "differences": [
            {"event_id": "e-1", "field": "title", "expected": "Analysis", "found": "Other\x1b[2J"},
            {"event_id": "e-2", "field": "session", "expected": "s-2", "found": ""},
        ],
        "waiting": [{"event_id": "e-3", "why": "it has no lecture item yet"}],
        "unread": [{"what": "VALT", "why": "no answer"}],
        "changed": [],
        "unrecorded": [],
    }


def test_people_get_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding is one line, safe for a terminal; the numbers come last."""
    write(BAD)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("e-1: title is 'Other")
    assert lines[0].endswith("where 'Analysis' was expected")
    assert lines[1] == "e-2: session is missing where 's-2' was expected"
    assert lines[2].startswith("-> sessions that are missing: ")
    assert lines[3].startswith("-> sessions that differ: ")
    assert lines[4:] == [
        "not verified: VALT: no answer",
        "waiting: e-3: it has no lecture item yet",
        "1 sessions, 0 lecture items and 0 schedules are as they were meant",
        "Some are not what they were meant to be; look before anything is deleted.",
        "1 item is not done yet; `ferry run` goes on.",
        "Some could not be read; the same command looks again.",
    ]
    assert "\x1b" not in "".join(lines)


def test_only_what_is_done_and_read_is_as_it_was_meant() -> None:
    """The closing sentence says so of nothing else."""
    meant = "All that was looked at is as it was meant."
    assert list(ends(GOOD)) == [meant]
    for more in (Found(waiting=BAD.waiting), Found(unread=BAD.unread), Found(differences=BAD.differences)):
        assert meant not in list(ends(GOOD + more))


def test_one_reason_is_told_once() -> None:
    """Events that wait for the same are told below it, and of many only some."""
    found = Found(waiting=tuple(Waiting(f"e-{number}", "not there yet") for number in range(NAMED + 2)))
    lines = list(waiting(found))
    assert lines[:2] == [f"waiting: {NAMED + 2} items: not there yet", "  e-0"]
    assert lines[-1] == "  and 2 more, as --json names them"
    assert len(lines) == NAMED + 2
    assert list(ends(found)) == [f"{NAMED + 2} items are not done yet; `ferry run` goes on."]


@pytest.mark.parametrize(
    ("field", "found", "advice"),
    [
        ("lecture item l-1 publish", "no", "ferry run --carry-again"),
        ("lecture item l-1", "", "ferry run --carry-again"),
        ("schedule 7 name", "Other", "ferry schedules run"),
        ("session", "", "recycle bin"),
        ("title", "", "in Panopto"),
    ],
)
def test_each_kind_of_difference_has_one_advice(field: str, found: str, advice: str) -> None:
    """What can be done is said once below the list, however many differ so."""
    one = Finding("e", field, "x", found)
    *_, before, last = differing(Found(differences=(one, one)))
    assert before.startswith("e: ")
    assert last.startswith("-> ")
    assert advice in last


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
        _read_again(settings, stand)
        assert writes(stand) == before
        assert good.document["verified"] == {
            "items": rows["totals"]["items"]["verified"],
            "lecture_items": len([one for one in stand.audit("lecture-items") if one["patches"]]),
            "schedules": len([one for one in stand.audit("schedules") if one["edits"]]),
            "files": 0,
            "bytes": 0,
        }
        _spoilt(Vandal(stand), settings, rows)
    assert ferry("report", "-c", settings, "--format", "json").document == rows


def _read_again(settings: Path, stand: Stand) -> None:
    """All files give what was sent; a seed draws the same sample again; each depth says what it was."""
    sent = [one for one in stand.audit("objects") if one["key"].endswith((".mp4", ".m4a"))]
    full = ferry("verify", "-c", settings, "--level", "full", "--json").document
    assert (full["exit"], full["level"], full["seed"]) == (0, "full", None)
    assert full["verified"]["files"] == len(sent)
    assert full["verified"]["bytes"] == sum(one["size"] for one in sent)
    some = ferry("verify", "-c", settings, "--sample", "1", "--json").document
    assert (some["exit"], some["level"], some["verified"]["files"]) == (0, "sample", 1)
    again = ferry("verify", "-c", settings, "--sample", "1", "--seed", str(some["seed"]))
    assert f"drawn with --seed {some['seed']}" in again.output


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
