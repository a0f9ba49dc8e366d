"""The report as CSV: every cell comes back, and none is a formula."""

import csv
import io
import re
from collections import Counter
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

CONTROL = {chr(one) for one in (*range(0x20), *range(0x7F, 0xA0))} - {"\t", "\r", "\n"}


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


@pytest.mark.fault(41)
@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(begin: str) -> None:
    """What a spreadsheet program would compute is kept as words."""
    (item,) = lines(titled(f'{begin}HYPERLINK("https://evil.example")'))
    assert item["title"] == f'\'{begin}HYPERLINK("https://evil.example")'
    assert cell([f"{begin}1", "b"]) == f"'{begin}1; b"


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    "value", [" =1", "\u00a0=1", "＝1", "\t=1", "=1;=1", "a;=1", "a; @x", "x\n-1", "x\r\n=1"]
)
def test_no_cell_becomes_a_formula_where_it_is_read_in_another_way(value: str) -> None:
    """Blanks before a sign, full-width signs, and programs that part cells by semicolons or break lines."""
    told = cell(value)
    assert told.replace("'", "") == value
    for part in re.split("[;\t\r\n]", told):
        assert not re.match(r"\s*[=+\-@＝＋－＠]", part)


@pytest.mark.fault(41)
@pytest.mark.parametrize(("value", "told"), [(-5, "-5"), (-0.5, "-0.5"), ("-5", "'-5"), ("a - b", "a - b")])
def test_a_negative_number_is_no_formula(value: object, told: str) -> None:
    """Our own numbers can be added up; a text that looks like one is a text."""
    assert cell(value) == told


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0, "0"), (1.5, "1.5"), (True, "yes"), (False, "no"), ((), ""), (("a", "b"), "a; b")],
)
def test_values_as_cells(value: Any, text: str) -> None:
    """A number stays one, and nothing is an empty cell."""
    assert cell(value) == text


@pytest.mark.fault(41)
@given(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")) | st.text("=+-@;, \t\r\n'\"a")
)
def test_any_title_comes_back(title: str) -> None:
    """Commas, quotes, ends of lines and any script are one cell."""
    (item,) = lines(titled(title))
    told = "".join("\ufffd" if one in CONTROL else one for one in title)
    rest = iter(item["title"])
    assert all(one in rest for one in told), "in its order, and nothing is lost"
    assert set(Counter(item["title"]) - Counter(told)) <= {"'"}, "and nothing but apostrophes is added"
    assert len(item) == len(COLUMNS)
