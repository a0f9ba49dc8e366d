"""What the checkpoint keeps of a schedule: the records of one event's booking, and the state they fold to.

Intent is durable before a POST and the answer after it. The records stand under a subject of their own, so
that a booking is never taken for the item of the same event. Each says at which VALT it was, by its address:
ids are numbers of one site, and what another site was told is not believed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from engine import Record
from pipelines.items import SCHEDULES
from pipelines.valt.model import Booking, Overlaps, Schedule
from pipelines.valt.recurrence import read_recurrence, write_recurrence
from pipelines.valt.sharing import read_share, write_share


class Outcome(StrEnum):
    """How a schedule stands after a run. The list is closed."""

    VERIFIED = "verified"
    EQUAL = "equal"
    CREATED = "created"
    SKIPPED = "skipped"
    ERROR = "error"
    MISMATCH = "mismatch"
    RETRYABLE = "retryable"


EDIT = "schedule.edit"
EDITED = "schedule.edited"
CREATE = "schedule.create"
CREATED = "schedule.created"
ENDED = "schedule.ended"


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """What the checkpoint says of one event's schedule.

    `edit` and `create` are intents that no end has closed: the call may have happened. `schedule_id` is that
    of a schedule which was created for the event; it leads there in later runs, as a row of the table does.
    """

    edit: Mapping[str, Any] | None = None
    create: Mapping[str, Any] | None = None
    schedule_id: str | None = None
    ended: Mapping[str, Any] | None = None

    @property
    def wanted(self) -> Booking | None:
        """The booking that was about to be made, where its answer was never heard."""
        if self.create is None or self.schedule_id is not None:
            return None
        return booking_of(self.create["booking"])

    @property
    def booking(self) -> Booking | None:
        """The booking that the last end tells of."""
        known = (self.ended or {}).get("booking")
        return booking_of(known) if known else None

    @property
    def series(self) -> Booking | None:
        """The recurring schedule that the last end tells of, where the event is one of several."""
        known = (self.ended or {}).get("series")
        return booking_of(known) if known else None

    @property
    def open(self) -> Mapping[str, Any] | None:
        """The intent that no end has closed."""
        return self.edit or self.create

    @property
    def name(self) -> str | None:
        """What the schedule was last called by us."""
        booking = (self.ended or self.create or {}).get("booking") or {}
        return (self.edit or {}).get("changes", {}).get("name") or booking.get("name")

    def after(self, record: Record) -> "ScheduleState":
        """Return the state with one more record in it; a kind it does not know changes nothing."""
        facts = record.facts
        match record.kind:
            case "schedule.edit":
                return replace(self, edit=facts)
            case "schedule.create":
                return replace(self, create=facts, schedule_id=None)
            case "schedule.created":
                return replace(self, schedule_id=facts["schedule_id"])
            case "schedule.ended":
                made = facts["schedule_id"] if facts.get("created") else self.schedule_id
                return replace(self, schedule_id=made, ended=facts)
            case _:
                return self


def subject(event_id: str) -> str:
    """Return under what the checkpoint keeps the schedule of an event."""
    return SCHEDULES + event_id


def fold(records: Iterable[Record], at: str) -> ScheduleState:
    """Return the state of a schedule at the VALT of that address from its records, oldest first."""
    state = ScheduleState()
    for record in records:
        if record.facts.get("at") == at:
            state = state.after(record)
    return state


def edit(event_id: str, at: str, before: Schedule, changes: Mapping[str, Any], overlaps: Overlaps) -> Record:
    """Say that a schedule is about to be changed: from what, to go back to, and how it overlapped then."""
    facts = {
        "at": at,
        "schedule_id": before.id,
        "before": dict(before.raw),
        "changes": dict(changes),
        **_overlapping(before.id, overlaps),
    }
    return Record(subject(event_id), EDIT, facts)


def edited(event_id: str, at: str, schedule_id: str) -> Record:
    """Keep that VALT has taken the change."""
    return Record(subject(event_id), EDITED, {"at": at, "schedule_id": schedule_id})


def create(event_id: str, at: str, booking: Booking) -> Record:
    """Say that a schedule is about to be created."""
    return Record(subject(event_id), CREATE, {"at": at, "booking": facts_of(booking)})


def created(event_id: str, at: str, schedule_id: str) -> Record:
    """Keep the id of the schedule that was created."""
    return Record(subject(event_id), CREATED, {"at": at, "schedule_id": schedule_id})


@dataclass(frozen=True, slots=True)
class End:
    """How a schedule ended: its outcome, one word of why, a sentence, and where it is.

    `created` tells whether it was made for the event; `before` is the schedule as it was, to go back to.
    `series` is the recurring schedule that the booking is one of.
    """

    outcome: Outcome
    reason: str | None = None
    why: str = ""
    schedule_id: str | None = None
    title: str = ""
    booking: Booking | None = None
    created: bool = False
    before: Mapping[str, Any] | None = field(default=None, repr=False)
    blocked: bool = False
    conflict: bool = False
    series: Booking | None = None


def ended(event_id: str, at: str, end: End, *, in_doubt: bool = False) -> Record:
    """Keep how a schedule ended. What is tried again keeps its intents: they may have happened.

    So does what is `in_doubt`: it may have been created, and this end tells no schedule.
    """
    facts = {
        "at": at,
        "verdict": end.outcome.value,
        "reason": end.reason,
        "why": end.why,
        "schedule_id": end.schedule_id,
        "title": end.title,
        "booking": facts_of(end.booking) if end.booking else None,
        "created": end.created,
        "before": dict(end.before) if end.before is not None else None,
        "blocked": end.blocked,
        "conflict": end.conflict,
    }
    if end.series is not None:
        facts["series"] = facts_of(end.series)
    closes = end.outcome is not Outcome.RETRYABLE and not in_doubt
    return Record(subject(event_id), ENDED, facts, closes)


def facts_of(booking: Booking) -> dict[str, Any]:
    """Return a booking as JSON; what it does not say is left out."""
    facts: dict[str, Any] = {
        "name": booking.name,
        "room_id": booking.room_id,
        "start_at": booking.start_at,
        "duration": booking.duration,
    }
    if booking.template:
        facts["template"] = dict(booking.template)
    if booking.share is not None:
        facts["share"] = write_share(booking.share)
    if booking.repeats is not None:
        facts["recurrence"] = write_recurrence(booking.repeats)
    return facts


def booking_of(facts: Mapping[str, Any]) -> Booking:
    """Return the booking that was kept as JSON."""
    return Booking(
        facts["name"],
        facts["room_id"],
        facts["start_at"],
        facts["duration"],
        facts.get("template", {}),
        read_share(facts["share"]) if "share" in facts else None,
        read_recurrence(facts.get("recurrence")),
    )


def _overlapping(schedule_id: str, overlaps: Overlaps) -> dict[str, bool]:
    return {"blocked": schedule_id in overlaps.blocked, "conflict": schedule_id in overlaps.conflict}
