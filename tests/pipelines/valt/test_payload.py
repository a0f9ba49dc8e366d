"""What VALT answers is read in its documented and its newer shapes, and nothing is guessed."""

import contextlib
from typing import Any

import pytest
from fakes.valt_api import schedule_json
from hypothesis import given
from hypothesis import strategies as st

from engine import ServerFault, Unreadable
from pipelines.valt.model import Booking, Overlaps, Room, Schedule
from pipelines.valt.payload import (
    body_of,
    body_of_booking,
    holds,
    read_created,
    read_listing,
    read_one_schedule,
    read_overlaps,
    read_rooms,
    read_schedule,
    read_version,
)

HALL = Room("39", "Hall 3")
HEAT = Schedule("12", "Heat", (HALL,), 1_796_636_900, 300, 1_796_637_200)


def read(**fields: Any) -> Schedule:
    """Read a schedule with these fields."""
    return read_schedule(schedule_json(**fields), "valt")


def test_a_documented_schedule_is_read() -> None:
    """Numbers as numbers, ids as texts, one room, and the object as it came."""
    told = schedule_json()
    schedule = read_schedule(told, "valt")
    assert schedule == HEAT
    assert schedule.raw is told
    assert (schedule.is_started, schedule.is_recurring) == (False, False)


@pytest.mark.parametrize(
    ("place", "rooms"),
    [
        ({"room": {"id": "39", "name": "Hall 3"}}, (HALL,)),
        ({"room": None, "rooms": [{"id": 39, "name": "Hall 3"}]}, (HALL,)),
        ({"room": {"id": 7}, "rooms": [{"id": 39, "name": "Hall 3"}, {"id": 40}]}, (HALL, Room("40", ""))),
        ({"rooms": []}, (HALL,)),
        (
            {"room": None, "rooms": {"0": {"id": 39, "name": "Hall 3"}, "2": {"id": 40}}},
            (HALL, Room("40", "")),
        ),
        ({"room": 39}, (Room("39", ""),)),
        ({"room": None, "rooms": [39, "b7-x"]}, (Room("39", ""), Room("b7-x", ""))),
        ({"room": None}, ()),
    ],
)
def test_where_it_records(place: dict[str, Any], rooms: tuple[Room, ...]) -> None:
    """Documented is `room`, newer is `rooms`; a list with gaps comes as an object."""
    assert read(**place).rooms == rooms


@pytest.mark.parametrize(
    "fields", [{"id": "12"}, {"id": 12.0}, {"start_at": "1796636900", "duration": "300"}]
)
def test_numbers_may_come_as_texts(fields: dict[str, Any]) -> None:
    """And ids as numbers: what is read is the same."""
    assert read(identifier=fields.pop("id", 12), **fields) == HEAT


def test_an_id_may_be_a_uuid() -> None:
    """Newer versions have them, and they stay texts."""
    assert (
        read(identifier="6f1c1a0e-9d0e-4a55-8d54-0d8f5f4b5b3e").id == "6f1c1a0e-9d0e-4a55-8d54-0d8f5f4b5b3e"
    )


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({"type": "none"}, "none"),
        ({"type": "Weekly", "weeks_range": "1"}, "weekly"),
        ("monthly", "monthly"),
        (None, "none"),
        ([], "none"),
        ({}, "none"),
        ({"type": None}, "unknown"),
        ({"weeks_range": "1"}, "unknown"),
        (["weekly"], "unknown"),
        (7, "unknown"),
    ],
)
def test_a_recurrence_of_no_known_form_is_one(told: object, known: str) -> None:
    """Who says nothing records once; who says something odd is taken to record more than once."""
    schedule = read(recurrence=told)
    assert schedule.recurrence == known
    assert schedule.is_recurring == (known != "none")


