"""A VALT in memory: rooms, schedules and a clock; calls can be refused, fail, or lose their answers."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from engine import Refused, TimedOut
from fakes.migration_site import Fuse
from pipelines.valt.model import Booking, Listing, Overlaps, Room, Schedule, Template
from pipelines.valt.payload import body_of_booking
from pipelines.valt.recurrence import read_kind, read_recurrence
from pipelines.valt.sharing import read_share

NOW = 1_800_000_000
"""The clock's start: 2027-01-15 08:00 UTC."""

ROOMS = (Room("39", "Lecture theatre 1"), Room("40", "Seminar room"))

Fault = Literal["lost before", "lost after"]


def schedule(identifier: str, **members: Any) -> Schedule:
    """Return a schedule of an hour in the first room, tomorrow."""
    facts = {"name": "Lecture", "rooms": ROOMS[:1], "start_at": NOW + 86_400, "duration": 3600, **members}
    return shown(Schedule(identifier, **facts))


def shown(one: Schedule) -> Schedule:
    """Return a schedule with its stop and the object as VALT tells it."""
    raw = {"id": one.id, "name": one.name, "start_at": one.start_at, "duration": one.duration}
    return replace(one, stop_at=one.start_at + one.duration, raw=raw)


class MemoryValt:
    """Holds schedules by id. `sent` has every write that came, in order; `calls` counts all.

    `fault` is asked at each write by its name and the schedule's id: its answer may be lost, before or after
    it was made. `before` is told of each call, and may change what is there.
    """

    def __init__(self, *schedules: Schedule) -> None:
        self.fuse = Fuse()
        self.clock = float(NOW)
        self.held = {one.id: one for one in schedules}
        self.asked_for: tuple[Template, ...] | None = ()
        self.listed_rooms = {room.id: room for room in ROOMS}
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.calls: Counter[str] = Counter()
        self.fault: Callable[[str, str], Fault | None] = lambda call, subject: None
        self.before: Callable[[str], None] = lambda call: None
        self.spoils: Callable[[Schedule], Schedule] = lambda one: one

    def now(self) -> float:
        """Tell the time."""
        return self.clock

    async def _called(self, call: str) -> None:
        self.calls[call] += 1
        await self.fuse.moment()
        self.before(call)

    async def rooms(self) -> Mapping[str, Room]:
        """List the rooms."""
        await self._called("rooms")
        return self.listed_rooms

    async def templates(self) -> tuple[Template, ...] | None:
        """List the templates."""
        await self._called("templates")
        return self.asked_for

    async def schedules(self) -> Listing:
        """List all schedules."""
        await self._called("schedules")
        return Listing(dict(self.held), self._overlaps(), frozenset())

    async def schedule(self, identifier: str) -> Schedule | None:
        """Show a schedule."""
        await self._called("schedule")
        return self.held.get(identifier)

    async def overlaps(self) -> Overlaps:
        """Tell what overlaps."""
        await self._called("overlaps")
        return self._overlaps()

    async def edit(self, identifier: str, changes: Mapping[str, Any]) -> Schedule | None:
        """Change a schedule."""
        await self._called("edit")
        self.sent.append((identifier, dict(changes)))
        fault = self.fault("edit", identifier)
        if fault == "lost before":
            raise TimedOut("no answer", where="valt")
        held = self.held[identifier]
        self._judge(held, changes)
        self.held[identifier] = self.spoils(changed(held, changes, self.listed_rooms))
        return await self._answered(fault, self.held[identifier])

    async def create(self, booking: Booking) -> str:
        """Make a schedule."""
        await self._called("create")
        members = {"name": booking.name, "start_at": booking.start_at, "duration": booking.duration}
        more = {
            name: value
            for name, value in body_of_booking(booking).items()
            if name in {"template", "share", "recurrence"}
        }
        self.sent.append(("", {**members, **more, "room": booking.room_id}))
        fault = self.fault("create", booking.name)
        if fault == "lost before":
            raise TimedOut("no answer", where="valt")
        self._judge(None, members)
        room = self.listed_rooms[booking.room_id]
        identifier = str(max((int(one) for one in self.held), default=0) + 1)
        made = Schedule(identifier, rooms=(room,), **members)
        self.held[identifier] = self.spoils(changed(made, more, self.listed_rooms))
        return await self._answered(fault, identifier)

    def _judge(self, held: Schedule | None, members: Mapping[str, Any]) -> None:
        if held is not None and held.is_started:
            raise Refused("does not change the schedule (it is being recorded)", where="valt")
        if members.get("start_at", self.clock + 1) <= self.clock:
            raise Refused("does not change the schedule (start_at: must be in the future)", where="valt")

    async def _answered(self, fault: Fault | None, answer: Any) -> Any:
        await self.fuse.moment()
        if fault == "lost after":
            raise TimedOut("no answer", where="valt")
        return answer

    def _overlaps(self) -> Overlaps:
        """Let an older schedule that covers one block it, and one that covers a part conflict with it."""
        blocked, conflict = set(), set()
        for one in self.held.values():
            for other in self.held.values():
                if int(other.id) >= int(one.id) or not {*one.rooms} & {*other.rooms}:
                    continue
                if other.start_at <= one.start_at and one.stop_at <= other.stop_at:
                    blocked.add(one.id)
                elif other.start_at < one.stop_at and one.start_at < other.stop_at:
                    conflict.add(one.id)
        return Overlaps(frozenset(blocked), frozenset(conflict))


def changed(held: Schedule, changes: Mapping[str, Any], rooms: Mapping[str, Room]) -> Schedule:
    """Return a schedule with other members."""
    read = {"room", "recurrence", "share"}
    members = {name: value for name, value in changes.items() if name not in read}
    if "room" in changes:
        members["rooms"] = (rooms[changes["room"]],)
    if "recurrence" in changes:
        members["recurrence"] = read_kind(changes["recurrence"])
        members["repeats"] = read_recurrence(changes["recurrence"])
    if "share" in changes:
        members["share"] = read_share(changes["share"])
    return shown(replace(held, **members))
