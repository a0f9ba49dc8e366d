"""`ferry schedules`: what it writes, with which code it ends, and what it refuses before the first call."""

import fcntl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fakes.booking_site import BookingSite, event
from fakes.memory_valt import NOW, MemoryValt, schedule
from fakes.processes import Ran, toml
from rich.cells import cell_len

from engine import FerryError, Transient
from pipelines.cli.bookings import Bookings, notes, of_plan, of_run, table, write
from pipelines.cli.exits import Exit
from pipelines.cli.schedules import judged, say
from pipelines.schedules.pipeline import ScheduleEnded
from pipelines.schedules.records import End, Outcome
from pipelines.schedules.verdict import Terms

Told = Callable[..., Ran]
LONDON = ZoneInfo("Europe/London")
SUMMER = 1_806_192_900 - NOW
"""Seconds to the last quarter of an hour before the clocks of London go ahead in 2027."""


def config(folder: Path, **valt: Any) -> Path:
    """Write settings with a VALT that nobody is at, and return their path."""
    (folder / "secret").touch(mode=0o600)
    (folder / "secret").write_text("hush")
    (folder / "rooms.csv").write_text("agent_id,room_id\nagent-1,39\n")
    account = {"username": "u", "password_file": "secret"}
    section = {"url": "http://127.0.0.1:9", **account, "rooms": "rooms.csv", "timezone": "Europe/London"}
    path = folder / "migration.toml"
    path.write_text(
        toml(
            {
                "opencast": {"url": "http://127.0.0.1:9", **account},
                "panopto": {
                    "url": "http://127.0.0.1:9",
                    **account,
                    "client_id": "c",
                    "client_secret_file": "secret",
                },
                "transfer": {"attempts": 1},
                **({"valt": {**section, **valt}} if valt.get("url", "") is not None else {}),
            }
        )
    )
    return path


@pytest.mark.parametrize("verb", ["plan", "run"])
@pytest.mark.parametrize(
    ("valt", "sentence"),
    [
        ({"url": None}, "no section [valt]"),
        ({"name": "{room}"}, "valt.name asks for {room}"),
        ({"rooms": "none.csv"}, "none.csv"),
    ],
)
def test_settings_that_cannot_be_used(
    tmp_path: Path, told: Told, verb: str, valt: dict[str, Any], sentence: str
) -> None:
    """One sentence, code 2, a document all the same, and no checkpoint."""
    ran = told("schedules", verb, "-c", config(tmp_path, **valt), "--json")
    assert ran.code == 2
    assert sentence in ran.talk
    assert ran.talk.count("\n") == 1
    assert ran.document["exit"] == 2
    assert not (tmp_path / "migration.checkpoint").exists()


def test_a_room_that_is_named_twice(tmp_path: Path, told: Told) -> None:
    """The line is told."""
    path = config(tmp_path)
    (tmp_path / "rooms.csv").write_text("agent_id,room_id\na,1\na,2\n")
    ran = told("schedules", "plan", "-c", path)
    assert ran.code == 2
    assert "line 3" in ran.talk


def test_nobody_answers(tmp_path: Path, told: Told) -> None:
    """That passes: code 3."""
    assert told("schedules", "run", "-c", config(tmp_path), "--json").document["exit"] == 3


