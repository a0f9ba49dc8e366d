"""A verdict is what is to become of one event's booking, and why: the words, and what they are made from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pipelines.schedules.records import ScheduleState
from pipelines.tables import Named
from pipelines.valt.model import Booking, Overlaps, Room, Schedule, Share, Template

UTC = ZoneInfo("UTC")

Word = Literal["update", "equal", "create", "skip", "error"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator allows: how schedules are called, how long they may be, and what may be touched.

    `edit_also` holds recurring, started, many_rooms: schedules that are left alone unless named. With
    `recurring`, events that are periodic by the clocks of `zone`, VALT's, are one recurring schedule.
    """

    name: str = "{title}"
    longest_hours: float = 24
    margin_seconds: int = 120
    create: bool = False
    edit_also: frozenset[str] = frozenset()
    recurring: bool = False
    zone: ZoneInfo = UTC


@dataclass(frozen=True, slots=True)
class Tables:
    """The operator's tables: rooms by agent, schedules by event.

    `fields` are Opencast's fields by VALT's field ids, `shares` with whom a role of Opencast shares.
    """

    rooms: Mapping[str, Named] = field(default_factory=dict)
    schedules: Mapping[str, Named] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, Share] | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """VALT as it was read: rooms and schedules by id, schedules that could not be read, and its clock.

    `now` is in epoch seconds; `templates` are None where they were not asked for, or are not shown.
    """

    rooms: Mapping[str, Room]
    schedules: Mapping[str, Schedule]
    now: float
    overlaps: Overlaps = field(default_factory=Overlaps)
    unreadable: frozenset[str] = frozenset()
    templates: tuple[Template, ...] | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """The schedule that an event leads to: by the operator's table, or because it was made for the event.

    `names` are those that it may have now, all where that is empty.
    """

    schedule_id: str
    made: bool = False
    names: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of one event's booking.

    `changes` are the members of the schedule to send; `target` is the schedule as it is. Events that are one
    recurring schedule have the ids of all in `series`, in time order, and in `whole` what that is to be;
    `since` is the start of its first recording (epoch seconds), which may be over.
    """

    event_id: str
    word: Word
    reason: str | None = None
    why: str = ""
    title: str = ""
    booking: Booking | None = None
    schedule_id: str | None = None
    made: bool = False
    target: Schedule | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    series: tuple[str, ...] = ()
    whole: Booking | None = None
    since: int = 0

    @property
    def asked(self) -> Booking | None:
        """What VALT is to have: of a series the recurring schedule."""
        return self.whole or self.booking

    @property
    def leader(self) -> str:
        """The event whose verdict is sent for all of its series."""
        return self.series[0] if self.series else self.event_id

    @property
    def sends(self) -> bool:
        """Whether VALT is to be changed."""
        return self.word in {"update", "create"}

    def turned(self, word: Literal["skip", "error"], reason: str, why: str) -> "Verdict":
        """Return the same with nothing to send, and why."""
        return replace(self, word=word, reason=reason, why=why, changes={})


def lead_of(event_id: str, tables: Tables, state: ScheduleState, site: Site) -> Lead | None:
    """Return the schedule of an event: a row of the table goes before what the checkpoint knows."""
    if (row := tables.schedules.get(event_id)) is not None:
        # What a run of ours called it is expected as well, once the name that was expected is replaced.
        names = [name for name in (row.name, state.name) if name] if row.name else []
        return Lead(row.id, made=row.id == state.schedule_id, names=names)
    if state.schedule_id is not None:
        return Lead(state.schedule_id, made=True)
    if (wanted := state.wanted) is None:
        return None
    # The answer to the POST was never heard: what is there now just as it was asked for is taken for it.
    found = [one.id for one in in_slot(site, wanted) if one.name == wanted.name]
    return Lead(found[0], made=True) if len(found) == 1 else None


def in_slot(site: Site, booking: Booking) -> list[Schedule]:
    """Return the schedules that have a booking's room, start and duration."""
    return [one for one in site.schedules.values() if is_in_slot(one, booking)]


def is_in_slot(schedule: Schedule, booking: Booking) -> bool:
    """Tell whether a schedule has a booking's room, start and duration."""
    same_time = (schedule.start_at, schedule.duration) == (booking.start_at, booking.duration)
    return same_time and booking.room_id in {room.id for room in schedule.rooms}
