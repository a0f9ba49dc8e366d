"""`ferry show EVENT`: all that a checkpoint tells of one event, asked of no service."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipelines.app.books import story_in
from pipelines.cli.exits import Exit
from pipelines.cli.listing import booking_notes
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain, size
from pipelines.config import load
from pipelines.report.added import AddedLine
from pipelines.report.bookings import BookingRow
from pipelines.report.files import FileLine
from pipelines.report.history import Step
from pipelines.report.rows import Row
from pipelines.report.story import Story

app = typer.Typer(add_completion=False)

SHORTENED = "its first record is an end, which replaced all records before it"
"""Why the history of an item that was done once is short."""


@app.command()
def show(
    event: Annotated[
        str, typer.Argument(help="An event's id, a beginning that no other has, or its session's id.")
    ],
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show what is on record of one event: its files, each record in order, how it ended, what to do next.

    Made from the checkpoint alone, also while a run goes on. Exits with 0 however it ended, with 2 where the
    event is not on record.
    """
    with answered(json, nothing):
        settings = load(config, offline=True)
        path_of(settings)
        found = story_in(settings, event)
    if json:
        write_json({**nothing(Exit.DONE), **found.document})
        return
    console = page()
    for line in lines(found):
        console.print(plain(line))


def nothing(code: Exit) -> dict[str, int]:
    """Return what every document has, and all of it where there is nothing to show."""
    return {"version": VERSION, "exit": int(code)}


def lines(found: Story) -> Iterator[str]:
    """Give the lines for people."""
    yield from _facts({"event": found.event_id})
    if found.item is not None:
        yield from _facts(_known(found.item, found))
        yield from _files(found)
        yield "history, in order, as records have no times:"
        if found.shortened:
            yield f"  ({SHORTENED})"
        yield from (f"  {_step(one)}" for one in found.history)
    if found.added:
        yield "streams added to its session:"
        yield from (f"  {_added(one)}" for one in found.added)
    if found.booking is not None:
        yield from _facts(_booked(found.booking))


def _facts(told: Mapping[str, str | Sequence[str]]) -> Iterator[str]:
    """Give a line a fact; each of several has its own, below the first."""
    for name, words in told.items():
        for number, line in enumerate([words] if isinstance(words, str) else words):
            if line:
                yield f"{'' if number else name + ':':16}{line}"


def _known(row: Row, found: Story) -> dict[str, str | Sequence[str]]:
    why = ": ".join(one for one in (row.reason, row.why) if one)
    return {
        "title": row.title,
        "recorded": row.date,
        "series": row.series,
        "folder": row.folder_id,
        "session upload": row.upload_id,
        "session": row.session_id,
        "earlier ones": ", ".join(row.earlier_sessions),
        "at the source": row.at_source,
        "lecture items": ", ".join(row.lecture_items),
        "carried": ", ".join(row.carried),
        "not carried": row.not_carried,
        "not checked": row.unchecked,
        "begun anew": f"{len(found.anew)} times: {', '.join(found.anew)}" if found.anew else "",
        "stands": " ".join(one for one in (row.outcome, f"({found.stage})" if found.stage else "") if one),
        "because": why,
        "next": found.advice,
    }


def _files(found: Story) -> Iterator[str]:
    if found.files:
        yield "files:"
    yield from (f"  {_file(one)}" for one in found.files)


def _file(one: FileLine) -> str:
    told = [one.name]
    if one.size is not None:
        told.append(size(one.size))
    if one.crc32 is not None:
        told.append(f"CRC-32 {one.crc32:08x}")
    if one.level:
        told.append(f"level {one.level}")
    if one.parts is not None:
        compared = f", {one.checked} compared" if one.checked is not None else ""
        told.append(f"{one.parts} {'part' if one.parts == 1 else 'parts'}{compared}")
    return ", ".join((*told, "whole" if one.whole else "not known to be whole"))


def _step(one: Step) -> str:
    return f"{one.order:4} {one.role:7} {one.words}"


def _added(one: AddedLine) -> str:
    told = [one.name, one.kind, *((size(one.bytes),) if one.bytes is not None else ())]
    why = f" ({one.why})" if one.why else ""
    return ", ".join((*told, f"{one.outcome or one.stage}{why}"))


def _booked(booking: BookingRow) -> dict[str, str]:
    length = "" if booking.duration is None else f", {booking.duration} s"
    return {
        "booking": f"{booking.outcome} {booking.name or booking.title}".strip(),
        "schedule": booking.schedule_id,
        "begins": f"{booking.date}{length}" if booking.date else "",
        "of it": booking_notes(booking),
    }