def test_a_run_needs_the_checkpoint_for_itself(tmp_path: Path, told: Told) -> None:
    """While another command has it, a run is code 6 before the first call; a plan asks for no lock."""
    path = config(tmp_path)
    with (tmp_path / "migration.checkpoint.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert told("schedules", "run", "-c", path, "--json").document["exit"] == 6
        assert told("schedules", "plan", "-c", path, "--json").document["exit"] == 3


async def test_the_document_of_a_plan() -> None:
    """Every event with both sides of what is to change; times are aware and in VALT's zone."""
    site = BookingSite(event("e", begins=SUMMER, title="Algebra"), e="1")
    told = of_plan(await site.plan(), LONDON).document
    assert told == {
        "version": 1,
        "exit": 0,
        "verdicts": {"update": 1, "equal": 0, "create": 0, "skip": 0, "error": 0},
        "left": {},
        "schedules": [
            {
                "event_id": "e",
                "title": "Algebra",
                "verdict": "update",
                "reason": None,
                "why": "",
                "schedule_id": "1",
                "room_id": "39",
                "start": "2027-03-28T00:15:00+00:00",
                "duration": 3600,
                "before": {"name": "Lecture", "start_at": NOW + 86_400, "duration": 3600},
                "after": {"name": "Algebra", "start_at": NOW + SUMMER, "duration": 3600},
                "series": [],
                "blocked": False,
                "conflict": False,
            }
        ],
        "problems": [],
    }


async def test_times_follow_the_clocks_of_the_zone() -> None:
    """An hour later it is two by the clocks: the offset says so."""
    site = BookingSite(event("e", begins=SUMMER + 3600), e="1")
    told = of_plan(await site.plan(), LONDON)
    assert told.rows[0]["start"] == "2027-03-28T02:15:00+01:00"
    shown = table(told.rows, LONDON)
    assert [str(cell) for cell in shown.columns[1].cells] == ["2027-03-28 02:15+01:00"]
    assert shown.columns[1].header == "start (Europe/London)"


async def coded(site: BookingSite) -> Exit:
    """Return the code of a run."""
    return of_run(await site.run(), LONDON).code


async def test_the_highest_code_wins() -> None:
    """5 where VALT has something else or never will record, 4 for errors, 3 for what is tried again."""
    wrong, right = event("f", agent="nobody"), event("e", begins=90_000)
    assert await coded(BookingSite(right, e="1")) is Exit.DONE
    assert await coded(BookingSite(right, wrong, e="1")) is Exit.PERMANENT
    lost = BookingSite(right, e="1")
    lost.valt.fault = lambda call, subject: "lost before"
    assert await coded(lost) is Exit.RETRYABLE
    spoilt = BookingSite(right, wrong, e="1")
    spoilt.valt.spoils = lambda one: replace(one, duration=7)
    assert await coded(spoilt) is Exit.DIFFERS
    exam = schedule("1", name="Exam", start_at=NOW + 89_000, duration=9000)
    blocked = BookingSite(right, wrong, valt=MemoryValt(exam, schedule("2")), e="2")
    assert await coded(blocked) is Exit.DIFFERS
    assert await coded(blocked) is Exit.PERMANENT


async def test_a_plan_with_errors_has_their_code() -> None:
    """What VALT would not be told is known before."""
    assert of_plan(await BookingSite(event("e")).plan(), LONDON).code is Exit.DONE
    refused = BookingSite(event("e", begins=90_000))
    assert of_plan(await refused.plan(), LONDON).code is Exit.PERMANENT


async def test_what_a_stopped_run_left_is_to_be_tried_again() -> None:
    """Each event has its row, and the signal's code wins."""
    site = BookingSite(event("e", begins=90_000), event("f", begins=300_000), e="1", f="2")

    def before(call: str) -> None:
        if call == "edit":
            site.drain.begin()

    site.valt.before = before
    told = judged([await site.run()], Exit.INTERRUPTED, LONDON)
    assert told.code is Exit.INTERRUPTED
    assert [(row["verdict"], row["reason"]) for row in told.rows] == [
        ("verified", None),
        ("retryable", "interrupted"),
    ]
    assert judged([], Exit.TERMINATED, LONDON).code is Exit.TERMINATED
    with pytest.raises(FerryError):
        judged([Transient("is down")], None, LONDON)


async def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Each event is in it, safe for a terminal, with what was there before and why nothing is sent."""
    site = BookingSite(
        event("e", begins=90_000, title="Odd\x1b[2J"),
        event("f", agent="nobody"),
        event("g", begins=-9000),
        e="1",
    )
    site.table["gone"] = replace(site.table["e"], id="9")
    site.terms = Terms(margin_seconds=5)
    told = of_plan(await site.plan(), LONDON)
    write(told, LONDON)
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert "name: 'Lecture' -> 'Odd" in output
    assert "no room: the table of rooms has no line" in " ".join(output.split())
    assert "1 to update, 1 error" in output
    assert "events besides: 1 past" in output
    assert "- table of schedules, event gone: Opencast does not have it" in output


async def test_without_room_for_a_table_a_booking_is_some_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Times, lengths and ids are whole, and what changes stands below them in full."""
    monkeypatch.setenv("COLUMNS", "40")
    site = BookingSite(event("e", begins=90_000, title="Odd"), valt=MemoryValt(schedule("101")), e="101")
    write(of_plan(await site.plan(), LONDON), LONDON)
    *printed, _, _ = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, printed)) <= 40
    told = " ".join(" ".join(printed).split())
    assert told.startswith("Odd verdict: to update start: 2027-01-16 09:00+00:00 length: 1:00:00 room: 39")
    assert "schedule: 101" in told
    assert "name: 'Lecture' -> 'Odd'" in told


