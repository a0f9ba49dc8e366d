"""What VALT tells and takes, as frozen facts: rooms, schedules, and what a schedule is to be.

Ids are site-local numbers in most versions and UUIDs in some, so they are kept as text. Times are true Unix
epochs in seconds (IntelligentVideoSolutions/RoomControl 4ea6407 compares them with time.time()).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Room:
    """A room with cameras."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How a schedule repeats: `weekdays` from 0, Sunday, in VALT's own zone, in order.

    `ends` is no, after or by; `count` is how many recordings there are, None where nobody counts them.
    """

    type: str
    weekdays: tuple[int, ...] = ()
    ends: str = "after"
    count: int | None = None
    end_by: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """Who sees a recording besides its author: ids of users and of user groups."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TemplateField:
    """A field that a template asks whoever books for; `kind` in VALT's own words, in lower case."""

    id: str
    name: str = ""
    required: bool = False
    kind: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it takes more than the 255 characters of a text field (VALT User Training Guide)."""
        return "note" in self.kind


@dataclass(frozen=True, slots=True)
class Template:
    """What VALT asks for of a recording; fields by id, those left out that are switched off."""

    id: str
    fields: Mapping[str, TemplateField]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A booking as VALT has it; `duration` in seconds. `raw` is the object as it came, to go back to.

    `rooms` are one in the documented answer and may be several in newer ones. `recurrence` is a word, and
    `repeats` what else is said of it, None where it records once. `repeats`, `template` (values by field id)
    and `share` are None where they are told in no form that is known.
    """

    id: str
    name: str
    rooms: tuple[Room, ...]
    start_at: int
    duration: int
    stop_at: int | None = None
    status: str = "pending"
    recurrence: str = "none"
    repeats: Recurrence | None = None
    template: Mapping[str, str] | None = field(default_factory=dict, hash=False)
    share: Share | None = Share()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_started(self) -> bool:
        """Whether its recording has begun; what is over keeps this status."""
        return self.status == "started"

    def is_over(self, now: float) -> bool:
        """Whether its one recording has begun, and has ended at that moment (epoch seconds)."""
        stop_at = self.start_at + self.duration if self.stop_at is None else self.stop_at
        return self.is_started and not self.is_recurring and stop_at <= now

    @property
    def is_recurring(self) -> bool:
        """Whether it records more than once."""
        return self.recurrence != "none"


@dataclass(frozen=True, slots=True)
class Booking:
    """What a schedule is to be. `start_at` in epoch seconds, `duration` in seconds.

    `template` holds values by field id: of other fields nothing is said. Without `share` it is left as it is.
    """

    name: str
    room_id: str
    start_at: int
    duration: int
    template: Mapping[str, str] = field(default_factory=dict, hash=False)
    share: Share | None = None
    repeats: Recurrence | None = None


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Ids of schedules that another one covers wholly (blocked: never recorded) or in part (conflict)."""

    blocked: frozenset[str] = frozenset()
    conflict: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """Every schedule by its id, and which overlap.

    `unreadable` are the ids of schedules that are there and make no sense; an empty one is of a schedule
    whose id makes none either. They may be any booking, so none of them is one that is not there.
    """

    schedules: Mapping[str, Schedule]
    overlaps: Overlaps = field(default_factory=Overlaps)
    unreadable: frozenset[str] = frozenset()
