"""Time windows: in which hours of the week a run may go on, by the clock on a wall of its zone.

::

    windows = "Mon-Fri 22:00-07:00, Sat-Sun"

Each window is some days, some hours of them, or both. Hours that end before they begin go on into the next
day: Friday's end on Saturday at 07:00. Days without hours are whole ones.

A moment is open where the clock shows an hour that is. Clocks that go forward or back need no other rule: an
hour that is left out is not waited for, and one that comes twice is open twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

DAY = 24 * 60
WEEK = 7 * DAY
"""In minutes."""

FARTHEST = 15 * DAY
"""How far a change is looked for: a weekly window may fall into the hour that spring leaves out."""

QUARTER = 15
"""Clocks are put forward and back at whole quarters of an hour: within one, minutes follow each other."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"({'|'.join(DAYS)})"
_HOUR = r"(\d\d?):(\d\d)"
_WINDOW = re.compile(
    rf"(?:{_DAY}(?:\s*-\s*{_DAY})?)?\s*(?:(?<!\w){_HOUR}\s*-\s*{_HOUR})?", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class TimeWindows:
    """The minutes of the week that are open (0 is Monday's first), in a zone; None is this machine's."""

    minutes: frozenset[int]
    zone: tzinfo | None = None

    def is_open(self, moment: datetime) -> bool:
        """Whether a moment, which has a zone of its own, lies in a window."""
        return self._minute(moment) in self.minutes

    def next_change(self, moment: datetime) -> datetime | None:
        """Return when the next window opens, or this one closes (in UTC); None where neither ever happens."""
        now, quarter = self.is_open(moment), _begin_of_quarter(moment)
        for _ in range(FARTHEST // QUARTER):
            first = self._minute(quarter)
            for minute in range(QUARTER):
                at = quarter + timedelta(minutes=minute)
                if ((first + minute) % WEEK in self.minutes) != now and at > moment:
                    return at
            quarter += timedelta(minutes=QUARTER)
        return None

    def shown(self, moment: datetime) -> str:
        """Return day and hour of a moment as the clock of the zone shows them."""
        local = moment.astimezone(self.zone)
        return f"{DAYS[local.weekday()].title()} {local:%Y-%m-%d %H:%M}"

    def _minute(self, moment: datetime) -> int:
        """Return the minute of the week that the clock shows."""
        local = moment.astimezone(self.zone)
        return local.weekday() * DAY + local.hour * 60 + local.minute


ALWAYS = TimeWindows(frozenset(range(WEEK)))


def parse(text: str, zone: tzinfo | None = None) -> TimeWindows:
    """Read windows that are parted by commas. Raises ValueError with the number of the one at fault."""
    minutes: set[int] = set()
    for number, window in enumerate(text.split(","), start=1):
        try:
            minutes.update(_minutes(window.strip()))
        except ValueError as error:
            raise ValueError(f"time window {number} {error}") from None
    return TimeWindows(frozenset(minutes), zone)


def _begin_of_quarter(moment: datetime) -> datetime:
    begun = moment.astimezone(UTC).replace(second=0, microsecond=0)
    return begun - timedelta(minutes=begun.minute % QUARTER)


def _minutes(window: str) -> Iterator[int]:
    found = _WINDOW.fullmatch(window)
    if not window or found is None:
        raise ValueError("cannot be read; one is written Mon-Fri 22:00-07:00, Sat or 01:00-05:00")
    first, last, *hours = found.groups()
    begin, end = (_minute(*hours[:2]), _minute(*hours[2:])) if hours[0] else (0, DAY)
    if begin in {end, DAY}:
        raise ValueError("never opens; whole days are written without hours")
    length = end - begin if begin < end else end + DAY - begin
    for day in _days(first, last):
        for minute in range(length):
            yield (day * DAY + begin + minute) % WEEK


def _days(first: str | None, last: str | None) -> Iterator[int]:
    """Give the days from the first to the last, over Sunday where need be; without any, all of them."""
    begin = DAYS.index(first.lower()) if first else 0
    end = DAYS.index((last or first or DAYS[-1]).lower())
    for count in range((end - begin) % 7 + 1):
        yield (begin + count) % 7


def _minute(hour: str, minute: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > DAY:
        raise ValueError("has no time of day from 00:00 to 24:00")
    return found
