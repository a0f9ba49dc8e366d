"""Reads what VALT answers into facts, and writes what it takes.

Sources: IVS wiki, API_Update_Schedule, API_List_Schedules, API_Schedule_Details, API_List_Schedule_Conflicts,
API_List_Rooms, API_Create_Schedule; IntelligentVideoSolutions/ivs-valt-python 35f843f for the newer shapes.
Ids come as numbers or texts, a schedule's place as `room` or `rooms`. What cannot be told for sure is never
guessed: a room without an id makes its schedule unreadable, and a recurrence of no known form is "unknown",
which is not "none".
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine import ServerFault, Unreadable
from pipelines.valt.model import Booking, Listing, Overlaps, Room, Schedule

LARGEST_NUMBER = 2**53
"""From here on not every reader of JSON keeps a number whole (RFC 8259, 6)."""


def read_listing(json: Any, where: str) -> Listing:
    """Read the answer to GET schedule. Raises ServerFault where it tells no schedules, not even none."""
    data = _data(json)
    listed = data.get("schedules") if isinstance(data, Mapping) else data
    schedules: dict[str, Schedule] = {}
    unreadable: set[str] = set()
    for one in _several(listed, "schedules", where):
        try:
            schedule = read_schedule(one, where)
        except Unreadable:
            unreadable.add(_id_of(one) or "")
        else:
            schedules[schedule.id] = schedule
    told = data if isinstance(data, Mapping) else {}
    overlaps = Overlaps(_ids(told.get("blocked_schedules")), _ids(told.get("conflict_schedules")))
    return Listing(schedules, overlaps, frozenset(unreadable))


def read_overlaps(json: Any, name: str, where: str) -> frozenset[str]:
    """Read the ids in the answer to GET schedule/blocked or schedule/conflict, a list by that name.

    Raises ServerFault where it tells none, not even that there are none.
    """
    data = _data(json)
    listed = data.get(name) if isinstance(data, Mapping) else data
    return _ids(_several(listed, name, where))


def read_one_schedule(json: Any, where: str) -> Schedule:
    """Read the answer to GET schedule/{id}, or to an edit. Raises Unreadable."""
    data = _data(json)
    if isinstance(data, Mapping) and isinstance(data.get("schedule"), Mapping):
        data = data["schedule"]
    return read_schedule(data, where)


def read_schedule(json: Any, where: str) -> Schedule:
    """Read one schedule. Raises Unreadable, which names the schedule and the field."""
    identifier = _id_of(json)
    if identifier is None or not isinstance(json, Mapping):
        raise Unreadable("tells a schedule without an id", where=where)
    start, stop, duration = (_number(json.get(name)) for name in ("start_at", "stop_at", "duration"))
    if duration is None and start is not None and stop is not None:
        duration = _number(stop - start)
    rooms = _rooms(json)
    if start is None or duration is None or rooms is None:
        missing = "start_at" if start is None else "duration" if duration is None else "room"
        raise Unreadable(f"tells a {missing} of schedule {identifier} that makes no sense", where=where)
    return Schedule(
        identifier,
        _text(json.get("name")),
        rooms,
        start,
        duration,
        stop,
        status=_text(json.get("status")).lower(),
        recurrence=_recurrence(json.get("recurrence")),
        raw=json,
    )


def read_rooms(json: Any, where: str) -> Mapping[str, Room]:
    """Read the answer to GET admin/rooms (a list) or rooms/info (a list by the name rooms).

    A room without an id is left out: nobody can name it. Raises ServerFault where no rooms are told.
    """
    data = _data(json)
    listed = data.get("rooms") if isinstance(data, Mapping) else data
    found = (_room(one) for one in _several(listed, "rooms", where))
    return {room.id: room for room in found if room is not None}


def read_version(json: Any) -> str:
    """Read the version in the answer to GET admin/general, or nothing."""
    data = _data(json)
    return _text(data.get("version")) if isinstance(data, Mapping) else ""


def read_created(json: Any, where: str) -> str:
    """Read the id of a schedule that was created: alone, in a list, or in an object.

    Raises ServerFault where there is none, or more than one.
    """
    data = _data(json)
    several = data if isinstance(data, list) else [data]
    found = _id_of(several[0]) or _identifier(several[0]) if len(several) == 1 else None
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
    return body_of(
        {
            "name": booking.name,
            "room": booking.room_id,
            "start_at": booking.start_at,
            "duration": booking.duration,
        }
    )


def holds(schedule: Schedule, body: Mapping[str, Any]) -> bool:
    """Tell whether a schedule is what a body asks for; of a member that nobody reads back it is not known."""
    told = body_of(
        {
            "name": schedule.name,
            "room": schedule.rooms[0].id if len(schedule.rooms) == 1 else None,
            "start_at": schedule.start_at,
            "duration": schedule.duration,
            "recurrence": {"type": schedule.recurrence},
        }
    )
    return all(name in told and told[name] == value for name, value in body.items())


def _data(json: Any) -> Any:
    return json["data"] if isinstance(json, Mapping) and "data" in json else json


def _several(value: Any, name: str, where: str) -> Iterable[Any]:
    """Return the members of a list; one with gaps comes as an object whose names are numbers."""
    several = _members(value)
    if several is not None:
        return several
    raise ServerFault(f"answers no list of {name}", where=where)


def _members(value: Any) -> Iterable[Any] | None:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and all(str(key).isdecimal() for key in value):
        return list(value.values())
    return None


def _ids(value: Any) -> frozenset[str]:
    several = _members(value) or ()
    return frozenset(found for one in several if (found := _id_of(one) or _identifier(one)) is not None)


def _id_of(json: Any) -> str | None:
    return _identifier(json.get("id")) if isinstance(json, Mapping) else None


def _identifier(value: Any) -> str | None:
    """Read an id, a number or a text, as a text; a sentence is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return text if text and len(text.split()) == 1 else None


def _rooms(schedule: Mapping[str, Any]) -> tuple[Room, ...] | None:
    """Read where a schedule records, or None where a room makes no sense: it must not look like one less."""
    told = schedule.get("rooms") or schedule.get("room")
    members = () if told is None else _members(told)
    rooms = [_room(one) for one in ([told] if members is None else members)]
    known = tuple(room for room in rooms if room is not None)
    return known if len(known) == len(rooms) else None


def _room(json: Any) -> Room | None:
    name = _text(json.get("name")) if isinstance(json, Mapping) else ""
    identifier = _id_of(json) or _identifier(json)
    return None if identifier is None else Room(identifier, name)


def _recurrence(value: Any) -> str:
    """Read how often a schedule records: "none" where nothing is said of it."""
    if not value:
        return "none"
    kind = value.get("type") if isinstance(value, Mapping) else value
    return kind.strip().lower() or "unknown" if isinstance(kind, str) else "unknown"


def _number(value: Any) -> int | None:
    """Read 7, 7.0 and "7" from 0 on; anything else measures nothing."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if 0 <= number < LARGEST_NUMBER else None


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _as_number(identifier: Any) -> Any:
    """Write an id as a number where that says the same."""
    text = str(identifier)
    is_number = text.isdecimal() and text.isascii() and len(text) <= 15 and str(int(text)) == text
    return int(text) if is_number else identifier


def _as_text(seconds: Any) -> str:
    return str(int(seconds))
