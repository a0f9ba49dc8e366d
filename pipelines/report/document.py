"""The report of a checkpoint: its items, its schedules, and what they come to.

Nothing but the records is asked, no clock and no service, so that one checkpoint has one report.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine import Record
from pipelines import items
from pipelines.items import ItemState
from pipelines.report.bookings import BookingRow, booking_rows
from pipelines.report.rows import Row, rows

VERSION = 1


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of a checkpoint."""

    items: tuple[Row, ...] = ()
    schedules: tuple[BookingRow, ...] = ()

    @property
    def totals(self) -> Mapping[str, Any]:
        """Return what the rows come to; `seconds` are those of the media."""
        return {
            "items": _counted(row.outcome for row in self.items),
            "reasons": _counted(row.reason for row in self.items if row.reason),
            "bytes": sum(row.bytes or 0 for row in self.items),
            "seconds": sum(row.duration or 0.0 for row in self.items),
            "parts": sum(row.parts or 0 for row in self.items),
            "checked": sum(row.checked or 0 for row in self.items),
            "files": sum(row.files or 0 for row in self.items),
            "proven": sum(row.proven or 0 for row in self.items),
            "lecture_items": sum(len(row.lecture_items) for row in self.items),
            "schedules": _counted(row.outcome for row in self.schedules),
        }

    @property
    def document(self) -> Mapping[str, Any]:
        """Return the report as one JSON document."""
        return {
            "version": VERSION,
            "items": [asdict(row) for row in self.items],
            "schedules": [asdict(row) for row in self.schedules],
            "totals": self.totals,
        }


def report_of(subjects: Iterable[tuple[str, Sequence[Record]]]) -> Report:
    """Return the report of a checkpoint, from each subject's records."""
    bookings: list[tuple[str, Sequence[Record]]] = []
    states: list[tuple[str, ItemState]] = []
    for subject, records in subjects:
        if items.is_item(subject):
            states.append((subject, items.fold(records)))
        elif items.is_schedule(subject):
            bookings.append((subject, records))
    return Report(tuple(rows(states)), tuple(booking_rows(bookings)))


def _counted(words: Iterable[str]) -> Mapping[str, int]:
    return dict(sorted(Counter(words).items()))
