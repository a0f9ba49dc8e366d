"""The report as tables: bounded whatever is in it, safe for a terminal, and as wide as it is."""

from zoneinfo import ZoneInfo

import pytest
from fakes.kept import finished, steps
from rich.cells import cell_len

from pipelines import items
from pipelines.cli.listing import listing, shares
from pipelines.cli.narrow import LEAST, ellipted, within
from pipelines.items import Outcome
from pipelines.report.document import Report, report_of
from pipelines.schedules import records
from pipelines.schedules.records import End
from pipelines.valt.model import Booking

UTC = ZoneInfo("UTC")
EVENT = "0f0f0f0f-1111-2222-3333-444444444444"


def report(title: str = "Analysis I") -> Report:
    """One item that is done, one that is not moved, one schedule."""
    end = End(
        records.Outcome.VERIFIED,
        why=title,
        schedule_id="7",
        booking=Booking(title, "39", 0, 60),
        blocked=True,
    )
    return report_of(
        [
            (EVENT, [finished(EVENT, steps(EVENT, title=title))]),
            ("b", [items.ended("b", Outcome.SKIPPED, "live", why="it is a live stream")]),
            (f"schedule:{EVENT}", [records.ended(EVENT, "at", end)]),
        ]
    )


def test_what_a_person_looks_for() -> None:
    """Ids whole, outcome, size, why, who sees it, what was left, and the totals."""
    said = listing(report(), 200, UTC)
    for words in (EVENT, "verified", "2.9 KiB", "shown to students; spot 2/3; without captions",
                  "live: it is a live stream", "blocked", "1970-01-01 00:00+00:00", "room 39",
                  "2 items, 1 skipped, 1 verified, 2.9 KiB, 0.8 h of media, 2 of 3 parts compared, ",
                  "0 of 1 files verified at the source, 1 lecture",
                  "1 schedules, 1 verified"):  # fmt: skip
        assert words in said


def test_the_second_table_is_that_of_schedules() -> None:
    """Its outcome and its id stand under their names, and its start is what the clocks there show."""
    lines = listing(report(), 160, ZoneInfo("Asia/Singapore")).splitlines()
    _, second = (number for number, line in enumerate(lines) if line.startswith("event"))
    assert lines[second].split() == [
        "event",
        "outcome",
        "schedule",
        "start",
        "(Asia/Singapore)",
        "name",
        "notes",
    ]
    assert lines[second + 1].split()[1:5] == ["verified", "7", "1970-01-01", "07:30+07:30"]


@pytest.mark.parametrize("width", [0, 30, 79, 80, 100, 120, 200, 5000])
@pytest.mark.parametrize("title", ["short", "x" * 3000, "long words " * 300, "講義" * 400])
def test_no_line_is_wider_than_the_terminal(width: int, title: str) -> None:
    """Every line fits, and no item takes more than a few lines."""
    lines = listing(report(title), width, UTC).splitlines()
    assert max(map(cell_len, lines)) <= max(width, LEAST)
    assert len(lines) <= (3 * 3 + 3 + 4 if width >= 80 else 3 * 6 * 3 + 12)


def test_what_matters_is_whole_at_80_columns() -> None:
    """An id is shortened to what it can be known by; no word is broken, and who sees it is never cut."""
    said = listing(report("A lecture on mathematical hydrodynamics " * 9), 80, UTC)
    event = next(line for line in said.splitlines() if line.startswith(EVENT[:11]))
    assert event.split()[0] == "0f0f0f0f-11…"
    assert "shown to students" in event
    words = {"A", "lecture", "on", "mathematical", "hydrodynamics"}
    assert set(said.split()) & words == words


@pytest.mark.parametrize("width", [24, 40, 60, 79])
def test_numbers_are_whole_where_there_is_no_room_for_a_table(width: int) -> None:
    """Each cell has lines of its own, so a size, a count or a time is never cut."""
    said = listing(report("A lecture on hydrodynamics " * 20), width, UTC)
    told = " ".join(said.split())
    for words in ("size: 2.9 KiB", "spot 2/3", "schedule: 7", "1970-01-01 00:00", "2.9 KiB,"):
        assert words in told
    if width >= 40:
        assert f"{EVENT}\n" in said


@pytest.mark.parametrize(("room", "first", "second"), [(9, 9, 9), (9, 2, 9), (9, 9, 2), (9, 3, 4)])
def test_two_columns_share_their_room(room: int, first: int, second: int) -> None:
    """Neither has more than it needs, and none is left unused while one of them lacks it."""
    left, right = shares(room, first, second)
    assert (left <= first, right <= second, left + right) == (True, True, min(room, first + second))


def test_a_text_that_is_cut_says_so() -> None:
    """It has three lines, of which the last ends in an ellipsis; one that fits has none."""
    cut = within("some words and more of them " * 5, 12).plain.split("\n")
    assert (len(cut), cut[-1][-1], max(map(cell_len, cut)) <= 12) == (3, "…", True)
    assert within("some words", 12).plain == "some words"
    assert (ellipted("some words", 10), ellipted("unbroken", 8)) == ("some…", "unbroke…")


@pytest.mark.fault(36, 41)
def test_nothing_of_others_reaches_the_terminal_raw() -> None:
    """Neither an escape nor rich's own markup is taken for what it says."""
    said = listing(report("\x1b[2J[red]x[/nope]"), 120, UTC)
    assert "\x1b" not in said
    assert "[red]x[/nope]" in said


def test_an_empty_checkpoint() -> None:
    """Nothing has its totals."""
    assert (
        listing(Report(), 80, UTC) == "0 items, 0 B, 0.0 h of media, 0 of 0 parts compared, 0 lecture items\n"
    )
