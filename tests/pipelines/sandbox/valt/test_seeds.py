"""What VALT holds at first: out of date for each booking, free of overlaps before and after."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fakes.valt_caller import DAY, HOUR, NOW, served
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.recordings import Event, Scheduling
from pipelines.sandbox.valt.model import Schedule
from pipelines.sandbox.valt.overlaps import overlaps
from pipelines.sandbox.valt.seeds import Seeds, seeded

AGENTS = ("agent-hs3", "agent-theatre-b", "agent-cellar")


def booking(number: int, agent: str, start: int, duration: int = HOUR) -> Event:
    """An event that is scheduled."""
    begins = datetime.fromtimestamp(start, UTC)
    plan = Scheduling(agent, begins, begins + timedelta(seconds=duration))
    return Event(f"event-{number}", f"Lecture {number}", begins, begins, scheduling=plan)


def updated(seeds: Seeds, events: list[Event], now: int) -> list[Schedule]:
    """The schedules once every booking to come has Opencast's times."""
    plans = {event.identifier: event.scheduling for event in events if event.scheduling}
    coming = {
        schedule_id: (int(plans[event_id].start.timestamp()), int(plans[event_id].end.timestamp()))
        for event_id, schedule_id in seeds.schedules_table
        if plans[event_id].start.timestamp() > now
    }
    return [
        replace(one, start_at=coming[one.id][0], duration=coming[one.id][1] - coming[one.id][0])
        if one.id in coming
        else one
        for one in seeds.schedules
    ]


def test_each_booking_has_a_schedule_that_is_out_of_date() -> None:
    """In its agent's room, pending, with another name, start and duration; the tables say which it is."""
    events = [booking(1, "agent-hs3", NOW + DAY), booking(2, "agent-theatre-b", NOW + DAY)]
    seeds = seeded([*events, Event("plain", "No booking", events[0].start, events[0].start)], NOW)
    rooms = {agent: room_id for agent, room_id, _ in seeds.rooms_table}
    mapped = dict(seeds.schedules_table)
    assert mapped.keys() == {"event-1", "event-2"}
    schedules = {one.id: one for one in seeds.schedules}
    for event in events:
        schedule = schedules[mapped[event.identifier]]
        assert event.scheduling is not None
        assert schedule.room_ids == (rooms[event.scheduling.agent],)
        assert schedule.name != event.title
        assert (schedule.start_at, schedule.duration < HOUR) == (NOW + 2 * DAY, True)


def test_every_agent_has_a_room_and_some_rooms_have_no_agent() -> None:
    """The known agents have theirs without a booking; the table's names are those of the rooms."""
    seeds = seeded([booking(1, "agent-cellar", NOW + DAY)], NOW)
    names = {room.id: room.name for room in seeds.rooms}
    assert [agent for agent, _, _ in seeds.rooms_table] == list(AGENTS)
    assert all(names[room_id] == name for _, room_id, name in seeds.rooms_table)
    assert len(names) == len(seeds.rooms) > len(seeds.rooms_table)


def test_a_booking_that_has_begun_has_a_schedule_that_is_over() -> None:
    """It lies a day before, so it is in the way of nothing that is still to come."""
    seeds = seeded([booking(1, "agent-hs3", NOW - HOUR, 2 * HOUR)], NOW)
    schedule = next(one for one in seeds.schedules if one.id == seeds.schedules_table[0][1])
    assert schedule.start_at == NOW - HOUR - DAY


async def test_schedules_of_others_are_there_and_in_no_table() -> None:
    """A weekly one, one that records now, one in several rooms and one that is over."""
    seeds = seeded([booking(1, "agent-hs3", NOW + DAY)], NOW)
    async with served(seeds=seeds) as caller:
        others = [
            row
            for row in caller.valt.rows()
            if row["schedule_id"] not in dict(seeds.schedules_table).values()
        ]
        assert any(row["recurrence"]["type"] == "weekly" for row in others)
        assert any(row["start_at"] <= NOW < row["stop_at"] for row in others)
        assert any(len(row["room_ids"]) > 1 for row in others)
        assert any(row["stop_at"] < NOW for row in others)
        assert {row["created_by"] for row in caller.valt.rows()} == {"seed"}
        assert not any(row["blocked"] or row["conflict"] for row in caller.valt.rows())


@given(
    st.lists(st.tuples(st.sampled_from(AGENTS), st.integers(-8, 14), st.integers(60, 4 * HOUR)), max_size=12),
    st.integers(0, 40 * DAY),
)
def test_nothing_overlaps_before_or_after(drawn: list[tuple[str, int, int]], later: int) -> None:
    """Bookings that do not overlap at Opencast lead to seeds that do not, updated or not, at any time."""
    slots = {(agent, slot): duration for agent, slot, duration in drawn}
    events = [
        booking(number, agent, NOW + 4 * HOUR * slot, duration)
        for number, ((agent, slot), duration) in enumerate(slots.items())
    ]
    seeds = seeded(events, NOW)
    assert len({one.id for one in seeds.schedules}) == len({one.booked for one in seeds.schedules})
    for schedules in (list(seeds.schedules), updated(seeds, events, NOW)):
        found = overlaps(schedules, NOW + later)
        assert not found.blocked | found.conflict
