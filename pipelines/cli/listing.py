"""A report as tables for people, within the width of their terminal, a few lines an item.

Below 80 columns there are no tables, but a line for each cell.
Where there is little room ids are shortened, and what a cell has no room for ends in an ellipsis: the columns
to the left stay whole, and so does what its text begins with.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from pipelines.cli.narrow import is_narrow, stacked, within
from pipelines.cli.text import laid, plain, size
from pipelines.report.bookings import BookingRow
from pipelines.report.document import Report
from pipelines.report.rows import Row

ROOMY = 120
"""Columns from which on ids are whole, and times have their offset."""

SHORT, LONGEST = 12, 36
"""Characters of an id, where there is little room and where there is more. A GUID has 36."""

HEADING = 22
"""Columns that a word of a heading may claim; the zone of most places has as many, or fewer."""

GAP = 2

SHOWN = {"yes": "shown to students", "no": "hidden"}

Cells = tuple[str, ...]

ITEM: Cells = ("event", "outcome", "size", "title", "notes")
"""What is told of an item."""


def listing(report: Report, width: int, zone: ZoneInfo) -> str:
    """Return a report as text whose lines have at most `width` columns; times as in `zone`."""
    lines: list[str] = []
    if report.items:
        lines += drawn(ITEM, items_cells(report.items, width), width)
    if report.schedules:
        lines += drawn(
            ("event", "outcome", "schedule", f"start ({zone.key})", "name", "notes"),
            schedules_cells(report.schedules, width, zone),
            width,
        )
    lines += laid(Text(totals(report.totals)), width)
    return "\n".join(lines) + "\n"


def drawn(names: Cells, rows: Sequence[Cells], width: int) -> Iterator[str]:
    """Give rows as the lines of a table, or one below the other where that has no room."""
    return stacked(names, rows, width) if is_narrow(width) else iter(laid(table(names, rows, width), width))


def items_cells(rows: Sequence[Row], width: int) -> list[Cells]:
    """Return the cells of items."""
    return [
        (_id(row.event_id, width), row.outcome, "" if row.bytes is None else size(row.bytes), row.title,
         notes(row))
        for row in rows
    ]  # fmt: skip


def schedules_cells(rows: Sequence[BookingRow], width: int, zone: ZoneInfo) -> list[Cells]:
    """Return the cells of schedules."""
    return [
        (_id(row.event_id, width), row.outcome, _id(row.schedule_id, width), _start(row.date, zone, width),
         row.name or row.title, booking_notes(row))
        for row in rows
    ]  # fmt: skip


def totals(total: Mapping[str, Any]) -> str:
    """Say in a line what the items come to, and in another the schedules."""
    words = [
        f"{sum(total['items'].values())} items",
        *_counts(total["items"]),
        f"{size(total['bytes'])}, {total['seconds'] / 3600:.1f} h of media",
        f"{total['checked']} of {total['parts']} parts compared",
        *([f"{total['proven']} of {total['files']} files verified at the source"] if total["files"] else []),
        f"{total['lecture_items']} lecture items",
    ]
    lines = [", ".join(words)]
    if total["schedules"]:
        schedules = [f"{sum(total['schedules'].values())} schedules", *_counts(total["schedules"])]
        lines.append(", ".join(schedules))
    return "\n".join(lines)


def _counts(counted: Mapping[str, int]) -> list[str]:
    return [f"{count} {word}" for word, count in counted.items()]


def notes(row: Row) -> str:
    """Tell of an item why it ended so, who sees it, whether all was compared, and what was left."""
    checked = f"{row.integrity} {row.checked}/{row.parts}" if row.integrity else ""
    checked += f", {row.proven}/{row.files} files as at the source" if row.proven else ""
    left = f"without {', '.join(row.not_carried)}" if row.not_carried else ""
    return _joined(_because(row), SHOWN.get(row.published, ""), checked, left)


def booking_notes(row: BookingRow) -> str:
    """Tell of a schedule what lies over it, why it ended so, and where it is."""
    overlap = "blocked" if row.blocked else "in conflict" if row.conflict else ""
    return _joined(overlap, _because(row), f"room {row.room_id}" if row.room_id else "")


def _because(row: Row | BookingRow) -> str:
    """Return the word for a reason, by which a run counts it, and its sentence."""
    return ": ".join(one for one in (row.reason, row.why) if one)


def _joined(*words: str) -> str:
    return "; ".join(one for one in words if one)


def _id(text: str, width: int) -> str:
    longest = LONGEST if width >= ROOMY or is_narrow(width) else SHORT
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _start(date: str, zone: ZoneInfo, width: int) -> str:
    """Return when a booking begins by the clocks of a zone."""
    if not date:
        return ""
    told = datetime.fromisoformat(date).astimezone(zone).isoformat(" ", "minutes")
    return told if width >= ROOMY else told[:16]


def table(names: Cells, rows: Sequence[Cells], width: int) -> Table:
    """Return a table whose last two columns share the room that the others leave them."""
    shown = [tuple(map(plain, row)) for row in rows]
    fixed = [_widest(names[place], shown, place) for place in range(len(names) - 2)]
    room = width - sum(fixed) - GAP * (len(names) - 1)
    wanted = [_widest(names[place], shown, place) for place in (-2, -1)]
    widths = [*fixed, *shares(room, *wanted)]
    grid = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for name, columns in zip(names, widths, strict=True):
        grid.add_column(name, width=columns, overflow="fold")
    for row in shown:
        grid.add_row(*(within(cell, columns) for cell, columns in zip(row, widths, strict=True)))
    return grid


def _widest(name: str, rows: Sequence[Cells], place: int) -> int:
    """Return how wide a column would be; of a name that has several words the longest counts."""
    words = (min(cell_len(word), HEADING) for word in name.split())
    return max(*words, *(cell_len(row[place]) for row in rows))


def shares(room: int, first: int, second: int) -> tuple[int, int]:
    """Return how two columns share some room: the first has two fifths, unless the other needs less."""
    left = min(first, max(room * 2 // 5, room - second))
    return left, min(second, room - left)
