"""`ferry schedules`: VALT has each booking as Opencast has it; an edit is sent once, by a plan never."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fakes.booking_world import (
    DAY,
    HOUR,
    SMALL,
    Office,
    as_wanted,
    books,
    calls,
    checked,
    edits,
    leads,
    lecture,
    posts,
    row,
    schedules,
    verdicts,
    wanted,
    world_of,
)
from fakes.processes import Stand, ferry, standing

from pipelines.sandbox.valt.login import Tokens

pytestmark = pytest.mark.slow

LATER = datetime(2036, 6, 2, 9, tzinfo=UTC)


def others(stand: Stand) -> dict[int, object]:
    """Return the schedules that no table names, but for what the passing of time changes."""
    mine = set(leads(stand).values())
    return {number: {**one, "status": None} for number, one in books(stand).items() if number not in mine}


@pytest.mark.parametrize(("version", "account"), [("5.8", "scheduler"), ("6.6", "user")])
def test_a_plan_a_run_and_a_second_run(version: str, account: str, tmp_path: Path) -> None:
    """A plan writes nothing; a run edits each schedule once and no other; a second one sends none."""
    switches = {**SMALL, "valt_version": version, "valt_account": account}
    with standing(tmp_path, bookings=2, **switches) as stand:
        settings = tmp_path / "migration.toml"
        untouched = others(stand)
        before = books(stand)
        plan = schedules("plan", settings)
        assert (plan.code, set(verdicts(plan).values())) == (0, {("update", None)})
        assert books(stand) == before
        assert posts(stand) == []
        assert {one["method"] for one in stand.audit("log") if one["call"] != "login"} == {"GET"}
        assert not list(tmp_path.glob("*.checkpoint*"))
        ran = schedules("run", settings)
        assert (ran.code, set(verdicts(ran).values())) == (0, {("verified", None)})
        as_wanted(stand)
        assert set(edits(stand).values()) == {1}
        assert others(stand) == untouched
        assert len(posts(stand)) == len(leads(stand)) == 2
        again = schedules("run", settings)
        assert (again.code, set(verdicts(again).values())) == (0, {("equal", None)})
        assert len(posts(stand)) == 2
        assert (calls(stand, "rooms_info") > 0) == (account == "user")


def test_a_token_that_ends_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It logs in again, sends no edit twice, and shows no token anywhere."""
    issued: list[str] = []
    issue = Tokens.issue

    def kept(tokens: Tokens) -> str:
        issued.append(issue(tokens))
        return issued[-1]

    monkeypatch.setattr(Tokens, "issue", kept)
    bookings = [lecture(str(number), LATER + timedelta(weeks=number)) for number in range(2)]
    with world_of(tmp_path, *bookings, valt_token_life=2.0) as stand:
        ran = schedules("run", stand.settings(tmp_path, {"valt.calls_per_second": 2}))
        assert (ran.code, set(verdicts(ran).values())) == (0, {("verified", None)})
        as_wanted(stand)
        assert set(edits(stand).values()) == {1}
        assert calls(stand, "login") == len(issued) > 2
        told = ran.output + ran.talk + (tmp_path / "migration.checkpoint").read_text()
        assert not [token for token in issued if token in told]


def test_a_clock_of_valt_that_is_ahead(tmp_path: Path) -> None:
    """What begins soon by VALT's clock is left alone, whatever ours says; the rest goes on."""
    first = lecture("soon", LATER)
    skew = int(LATER.timestamp() - time.time()) - 90
    with world_of(tmp_path, first, lecture("later", LATER + timedelta(days=9)), valt_skew=skew) as stand:
        ran = schedules("run", tmp_path / "migration.toml")
        assert ran.code == 0
        assert verdicts(ran) == {"soon": ("skipped", "too_soon"), "later": ("verified", None)}
        assert edits(stand) == {leads(stand)["soon"]: 0, leads(stand)["later"]: 1}
        as_wanted(stand, ["later"])


def test_a_clock_of_valt_that_is_behind(tmp_path: Path) -> None:
    """What begins at once by our clock is sent, as it is an hour off by VALT's; what is over there is not."""
    now = datetime.now(UTC).replace(microsecond=0)
    bookings = [
        lecture("soon", now + timedelta(seconds=20)),
        lecture("missed", now - timedelta(minutes=10)),
        lecture("over", now - timedelta(hours=9)),
    ]
    with world_of(tmp_path, *bookings, valt_skew=-HOUR) as stand:
        ran = schedules("run", tmp_path / "migration.toml")
        assert verdicts(ran) == {
            "soon": ("verified", None),
            "missed": ("error", "past_target"),
            "over": ("skipped", "past"),
        }
        assert ran.code == 4
        as_wanted(stand, ["soon"])
        assert len(posts(stand)) == 1


EDGES = {
    "Europe/London": (
        datetime(2036, 10, 26, 0, 15, tzinfo=UTC),
        datetime(2037, 3, 29, 0, 15, tzinfo=UTC),
    ),
    "Australia/Lord_Howe": (
        datetime(2036, 4, 5, 14, 30, tzinfo=UTC),
        datetime(2036, 10, 4, 15, 0, tzinfo=UTC),
    ),
}
"""Half an hour or more before the clocks of a zone are put back, and forward: by an hour, by half of one."""