def test_a_schedule_that_tells_little_is_read() -> None:
    """An id, a start and a length are all it needs; a length follows from the stop."""
    told = {"id": 12, "start_at": 100, "stop_at": 400}
    assert read_schedule(told, "valt") == Schedule("12", "", (), 100, 300, 400, status="")
    assert read(status="Started").is_started


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"start_at": None}, "start_at"),
        ({"start_at": "soon"}, "start_at"),
        ({"start_at": True}, "start_at"),
        ({"start_at": -1}, "start_at"),
        ({"start_at": 1e300}, "start_at"),
        ({"duration": None, "stop_at": None}, "duration"),
        ({"duration": None, "start_at": 200, "stop_at": 100}, "duration"),
        ({"room": {"name": "Hall 3"}}, "room"),
        ({"rooms": [{"id": 39}, {"name": "Hall 4"}]}, "room"),
        ({"rooms": [{"id": 39}, None]}, "room"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_named(broken: dict[str, Any], named: str) -> None:
    """The error says which and what; a room is never left out."""
    with pytest.raises(Unreadable, match=f"valt: tells a {named} of schedule 12 "):
        read(**broken)


def test_one_schedule_comes_bare_or_in_an_envelope() -> None:
    """Its answer has it as `data`, or one step below."""
    for told in (schedule_json(), {"data": schedule_json()}, {"data": {"schedule": schedule_json()}}):
        assert read_one_schedule(told, "valt") == HEAT
    for nothing in ({}, {"data": []}, {"data": None}, [], None, 7):
        with pytest.raises(Unreadable, match="without an id"):
            read_one_schedule(nothing, "valt")


def test_a_listing_leaves_out_what_makes_no_sense_and_says_so() -> None:
    """One bad schedule breaks no list, and its id is not one that is unknown."""
    told = {
        "schedules": [schedule_json(), schedule_json(13, start_at="?"), {"name": "x"}, None],
        "blocked_schedules": [13, "14"],
        "conflict_schedules": [{"id": 15}],
        "total_count": 4,
    }
    listing = read_listing({"data": told}, "valt")
    assert listing.schedules == {"12": HEAT}
    assert listing.unreadable == {"13", ""}
    assert listing.overlaps == Overlaps(frozenset({"13", "14"}), frozenset({"15"}))


@pytest.mark.parametrize("told", [{"data": {"schedules": []}}, {"data": {"schedules": {}}}, {"data": []}, []])
def test_a_listing_may_be_empty(told: object) -> None:
    """No schedules are none, however an empty list is written."""
    listing = read_listing(told, "valt")
    assert (listing.schedules, listing.overlaps, listing.unreadable) == ({}, Overlaps(), frozenset())


@pytest.mark.parametrize(
    "told", [{}, {"data": {"total_count": 0}}, {"data": None}, {"data": "none"}, None, 7]
)
def test_an_answer_without_a_list_is_no_empty_one(told: object) -> None:
    """Whoever took it for none would create everything twice."""
    with pytest.raises(ServerFault, match="no list of schedules"):
        read_listing(told, "valt")
    with pytest.raises(ServerFault, match="no list of blocked"):
        read_overlaps(told, "blocked_schedules", "valt")
    with pytest.raises(ServerFault, match="no list of rooms"):
        read_rooms(told, "valt")


def test_overlaps_are_read() -> None:
    """By their name, or as a list alone, which is how none are written."""
    assert read_overlaps({"data": {"blocked_schedules": [1, "2"]}}, "blocked_schedules", "valt") == {"1", "2"}
    assert read_overlaps({"data": []}, "blocked_schedules", "valt") == frozenset()


def test_rooms_are_read_from_both_lists() -> None:
    """That of the administrators is a list, the other one has a name; a room without an id is no use."""
    told = [{"id": 39, "name": "Hall 3", "is_io": False, "cameras": []}, {"name": "x"}]
    assert read_rooms({"data": told}, "valt") == {"39": HALL}
    assert read_rooms({"data": {"rooms": told}}, "valt") == {"39": HALL}


def test_a_version_is_told_or_not() -> None:
    """It is for people to read."""
    assert read_version({"data": {"version": "6.5.1"}}) == "6.5.1"
    assert read_version({"data": []}) == read_version(None) == read_version({"data": {"version": []}}) == ""


@pytest.mark.parametrize(
    "told",
    [
        [12],
        ["12"],
        {"data": 12},
        {"data": "12"},
        {"data": [12]},
        {"data": {"id": 12}},
        {"data": [{"id": "12"}]},
    ],
)
def test_the_id_of_what_was_created(told: object) -> None:
    """It comes in a list, alone or in an object, as a number or a text."""
    assert read_created(told, "valt") == "12"


@pytest.mark.parametrize(
    "told", [None, {}, [], [12, 13], {"data": True}, {"data": "This room is locked."}, {"id": ""}]
)
def test_a_creation_without_an_id_is_in_doubt(told: object) -> None:
    """Nothing else is taken for one, and a sentence least of all."""
    with pytest.raises(ServerFault, match="no id"):
        read_created(told, "valt")


def test_a_body_has_the_types_of_the_sample() -> None:
    """Room a number, the two times texts; what is in those types already stays."""
    booking = Booking("Heat", "39", 1_596_636_900, 300)
    body = {"name": "Heat", "room": 39, "start_at": "1596636900", "duration": "300"}
    assert body_of_booking(booking) == body
    assert body_of(body) == body
    assert body_of({"recurrence": {"type": "none"}}) == {"recurrence": {"type": "none"}}


@pytest.mark.parametrize("identifier", ["b7-x", "007", "²", "9" * 30, "-1", "1 2"])
def test_a_room_whose_id_is_no_number_stays_a_text(identifier: str) -> None:
    """It would name another room otherwise, or none."""
    assert body_of({"room": identifier}) == {"room": identifier}


def test_what_a_schedule_holds() -> None:
    """Each member counts, and one that is not read back is not known to be held."""
    body = body_of({"name": "Heat", "room": "39", "start_at": 1_796_636_900, "duration": 300})
    assert holds(HEAT, body)
    assert holds(HEAT, {"recurrence": {"type": "none"}})
    for other in ({"name": "Work"}, {"room": 40}, {"start_at": "1"}, {"duration": "1"}, {"author": None}):
        assert not holds(HEAT, {**body, **other})
    assert not holds(read(rooms=[{"id": 39}, {"id": 40}]), body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = [*schedule_json(), "rooms", "schedule", "schedules", "data", "blocked_schedules", "type", "version"]
documents = values | st.dictionaries(st.sampled_from(names), values)


@given(documents, documents)
def test_any_json_is_read_or_refused(outer: Any, inner: Any) -> None:
    """Nothing but our errors is raised, and a listing loses no schedule without a word."""
    for json in (outer, {"data": outer}, {"data": {"schedules": [outer, inner]}}, {"data": [outer, inner]}):
        for read_it in (read_one_schedule, read_listing, read_rooms, read_created):
            with contextlib.suppress(ServerFault, Unreadable):
                read_it(json, "valt")
        read_version(json)
    listing = read_listing({"data": [outer, inner]}, "valt")
    assert listing.schedules or listing.unreadable
