"""When a schedule records: its occurrences by its recurrence, and which of them is now or next.

Source: IVS wiki, API_Update_Schedule (weeks_range, range_type, end_after, end_by). Not established and chosen
here: days are those of the server's zone, by whose clocks every occurrence begins at the same time; a time
that its clocks leave out is the one an hour later, of one that they show twice the first is meant; `end_by`
includes its day; a month without the day is left out; a deleted occurrence counts as one of `end_after`; a
schedule shows the occurrence that is now or next, or its last one. One that is over keeps the status
`started`: there are but two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from pipelines.sandbox.valt.model import Recurrence, Schedule

DAY = 86_400
HORIZON = 36_525
"""Days after its first occurrence at which a schedule without an end is taken to have one."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One recording to come, in seconds since 1970."""

    start_at: int
    stop_at: int

    def covers(self, other: "Occurrence") -> bool:
        """Whether the other lies within this one."""
        return self.start_at <= other.start_at and other.stop_at <= self.stop_at


def occurrences(schedule: Schedule) -> Iterator[Occurrence]:
    """All occurrences in their order."""
    for start in islice(_starts(schedule), schedule.recurrence.end_after):
        if start not in schedule.deleted:
            yield Occurrence(start, start + schedule.duration)


def current(schedule: Schedule, now: float) -> Occurrence | None:
    """The occurrence that is now or next; None where all are over."""
    return next((one for one in occurrences(schedule) if one.stop_at > now), None)


def shown(schedule: Schedule, now: float) -> Occurrence:
    """The occurrence that is now or next, else the last."""
    last = Occurrence(schedule.start_at, schedule.start_at + schedule.duration)
    for last in occurrences(schedule):
        if last.stop_at > now:
            break
    return last


def status(schedule: Schedule, now: float) -> str:
    """`pending` until the occurrence that is shown has begun, then `started`."""
    return "started" if shown(schedule, now).start_at <= now else "pending"


def weekday(moment: datetime) -> int:
    """The day of the week, 0 for Sunday."""
    return moment.isoweekday() % 7


def _starts(schedule: Schedule) -> Iterator[int]:
    recurrence = schedule.recurrence
    first = datetime.fromtimestamp(schedule.start_at, schedule.zone)
    for number in range(1 if recurrence.type == "none" else HORIZON):
        day = first + timedelta(days=number)
        if recurrence.end_by is not None and day.date() > recurrence.end_by:
            return
        if _falls_on(recurrence, first, day):
            yield int(day.timestamp()) if number else schedule.start_at


def _falls_on(recurrence: Recurrence, first: datetime, day: datetime) -> bool:
    match recurrence.type:
        case "weekly":
            return weekday(day) in (recurrence.weekdays or (weekday(first),))
        case "monthly":
            return day.day == first.day
    return True
