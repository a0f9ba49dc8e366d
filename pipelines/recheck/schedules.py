"""Holds the schedules that were edited, created or right already against what VALT has now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from engine import FerryError
from pipelines.recheck.found import Finding, Found, Unread
from pipelines.schedules.records import Outcome, ScheduleState, booking_of
from pipelines.valt.model import Booking, Listing, Overlaps, Schedule
from pipelines.valt.recurrence import write_recurrence
from pipelines.valt.sharing import write_share

BOOKED = frozenset({Outcome.VERIFIED, Outcome.EQUAL, Outcome.CREATED, Outcome.MISMATCH})
"""The outcomes after which VALT is to have a booking."""

Booked = tuple[str, str, Booking]
"""An event, its schedule's id and what that is to be."""


class Schedules(Protocol):
    """What is read of VALT."""

    async def schedules(self) -> Listing:
        """Read all schedules, and which overlap."""
        ...

    def now(self) -> float:
        """Tell the time by VALT's clock, in epoch seconds."""
        ...


async def recheck_schedules(states: Iterable[tuple[str, ScheduleState]], valt: Schedules | None) -> Found:
    """Compare the bookings that are not over with VALT's schedules.

    A VALT that cannot be read, whatever is the matter, is named as unread.
    """
    wanted = [(one, state) for event_id, state in states if (one := booked(event_id, state)) is not None]
    if not wanted:
        return Found()
    if valt is None:
        return _unread(len(wanted), "the settings have no section [valt]")
    try:
        listing = await valt.schedules()
    except FerryError as error:
        return _unread(len(wanted), str(error))
    now = valt.now()
    found = Found()
    for one, state in wanted:
        if is_to_come(state.booking, now):
            found += compared(*one, listing)
    return found


def _unread(count: int, why: str) -> Found:
    return Found(unread=(Unread("VALT", f"{count} schedules are not verified: {why}"),))


def booked(event_id: str, state: ScheduleState) -> Booked | None:
    """Return what VALT is to have of an event; None where that is nothing, or nobody knows."""
    end = state.ended or {}
    if end.get("verdict") not in BOOKED or not end.get("booking") or not end.get("schedule_id"):
        return None
    return event_id, end["schedule_id"], state.series or booking_of(end["booking"])


def is_to_come(booking: Booking | None, now: float) -> bool:
    """Tell whether a booking is not over at that moment (epoch seconds)."""
    return booking is not None and booking.start_at + booking.duration > now


def compared(event_id: str, schedule_id: str, booking: Booking, listing: Listing) -> Found:
    """Compare one booking with its schedule, and tell whether another one lies over it."""
    schedule = listing.schedules.get(schedule_id)
    where = f"schedule {schedule_id}"
    if schedule is None and {schedule_id, ""} & listing.unreadable:
        why = f"VALT tells {where} in a form that is not known"
        return Found(unread=(Unread(f"event {event_id}", why),))
    if schedule is None:
        return Found(differences=(Finding(event_id, where, schedule_id, ""),))
    fields = [*_fields(schedule, booking), *_overlap(schedule_id, listing.overlaps)]
    unlike = tuple(
        Finding(event_id, f"{where} {field}", wanted, found)
        for field, wanted, found in fields
        if wanted != found
    )
    return Found(schedules=0 if unlike else 1, differences=unlike)


def _fields(schedule: Schedule, booking: Booking) -> Sequence[tuple[str, str, str]]:
    rooms = [room.id for room in schedule.rooms]
    return (
        ("name", booking.name, schedule.name),
        ("room", booking.room_id, booking.room_id if booking.room_id in rooms else ", ".join(rooms)),
        ("start", _moment(_start(schedule, booking)), _moment(schedule.start_at)),
        ("duration", f"{booking.duration} s", f"{schedule.duration} s"),
        ("recurrence", *_recurrences(schedule, booking)),
        *_details(schedule, booking),
    )


def _start(schedule: Schedule, booking: Booking) -> int:
    """Return when a schedule is to start; of one that recurs VALT may tell a later recording."""
    is_later = booking.repeats is not None and schedule.start_at > booking.start_at
    return schedule.start_at if is_later else booking.start_at


def _recurrences(schedule: Schedule, booking: Booking) -> tuple[str, str]:
    """Return how it is to recur, and how it does."""
    if booking.repeats is None:
        return "none", schedule.recurrence
    wanted = _joined(write_recurrence(booking.repeats))
    if schedule.repeats == booking.repeats:
        return wanted, wanted
    return wanted, _joined(write_recurrence(schedule.repeats)) if schedule.repeats else schedule.recurrence


def _details(schedule: Schedule, booking: Booking) -> Iterator[tuple[str, str, str]]:
    """Yield the template fields and the sharing that were set, each as it is to be and as it is."""
    told = schedule.template or {}
    for field_id, value in booking.template.items():
        yield f"field {field_id}", value, told.get(field_id, "")
    if booking.share is not None:
        found = "unknown" if schedule.share is None else _joined(write_share(schedule.share))
        yield "share", _joined(write_share(booking.share)), found


def _joined(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _overlap(schedule_id: str, overlaps: Overlaps) -> Sequence[tuple[str, str, str]]:
    """Tell whether a schedule will not be recorded, or not whole: VALT takes overlaps without a word."""
    if schedule_id in overlaps.blocked:
        return (("overlap", "none", "blocked"),)
    return (("overlap", "none", "conflict"),) if schedule_id in overlaps.conflict else ()


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