@pytest.mark.parametrize("zone", EDGES)
def test_bookings_over_changes_of_the_clocks(zone: str, tmp_path: Path) -> None:
    """Epochs and seconds are exact on both edges; people see each start with the offset of its moment."""
    edges = EDGES[zone]
    names = ("back", "back-2", "forward", "forward-2")
    moments = [edge + timedelta(hours=hours) for edge in edges for hours in (0, 2)]
    bookings = [lecture(name, moment, 5400) for name, moment in zip(names, moments, strict=True)]
    with world_of(tmp_path, *bookings) as stand:
        settings = stand.settings(tmp_path, {"valt.timezone": zone})
        shown = checked(ferry("schedules", "plan", "-c", settings), settings).output
        ran = schedules("run", settings)
        assert ran.code == 0
        as_wanted(stand)
        for name, moment in zip(names, moments, strict=True):
            there = moment.astimezone(ZoneInfo(zone))
            assert there.isoformat(" ", "minutes") in shown
            assert (row(ran, name)["start"], row(ran, name)["duration"]) == (there.isoformat(), 5400)
            assert books(stand)[leads(stand)[name]]["start_at"] == int(moment.timestamp())
        offsets = {row(ran, name)["start"][-6:] for name in names}
        assert len(offsets) == 2


@pytest.mark.fault(28)
def test_a_booking_that_another_schedule_covers(tmp_path: Path) -> None:
    """VALT answers 200; the run tells what is blocked and what in conflict, with 5, and the next one too."""
    names = ("whole", "part", "free")
    bookings = [lecture(name, LATER + timedelta(days=3 * number)) for number, name in enumerate(names)]
    with world_of(tmp_path, *bookings) as stand:
        office, starts = Office(stand), {name: one.start_at for name, one in wanted(stand).items()}
        office.book(39, starts["whole"] - HOUR, 4 * HOUR)
        office.book(39, starts["part"] - HOUR, HOUR + 600)
        settings = tmp_path / "migration.toml"
        ran = schedules("run", settings)
        assert ran.code == 5
        assert {name: (row(ran, name)["blocked"], row(ran, name)["conflict"]) for name in names} == {
            "whole": (True, False),
            "part": (False, True),
            "free": (False, False),
        }
        as_wanted(stand)
        assert set(edits(stand).values()) == {1}
        assert {name for name, number in leads(stand).items() if books(stand)[number]["blocked"]} == {"whole"}
        again = schedules("run", settings)
        assert row(again, "whole")["blocked"]
        assert len(posts(stand)) == 3


@pytest.mark.fault(28)
def test_two_bookings_that_would_lie_over_each_other(tmp_path: Path) -> None:
    """The plan and the run say so of both, and send neither; a third one goes on."""
    bookings = [
        lecture("one", LATER),
        lecture("two", LATER + timedelta(hours=1)),
        lecture("three", LATER + timedelta(seconds=9000)),
    ]
    with world_of(tmp_path, *bookings) as stand:
        settings = tmp_path / "migration.toml"
        expected = ("error", "overlap_in_plan")
        plan = schedules("plan", settings)
        assert (plan.code, verdicts(plan)["one"], verdicts(plan)["two"]) == (4, expected, expected)
        ran = schedules("run", settings)
        assert ran.code == 4
        assert verdicts(ran) == {"one": expected, "two": expected, "three": ("verified", None)}
        assert edits(stand) == {leads(stand)[name]: int(name == "three") for name in ("one", "two", "three")}


def test_a_schedule_that_somebody_moves_afterwards(tmp_path: Path) -> None:
    """The next run puts it back with one more edit, and leaves the other alone."""
    bookings = [lecture("moves", LATER), lecture("stays", LATER + timedelta(days=1))]
    with world_of(tmp_path, *bookings) as stand:
        settings = tmp_path / "migration.toml"
        assert schedules("run", settings).code == 0
        number = leads(stand)["moves"]
        Office(stand).post(f"schedule/{number}/edit", {"start_at": str(int(LATER.timestamp()) + DAY * 9)})
        ran = schedules("run", settings)
        assert verdicts(ran) == {"moves": ("verified", None), "stays": ("equal", None)}
        as_wanted(stand)
        assert edits(stand) == {number: 3, leads(stand)["stays"]: 1}


def test_events_that_are_not_to_be_recorded(tmp_path: Path) -> None:
    """What was recorded keeps its scheduling and is none any more: a row of the table for it is told."""
    done = replace(lecture("done", LATER), status="PROCESSED", processing_state="SUCCEEDED")
    with world_of(tmp_path, lecture("to-come", LATER + timedelta(days=1)), done) as stand:
        table = stand.folder / "schedules.csv"
        table.write_text(table.read_text() + "done,11\n")
        ran = schedules("run", tmp_path / "migration.toml")
        assert verdicts(ran) == {"to-come": ("verified", None), "done": ("skipped", "not_scheduled")}
        assert ran.document["problems"] == ["table of schedules, event done: nothing is to be recorded of it"]
        assert len(posts(stand)) == 1


TITLES = {
    "long": ("x" * 300, "x" * 255),
    "lines": ("one\nline\tand a bell\x07", "one line and a bell"),
    "markup": ('<b>R&D</b> "quoted" 🐟', '<b>R&D</b> "quoted" 🐟'),
}


def test_titles_that_are_no_plain_text(tmp_path: Path) -> None:
    """A name is one line of at most 255 characters; what VALT then has is equal in the next run."""
    bookings = [
        replace(lecture(name, LATER + timedelta(days=number)), title=TITLES[name][0])
        for number, name in enumerate(TITLES)
    ]
    with world_of(tmp_path, *bookings) as stand:
        ran = schedules("run", tmp_path / "migration.toml")
        assert set(verdicts(ran).values()) == {("verified", None)}
        names = {name: books(stand)[number]["name"] for name, number in leads(stand).items()}
        assert names == {name: shown for name, (_, shown) in TITLES.items()}
        again = schedules("run", tmp_path / "migration.toml")
        assert set(verdicts(again).values()) == {("equal", None)}
        assert set(edits(stand).values()) == {1}
