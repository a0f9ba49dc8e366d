"""A booking is a true epoch and whole seconds in every zone, and its name is one line of 255 characters."""

import unicodedata
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes.booking_site import event
from hypothesis import given
from hypothesis import strategies as st

from pipelines.opencast.model import Event, Scheduling
from pipelines.schedules.convert import (
    Unbookable,
    convert,
    cut,
    epoch,
    name_of,
    seconds_between,
    unknown_fields,
)
from pipelines.valt.model import Booking

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Singapore")
EDGES = (
    ("Europe/London", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2027, 10, 31, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 11, 7, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
)
MOMENTS = st.integers(946_684_800 * 10**6, 2_840_140_800 * 10**6).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


def booked(start: datetime, end: datetime, **fields: str) -> Booking | Unbookable:
    """Return the booking of an event between two moments."""
    one = Event("e", title=fields.get("title", "Lecture"))
    return convert(one, Scheduling("a", start, end), "39", pattern="{title}", longest_hours=24)


@pytest.mark.fault(29)
@given(MOMENTS, st.integers(1, 86_400 * 1_000_000), st.sampled_from(ZONES))
def test_zones_do_not_matter(start: datetime, length: int, zone: str) -> None:
    """The same moments give the same epoch and duration, whatever zone they are told in."""
    end = start + timedelta(microseconds=length)
    there = ZoneInfo(zone)
    assert booked(start, end) == booked(start.astimezone(there), end.astimezone(there))


@pytest.mark.fault(29)
@pytest.mark.parametrize(("zone", "edge"), EDGES)
def test_the_clock_changes_meanwhile(zone: str, edge: datetime) -> None:
    """An hour over a change of the clocks is an hour, though the wall clocks say another number."""
    start, end = edge - timedelta(minutes=30), edge + timedelta(minutes=30)
    there = ZoneInfo(zone)
    wall = end.astimezone(there).replace(tzinfo=None) - start.astimezone(there).replace(tzinfo=None)
    assert wall != timedelta(hours=1)
    made = booked(start.astimezone(there), end.astimezone(there))
    assert made == Booking("Lecture", "39", int(start.timestamp()), 3600)


@pytest.mark.fault(29)
@pytest.mark.parametrize("zone", ZONES)
def test_a_booking_over_a_leap_day_keeps_its_length(zone: str) -> None:
    """From the evening of 28 February 2028 to the small hours of 29 February, and on to 1 March."""
    there = ZoneInfo(zone)
    for day in (28, 29):
        start = datetime(2028, 2, day, 22, 0, tzinfo=there)
        made = booked(start, start + timedelta(hours=4))
        assert made == Booking("Lecture", "39", int(start.timestamp()), 4 * 3600)


@given(MOMENTS, st.integers(1, 10**12))
def test_the_start_is_cut_and_the_length_is_full(start: datetime, length: int) -> None:
    """A start is never later than it was told, and a length never shorter; both by less than a second."""
    end = start + timedelta(microseconds=length)
    assert 0 <= start.timestamp() - epoch(start) < 1
    assert 0 <= seconds_between(start, end) * 1_000_000 - length < 1_000_000


def test_a_moment_without_a_zone_is_refused() -> None:
    """It could be any of a day."""
    with pytest.raises(ValueError, match="zone"):
        epoch(datetime(2027, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("seconds", [0, -1, -3600, 24 * 3600 + 1])
def test_lengths_that_are_no_lecture(seconds: int) -> None:
    """What ends before it begins, or is longer than allowed, is an error."""
    start = datetime(2027, 1, 1, tzinfo=UTC)
    made = booked(start, start + timedelta(seconds=seconds))
    assert isinstance(made, Unbookable)
    assert made.reason == "bad_duration"


def test_the_longest_length_is_allowed() -> None:
    """The bound itself is no error."""
    start = datetime(2027, 1, 1, tzinfo=UTC)
    assert isinstance(booked(start, start + timedelta(hours=24)), Booking)


def test_the_pattern_is_filled_once() -> None:
    """A title that looks like a field stays as it is; other braces do, too."""
    one = Event("e", title="On {series}", series_title="Algebra", presenters=("Ada", " ", "Bo"))
    assert name_of(one, "{series} - {title} ({presenter})") == "Algebra - On {series} (Ada, Bo)"
    assert name_of(one, "{room}: {title}") == "{room}: On {series}"
    assert unknown_fields("{room}: {title}") == ["room"]


def test_only_breaks_and_what_is_around_a_name_go() -> None:
    """Space inside a title is its own affair; a break of a line becomes one space."""
    assert name_of(Event("e", title="  Two  spaces \r\n\tand\x07 a line\u2028 "), "{title}") == (
        "Two  spaces and a line"
    )


@pytest.mark.parametrize("title", ["", "   ", "\n\t", "\x00", "\u00a0"])
def test_a_blank_name_is_an_error(title: str) -> None:
    """Nothing is made up for it, also where the pattern has words of its own."""
    one = event("e", title=title)
    assert one.scheduling is not None
    for pattern in ("{title}", "Lecture {title}"):
        made = convert(one, one.scheduling, "39", pattern=pattern, longest_hours=24)
        assert isinstance(made, Unbookable)
        assert made.reason == "bad_name"


@given(st.text(max_size=700))
def test_names_are_one_line_of_255(title: str) -> None:
    """Whatever the title is: no control character, no space around it, no more than 255 characters."""
    name = name_of(Event("e", title=title), "{title}")
    assert len(name) <= 255
    assert name == name.strip()
    assert name.splitlines() in ([], [name])
    assert not any(unicodedata.category(one) in {"Cc", "Cs"} for one in name)


@given(
    st.integers(1, 260), st.sampled_from(["e\u0301", "\U0001f469\u200d\U0001f52c", "\U0001f44d\U0001f3fd"])
)
def test_combined_characters_are_not_torn(before: int, cluster: str) -> None:
    """A cut comes before what belongs together, not inside it."""
    text = "x" * before + cluster * 200
    short = cut(text, 255)
    assert len(short) <= 255
    assert text.startswith(short)
    assert (len(short) - before) % len(cluster) == 0 or before >= 255


def test_nothing_but_marks_is_cut_all_the_same() -> None:
    """A text without a place to cut at is not lost."""
    assert len(cut("\u0301" * 400, 255)) == 255
