"""Future bookings for whoever asked: as a JSON document, and as a table for people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.cli.exits import Exit
from pipelines.cli.narrow import is_narrow, stacked
from pipelines.cli.summary import VERSION
from pipelines.cli.text import columns, laid, page, plain
from pipelines.schedules.pipeline import Done, Entry, overlapping
from pipelines.schedules.planner import SchedulePlan
from pipelines.schedules.records import End, Outcome, facts_of
from pipelines.schedules.verdict import Verdict
from pipelines.valt.recurrence import write_recurrence
from pipelines.valt.sharing import write_share

WORDS = ("update", "equal", "create", "skip", "error")
"""What a plan says of an event."""

ENDS = tuple(outcome.value for outcome in Outcome)
"""What a run says of it."""

WORDING = {
    "update": "to update",
    "verified": "updated",
    "create": "to create",
    "skip": "skipped",
    "mismatch": "differs",
}
"""The words of the documents that people are told in others: a plan and a run tell the same things."""

MEMBERS = {"start_at": "start", "duration": "length"}
"""What people call a schedule's members."""

AS_PLANNED = "start, length, room and title: as Opencast has them, so as VALT is to have them"

NAMES = ("title", "verdict", "start", "length", "room", "schedule")
"""What is told of a booking where there is no room for a table."""

INDENT = 4
"""Columns by which notes stand in."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bookings:
    """What is told at the end: a row an event, how many events were over or not scheduled, and problems."""

    code: Exit
    words: tuple[str, ...]
    rows: Sequence[Row] = ()
    left: Mapping[str, int] | None = None
    problems: Sequence[str] = ()

    @property
    def counted(self) -> dict[str, int]:
        """How many rows have which verdict."""
        counts = Counter(row["verdict"] for row in self.rows)
        return {word: counts[word] for word in self.words}

    @property
    def document(self) -> dict[str, Any]:
        """The whole as one JSON document."""
        return {
            "version": VERSION,
            "exit": int(self.code),
            "verdicts": self.counted,
            "left": dict(sorted((self.left or {}).items())),
            "schedules": list(self.rows),
            "problems": list(self.problems),
        }


def of_plan(plan: SchedulePlan, zone: ZoneInfo) -> Bookings:
    """Return what a run would do."""
    rows = [
        row_of(one, zone, overlapping(one.schedule_id, plan.site.overlaps))
        | {"verdict": one.word, "reason": one.reason, "why": one.why}
        for one in plan.verdicts
    ]
    code = Exit.PERMANENT if any(one.word == "error" for one in plan.verdicts) else Exit.DONE
    return Bookings(code, WORDS, rows, plan.left, plan.problems)


def of_run(done: Done, zone: ZoneInfo) -> Bookings:
    """Return what a run did."""
    rows = [ended(one, zone) for one in done.entries]
    return Bookings(code_of(done), ENDS, rows, done.plan.left, done.problems)


def code_of(done: Done) -> Exit:
    """Return the highest of 3 (to be tried again), 4 (errors) and 5 (not as asked, or overlapping now)."""
    outcomes = {one.end.outcome if one.end else Outcome.RETRYABLE for one in done.entries}
    if Outcome.MISMATCH in outcomes or done.harmed or any(one.newly for one in done.entries):
        return Exit.DIFFERS
    if Outcome.ERROR in outcomes:
        return Exit.PERMANENT
    return Exit.RETRYABLE if Outcome.RETRYABLE in outcomes else Exit.DONE


def ended(entry: Entry, zone: ZoneInfo) -> Row:
    """Return the row of an event at the end of a run."""
    end = entry.end or End(
        Outcome.RETRYABLE, "interrupted", "the run was stopped before it", entry.verdict.schedule_id
    )
    row = row_of(entry.verdict, zone, (end.blocked, end.conflict))
    told = {"verdict": end.outcome.value, "reason": end.reason, "why": end.why}
    return row | told | {"schedule_id": end.schedule_id}


def row_of(verdict: Verdict, zone: ZoneInfo, overlaps: tuple[bool, bool]) -> Row:
    """Return what of a row is the same before and after a run.

    `start` is ISO 8601 in the zone, `duration` in seconds; `before` and `after` hold the members that change,
    of events that are one recurring schedule (`series`, by their ids) beside the first.
    """
    booking = verdict.booking
    return {
        "event_id": verdict.event_id,
        "title": verdict.title,
        "verdict": verdict.word,
        "reason": verdict.reason,
        "why": verdict.why,
        "schedule_id": verdict.schedule_id,
        "room_id": booking.room_id if booking else None,
        "start": moment(booking.start_at, zone).isoformat() if booking else None,
        "duration": booking.duration if booking else None,
        "before": before(verdict),
        "after": after(verdict),
        "series": list(verdict.series),
        "blocked": overlaps[0],
        "conflict": overlaps[1],
    }


def before(verdict: Verdict) -> Row | None:
    """Return the members of a schedule that are to change, as they are."""
    target = verdict.target
    if verdict.word != "update" or target is None:
        return None
    members = {
        "name": target.name,
        "room": ", ".join(room.id for room in target.rooms),
        "start_at": target.start_at,
        "duration": target.duration,
        "recurrence": write_recurrence(target.repeats) if target.repeats else {"type": target.recurrence},
        "template": dict(target.template or {}),
        "share": write_share(target.share) if target.share else None,
    }
    return {name: members[name] for name in verdict.changes}


def after(verdict: Verdict) -> Row | None:
    """Return the same members as they are to be, or all of what is to be created."""
    if verdict.word == "create" and verdict.asked:
        return facts_of(verdict.asked)
    return dict(verdict.changes) if verdict.word == "update" else None


def moment(epoch: int, zone: ZoneInfo) -> datetime:
    """Return a moment as the clocks of a zone show it."""
    return datetime.fromtimestamp(epoch, zone)


def write(told: Bookings, zone: ZoneInfo) -> None:
    """Write bookings for people: a line each, and under it why, what overlaps and what changes."""
    console = page()
    if told.rows:
        for line in lines(told.rows, zone, columns()):
            console.print(line)
        console.print(AS_PLANNED, style="dim")
    left = [f"{count} {reason.replace('_', ' ')}" for reason, count in sorted((told.left or {}).items())]
    counted = [f"{count} {WORDING.get(word, word)}" for word, count in told.counted.items() if count]
    console.print(", ".join(counted) or "nothing is to be booked", style="bold")
    if left:
        console.print("events besides: " + ", ".join(left))
    for problem in told.problems:
        console.print(f"- {plain(problem)}")


def lines(rows: Sequence[Row], zone: ZoneInfo, width: int) -> Iterator[str]:
    """Yield the lines of a table, or of none where that has no room, each booking's notes under its own."""
    if is_narrow(width):
        told = [list(stacked(NAMES, [named(row)], width)) for row in rows]
    else:
        drawn = laid(table(rows, zone), width)
        heads = len(drawn) - len(rows)
        yield from drawn[:heads]
        told = [[line] for line in drawn[heads:]]
    for row, own in zip(rows, told, strict=True):
        yield from own
        if words := plain(notes(row, zone)):
            yield from laid(Padding(Text(words), (0, 0, 0, INDENT)), width)


