"""The report as CSV: a line an item and then a line a schedule, safe to open in a spreadsheet program.

A text that such a program would take for a formula gets an apostrophe before it (OWASP, CSV Injection); so
does what would become one where a program parts cells by semicolons, and breaks the text there. Numbers are
numbers of ours: a negative one is no formula. Control characters but tabs and ends of lines are shown as what
cannot be shown.
"""

import csv
import io
import re
from dataclasses import fields
from typing import Any

from pipelines.report.bookings import BookingRow
from pipelines.report.document import Report
from pipelines.report.rows import Row

COLUMNS = ("kind", *dict.fromkeys(one.name for kind in (Row, BookingRow) for one in fields(kind)))
"""Items and schedules have some columns in common; what a line has no word for is empty."""

_SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
"""What a formula begins with, as wide as a letter or as wide as a Chinese character."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What a spreadsheet does not show, and a terminal may obey."""
_BEGIN = re.compile(rf"[\t\r\n]|\s*{_SIGN}")
_WITHIN = re.compile(rf"([;\t\r\n]\s*)(?={_SIGN})")

MARK = b"\xef\xbb\xbf"
"""By this byte order mark at the beginning of a file Excel reads it as the UTF-8 that it is."""


def sheet(report: Report) -> bytes:
    """Return the report as CSV in UTF-8, its first line the names of the columns."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(_line("item", row) for row in report.items)
    writer.writerows(_line("schedule", row) for row in report.schedules)
    return text.getvalue().encode("utf-8", "replace")


def _line(kind: str, row: Row | BookingRow) -> dict[str, str]:
    return {"kind": kind, **{one.name: cell(getattr(row, one.name)) for one in fields(row)}}


def cell(value: Any) -> str:
    """Return a value as a cell: a list parted by "; ", a truth as yes or no, a text never a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            value = _CONTROL.sub("\ufffd", value)
            begin = "'" if _BEGIN.match(value) else ""
            return begin + _WITHIN.sub(r"\1'", value)
        case tuple() | list():
            return cell("; ".join(map(str, value)))
        case _:
            return str(value)
