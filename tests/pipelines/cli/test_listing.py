"""The report as tables: bounded whatever is in it, safe for a terminal, and as wide as it is."""

import pytest
from fakes.kept import finished, steps
from rich.cells import cell_len

from pipelines import items
from pipelines.cli.listing import listing
from pipelines.items import Outcome
from pipelines.report.document import Report, report_of
from pipelines.schedules import records
from pipelines.schedules.records import End
from pipelines.valt.model import Booking

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
    """Ids whole, outcome, size, why, what was left, and the totals."""
    said = listing(report(), 200)
    for words in (EVENT, "verified", "2.9 KiB", "spot 2/3", "without captions", "it is a live stream",
                  "blocked", "1970-01-01T00:00:00+00:00", "room 39",
                  "2 items, 1 skipped, 1 verified, 2.9 KiB, 0.8 h of media, 2 of 3 parts compared, 1 lecture",
                  "1 schedules, 1 verified"):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("width", [0, 80, 100, 200, 5000])
@pytest.mark.parametrize("title", ["short", "x" * 3000, "long words " * 300, "講義" * 400])
def test_no_line_is_wider_than_the_terminal(width: int, title: str) -> None:
    """Between 80 and 200 columns every line fits, and no item takes more than a few lines."""
    lines = listing(report(title), width).splitlines()
    assert max(map(cell_len, lines)) <= min(max(width, 80), 200)
    assert len(lines) < 60


def test_the_event_is_told_whole_at_80_columns() -> None:
    """An id that is cut cannot be looked for."""
    assert EVENT in listing(report("long words " * 300), 80)


def test_nothing_of_others_reaches_the_terminal_raw() -> None:
    """Neither an escape nor rich's own markup is taken for what it says."""
    said = listing(report("\x1b[2J[red]x[/nope]"), 120)
    assert "\x1b" not in said
    assert "[red]x[/nope]" in said


def test_an_empty_checkpoint() -> None:
    """Nothing has its totals."""
    assert listing(Report(), 80) == "0 items, 0 B, 0.0 h of media, 0 of 0 parts compared, 0 lecture items\n"
