"""Occurrences by their recurrence."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.valt.model import Recurrence, Schedule
from pipelines.sandbox.valt.occurrences import current, occurrences, shown, status

MONDAY = int(datetime(2026, 8, 31, 7, 30, tzinfo=UTC).timestamp())
RECURRENCES = st.one_of(
    st.just(Recurrence()),
    st.builds(Recurrence, st.just("daily"), end_after=st.integers(1, 9)),
    st.builds(Recurrence, st.just("weekly"), weekdays=st.sets(st.integers(0, 6), max_size=3).map(tuple)),
    st.builds(Recurrence, st.just("monthly"), end_by=st.dates(date(2026, 9, 1), date(2030, 1, 1))),
)


def days(recurrence: Recurrence, count: int = 4) -> list[str]:
    """The first days on which a schedule records that begins on Monday, 31 August 2026."""
    schedule = Schedule(1, "Any", (1,), MONDAY, 60, recurrence)
    starts = [one.start_at for one in islice(occurrences(schedule), count)]
    return [f"{datetime.fromtimestamp(start, UTC):%a %m-%d}" for start in starts]


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        (Recurrence(), ["Mon 08-31"]),
        (Recurrence("daily", end_after=2), ["Mon 08-31", "Tue 09-01"]),
        (Recurrence("daily", end_by=date(2026, 9, 2)), ["Mon 08-31", "Tue 09-01", "Wed 09-02"]),
        (Recurrence("weekly"), ["Mon 08-31", "Mon 09-07", "Mon 09-14", "Mon 09-21"]),
        (Recurrence("weekly", (0, 3)), ["Wed 09-02", "Sun 09-06", "Wed 09-09", "Sun 09-13"]),
        (Recurrence("weekly", (3,), end_by=date(2026, 9, 1)), []),
        (Recurrence("monthly"), ["Mon 08-31", "Sat 10-31", "Thu 12-31", "Sun 01-31"]),
    ],
)
def test_days_by_recurrence(recurrence: Recurrence, expected: list[str]) -> None:
    """0 is Sunday, an end includes its day, a month without a 31st is left out."""
    assert days(recurrence) == expected


@given(RECURRENCES, st.integers(0, 1000 * 86_400), st.integers(1, 3 * 86_400))
def test_the_shown_occurrence_is_now_or_next(recurrence: Recurrence, later: int, duration: int) -> None:
    """None that is still to stop comes before it; where all are over it is the last; status follows it."""
    schedule = Schedule(1, "Any", (1,), MONDAY, duration, recurrence)
    now = MONDAY - 86_400 + later
    seen = shown(schedule, now)
    whole = list(islice(occurrences(schedule), 2000))
    assert all(one.start_at < two.start_at for one, two in pairwise(whole))
    assert all(one.stop_at <= now for one in whole if one.start_at < seen.start_at)
    assert (current(schedule, now) == seen) == (seen.stop_at > now and seen in whole)
    assert seen.stop_at > now or not whole or seen == whole[-1]
    assert status(schedule, now) == ("started" if seen.start_at <= now else "pending")


@pytest.mark.parametrize(
    ("zone", "month", "day", "hours"),
    [
        ("Europe/London", 3, 23, [10, 9]),
        ("Europe/London", 10, 19, [9, 10]),
        ("America/New_York", 3, 2, [15, 14]),
        ("Asia/Singapore", 3, 23, [2, 2]),
    ],
)
def test_a_schedule_recurs_by_the_clock_on_the_wall(
    zone: str, month: int, day: int, hours: list[int]
) -> None:
    """Ten o'clock before a change of time is ten o'clock after it, which UTC has at another hour."""
    first = datetime(2036, month, day, 10, tzinfo=ZoneInfo(zone))
    weekly = Recurrence("weekly", (0,), "after", 2)
    schedule = Schedule(1, "Any", (1,), int(first.timestamp()), 60, weekly, zone=ZoneInfo(zone))
    starts = [datetime.fromtimestamp(one.start_at, UTC) for one in occurrences(schedule)]
    assert [start.hour for start in starts] == hours
    assert [start.astimezone(ZoneInfo(zone)).isoformat()[5:16] for start in starts] == [
        f"{first + timedelta(days=days):%m-%dT10:00}" for days in (0, 7)
    ]


def test_a_deleted_occurrence_is_left_out_and_still_counts() -> None:
    """Three daily ones without the second are two."""
    deleted = frozenset({MONDAY + 86_400})
    schedule = Schedule(1, "Any", (1,), MONDAY, 60, Recurrence("daily", end_after=3), deleted=deleted)
    assert [one.start_at - MONDAY for one in occurrences(schedule)] == [0, 2 * 86_400]