@pytest.mark.parametrize("width", [80, 100, 160])
async def test_a_table_keeps_to_its_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By COLUMNS also where it is piped: times and ids are whole, a title is cut, no line ends in a blank."""
    monkeypatch.setenv("COLUMNS", str(width))
    titles = ("An introduction to everything " * 7, "\u05d0\u05d5\u05e4\u05d8\u05d9\u05e7\u05d4", "[red]x[/]")
    events = [event(f"e{n}", begins=90_000 + n * 9000, title=title) for n, title in enumerate(titles)]
    site = BookingSite(*events, valt=MemoryValt(schedule("101")), e0="101")
    write(of_plan(await site.plan(), LONDON), LONDON)
    printed = capsys.readouterr().out.splitlines()
    assert all(cell_len(line) <= width and line == line.rstrip() for line in printed)
    (first,) = [line for line in printed if line.startswith("to update")]
    assert first.split()[2:8] == ["2027-01-16", "09:00+00:00", "1:00:00", "39", "101", "An"]
    assert any(line.endswith("[red]x[/]") for line in printed)


async def test_a_plan_and_a_run_have_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    """What was to update is updated, and the notes say from what to what."""
    site = BookingSite(event("e", begins=90_000, lasts=1800, title="Algebra"), e="1")
    write(of_plan(await site.plan(), LONDON), LONDON)
    planned = capsys.readouterr().out
    write(of_run(await site.run(), LONDON), LONDON)
    done = capsys.readouterr().out
    assert done.split() == planned.replace("to update", "updated").split()
    assert "    name: 'Lecture' -> 'Algebra'; start: 2027-01-16 08:00+00:00 -> " in planned
    assert "length: 1:00:00 -> 0:30:00\n" in planned


async def test_a_schedule_that_was_found_by_itself_is_told_so() -> None:
    """One that is just as it is to be, and that the table does not name."""
    told = of_plan(await BookingSite(event("e")).plan(), LONDON)
    assert (told.rows[0]["verdict"], told.rows[0]["schedule_id"]) == ("equal", "1")
    assert notes(told.rows[0], LONDON).startswith("found by its room, start, duration and name")


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (End(Outcome.VERIFIED, schedule_id="101", title="Algebra"), "schedule 101 set: Algebra"),
        (End(Outcome.CREATED, schedule_id="7", title="Algebra"), "schedule 7 created: Algebra"),
        (End(Outcome.MISMATCH, why="reads otherwise", schedule_id="7"), "differs: e: reads otherwise"),
        (End(Outcome.RETRYABLE, title="Algebra"), "retryable: Algebra"),
    ],
)
def test_what_is_said_while_it_happens(end: End, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A person knows it by its schedule and its title; what was right already is not worth a word."""
    say(ScheduleEnded("e", end))
    say(ScheduleEnded("f", End(Outcome.EQUAL)))
    assert capsys.readouterr().err == f"ferry: {sentence}\n"


def test_nothing_to_book(capsys: pytest.CaptureFixture[str]) -> None:
    """That is said, too."""
    write(Bookings(Exit.DONE, ("update",)), LONDON)
    assert capsys.readouterr().out == "nothing is to be booked\n"
