"""Filter, sort and page, as pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.opencast.listing import ListError, list_events, list_series, page
from pipelines.sandbox.opencast.versions import Version
from pipelines.sandbox.recordings import Event, Scheduling, Series

NEWEST = Version(1, 11)
DAY = datetime(2020, 1, 1, 12, tzinfo=UTC)


def lecture(number: int, title: str = "Lecture", presenter: str = "A") -> Event:
    """An event of a day of its own."""
    start = DAY + timedelta(days=number)
    return Event(f"e{number}", title, start, start, presenters=(presenter,), contributors=("C",))


def names(events: list[Event]) -> list[str]:
    """The identifiers of events, in order."""
    return [one.identifier for one in events]


def listed(events: list[Event], *filters: str, version: Version = NEWEST, **query: str) -> list[str]:
    """The identifiers that a call returns."""
    parameters = {name: [value] for name, value in query.items()} | {"filter": list(filters)}
    return names(list_events(events, parameters, version))


@given(count=st.integers(0, 50), limit=st.integers(1, 20))
def test_pages_partition_the_list(count: int, limit: int) -> None:
    """Pages of any size, one after the other, are the list; the one after the last is empty."""
    items = list(range(count))
    pages = [page(items, limit, offset) for offset in range(0, count + limit, limit)]
    assert [item for one in pages for item in one] == items


@given(offset=st.integers(-5, 50), limit=st.integers(-5, 0))
def test_an_offset_needs_a_limit(offset: int, limit: int) -> None:
    """Without a limit everything comes, unless there is an offset: then nothing does."""
    if offset > 0:
        with pytest.raises(ListError):
            page([1, 2], limit, offset)
    else:
        assert page([1, 2], limit, offset) == [1, 2]


def test_dates_are_inclusive_and_read_as_utc() -> None:
    """Both ends count; a zone or a fraction behind the seconds changes nothing."""
    events = [lecture(number) for number in range(5)]
    window = "start:2020-01-02T12:00:00Z/2020-01-04T12:00:00Z"
    assert listed(events, window) == ["e1", "e2", "e3"]
    assert listed(events, window.replace("Z/", "+05:00/")) == ["e1", "e2", "e3"]
    assert listed(events, "start:2020-01-02T12:00:01Z/2020-01-04T11:59:59Z") == ["e2"]


def test_the_technical_start_is_the_schedules() -> None:
    """technical_start filters and sorts by what a capture agent was told, where there is that."""
    late = Scheduling("agent", DAY + timedelta(days=9), DAY + timedelta(days=9, hours=1))
    moved = Event("moved", "x", DAY, DAY, scheduling=late)
    assert listed([moved, lecture(1)], sort="technical_start:ASC") == ["e1", "moved"]
    assert listed([moved, lecture(1)], sort="start_date:ASC") == ["moved", "e1"]
    assert listed([moved], "technical_start:2020-01-10T12:00:00Z/2020-01-10T12:00:00Z") == ["moved"]
    assert listed([moved], "agent_id:agent") == ["moved"]


def test_which_names_are_alternatives() -> None:
    """Twice the same name: alternatives for identifier and presenters, the last one for all others."""
    events = [lecture(0, "x", "A"), lecture(1, "y", "B"), lecture(2, "z", "C")]
    assert listed(events, "presenters:A,presenters:C") == ["e0", "e2"]
    assert listed(events, "title:x,title:y") == ["e1"]
    assert listed(events, "presenters:A,title:y") == []


def test_values_are_exact_but_for_the_text() -> None:
    """Keywords match whole and in their case; textFilter finds any part in any case."""
    events = [lecture(0, "Thin Shells")]
    assert listed(events, "title:thin shells") == []
    assert listed(events, "title:Thin Shells") == ["e0"]
    assert listed(events, "textFilter:SHELL") == ["e0"]


def test_a_colon_in_a_value_is_lost_in_1_0() -> None:
    """From 1.1 on a value goes on to the comma; before, only to the next colon."""
    events = [lecture(0, "a:b"), lecture(1, "a")]
    assert listed(events, "title:a:b") == ["e0"]
    assert listed(events, "title:a:b", version=Version(1, 0)) == ["e1"]
    assert listed(events, "colour:blue", version=Version(1, 0)) == ["e0", "e1"]


def test_an_empty_first_filter_hides_the_second() -> None:
    """From 1.5 on the first filter alone counts, even where it says nothing."""
    events = [lecture(0, "a"), lecture(1, "b")]
    assert listed(events, "", "title:b") == ["e0", "e1"]
    assert listed(events, "", "title:b", version=Version(1, 4)) == ["e1"]


def test_a_comma_in_a_value_cannot_be_written() -> None:
    """What follows a comma is the next criterion."""
    with pytest.raises(ListError, match="Unknown filter criterion"):
        listed([lecture(0, "a, b")], "title:a, b:c")


def test_sorting_is_stable_and_either_way() -> None:
    """Events alike in what they are sorted by stay as the index has them, which is no order to rely on."""
    events = [lecture(2, "b"), lecture(0, "a"), lecture(1, "a")]
    assert listed(events, sort="title:ASC") == ["e0", "e1", "e2"]
    assert listed(events, sort="title:DESCENDING") == ["e2", "e0", "e1"]
    assert listed(list(reversed(events)), sort="title:ASC") == ["e1", "e0", "e2"]


def test_series_come_by_the_hundred() -> None:
    """Without a limit there are 100, and an offset may do without one."""
    series = [Series(f"s{number}", f"S {number:03}", DAY) for number in range(150)]
    assert len(list_series(series, {})) == 100
    assert len(list_series(series, {"limit": ["-1"]})) == 100
    assert len(list_series(series, {"offset": ["100"]})) == 50
    assert len(list_series(series, {"limit": ["120"]})) == 120
    assert [one.title for one in list_series(series, {"sort": ["title:DESC"], "limit": ["1"]})] == ["S 149"]
    window = "CreationDate:2020-01-01T00:00:00Z/2020-01-02T00:00:00Z"
    assert len(list_series(series, {"filter": [window], "limit": ["500"]})) == 150
