"""Which schedules will not record, or not whole, because another has their room.

Source: IVS wiki, API_List_Schedule_Conflicts: blocked is what another covers completely, a conflict what it
covers in part. Not established and chosen here: who was booked first keeps the room, and only the other is
listed; one common room is enough; of a recurring schedule the occurrence that is now or next is looked at,
held against every occurrence of the others; what is over is in nobody's way.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pipelines.sandbox.valt.model import Schedule
from pipelines.sandbox.valt.occurrences import Occurrence, current, occurrences


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Ids of schedules; none is in both."""

    blocked: frozenset[int]
    conflict: frozenset[int]


def overlaps(schedules: Collection[Schedule], now: float) -> Overlaps:
    """The schedules that others leave no room or less room."""
    blocked, conflict = set(), set()
    for schedule in schedules:
        wanted = current(schedule, now)
        taken = list(_taken(schedule, wanted, schedules)) if wanted else []
        if any(wanted and one.covers(wanted) for one in taken):
            blocked.add(schedule.id)
        elif taken:
            conflict.add(schedule.id)
    return Overlaps(frozenset(blocked), frozenset(conflict))


def _taken(schedule: Schedule, wanted: Occurrence, schedules: Collection[Schedule]) -> Iterator[Occurrence]:
    """What others that were booked earlier have of the time that is wanted."""
    rooms = set(schedule.room_ids)
    for other in schedules:
        if other.booked < schedule.booked and rooms.intersection(other.room_ids):
            for one in occurrences(other):
                if one.start_at >= wanted.stop_at:
                    break
                if one.stop_at > wanted.start_at:
                    yield one
