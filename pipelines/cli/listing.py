"""A report as tables for people, within the width of their terminal, a few lines an item.

Where there is little room ids are shortened, and what a cell has no room for ends in an ellipsis: the columns
to the left stay whole, and so does what its text begins with.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.cli.text import plain, size
from pipelines.report.bookings import BookingRow
from pipelines.report.document import Report
from pipelines.report.rows import Row

NARROWEST = 80

ROOMY = 120
"""Columns from which on ids are whole, and times have their offset."""

SHORT, LONGEST = 12, 36
"""Characters of an id, where there is little room and where there is more. A GUID has 36."""

HEADING = 22
"""Columns that a word of a heading may claim; the zone of most places has as many, or fewer."""

LINES = 3
"""Lines of an item."""

GAP = 2

SHOWN = {"yes": "shown to students", "no": "hidden"}

Cells = tuple[str, ...]


def listing(report: Report, width: int, zone: ZoneInfo) -> str:
    """Return a report as text whose lines have at most `width` columns, or 80; times as in `zone`."""
    width = max(width, NARROWEST)
    console = Console(
        file=io.StringIO(), width=width, color_system=None, highlight=False, markup=False, emoji=False
    )
    with console.capture() as written:
        if report.items:
            console.print(items_table(report.items, width))
        if report.schedules:
            console.print(schedules_table(report.schedules, width, zone))
        console.print(totals(report.totals))
    return "\n".join(line.rstrip() for line in written.get().splitlines()) + "\n"


def items_table(rows: Sequence[Row], width: int) -> Table:
    """Return items as a table."""
    cells = [
        (_id(row.event_id, width), row.outcome, "" if row.bytes is None else size(row.bytes), row.title,
         notes(row))
        for row in rows
    ]  # fmt: skip
    return table(("event", "outcome", "size", "title", "notes"), cells, width)


def schedules_table(rows: Sequence[BookingRow], width: int, zone: ZoneInfo) -> Table:
    """Return schedules as a table."""
    cells = [
        (_id(row.event_id, width), row.outcome, _id(row.schedule_id, width), _start(row.date, zone, width),
         row.name or row.title, booking_notes(row))
        for row in rows
    ]  # fmt: skip
    return table(("event", "outcome", "schedule", f"start ({zone.key})", "name", "notes"), cells, width)


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
    longest = LONGEST if width >= ROOMY else SHORT
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
    drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for name, columns in zip(names, widths, strict=True):
        drawn.add_column(name, width=columns, overflow="fold")
    for row in shown:
        drawn.add_row(*(within(cell, columns) for cell, columns in zip(row, widths, strict=True)))
    return drawn


def _widest(name: str, rows: Sequence[Cells], place: int) -> int:
    """Return how wide a column would be; of a name that has several words the longest counts."""
    words = (min(cell_len(word), HEADING) for word in name.split())
    return max(*words, *(cell_len(row[place]) for row in rows))


def shares(room: int, first: int, second: int) -> tuple[int, int]:
    """Return how two columns share some room: the first has two fifths, unless the other needs less."""
    left = min(first, max(room * 2 // 5, room - second))
    return left, min(second, room - left)


def within(text: str, columns: int) -> Text:
    """Return a text as the few lines that it may have, broken between words where that can be."""
    wrapped = Text(text.strip()).wrap(Console(width=columns), columns, overflow="fold")
    lines = [line.plain.rstrip() for line in wrapped]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], ellipted(lines[LINES - 1], columns)]
    return Text("\n".join(lines))


def ellipted(line: str, columns: int) -> str:
    """Return the words of a line that an ellipsis has room behind; of a single long one its beginning."""
    words = line.split(" ")
    while len(words) > 1 and cell_len(" ".join(words)) >= columns:
        words.pop()
    told = Text(f"{' '.join(words)}…")
    told.truncate(columns, overflow="ellipsis")
    return told.plain
