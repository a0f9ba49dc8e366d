"""Schedules that recur, record now, are over or cover several rooms are left alone, and told of."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.booking_world import (
    HOUR,
    Office,
    books,
    edits,
    leads,
    lecture,
    posts,
    row,
    schedules,
    table,
    verdicts,
    wanted,
    world_of,
)
from fakes.processes import Stand

from pipelines.sandbox import Fault

pytestmark = pytest.mark.slow

LATER = datetime(2036, 6, 2, 9, tzinfo=UTC)
TARGETS = {"weekly": 11, "now": 12, "several": 13, "over": 14}
"""What the sandbox's VALT holds of others."""
BOOKINGS = [
    lecture(name, LATER + timedelta(days=3 * number)) for number, name in enumerate((*TARGETS, "plain"))
]


def leading(stand: Stand, **changes: object) -> Path:
    """Write settings whose table leads events to schedules of others, and one to its own."""
    own = leads(stand)["plain"]
    lines = [*TARGETS.items(), ("plain", own)]
    path = table(stand.folder / "others.csv", "event_id,schedule_id", *lines)
    return stand.settings(stand.folder, {"valt.schedules": path, **changes})


def test_what_is_left_alone(tmp_path: Path) -> None:
    """Each for its reason, with nothing sent for it; the rest goes on."""
    with world_of(tmp_path, *BOOKINGS, valt_version="6.6") as stand:
        ran = schedules("run", leading(stand))
        assert ran.code == 4
        assert verdicts(ran) == {
            "weekly": ("error", "recurring_target"),
            "now": ("skipped", "already_recording"),
            "several": ("error", "multi_room"),
            "over": ("error", "past_target"),
            "plain": ("verified", None),
        }
        assert all(row(ran, name)["why"] for name in TARGETS)
        assert [books(stand)[number]["edits"] for number in TARGETS.values()] == [0, 0, 0, 0]
        assert posts(stand) == ["edit"]


def test_what_is_changed_where_the_settings_say_so(tmp_path: Path) -> None:
    """A weekly one records once, one of many rooms in its agent's; what records now VALT may refuse."""
    also = ["recurring", "started", "many_rooms"]
    with world_of(tmp_path, *BOOKINGS, valt_version="6.6") as stand:
        settings = leading(stand, **{"valt.edit_also": also})
        ran = schedules("run", settings)
        assert verdicts(ran) == {
            "weekly": ("verified", None),
            "now": ("skipped", "already_recording"),
            "several": ("verified", None),
            "over": ("error", "past_target"),
            "plain": ("verified", None),
        }
        held, asked = books(stand), wanted(stand)
        for name in ("weekly", "several"):
            found, one = held[TARGETS[name]], asked[name]
            assert (found["name"], found["start_at"], found["duration"]) == (one.title, one.start_at, 5400)
            assert (found["room_ids"], found["recurrence"], found["edits"]) == ([39], {"type": "none"}, 1)
        assert [held[TARGETS[name]]["edits"] for name in ("now", "over")] == [0, 0]


def test_what_records_now_is_made_longer_where_the_settings_say_so(tmp_path: Path) -> None:
    """Its name and length are sent, and its start, which is past, is not."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=6)
    with world_of(tmp_path, lecture("on", start)) as stand:
        number = Office(stand).book(39, int(start.timestamp()), HOUR)
        path = table(tmp_path / "one.csv", "event_id,schedule_id", ("on", number))
        also = {"valt.schedules": path, "valt.edit_also": ["started"]}
        time.sleep(max(0.0, start.timestamp() + 1 - time.time()))
        plain = schedules("plan", stand.settings(tmp_path, {**also, "valt.edit_also": []}))
        assert verdicts(plain) == {"on": ("skip", "already_recording")}
        ran = schedules("run", stand.settings(tmp_path, also))
        assert (ran.code, verdicts(ran)) == (0, {"on": ("verified", None)})
        found = books(stand)[number]
        assert (found["name"], found["start_at"]) == ("Lecture on", int(start.timestamp()))
        assert (found["duration"], found["edits"]) == (5400, 1)


@pytest.mark.parametrize("call", ["blocked", "edit"])
def test_a_schedule_that_starts_meanwhile(call: str, tmp_path: Path) -> None:
    """Between the list and the look nothing is sent; between the look and the edit VALT refuses it."""
    nth = 2 if call == "edit" else 1
    held = Fault(f"valt.{call}", "delay", nth=nth, arguments={"seconds": 9})
    with world_of(tmp_path, lecture("meanwhile", LATER), faults=[held]) as stand:
        number = leads(stand)["meanwhile"]
        begins = int(time.time()) + 8
        Office(stand).post(f"schedule/{number}/edit", {"start_at": str(begins), "duration": "3600"})
        ran = schedules("run", tmp_path / "migration.toml")
        assert verdicts(ran) == {"meanwhile": ("skipped", "already_recording")}
        assert ran.code == 0
        assert posts(stand) == (["edit"] if call == "edit" else [])
        assert edits(stand) == {number: 1}
        assert books(stand)[number]["start_at"] == begins
