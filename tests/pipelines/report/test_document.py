"""The whole report: items and schedules told apart, totals of the rows, the same bytes each time."""

import random
from collections.abc import Sequence

import orjson
from fakes.kept import SECRET, finished, steps

from engine import Record
from pipelines import items
from pipelines.items import Outcome
from pipelines.report.document import Report, report_of
from pipelines.schedules import records
from pipelines.schedules.records import End
from pipelines.valt.model import Booking

AT = "https://valt.example.org"
BOOKING = Booking("Analysis I", "39", 1_596_636_900, 300)


def subjects() -> list[tuple[str, Sequence[Record]]]:
    """Two items, one of them done, and three schedules: one that ended, one under way, one of two sites."""
    end = End(records.Outcome.VERIFIED, schedule_id="7", title="Analysis", booking=BOOKING, conflict=True)
    elsewhere = records.ended("z", "https://old.example.org", End(records.Outcome.EQUAL, schedule_id="1"))
    return [
        ("schedule:b", [records.create("b", AT, BOOKING)]),
        ("a", [finished("a", steps("a"))]),
        ("schedule:a", [records.ended("a", AT, end)]),
        ("b", [items.ended("b", Outcome.SKIPPED, "live", why="it is a live stream")]),
        ("schedule:z", [elsewhere, records.ended("z", AT, End(records.Outcome.SKIPPED, "past"))]),
    ]


def test_items_and_schedules_are_two_lists() -> None:
    """A schedule of an event is never taken for its item."""
    report = report_of(subjects())
    assert [row.event_id for row in report.items] == ["a", "b"]
    assert [row.event_id for row in report.schedules] == ["a", "b", "z"]


def test_a_schedule_as_a_row() -> None:
    """It tells the booking, when it begins in UTC, and what lies over it."""
    row = report_of(subjects()).schedules[0]
    assert (row.outcome, row.schedule_id, row.room_id, row.name) == ("verified", "7", "39", "Analysis I")
    assert (row.date, row.duration) == ("2020-08-05T14:15:00+00:00", 300)
    assert (row.conflict, row.blocked) == (True, False)


def test_a_schedule_without_an_end() -> None:
    """What VALT was asked and never answered is unknown, with what was asked."""
    row = report_of(subjects()).schedules[1]
    assert (row.outcome, row.name, row.schedule_id) == ("unknown", "Analysis I", "")


def test_another_valt_is_not_believed() -> None:
    """Of two sites the one that was spoken to last counts."""
    row = report_of(subjects()).schedules[2]
    assert (row.outcome, row.reason, row.schedule_id) == ("skipped", "past", "")


def test_totals_are_those_of_the_rows() -> None:
    """They count what the rows tell, and nothing else."""
    assert report_of(subjects()).totals == {
        "items": {"skipped": 1, "verified": 1},
        "reasons": {"live": 1},
        "bytes": 3000,
        "seconds": 2700.0,
        "parts": 3,
        "checked": 2,
        "files": 1,
        "proven": 0,
        "lecture_items": 1,
        "schedules": {"skipped": 1, "unknown": 1, "verified": 1},
    }


def test_one_checkpoint_has_one_report() -> None:
    """The order in which a checkpoint gives its subjects changes no byte."""
    first = orjson.dumps(report_of(subjects()).document)
    for seed in range(5):
        shuffled = subjects()
        random.Random(seed).shuffle(shuffled)
        assert orjson.dumps(report_of(shuffled).document) == first


def test_no_secret_is_in_it() -> None:
    """An upload's target is the right to write, and stays in the checkpoint."""
    under_way = ("a", steps("a"))
    assert SECRET.encode() not in orjson.dumps(report_of([under_way]).document)


def test_an_empty_checkpoint() -> None:
    """Nothing is a report, too."""
    assert report_of([]) == Report()
    assert Report().document["items"] == []
