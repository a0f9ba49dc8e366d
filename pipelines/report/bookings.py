"""A future booking as a row: how the schedule of an event ended, and what VALT was to have of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine import Record
from pipelines.items import SCHEDULES
from pipelines.schedules.records import fold

UNKNOWN = "unknown"
"""The outcome of a schedule whose run ended between asking VALT for it and its answer."""


@dataclass(frozen=True, slots=True)
class BookingRow:
    """One schedule. `date` is when the booking begins (ISO 8601, UTC), `duration` in seconds."""

    event_id: str
    title: str
    outcome: str
    reason: str
    why: str
    schedule_id: str
    room_id: str
    name: str
    date: str
    duration: int | None
    created: bool
    blocked: bool
    conflict: bool


def booking_rows(subjects: Iterable[tuple[str, Sequence[Record]]]) -> list[BookingRow]:
    """Return the rows of schedules from their records, by their event ids."""
    found = [booking_row(subject.removeprefix(SCHEDULES), records) for subject, records in subjects]
    return sorted(found, key=lambda one: one.event_id)


def booking_row(event_id: str, records: Sequence[Record]) -> BookingRow:
    """Return one schedule as a row; of several VALTs the one that was spoken to last counts."""
    state = fold(records, records[-1].facts.get("at", ""))
    end = state.ended or {}
    booking = end.get("booking") or (state.create or {}).get("booking") or {}
    start = booking.get("start_at")
    return BookingRow(
        event_id,
        title=end.get("title") or "",
        outcome=end.get("verdict") or UNKNOWN,
        reason=end.get("reason") or "",
        why=end.get("why") or "",
        schedule_id=end.get("schedule_id")
        or state.schedule_id
        or (state.edit or {}).get("schedule_id")
        or "",
        room_id=booking.get("room_id") or "",
        name=booking.get("name") or "",
        date="" if start is None else datetime.fromtimestamp(start, UTC).isoformat(),
        duration=booking.get("duration"),
        created=bool(end.get("created")),
        blocked=bool(end.get("blocked")),
        conflict=bool(end.get("conflict")),
    )
