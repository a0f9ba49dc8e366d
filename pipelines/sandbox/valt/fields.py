"""What a create or an edit asks for, checked member by member and turned into the schedule's own facts.

Sources: IVS wiki, API_Update_Schedule and API_Create_Schedule; ivs-valt-python (JSON numbers where the wiki
has strings); the VALT User Training Guide (255 characters in a text field). Members that are not known,
`rooms` among them, are passed over. Not established and chosen here: several weekdays are "1,3" or an array;
an unknown room is a 404 in the envelope `data`; `name` is such a text field; times end in the year 2106.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any, get_args

from pipelines.sandbox.valt.answers import invalid, missing
from pipelines.sandbox.valt.model import SINGLE, Range, Recurrence, Repeats
from pipelines.sandbox.valt.templates import GROUPS, USERS, known_values

LONGEST_NAME = 255
LAST_TIME = 2**32 - 1
LONGEST_DURATION = 366 * 86_400
MOST_OCCURRENCES = 999
NUMBER = re.compile(r"[+-]?[0-9]{1,15}")
END_BY = re.compile(r"[0-9]{2}-[0-9]{2}-[0-9]{4}")
REQUIRED = ("name", "room", "start_at", "duration")

Facts = dict[str, Any]
"""Fields of `Schedule` with their new values."""


class Wrong(Exception):
    """A member that cannot be taken; the text is for whoever sent it."""


def checked(asked: Mapping[str, Any], room_ids: Collection[int], now: float) -> Facts:
    """The facts that are asked for. Raises Refused: 400 with every member that is wrong, 404 for a room."""
    facts: Facts = {}
    wrong: list[tuple[str, str]] = []
    for name, check in CHECKS.items():
        try:
            facts |= check(asked[name]) if name in asked else {}
        except Wrong as error:
            wrong.append((name, str(error)))
    if facts.get("start_at", LAST_TIME) <= now:
        wrong.append(("start_at", "Must be in the future"))
    if wrong:
        raise invalid(wrong)
    if not set(facts.get("room_ids", ())) <= set(room_ids):
        raise missing("Room not found.")
    return facts


def complete(asked: Mapping[str, Any]) -> None:
    """Refuse a creation without what it needs. Raises Refused (400)."""
    absent = [(name, "This field is required") for name in REQUIRED if name not in asked]
    if absent:
        raise invalid(absent)


def _name(value: object) -> Facts:
    if not isinstance(value, str) or not value.strip():
        raise Wrong("Must not be blank")
    if len(value) > LONGEST_NAME:
        raise Wrong(f"Must not be longer than {LONGEST_NAME} characters")
    return {"name": value}


def _room(value: object) -> Facts:
    return {"room_ids": (_number(value),)}


def _start_at(value: object) -> Facts:
    start = _number(value)
    if start > LAST_TIME:
        raise Wrong("Must be a Unix time")
    return {"start_at": start}


def _duration(value: object) -> Facts:
    duration = _number(value)
    if not 0 < duration <= LONGEST_DURATION:
        raise Wrong("Must be a positive number of seconds")
    return {"duration": duration}


def _template(value: object) -> Facts:
    if value is not None and not isinstance(value, dict):
        raise Wrong("Must be an object of field ids and values")
    return {"template": known_values(value)}


def _share(value: object) -> Facts:
    """Only the spelling of the table of API_Update_Schedule does anything: `users` and `user_groups`."""
    if not isinstance(value, dict):
        raise Wrong("Must be an object")
    known = {"users": USERS, "user_groups": GROUPS}
    found = {name: _numbers(value[name]) for name in known if name in value}
    return {name: tuple(one for one in listed if one in known[name]) for name, listed in found.items()}


def _recurrence(value: object) -> Facts:
    if not isinstance(value, dict) or value.get("type") not in get_args(Repeats):
        raise Wrong("Must have a type: weekly, monthly, daily or none")
    if value["type"] == "none":
        return {"recurrence": SINGLE}
    ends = value.get("range_type", "no")
    if ends not in get_args(Range):
        raise Wrong("The range_type must be no, after or by")
    weekdays = _numbers(value.get("weeks_range", ()))
    if not set(weekdays) <= set(range(7)):
        raise Wrong("The weeks_range is 0 to 6")
    count = _number(value.get("end_after")) if ends == "after" else None
    if count is not None and not 0 < count <= MOST_OCCURRENCES:
        raise Wrong(f"The end_after is 1 to {MOST_OCCURRENCES}")
    last = _day(value.get("end_by")) if ends == "by" else None
    return {"recurrence": Recurrence(value["type"], weekdays, ends, count, last)}


CHECKS: Mapping[str, Callable[[object], Facts]] = {
    "name": _name,
    "room": _room,
    "start_at": _start_at,
    "duration": _duration,
    "template": _template,
    "recurrence": _recurrence,
    "share": _share,
}


def _number(value: object) -> int:
    """A whole number, sent as a JSON number or as a string."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return int(value)
    raise Wrong("Must be a number")


def _numbers(value: object) -> tuple[int, ...]:
    """Numbers in an array, or with commas between them in a string."""
    listed = [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value
    listed = listed if isinstance(listed, list | tuple) else [listed]
    return tuple(dict.fromkeys(_number(one) for one in listed))


def _day(value: object) -> date:
    """The date of "MM-DD-YYYY"."""
    if not isinstance(value, str) or not END_BY.fullmatch(value):
        raise Wrong("The end_by must be MM-DD-YYYY")
    try:
        return datetime.strptime(value, "%m-%d-%Y").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Wrong("The end_by must be a date") from error
