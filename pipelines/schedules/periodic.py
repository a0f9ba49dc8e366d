"""Tells whether moments are exactly periodic by the clocks of a zone, as a recurring schedule repeats.

A lecture at ten is at ten all year: by the clock on the wall, not by UTC. A schedule can leave nothing out,
so a gap makes several moments no period. Source: IVS wiki, API_Update_Schedule (weekly, daily, `weeks_range`
from 0, Sunday).
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from pipelines.valt.model import Recurrence

DAY = timedelta(days=1)
MOST = 1000
"""Recordings of one schedule that are looked at."""


def period_of(starts: Sequence[int], zone: ZoneInfo) -> Recurrence | str:
    """Return how these moments (epoch seconds, in order) repeat, or a few words on why they do not."""
    moments = [datetime.fromtimestamp(start, zone) for start in starts]
    days = [moment.date() for moment in moments]
    clocks = sorted({moment.time() for moment in moments})
    if any(moment.fold for moment in moments):
        return "one begins in an hour that the clocks show twice, the second time"
    if len(clocks) > 1:
        return f"they begin at different times of the day ({_clock(clocks[0])}, {_clock(clocks[1])})"
    if not 1 < len(days) <= MOST:
        return f"they are {len(days)}"
    if days == list(_days(days[0], days[-1], range(7))):
        return Recurrence("daily", count=len(days))
    weekdays = tuple(sorted({weekday(day) for day in days}))
    if days != list(_days(days[0], days[-1], weekdays)):
        return f"there is a gap before {_after_gap(days, weekdays)}"
    return Recurrence("weekly", weekdays, count=len(days))


def starts_of(first: int, recurrence: Recurrence, zone: ZoneInfo) -> list[int]:
    """Return the moments at which a schedule records; none where nobody counts them."""
    moment = datetime.fromtimestamp(first, zone)
    weekdays: Sequence[int] = range(7)
    if recurrence.type == "weekly":
        weekdays = recurrence.weekdays or (weekday(moment.date()),)
    elif recurrence.type != "daily":
        return []
    days = islice(_days(moment.date(), date.max, weekdays), min(recurrence.count or 0, MOST))
    return [int(datetime.combine(day, moment.time(), zone).timestamp()) for day in days]


def weekday(day: date) -> int:
    """Return the day of the week, 0 for Sunday."""
    return day.isoweekday() % 7


def _days(first: date, last: date, weekdays: Sequence[int]) -> Iterator[date]:
    """Yield every day between two, themselves included, that is one of these days of the week."""
    day = first
    while day <= last:
        if weekday(day) in weekdays:
            yield day
        day += DAY


def _after_gap(days: Sequence[date], weekdays: Sequence[int]) -> date:
    """Return the first day before which one is missing, or that is there twice."""
    expected = _days(days[0], date.max, weekdays)
    return next(day for day, other in zip(days, expected, strict=False) if day != other)


def _clock(moment: time) -> str:
    return moment.isoformat("seconds" if moment.second else "minutes")
