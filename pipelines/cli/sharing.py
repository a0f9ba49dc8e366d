"""How a report of access is written: as CSV for a spreadsheet, and in lines for people."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from pipelines.access.decide import Wanted
from pipelines.access.report import AccessReport, Line
from pipelines.report.sheet import cell

COLUMNS = (
    "event_id", "session_id", "level", "wanted", "to_narrow", "to_widen", "inherits_wider", "to_grant",
    "to_remove", "others", "missing", "unmapped", "why", "unread",
)  # fmt: skip

NAMED = 100
"""So many sessions are named that differ; JSON and CSV have them all."""

ROLES = 20
"""So many roles without a row are named."""


def sheet(found: AccessReport) -> bytes:
    """Return a report as CSV in UTF-8: a line a session."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in _cells(one)] for one in found.lines)
    return text.getvalue().encode("utf-8", "replace")


def _cells(line: Line) -> tuple[str | tuple[str, ...], ...]:
    what, wanted = line.difference, line.wanted or Wanted()
    return (
        line.event_id,
        line.session_id,
        line.access.level if line.access else "",
        wanted.level if line.wanted else "",
        what.narrow or "",
        what.widen or "",
        what.inherits_wider or "",
        tuple(map(str, what.grant)),
        tuple(map(str, what.remove)),
        tuple(f"{one.role} {one.kind.lower()} {one.principal_id}" for one in what.others),
        tuple(one.why for one in what.missing),
        wanted.unmapped,
        wanted.why,
        line.unread,
    )


def lines(found: AccessReport) -> Iterator[str]:
    """Give a report in lines: what differs, what cannot be told, how many; then its digest."""
    asking = [one for one in found.lines if one.differs or one.difference.missing or one.unread]
    yield from (f"{one.event_id}: {'; '.join(said(one))}" for one in asking[:NAMED])
    if len(asking) > NAMED:
        yield f"and {len(asking) - NAMED} more, as --format json names them"
    yield from _roles(found)
    yield from counted(found)
    yield f"digest {found.digest}"


def said(line: Line) -> Iterator[str]:
    """Say what differs of one session, and why it is to be so."""
    what = line.difference
    level = line.access.level if line.access else ""
    if what.level is not None:
        yield f"{level} -> {what.level}"
    if what.inherits_wider is not None and line.wanted is not None:
        wider = f"its folder shows it as {what.inherits_wider}"
        yield f"to be {line.wanted.level}, and {wider}: a person must look"
    yield from (f"grant {one}" for one in what.grant)
    yield from (f"remove {one}" for one in what.remove)
    yield from (one.why for one in what.missing)
    if line.wanted is not None:
        yield from line.wanted.why
    if line.unread:
        yield line.unread


def _roles(found: AccessReport) -> Iterator[str]:
    """Name the roles that the table has no row for, those of most sessions first."""
    roles = Counter(role for one in found.lines if one.wanted for role in one.wanted.unmapped)
    yield from (f"no row for {role}, of {count} sessions" for role, count in roles.most_common(ROLES))
    if len(roles) > ROLES:
        yield f"and no row for {len(roles) - ROLES} roles more"


def counted(found: AccessReport) -> Iterator[str]:
    """Say how many sessions are as they are to be, and how many are to be changed in which way."""
    words = {
        "are as they are to be": [one.known and not one.differs and not one.lacks for one in found.lines],
        "to narrow": [
            one.difference.narrow is not None or bool(one.difference.remove) for one in found.lines
        ],
        "to widen": [one.difference.widen is not None or bool(one.difference.grant) for one in found.lines],
        "in folders that are wider": [one.difference.inherits_wider is not None for one in found.lines],
        "not known": [not one.known for one in found.lines],
    }
    yield from (f"{sum(which)} sessions {word}" for word, which in words.items() if any(which))
    if not found.lines:
        yield "No session is verified yet."
