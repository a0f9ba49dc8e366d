"""How a schedule looks on the wire, by version, and in the audit.

Sources: IVS wiki, API_Update_Schedule and API_List_Schedules; ivs-valt-python 8239e70 (`rooms` in place of
`room`). Not established and chosen here: the documented shape shows the first of several rooms; the members
of `shared`; a recurrence is told in the spelling in which it is sent.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from pipelines.sandbox.valt.model import Recurrence, Room, Schedule
from pipelines.sandbox.valt.occurrences import occurrences, shown, status
from pipelines.sandbox.valt.overlaps import Overlaps

AUTHOR = {"id": 3, "name": "Scheduling Office"}

MOST = 60
"""Occurrences that the audit tells of one schedule."""

Row = dict[str, Any]


def schedule_row(schedule: Schedule, rooms: Mapping[int, Room], version: str, now: float) -> Row:
    """A schedule as every call tells it: numbers are JSON numbers, `template` is null where there is none."""
    occurrence = shown(schedule, now)
    where = [{"id": room_id, "name": rooms[room_id].name} for room_id in schedule.room_ids]
    return {
        "id": schedule.id,
        "name": schedule.name,
        "template": schedule.template,
        "author": AUTHOR,
        **({"room": where[0]} if version == "5.8" else {"rooms": where}),
        "created": schedule.created,
        "start_at": occurrence.start_at,
        "stop_at": occurrence.stop_at,
        "duration": schedule.duration,
        "status": status(schedule, now),
        "recurrence": recurrence_row(schedule.recurrence),
        "shared": {"users": list(schedule.users), "user_groups": list(schedule.user_groups)},
    }


def recurrence_row(recurrence: Recurrence) -> Row:
    """A recurrence; members that do not apply are left out."""
    row: Row = {"type": recurrence.type}
    if recurrence.type == "none":
        return row
    if recurrence.weekdays:
        row["weeks_range"] = ",".join(str(day) for day in recurrence.weekdays)
    row["range_type"] = recurrence.range_type
    if recurrence.end_after is not None:
        row["end_after"] = recurrence.end_after
    if recurrence.end_by is not None:
        row["end_by"] = f"{recurrence.end_by:%m-%d-%Y}"
    return row


def room_row(room: Room) -> Row:
    """A room as the administrator's list has it."""
    cameras = [{"id": 10 * room.id + number, "name": f"Camera {number}", "type": "axis"} for number in (1, 2)]
    return {"id": room.id, "name": room.name, "is_io": False, "cameras": cameras}


def audit_row(schedule: Schedule, overlaps: Overlaps, now: float) -> Row:
    """A schedule as the audit tells it, in one shape whatever the version."""
    occurrence = shown(schedule, now)
    return {
        "schedule_id": schedule.id,
        "name": schedule.name,
        "room_ids": list(schedule.room_ids),
        "start_at": occurrence.start_at,
        "stop_at": occurrence.stop_at,
        "duration": schedule.duration,
        "status": status(schedule, now),
        "recurrence": recurrence_row(schedule.recurrence),
        "occurrences": [one.start_at for one in islice(occurrences(schedule), MOST)],
        "template": schedule.template,
        "users": list(schedule.users),
        "user_groups": list(schedule.user_groups),
        "blocked": schedule.id in overlaps.blocked,
        "conflict": schedule.id in overlaps.conflict,
        "edits": schedule.edits,
        "created_by": schedule.created_by,
    }
