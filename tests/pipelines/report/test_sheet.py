"""The report as CSV: every cell comes back, and none is a formula."""

import csv
import io
from typing import Any

import pytest
from fakes.kept import finished, steps
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.document import report_of
from pipelines.report.sheet import COLUMNS, cell, sheet
from pipelines.schedules import records
from pipelines.schedules.records import End
from pipelines.valt.model import Booking


def lines(content: bytes) -> list[dict[str, str]]:
    """Read CSV as a program would."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def titled(title: str) -> bytes:
    """Return the sheet of one item with a title."""
    return sheet(report_of([("e", [finished("e", steps("e", title=title))])]))


def test_a_line_an_item_and_a_line_a_schedule() -> None:
    """Both stand under one header, told apart by their kind."""
    end = End(records.Outcome.CREATED, schedule_id="7", booking=Booking("B", "39", 0, 60), created=True)
    content = sheet(
        report_of([("e", [finished("e", steps("e"))]), ("schedule:e", [records.ended("e", "at", end)])])
    )
    item, schedule = lines(content)
    assert content.startswith(b"kind,event_id,title,outcome,")
    assert tuple(item) == COLUMNS
    assert (item["kind"], item["bytes"], item["duration"], item["room_id"]) == ("item", "3000", "2700.0", "")
    assert (item["published"], item["published_why"]) == ("yes", "published in engage-player")
    assert (item["blocked"], schedule["conflict"], schedule["published"]) == ("", "no", "")
    assert item["carried"].startswith("title; 1 stream; ")
    assert (schedule["kind"], schedule["created"], schedule["blocked"]) == ("schedule", "yes", "no")
    assert schedule["date"] == "1970-01-01T00:00:00+00:00"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(begin: str) -> None:
    """What a spreadsheet program would compute is kept as words."""
    (item,) = lines(titled(f'{begin}HYPERLINK("https://evil.example")'))
    assert item["title"] == f'\'{begin}HYPERLINK("https://evil.example")'
    assert cell([f"{begin}1", "b"]) == f"'{begin}1; b"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0, "0"), (1.5, "1.5"), (True, "yes"), (False, "no"), ((), ""), (("a", "b"), "a; b")],
)
def test_values_as_cells(value: Any, text: str) -> None:
    """A number stays one, and nothing is an empty cell."""
    assert cell(value) == text


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_any_title_comes_back(title: str) -> None:
    """Commas, quotes, ends of lines and any script are one cell."""
    (item,) = lines(titled(title))
    assert item["title"].removeprefix("'") == title.removeprefix("'")
    assert len(item) == len(COLUMNS)
