"""What holds of one line."""

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoint.line import FIRST_BYTES, Header, entry_of, frame, holds_line, record_of, unframe
from engine.journal import Record

texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
records = st.builds(Record, texts, texts, st.dictionaries(texts, json_values, max_size=4), st.booleans())


@given(record=records, number=st.integers(1, 10**12))
def test_a_record_comes_back_as_it_was(record: Record, number: int) -> None:
    """Subject, kind, facts and whether it closes survive the way through a line."""
    line = frame(number, entry_of(record).body)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    framed = unframe(line[:-1])
    assert framed is not None
    assert framed[0] == number
    assert record_of(framed[1]) == record


@given(record=records)
def test_a_line_is_json_that_others_can_check(record: Record) -> None:
    """Any JSON reader takes it, and the CRC is zlib's of all bytes before it."""
    line = frame(7, entry_of(record).body)
    read = json.loads(line)
    assert (read["n"], read["s"], read["k"]) == (7, record.subject, record.kind)
    assert read["c"] == f"{zlib.crc32(line[: line.rindex(b',')]):08x}"


@given(record=records, where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unseen(record: Record, where: float, bit: int) -> None:
    """A line with one bit changed, its end left out, is no line."""
    line = bytearray(frame(7, entry_of(record).body)[:-1])
    line[int(where * len(line))] ^= 1 << bit
    assert unframe(bytes(line)) is None


@given(record=records, before=st.binary(max_size=50), after=st.binary(max_size=50))
def test_a_whole_line_is_found_between_anything(record: Record, before: bytes, after: bytes) -> None:
    """Garbage around a line does not hide it."""
    line = frame(3, entry_of(record).body)[:-1]
    assert holds_line(before + line + after)
    assert not holds_line(before + line[:-1])


def test_a_new_file_begins_as_the_header_does() -> None:
    """What is compared with a torn start is what is written."""
    assert frame(1, Header({"opencast": "https://a"}, "2024").body).startswith(FIRST_BYTES)


def test_the_lines_on_the_formats_page_are_whole() -> None:
    """Who writes a reader from docs/checkpoint.md can try it on the examples there."""
    page = Path(__file__).parents[3].joinpath("docs", "checkpoint.md").read_bytes()
    lines = [line.strip() for line in page.splitlines() if line.strip().startswith(b'{"n":')]
    assert len(lines) == 2
    assert all(unframe(line) is not None for line in lines)


@pytest.mark.parametrize("facts", [{"a": object()}, {"a": 2**70}, {1: "a"}, {"a": "\ud800"}])
def test_what_is_no_json_is_refused_before_it_is_written(facts: dict[Any, Any]) -> None:
    """A record that could not be read back never gets a number."""
    with pytest.raises(TypeError):
        entry_of(Record("s", "k", facts))
