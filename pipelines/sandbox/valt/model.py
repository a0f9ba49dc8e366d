"""What the emulated VALT holds: rooms and schedules, as plain facts in VALT's own words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import Literal

Repeats = Literal["none", "daily", "weekly", "monthly"]
Range = Literal["no", "after", "by"]


@dataclass(frozen=True, slots=True)
class Room:
    """A room with recording equipment. Ids are numbers that mean nothing outside one site."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a template; one that is not `on` is asked for nowhere."""

    id: int
    name: str
    type: Literal["text", "notes"] = "text"
    required: bool = False
    on: bool = True


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How a schedule repeats. `weekdays` count from 0, Sunday; `end_by` is the last day, itself included."""

    type: Repeats = "none"
    weekdays: tuple[int, ...] = ()
    range_type: Range = "no"
    end_after: int | None = None
    end_by: date | None = None


SINGLE = Recurrence()


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule. `start_at` (seconds since 1970) is the first occurrence's; `duration` is in seconds.

    `booked` says who came first where two overlap: it is given anew when times or rooms change. `deleted` are
    the starts of single occurrences that were taken out. `edits` counts the edits that were applied. `zone`
    is that of the server, by whose clocks it recurs.
    """

    id: int
    name: str
    room_ids: tuple[int, ...]
    start_at: int
    duration: int
    recurrence: Recurrence = SINGLE
    created: int = 0
    booked: int = 0
    deleted: frozenset[int] = frozenset()
    template: Mapping[str, str] | None = None
    users: tuple[int, ...] = ()
    user_groups: tuple[int, ...] = ()
    edits: int = 0
    created_by: Literal["seed", "api"] = "seed"
    zone: tzinfo = UTC
