"""Reads what VALT answers into facts, and writes what it takes.

Sources: IVS wiki, API_Update_Schedule, API_List_Schedules, API_Schedule_Details, API_List_Schedule_Conflicts,
API_List_Rooms, API_Create_Schedule; IntelligentVideoSolutions/ivs-valt-python 35f843f for the newer shapes.
Ids come as numbers or texts, a schedule's place as `room` or `rooms`. What cannot be told for sure is never
guessed: a room without an id makes its schedule unreadable, and a recurrence of no known form is "unknown",
which is not "none".
"""

from collections.abc import Callable, Mapping
from typing import Any

from engine import ServerFault, Unreadable
from pipelines.valt.model import Booking, Listing, Overlaps, Room, Schedule
from pipelines.valt.recurrence import NEVER, read_kind, read_recurrence, write_recurrence
from pipelines.valt.sharing import read_share, write_share
from pipelines.valt.template import read_values
from pipelines.valt.values import data_of, id_of, identifier_of, ids, members, number, several, text


def read_listing(json: Any, where: str) -> Listing:
    """Read the answer to GET schedule. Raises ServerFault where it tells no schedules, not even none."""
    data = data_of(json)
    listed = data.get("schedules") if isinstance(data, Mapping) else data
    schedules: dict[str, Schedule] = {}
    unreadable: set[str] = set()
    for one in several(listed, "schedules", where):
        try:
            schedule = read_schedule(one, where)
        except Unreadable:
            unreadable.add(id_of(one) or "")
        else:
            schedules[schedule.id] = schedule
    told = data if isinstance(data, Mapping) else {}
    overlaps = Overlaps(ids(told.get("blocked_schedules")), ids(told.get("conflict_schedules")))
    return Listing(schedules, overlaps, frozenset(unreadable))


def read_overlaps(json: Any, name: str, where: str) -> frozenset[str]:
    """Read the ids in the answer to GET schedule/blocked or schedule/conflict, a list by that name.

    Raises ServerFault where it tells none, not even that there are none.
    """
    data = data_of(json)
    listed = data.get(name) if isinstance(data, Mapping) else data
    return ids(several(listed, name, where))


def read_one_schedule(json: Any, where: str) -> Schedule:
    """Read the answer to GET schedule/{id}, or to an edit. Raises Unreadable."""
    data = data_of(json)
    if isinstance(data, Mapping) and isinstance(data.get("schedule"), Mapping):
        data = data["schedule"]
    return read_schedule(data, where)


def read_schedule(json: Any, where: str) -> Schedule:
    """Read one schedule. Raises Unreadable, which names the schedule and the field."""
    identifier = id_of(json)
    if identifier is None or not isinstance(json, Mapping):
        raise Unreadable("tells a schedule without an id", where=where)
    start, stop, duration = (number(json.get(name)) for name in ("start_at", "stop_at", "duration"))
    if duration is None and start is not None and stop is not None:
        duration = number(stop - start)
    rooms = _rooms(json)
    if start is None or duration is None or rooms is None:
        missing = "start_at" if start is None else "duration" if duration is None else "room"
        raise Unreadable(f"tells a {missing} of schedule {identifier} that makes no sense", where=where)
    return Schedule(
        identifier,
        text(json.get("name")),
        rooms,
        start,
        duration,
        stop,
        status=text(json.get("status")).lower(),
        recurrence=read_kind(json.get("recurrence")),
        repeats=read_recurrence(json.get("recurrence")),
        template=read_values(json.get("template")),
        share=read_share(json.get("shared")),
        raw=json,
    )


def read_rooms(json: Any, where: str) -> Mapping[str, Room]:
    """Read the answer to GET admin/rooms (a list) or rooms/info (a list by the name rooms).

    A room without an id is left out: nobody can name it. Raises ServerFault where no rooms are told.
    """
    data = data_of(json)
    listed = data.get("rooms") if isinstance(data, Mapping) else data
    found = (_room(one) for one in several(listed, "rooms", where))
    return {room.id: room for room in found if room is not None}


def read_version(json: Any) -> str:
    """Read the version in the answer to GET admin/general, or nothing."""
    data = data_of(json)
    return text(data.get("version")) if isinstance(data, Mapping) else ""


def read_created(json: Any, where: str) -> str:
    """Read the id of a schedule that was created: alone, in a list, or in an object.

    Raises ServerFault where there is none, or more than one.
    """
    data = data_of(json)
    made = data if isinstance(data, list) else [data]
    found = id_of(made[0]) or identifier_of(made[0]) if len(made) == 1 else None
    if found is None:
        raise ServerFault("tells no id of the schedule that it created", where=where)
    return found


def body_of(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body in the types of the documented sample: room a number, start_at and duration texts.

    A room id that is no number stays a text. Other members go out as they are given.
    """
    write: Mapping[str, Callable[[Any], Any]] = {
        "room": _as_number,
        "start_at": _as_text,
        "duration": _as_text,
    }
    return {name: write[name](value) if name in write else value for name, value in changes.items()}


def body_of_booking(booking: Booking) -> dict[str, Any]:
    """Return the body that creates a schedule."""
    asked: dict[str, Any] = {
        "name": booking.name,
        "room": booking.room_id,
        "start_at": booking.start_at,
        "duration": booking.duration,
    }
    if booking.template:
        asked["template"] = dict(booking.template)
    if booking.share is not None:
        asked["share"] = write_share(booking.share)
    if booking.repeats is not None:
        asked["recurrence"] = write_recurrence(booking.repeats)
    return body_of(asked)


def holds(schedule: Schedule, body: Mapping[str, Any]) -> bool:
    """Tell whether a schedule is what a body asks for; of a member that nobody reads back it is not known."""
    return all(name in _HELD and _HELD[name](schedule, value) for name, value in body.items())


def _holds_recurrence(schedule: Schedule, value: Any) -> bool:
    if value == NEVER:
        return not schedule.is_recurring
    return schedule.repeats is not None and schedule.repeats == read_recurrence(value)


def _holds_room(schedule: Schedule, value: Any) -> bool:
    return len(schedule.rooms) == 1 and schedule.rooms[0].id == str(value)


_HELD: Mapping[str, Callable[[Schedule, Any], bool]] = {
    "name": lambda schedule, value: schedule.name == value,
    "room": _holds_room,
    "start_at": lambda schedule, value: str(schedule.start_at) == value,
    "duration": lambda schedule, value: str(schedule.duration) == value,
    "recurrence": _holds_recurrence,
    "template": lambda schedule, value: schedule.template == read_values(value),
    "share": lambda schedule, value: schedule.share == read_share(value),
}
"""Whether a schedule has a member of a body, for each member that is read back."""


def _rooms(schedule: Mapping[str, Any]) -> tuple[Room, ...] | None:
    """Read where a schedule records, or None where a room makes no sense: it must not look like one less."""
    told = schedule.get("rooms") or schedule.get("room")
    listed = () if told is None else members(told)
    rooms = [_room(one) for one in ([told] if listed is None else listed)]
    known = tuple(room for room in rooms if room is not None)
    return known if len(known) == len(rooms) else None


def _room(json: Any) -> Room | None:
    name = text(json.get("name")) if isinstance(json, Mapping) else ""
    identifier = id_of(json) or identifier_of(json)
    return None if identifier is None else Room(identifier, name)


def _as_number(identifier: Any) -> Any:
    """Write an id as a number where that says the same."""
    text = str(identifier)
    is_number = text.isdecimal() and text.isascii() and len(text) <= 15 and str(int(text)) == text
    return int(text) if is_number else identifier


def _as_text(seconds: Any) -> str:
    return str(int(seconds))
