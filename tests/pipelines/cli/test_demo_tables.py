"""The demo's tables: titles can be read at any width, and no line is longer than it may be."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.cli.bookings import Bookings
from pipelines.cli.comparison import Line
from pipelines.cli.demo import arrivals, arrived, booked_table, written_down
from pipelines.cli.exits import Exit
from pipelines.cli.text import laid

TITLE = "An introduction to sorting and searching"
LINE = Line("3f1a0c52-0001", TITLE, "skipped", "nothing_published", 12, 10**9, True, "published", False)
BOOKED: dict[str, Any] = {
    "event_id": "3f1a0c52-0002",
    "title": TITLE,
    "verdict": "verified",
    "reason": None,
    "schedule_id": "101",
    "room_id": "39",
    "start": "2036-10-13T10:00:00+01:00",
}


@pytest.mark.parametrize(("width", "whole"), [(80, False), (110, False), (120, True), (200, True)])
def test_a_demos_table_keeps_to_its_width(width: int, whole: bool) -> None:
    """A narrow one leaves columns out, not titles."""
    head, line = laid(arrivals([LINE], width), width)
    assert max(len(head), len(line)) <= width
    assert TITLE[:18] in line
    assert (TITLE in line) is whole
    assert ("at LumiNUS" in head) is (width >= 110)
    assert line.endswith("NO")


@pytest.mark.parametrize("width", [80, 120])
def test_a_demos_bookings_keep_to_their_width(width: int) -> None:
    """The same, and what was verified is called updated, as `ferry schedules` calls it."""
    told = Bookings(Exit.DONE, (), [BOOKED])
    there = {"schedule_id": "7"}
    head, line = laid(booked_table(told, [there], ZoneInfo("Europe/London"), width), width)
    assert max(len(head), len(line)) <= width
    assert TITLE[:15] in line
    assert "2036-10-13 10:00+01:00" in line
    assert "updated" in line


def test_without_room_for_a_table_every_number_is_whole() -> None:
    """A line for each cell; a gigabyte is not cut to the first of its figures at 80 columns either."""
    told = " ".join(" ".join(arrived([LINE], 40)).split())
    assert all(words in told for words in (TITLE, "files: 12", "size: 953.7 MiB", "as meant: NO"))
    large = Line("e", TITLE, "verified", "", 1, 1023 * 1024**2 + 900_000, True, "published", True)
    assert "1023.9 MiB" in " ".join(arrived([large], 80))
    there = {"schedule_id": "7"}
    lines = list(written_down(Bookings(Exit.DONE, (), [BOOKED]), [there], ZoneInfo("Europe/London"), 40))
    booked = " ".join(" ".join(lines).split())
    assert all(one in booked for one in (TITLE, "schedule: 101", "room: 39", "2036-10-13 10:00+01:00"))
    assert max(map(len, lines)) <= 40
