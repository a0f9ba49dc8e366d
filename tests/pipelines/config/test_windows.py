"""What holds of time windows: which moments are open, and when that changes."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.config.windows import ALWAYS, DAY, DAYS, WEEK, TimeWindows, parse

NIGHTS = "Mon-Fri 22:00-07:00, Sat-Sun"
LONDON = ZoneInfo("Europe/London")
ZONES = [
    UTC,
    LONDON,
    ZoneInfo("Asia/Singapore"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("America/St_Johns"),
]

times = st.integers(0, DAY - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
hours = st.lists(times, min_size=2, max_size=2, unique=True).map("-".join)
days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=2).map("-".join)
windows = st.one_of(hours, days, st.tuples(days, hours).map(" ".join))
texts = st.lists(windows, min_size=1, max_size=3).map(", ".join)
moments = st.integers(0, 15 * 365 * DAY).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def at(text: str, zone: ZoneInfo | None = None) -> datetime:
    """Return a moment of the week of 2 March 2026, a Monday: "Fri 22:00"."""
    day, _, time = text.partition(" ")
    hour, minute = map(int, time.split(":"))
    return datetime(2026, 3, 2 + DAYS.index(day.lower()), hour, minute, tzinfo=zone or UTC)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("Mon 00:00", False),
        ("Mon 21:59", False),
        ("Mon 22:00", True),
        ("Tue 06:59", True),
        ("Tue 07:00", False),
        ("Fri 23:00", True),
        ("Sat 06:00", True),
        ("Sat 12:00", True),
        ("Sun 23:59", True),
    ],
)
def test_nights_and_weekends(moment: str, is_open: bool) -> None:
    """A window over midnight belongs to the day on which it begins."""
    assert parse(NIGHTS, UTC).is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("text", "now", "change"),
    [
        (NIGHTS, "Mon 12:00", "Mon 22:00"),
        (NIGHTS, "Mon 22:00", "Tue 07:00"),
        ("Sun 22:00-02:00", "Mon 01:59", "Mon 02:00"),
        ("Fri-Mon", "Tue 00:00", "Fri 00:00"),
        ("00:00-24:00", "Tue 00:00", None),
    ],
)
def test_next_change(text: str, now: str, change: str | None) -> None:
    """The next opening or closing is told to the minute; none where it is always open."""
    assert parse(text, UTC).next_change(at(now)) == (at(change) if change else None)


@settings(max_examples=50, deadline=None)
@given(text=texts, zone=st.sampled_from(ZONES), now=moments, share=st.floats(0, 0.999))
def test_nothing_changes_before_the_next_change(
    text: str, zone: ZoneInfo, now: datetime, share: float
) -> None:
    """Until then every moment is as this one; there it is otherwise."""
    found = parse(text, zone)
    change = found.next_change(now)
    if change is None:
        assert found.minutes in (ALWAYS.minutes, frozenset())
        return
    assert found.is_open(change) != found.is_open(now)
    assert found.is_open(now + (change - now) * share) == found.is_open(now)


@given(text=texts)
def test_what_can_be_read_opens_some_time(text: str) -> None:
    """No window that is taken is one that never opens, and none is longer than the week."""
    assert 0 < len(parse(text).minutes) <= WEEK


@given(hours=hours)
def test_hours_and_the_others_make_the_day(hours: str) -> None:
    """A window and the one from its end to its beginning share no minute, and leave none out."""
    begin, _, end = hours.partition("-")
    one, other = parse(f"{begin}-{end}").minutes, parse(f"{end}-{begin}").minutes
    assert not one & other
    assert one | other == ALWAYS.minutes


def test_an_hour_that_spring_leaves_out_is_not_waited_for() -> None:
    """On 29 March 2026 London goes from 01:00 to 02:00: a window from 01:30 opens at 02:00."""
    found = parse("01:30-05:00", LONDON)
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert found.next_change(before) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_window_inside_the_hour_that_is_left_out_opens_a_week_later() -> None:
    """A Sunday's window of that hour alone does not open on that Sunday."""
    found = parse("Sun 01:00-02:00", LONDON)
    change = found.next_change(datetime(2026, 3, 28, 12, 0, tzinfo=UTC))
    assert change == datetime(2026, 4, 5, 0, 0, tzinfo=UTC)


@pytest.mark.fault(29)
def test_an_hour_that_comes_twice_is_open_twice() -> None:
    """On 25 October 2026 London's clock shows 01:00 to 02:00 twice."""
    found = parse("01:00-02:00", LONDON)
    opening = found.next_change(datetime(2026, 10, 24, 12, 0, tzinfo=UTC))
    assert opening == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert found.next_change(opening) == opening + timedelta(hours=2)


def test_a_moment_is_shown_by_the_clock_of_the_zone() -> None:
    """Whoever reads it need not reckon."""
    assert parse("Mon", ZoneInfo("Asia/Singapore")).shown(at("Mon 14:00")) == "Mon 2026-03-02 22:00"


def test_without_a_zone_it_is_the_machines() -> None:
    """The clock of this machine counts, whatever zone a moment comes in."""
    local = datetime(2026, 3, 2, 22, 0).astimezone()
    assert parse("Mon 22:00-22:01").is_open(local.astimezone(UTC))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "time window 1 cannot be read; one is written Mon-Fri 22:00-07:00"),
        ("Mon-Fri 22:00-07:00,", "time window 2 cannot be read; one is written Mon-Fri 22:00-07:00"),
        ("Monday", "time window 1 cannot be read; one is written Mon-Fri 22:00-07:00"),
        ("Mon 22-07", "time window 1 cannot be read; one is written Mon-Fri 22:00-07:00"),
        ("at night", "time window 1 cannot be read; one is written Mon-Fri 22:00-07:00"),
        ("Mon22:00-07:00", "time window 1 cannot be read; one is written Mon-Fri 22:00-07:00"),
        ("22:00-22:00", "time window 1 never opens"),
        ("Mon 24:00-24:00", "time window 1 never opens"),
        ("22:60-07:00", "time window 1 has no time of day"),
        ("25:00-07:00", "time window 1 has no time of day"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, said: str) -> None:
    """One sentence says which window is at fault."""
    with pytest.raises(ValueError, match=re.escape(said)):
        parse(text)


def test_an_empty_set_never_changes() -> None:
    """What is never open has no next opening."""
    assert TimeWindows(frozenset()).next_change(at("Mon 00:00")) is None
