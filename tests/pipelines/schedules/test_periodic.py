"""Periods by the clock on the wall: over both changes of time, in zones with them and without."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.schedules.periodic import period_of, starts_of, weekday
from pipelines.valt.model import Recurrence

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
SINGAPORE = ZoneInfo("Asia/Singapore")
ZONES = [LONDON, NEW_YORK, SINGAPORE, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]
WEEK = 7 * 86_400
EDGES = [
    (LONDON, date(2036, 3, 16)),
    (LONDON, date(2036, 10, 12)),
    (NEW_YORK, date(2036, 2, 24)),
    (NEW_YORK, date(2036, 10, 19)),
]
"""A zone and a day two weeks before its clocks change."""


def at(zone: ZoneInfo, day: date, clock: time, count: int = 4, every: int = 7) -> list[int]:
    """Return the moments at which clocks show a time, so many days apart."""
    days = (day + number * timedelta(days=every) for number in range(count))
    return [int(datetime.combine(one, clock, zone).timestamp()) for one in days]


@pytest.mark.parametrize(("zone", "day"), EDGES)
def test_ten_o_clock_is_ten_o_clock_over_a_change_of_time(zone: ZoneInfo, day: date) -> None:
    """One recurring schedule, though the moments are not a week of seconds apart."""
    starts = at(zone, day, time(10))
    assert {later - start for start, later in pairwise(starts)} != {WEEK}
    found = period_of(starts, zone)
    assert found == Recurrence("weekly", (weekday(day),), count=4)
    assert starts_of(starts[0], found, zone) == starts


@pytest.mark.parametrize(("zone", "day"), EDGES)
def test_a_week_of_seconds_is_no_period_over_a_change_of_time(zone: ZoneInfo, day: date) -> None:
    """By the clock on the wall it moves by an hour; where there is no such change it does not."""
    first = int(datetime.combine(day, time(10), zone).timestamp())
    starts = [first + number * WEEK for number in range(4)]
    assert "different times of the day" in str(period_of(starts, zone))
    assert isinstance(period_of(starts, ZoneInfo("UTC")), Recurrence)
    assert isinstance(period_of(starts, SINGAPORE), Recurrence)


@pytest.mark.parametrize(
    ("zone", "day", "clock"), [(LONDON, EDGES[0][1], time(1, 30)), (NEW_YORK, EDGES[2][1], time(2, 30))]
)
def test_a_time_that_the_spring_leaves_out_is_no_period(zone: ZoneInfo, day: date, clock: time) -> None:
    """On that day the clocks show another one; without the day there is a gap."""
    starts = at(zone, day, clock)
    assert "different times of the day" in str(period_of(starts, zone))
    shown = [datetime.fromtimestamp(start, zone).time() for start in starts]
    (left_out,) = [number for number, one in enumerate(shown) if one != clock]
    del starts[left_out]
    assert "gap" in str(period_of(starts, zone))


@pytest.mark.parametrize(
    ("zone", "day", "clock"), [(LONDON, EDGES[1][1], time(1, 30)), (NEW_YORK, EDGES[3][1], time(1, 30))]
)
def test_a_time_that_the_autumn_shows_twice(zone: ZoneInfo, day: date, clock: time) -> None:
    """The first of the two continues the series; of the second nobody knows what VALT would make."""
    starts = at(zone, day, clock)
    assert isinstance(period_of(starts, zone), Recurrence)
    (twice,) = [
        number
        for number, one in enumerate(starts)
        if datetime.fromtimestamp(one + 3600, zone).time() == clock
    ]
    starts[twice] += 3600
    assert "twice" in str(period_of(starts, zone))


def test_a_day_of_the_week_is_that_of_the_zone() -> None:
    """Monday at seven in Singapore is Sunday in UTC."""
    starts = at(SINGAPORE, date(2036, 6, 2), time(7))
    assert period_of(starts, SINGAPORE) == Recurrence("weekly", (1,), count=4)
    assert period_of(starts, ZoneInfo("UTC")) == Recurrence("weekly", (0,), count=4)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([2, 4, 9, 11, 16], Recurrence("weekly", (1, 3), count=5)),
        ([4, 9, 11], Recurrence("weekly", (1, 3), count=3)),
        ([2, 3, 4, 5, 6, 7, 8, 9], Recurrence("daily", count=8)),
        ([2, 9], Recurrence("weekly", (1,), count=2)),
        ([2, 9, 23], "there is a gap before 2036-06-23"),
        ([2, 4, 11], "there is a gap before 2036-06-11"),
        ([2, 16, 30], "there is a gap before 2036-06-16"),
        ([2, 2, 9], "there is a gap before 2036-06-02"),
        ([2], "they are 1"),
    ],
)
def test_days_of_a_june(days: list[int], expected: Recurrence | str) -> None:
    """June 2036 begins with a Sunday; what VALT cannot leave out is no period."""
    starts = [int(datetime(2036, 6, day, 9, tzinfo=UTC).timestamp()) for day in days]
    found = period_of(starts, ZoneInfo("UTC"))
    if days == [2, 16, 30]:
        assert "gap" in str(found)
    else:
        assert found == expected


@pytest.mark.parametrize("told", [Recurrence("monthly", count=3), Recurrence("weekly", (1,), "no")])
def test_what_nobody_counts_has_no_moments(told: Recurrence) -> None:
    """Nor has what repeats by the month."""
    assert starts_of(0, told, LONDON) == []


@given(
    st.sampled_from(ZONES),
    st.dates(date(2026, 1, 1), date(2037, 1, 1)),
    st.times(),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(2, 40),
)
def test_a_period_gives_its_own_moments(
    zone: ZoneInfo, first: date, clock: time, weekdays: set[int], count: int
) -> None:
    """Whatever is taken for a recurring schedule records at those moments and at no other."""
    days = [day for number in range(7 * count) if weekday(day := first + timedelta(days=number)) in weekdays]
    clock = clock.replace(microsecond=0)
    starts = [int(datetime.combine(day, clock, zone).timestamp()) for day in days[:count]]
    found = period_of(starts, zone)
    shown = {datetime.fromtimestamp(start, zone).time() for start in starts}
    if isinstance(found, Recurrence):
        assert starts_of(starts[0], found, zone) == starts
        assert found.count == count
    else:
        assert len(shown) > 1, found
    if len(shown) == 1 and count > 2:
        gap = starts[:1] + starts[2:]
        read = period_of(gap, zone)
        assert isinstance(read, str) or starts_of(gap[0], read, zone) == gap
