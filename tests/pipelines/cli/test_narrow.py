"""Rows where there is no room for a table: every cell has its own lines, and no number is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pipelines.app.trial import Tried
from pipelines.cli.bench import write
from pipelines.cli.narrow import INDENT, LEAST, LINES, is_narrow, stacked

NAMES = ("event", "size", "title")


def test_a_row_is_its_first_cell_and_the_others_by_name() -> None:
    """What is empty is not told."""
    rows = [("e", "1023.9 MiB", "A title that goes on"), ("f", "", None)]
    assert list(stacked(NAMES, rows, 24)) == [
        "e", f"{INDENT}size: 1023.9 MiB", f"{INDENT}title: A title that", f"{2 * INDENT}goes on", "f",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.text(), st.text(), st.text())), st.integers(0, 79))
def test_any_text_keeps_to_the_width(rows: list[tuple[str, str, str]], width: int) -> None:
    """Whatever it holds, it takes a few lines, none of them wider than the terminal."""
    told = list(stacked(NAMES, rows, width))
    assert all(cell_len(line) <= max(width, LEAST) for line in told)
    assert len(told) <= len(rows) * len(NAMES) * LINES


def test_from_80_columns_on_there_are_tables() -> None:
    """That is what a terminal has that nobody has changed."""
    assert (is_narrow(79), is_narrow(80)) == (True, False)


@pytest.mark.parametrize("width", [40, 120])
def test_a_measurement_is_told_whole(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At any width all of its numbers are there."""
    monkeypatch.setenv("COLUMNS", str(width))
    one = Tried(16, "spot", 7, 123 * 1024**2, 1.0, 1.0, 321 * 1024**2, 1234, 1234)
    write([one])
    told = capsys.readouterr().out
    assert all(number in told for number in ("16", "123", "321", "1234 of 1234", "7"))
    assert ("MiB/s: 123" in told) is (width == 40)
