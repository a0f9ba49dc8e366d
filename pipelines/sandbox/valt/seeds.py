"""What the emulated VALT holds before anybody calls it, and the operator's tables that fit it.

Each booking at Opencast has a schedule that is out of date: another name, other times. Beside them lie
schedules of others, in no table: a weekly one, one that records now, one in several rooms, one that is over.
No two overlap, nor do they once every booking has Opencast's times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.sandbox.recordings import Event, Scheduling
from pipelines.sandbox.valt.model import SINGLE, Recurrence, Room, Schedule
from pipelines.sandbox.valt.occurrences import DAY, weekday

WEEK = 7 * DAY
HOUR = 3600
AGENTS = {"agent-hs3": Room(39, "Theatre 3"), "agent-theatre-b": Room(41, "Theatre B")}
STUDIO, SEMINAR, LABORATORY = Room(12, "Studio"), Room(17, "Seminar Room 17"), Room(23, "Laboratory")
FREE = (STUDIO, SEMINAR, LABORATORY)
"""Rooms that no agent has."""
FIRST_FURTHER_ROOM = 51
FIRST_BOOKING = 101
FIRST_OF_OTHERS = 11


@dataclass(frozen=True, slots=True)
class Seeds:
    """Rooms, schedules and tables: (agent id, room id, room name) and (event id, schedule id)."""

    rooms: tuple[Room, ...]
    schedules: tuple[Schedule, ...]
    rooms_table: list[tuple[str, int, str]]
    schedules_table: list[tuple[str, int]]


def seeded(bookings: Sequence[Event], now: float) -> Seeds:
    """The seeds for these bookings at that time (seconds since 1970); events without scheduling are none.

    A booking to come has its schedule a day later, one whose start is over a day earlier: it stays in the
    past, where it overlaps with nothing.
    """
    planned = [(event.identifier, event.scheduling) for event in bookings if event.scheduling]
    rooms = _rooms(scheduling.agent for _, scheduling in planned)
    booked = [
        (identifier, _booking(number, scheduling, rooms[scheduling.agent], now))
        for number, (identifier, scheduling) in enumerate(planned)
    ]
    return Seeds(
        rooms=(*FREE, *rooms.values()),
        schedules=(*_of_others(int(now)), *(schedule for _, schedule in booked)),
        rooms_table=[(agent, room.id, room.name) for agent, room in rooms.items()],
        schedules_table=[(identifier, schedule.id) for identifier, schedule in booked],
    )


def _rooms(agents: Iterable[str]) -> dict[str, Room]:
    """The room of each agent, of the known ones in any case."""
    further = sorted(set(agents) - AGENTS.keys())
    return AGENTS | {agent: Room(n, f"Room {n}") for n, agent in enumerate(further, FIRST_FURTHER_ROOM)}


def _booking(number: int, scheduling: Scheduling, room: Room, now: float) -> Schedule:
    start, end = int(scheduling.start.timestamp()), int(scheduling.end.timestamp())
    return Schedule(
        id=FIRST_BOOKING + number,
        name=f"{room.name}, booking {number + 1}",
        room_ids=(room.id,),
        start_at=start + DAY if start > now else start - DAY,
        duration=max(1, (end - start) // 2),
        created=int(now) - WEEK,
        booked=FIRST_BOOKING + number,
    )


def _of_others(now: int) -> tuple[Schedule, ...]:
    theatre = AGENTS["agent-hs3"]
    weekly = Recurrence("weekly", weekdays=(weekday(datetime.fromtimestamp(now + DAY, UTC)),))
    made = (
        ("Weekly seminar", (SEMINAR,), now + DAY - 2 * WEEK, HOUR, weekly),
        ("Recording now", (STUDIO,), now - HOUR, 4 * HOUR, SINGLE),
        ("Open day", (STUDIO, LABORATORY), now + 30 * DAY, 2 * HOUR, SINGLE),
        ("Last week's rehearsal", (theatre,), now - WEEK, HOUR, SINGLE),
    )
    return tuple(
        Schedule(
            number,
            name,
            tuple(room.id for room in rooms),
            start,
            duration,
            recurrence,
            now - 3 * WEEK,
            number,
        )
        for number, (name, rooms, start, duration, recurrence) in enumerate(made, FIRST_OF_OTHERS)
    )
