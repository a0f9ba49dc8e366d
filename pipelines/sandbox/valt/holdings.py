"""The schedules of one VALT, and what each write makes of them.

Not established and chosen here: what moves a schedule (times, rooms, recurrence) books it anew, behind those
that are there; a new start forgets which occurrences were deleted; a schedule that is not recurring has no
next instance to delete (400), and one whose last is deleted is gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from itertools import count
from typing import Any

from pipelines.sandbox.valt.answers import error, impossible, invalid
from pipelines.sandbox.valt.fields import Facts, checked, complete
from pipelines.sandbox.valt.model import Room, Schedule
from pipelines.sandbox.valt.occurrences import current, occurrences, status
from pipelines.sandbox.valt.overlaps import Overlaps, overlaps
from pipelines.sandbox.valt.seeds import Seeds
from pipelines.sandbox.valt.templates import complete_values

MOVING = frozenset({"start_at", "duration", "room_ids", "recurrence"})


class Holdings:
    """Rooms and schedules. `clock` is VALT's own, in seconds since 1970, and `zone` that of its server.

    With `required`, no schedule is taken without the template's required field.
    """

    def __init__(
        self, seeds: Seeds, clock: Callable[[], float], zone: tzinfo = UTC, *, required: bool = False
    ) -> None:
        self.rooms: Mapping[int, Room] = {room.id: room for room in seeds.rooms}
        self._schedules = {schedule.id: replace(schedule, zone=zone) for schedule in seeds.schedules}
        self._clock = clock
        self._zone = zone
        self._required = required
        self._ids = count(max(self._schedules, default=0) + 1)
        self._bookings = count(max((one.booked for one in seeds.schedules), default=0) + 1)

    def now(self) -> float:
        """The time at VALT."""
        return self._clock()

    def schedules(self) -> list[Schedule]:
        """All schedules, by their ids."""
        return sorted(self._schedules.values(), key=lambda schedule: schedule.id)

    def schedule(self, schedule_id: str) -> Schedule:
        """The schedule with that id. Raises Refused (404)."""
        known = {str(number): schedule for number, schedule in self._schedules.items()}
        if schedule_id not in known:
            raise error(404)
        return known[schedule_id]

    def overlaps(self) -> Overlaps:
        """Which schedules are in another's way."""
        return overlaps(self._schedules.values(), self.now())

    def create(self, asked: Mapping[str, Any]) -> Schedule:
        """A new schedule. Raises Refused."""
        complete(asked)
        facts = self._checked(asked)
        schedule = Schedule(
            id=next(self._ids),
            created=int(self.now()),
            booked=next(self._bookings),
            created_by="api",
            zone=self._zone,
            **facts,
        )
        return self._asked(schedule)

    def edit(self, schedule_id: str, asked: Mapping[str, Any]) -> Schedule:
        """A schedule with the members that are sent changed and all others as they were. Raises Refused."""
        before = self.schedule(schedule_id)
        if "start_at" in asked and status(before, self.now()) == "started":
            raise invalid([("start_at", "The schedule has already started")])
        return self._asked(self._moved(before, self._checked(asked)))

    def delete(self, schedule_id: str) -> None:
        """Remove a schedule. Raises Refused (404)."""
        del self._schedules[self.schedule(schedule_id).id]

    def delete_next(self, schedule_id: str) -> Schedule | None:
        """Take the next occurrence out of a recurring schedule; None where that was its last.

        Raises Refused: 404, or 400 where it does not recur or nothing is to come.
        """
        schedule = self.schedule(schedule_id)
        if schedule.recurrence.type == "none":
            raise impossible("This schedule is not recurring.")
        starts = (one.start_at for one in occurrences(schedule) if one.start_at > self.now())
        start = next(starts, None)
        if start is None:
            raise impossible("This schedule has no next instance.")
        left = self._keep(replace(schedule, deleted=schedule.deleted | {start}))
        if current(left, self.now()) is not None:
            return left
        self.delete(schedule_id)
        return None

    def _checked(self, asked: Mapping[str, Any]) -> Facts:
        return checked(asked, self.rooms.keys(), self.now())

    def _moved(self, before: Schedule, facts: Facts) -> Schedule:
        after = replace(before, **facts, edits=before.edits + 1)
        moved = {name for name in MOVING if getattr(before, name) != getattr(after, name)}
        if moved:
            after = replace(after, booked=next(self._bookings))
        return replace(after, deleted=frozenset()) if moved & {"start_at", "recurrence"} else after

    def _asked(self, schedule: Schedule) -> Schedule:
        """Take a schedule as somebody wants it. Raises Refused (400) without what is required."""
        if self._required:
            complete_values(schedule.template)
        return self._keep(schedule)

    def _keep(self, schedule: Schedule) -> Schedule:
        self._schedules[schedule.id] = schedule
        return schedule
