"""How a schedule repeats, as VALT tells and takes it.

Source: IVS wiki, API_Update_Schedule: `type`, `weeks_range` (0 is Sunday), `range_type`, `end_after`,
`end_by`. How several weekdays are written is not documented: "1,3" goes out, as ids do; lists are read too.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.valt.model import Recurrence
from pipelines.valt.values import members, number, text

NEVER = {"type": "none"}
"""The recurrence of a schedule that records once."""


def read_kind(value: Any) -> str:
    """Read how often a schedule records: "none" where nothing is said of it, "unknown" for no known form."""
    if not value:
        return "none"
    kind = value.get("type") if isinstance(value, Mapping) else value
    return kind.strip().lower() or "unknown" if isinstance(kind, str) else "unknown"


def read_recurrence(value: Any) -> Recurrence | None:
    """Read all that is said of how a schedule repeats; None where it does not, or in no known form."""
    kind = read_kind(value)
    if kind in {"none", "unknown"} or not isinstance(value, Mapping):
        return None
    weekdays = _weekdays(value.get("weeks_range"))
    if weekdays is None:
        return None
    ends = text(value.get("range_type")).strip().lower() or "no"
    count = number(value.get("end_after")) if ends == "after" else None
    end_by = text(value.get("end_by")).strip() if ends == "by" else ""
    return Recurrence(kind, weekdays if kind == "weekly" else (), ends, count, end_by)


def write_recurrence(recurrence: Recurrence) -> dict[str, str]:
    """Return a recurrence as VALT takes it: all in texts, as the wiki asks for."""
    written = {"type": recurrence.type}
    if recurrence.weekdays:
        written["weeks_range"] = ",".join(str(day) for day in recurrence.weekdays)
    written["range_type"] = recurrence.ends
    if recurrence.count is not None:
        written["end_after"] = str(recurrence.count)
    return written


def _weekdays(value: Any) -> tuple[int, ...] | None:
    """Read days of the week: 3, "3", "1,3" and lists; None where one makes no sense."""
    if value is None:
        return ()
    several: Iterable[Any] | None = value.split(",") if isinstance(value, str) else members(value)
    found = [number(one) for one in ([value] if several is None else several) if one != ""]
    known = {day for day in found if day is not None and day < 7}
    return tuple(sorted(known)) if len(known) == len(set(found)) else None
