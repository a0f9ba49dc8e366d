"""Lectures that are still to be recorded: which agent is to record them, and when.

The bookings of a world are far in the future, each in a week of its own. The second and the third go on
while Europe/London's clocks are put back, and forward: both at 01:00 UTC.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipelines.sandbox.drafts import FIRST_LECTURE, Draft, lecture
from pipelines.sandbox.recordings import Event, Scheduling, Series

AGENTS = ("agent-hs3", "agent-theatre-b")
FIRST_BOOKING = datetime(2036, 10, 13, 9, 0, tzinfo=UTC)
EDGES = {2: datetime(2036, 10, 26, 0, 15, tzinfo=UTC), 3: datetime(2037, 3, 29, 0, 15, tzinfo=UTC)}
APART = timedelta(weeks=4)
LENGTH = timedelta(minutes=90)
BEYOND_EVENTS = 10_000
"""Added to a booking's number for its draft, so that it is no event's."""


def booking(seed: int, number: int, series: tuple[Series, ...]) -> Event:
    """Booking `number` of a world, counted from 1."""
    draft = Draft(seed, BEYOND_EVENTS + number, 0, 0, series)
    start = EDGES.get(number, FIRST_BOOKING + APART * (number - 1))
    event = to_come(draft, AGENTS[(number - 1) % len(AGENTS)], start)
    return replace(event, title=f"{event.title.strip()} ({number})", created=FIRST_LECTURE)


def to_come(draft: Draft, agent: str, start: datetime) -> Event:
    """A lecture that an agent is to record."""
    duration = LENGTH // timedelta(milliseconds=1)
    event = replace(lecture(draft), start=start, duration=duration, publications=(), archive=())
    return replace(
        event,
        status="SCHEDULED",
        processing_state="",
        archive_version=None,
        has_previews=False,
        scheduling=Scheduling(agent, start, start + LENGTH),
    )
