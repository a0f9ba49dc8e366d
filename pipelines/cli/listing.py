"""A report as tables for people, no wider than their terminal and bounded in every cell."""

import io
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines.cli.text import plain, size
from pipelines.report.bookings import BookingRow
from pipelines.report.document import Report
from pipelines.report.rows import Row

NARROWEST, WIDEST = 80, 200

LONGEST = 120
"""Characters of a cell that are shown; JSON and CSV have them all."""


def listing(report: Report, width: int) -> str:
    """Return a report as text whose lines have at most `width` columns, of 80 to 200."""
    console = Console(file=io.StringIO(), width=min(max(width, NARROWEST), WIDEST), color_system=None)
    with console.capture() as written:
        if report.items:
            console.print(items_table(report.items), markup=False, highlight=False)
        if report.schedules:
            console.print(schedules_table(report.schedules), markup=False, highlight=False)
        console.print(totals(report.totals), markup=False, highlight=False)
    return "\n".join(line.rstrip() for line in written.get().splitlines()) + "\n"


def items_table(rows: tuple[Row, ...]) -> Table:
    """Return items as a table."""
    table = _table("event", "outcome", "size", "title", "notes")
    for row in rows:
        told = "" if row.bytes is None else size(row.bytes)
        _add(table, row.event_id, row.outcome, told, row.title, _notes(row))
    return table


def schedules_table(rows: tuple[BookingRow, ...]) -> Table:
    """Return schedules as a table."""
    table = _table("event", "schedule", "VALT id", "name", "notes")
    for row in rows:
        _add(table, row.event_id, row.outcome, row.schedule_id, row.name or row.title, _booked(row))
    return table


def totals(total: Mapping[str, Any]) -> str:
    """Say in a line what the items come to, and in another the schedules."""
    words = [
        f"{sum(total['items'].values())} items",
        *_counts(total["items"]),
        f"{size(total['bytes'])}, {total['seconds'] / 3600:.1f} h of media",
        f"{total['checked']} of {total['parts']} parts compared",
        f"{total['lecture_items']} lecture items",
    ]
    lines = [", ".join(words)]
    if total["schedules"]:
        schedules = [f"{sum(total['schedules'].values())} schedules", *_counts(total["schedules"])]
        lines.append(", ".join(schedules))
    return "\n".join(lines)


def _counts(counted: Mapping[str, int]) -> list[str]:
    return [f"{count} {word}" for word, count in counted.items()]


def _notes(row: Row) -> str:
    """Tell of an item why it ended so, whether all was compared, what was left, and who sees it."""
    checked = f"{row.integrity} {row.checked}/{row.parts}" if row.integrity else ""
    published = f"published: {row.published}" if row.published else ""
    left = f"without {', '.join(row.not_carried)}" if row.not_carried else ""
    return "; ".join(words for words in (row.why or row.reason, checked, left, published) if words)


def _booked(row: BookingRow) -> str:
    overlap = "blocked" if row.blocked else "conflict" if row.conflict else ""
    room = f"room {row.room_id}" if row.room_id else ""
    return "; ".join(words for words in (overlap, row.why or row.reason, row.date, room) if words)


def _table(*names: str) -> Table:
    """Return a table whose first three columns are never broken, as far as there is room."""
    table = Table(box=None, pad_edge=False, show_header=True)
    for place, name in enumerate(names):
        table.add_column(name, no_wrap=place < 3, overflow="ellipsis" if place < 3 else "fold",
                         max_width=36 if place < 3 else None)  # fmt: skip
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(_bounded(plain(text)) for text in cells))


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