def table(rows: Iterable[Row], zone: ZoneInfo) -> Table:
    """Return bookings as a table of a line each, with times as the clocks of the zone show them."""
    drawn = Table(box=None, pad_edge=False, expand=True)
    for name in ("verdict", f"start ({zone.key})", "length", "room", "schedule"):
        drawn.add_column(name, no_wrap=True)
    drawn.add_column("title", no_wrap=True, overflow="ellipsis", ratio=1, min_width=12)
    for row in rows:
        drawn.add_row(*(Text(plain(cell or "")) for cell in booked(row)))
    return drawn


def named(row: Row) -> tuple[str | None, ...]:
    """Return the same with the title first."""
    *cells, title = booked(row)
    return title or row["event_id"], *cells


def booked(row: Row) -> tuple[str | None, ...]:
    """Return the cells of a booking."""
    start = datetime.fromisoformat(row["start"]).isoformat(" ", "minutes") if row["start"] else ""
    length = str(timedelta(seconds=row["duration"])) if row["duration"] else ""
    word = WORDING.get(row["verdict"], row["verdict"])
    return word, start, length, row["room_id"], row["schedule_id"], row["title"]


def notes(row: Row, zone: ZoneInfo) -> str:
    """Say why, what overlaps, and what changes from what to what."""
    overlap = "blocked" if row["blocked"] else "in conflict" if row["conflict"] else ""
    was, new = row["before"] or {}, row["after"] or {}
    series = f"one of {len(row['series'])} recordings of one schedule" if row["series"] else ""
    changes = (
        f"{MEMBERS.get(name, name)}: {_shown(name, value, zone)} -> {_shown(name, new[name], zone)}"
        for name, value in was.items()
    )
    reason = (row["reason"] or "").replace("_", " ")
    why = ": ".join(words for words in (reason, row["why"]) if words)
    return "; ".join(words for words in (overlap, why, series, *changes) if words)


def _shown(name: str, value: Any, zone: ZoneInfo) -> str:
    match name, value:
        case "start_at", int():
            return moment(value, zone).isoformat(" ", "minutes")
        case "duration", int():
            return str(timedelta(seconds=value))
        case "recurrence", {"type": str(kind), "end_after": str(count)}:
            return f"{kind}, {count} times"
        case "recurrence", {"type": str(kind)}:
            return kind
        case _:
            return repr(value)
