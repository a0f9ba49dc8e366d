"""`ferry verify`: holds sessions, lecture items, schedules and files against what they were meant to be."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.app.verification import verification_of
from pipelines.cli import loop
from pipelines.cli.deeper import depth_of, telling
from pipelines.cli.exits import Exit
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain, size
from pipelines.config import load
from pipelines.recheck.depth import Depth, Level
from pipelines.recheck.found import Finding, Found
from pipelines.recheck.sources import ReadSoFar

app = typer.Typer(add_completion=False)


class Kind(StrEnum):
    """What differs, as far as another thing is to be done about it."""

    GONE = "session"
    SESSION = "field of a session"
    LECTURE_ITEM = "lecture item"
    SCHEDULE = "schedule"
    FILE = "file"


ADVICE: Mapping[Kind, str] = {
    Kind.GONE: (
        "sessions that are missing: look in Panopto's recycle bin, as what is restored is found again; "
        "to move one anew, run with another checkpoint and its event in select.events"
    ),
    Kind.SESSION: "sessions that differ: change them in Panopto, as no run changes a session that is done",
    Kind.LECTURE_ITEM: "lecture items that differ: `ferry run --carry-again` sets them once more",
    Kind.SCHEDULE: "schedules that differ: `ferry schedules plan` shows what `ferry schedules run` would set",
    Kind.FILE: (
        "files whose source gives other bytes than were sent, twice: watch the session before the source is "
        "deleted; either the source or what was sent is damaged, and their MD5 at Opencast tells which"
    ),
}

NAMED = 10
"""So many of the events that wait for the same are named; JSON names them all."""


@app.command()
def verify(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    level: Annotated[
        Level | None,
        typer.Option("--level", help="quick reads no files again, sample some of them, full all. [quick]"),
    ] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", help="How many files: 200, or a share such as 5%. [5%]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="The number that an earlier sample told, to draw it again.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Hold every session, lecture item and schedule of the checkpoint against what the services tell now.

    With --sample or --level full files are read again at their source, and summed as when they were sent.
    Reads only. Exits with 5 where anything differs, else with 4 where a source was changed since, else with
    3 where anything is not done yet, could not be read, or has no checksum on record.
    """
    with answered(json, lambda code: document(Found(), code)):
        depth = depth_of(level, sample, seed)
        settings = load(config)
        path_of(settings)
        so_far = ReadSoFar()

        async def look() -> Found:
            return await telling(lambda: verification_of(settings, depth, so_far), so_far)

        found = loop.run(look)
    code = code_of(found)
    if json:
        write_json(document(found, code, depth))
    else:
        write(found, depth)
    sys.exit(code)


def code_of(found: Found) -> Exit:
    """Return the code that the findings stand for."""
    if found.differences:
        return Exit.DIFFERS
    if found.changed:
        return Exit.PERMANENT
    return Exit.RETRYABLE if found.unread or found.waiting or found.unrecorded else Exit.DONE


def document(found: Found, code: Exit, depth: Depth | None = None) -> dict[str, Any]:
    """Return the JSON document of a verification; `seed` is None where nothing was drawn."""
    depth = depth or Depth()
    return {
        "version": VERSION,
        "exit": int(code),
        "level": depth.level.value,
        "seed": depth.seed if depth.level is Level.SAMPLE else None,
        "verified": {
            "items": found.items,
            "lecture_items": found.lecture_items,
            "schedules": found.schedules,
            "files": found.files,
            "bytes": found.bytes,
        },
        "differences": [asdict(one) for one in found.differences],
        "waiting": [asdict(one) for one in found.waiting],
        "unread": [asdict(one) for one in found.unread],
        "changed": [asdict(one) for one in found.changed],
        "unrecorded": list(found.unrecorded),
    }


def write(found: Found, depth: Depth | None = None) -> None:
    """Write the findings for people, those that ask for something first."""
    console = page()
    for line in (*differing(found), *changed(found), *unread(found), *unrecorded(found), *waiting(found)):
        console.print(plain(line))
    console.print(
        f"{found.items} sessions, {found.lecture_items} lecture items and {found.schedules} schedules "
        "are as they were meant"
    )
    for line in files_read(found, depth or Depth()):
        console.print(line)
    for line in ends(found):
        console.print(line, style="bold")


def differing(found: Found) -> Iterator[str]:
    """Say what differs, and below that what can be done about each kind of it."""
    for one in found.differences:
        there = repr(one.found) if one.found else "missing"
        yield f"{one.event_id}: {one.field} is {there} where {one.expected!r} was expected"
    kinds = {kind_of(one) for one in found.differences}
    yield from (f"-> {ADVICE[kind]}" for kind in Kind if kind in kinds)


def kind_of(finding: Finding) -> Kind:
    """Return what it is that differs."""
    for kind in (Kind.LECTURE_ITEM, Kind.SCHEDULE, Kind.FILE):
        if finding.field.startswith(f"{kind.value} "):
            return kind
    return Kind.SESSION if finding.found or finding.field != Kind.GONE else Kind.GONE


def unread(found: Found) -> Iterator[str]:
    """Say what could not be looked at."""
    return (f"not verified: {one.what}: {one.why}" for one in found.unread)


def changed(found: Found) -> Iterator[str]:
    """Say which sources are in another state than when they were sent."""
    return (f"changed since: {one.what}: {one.why}" for one in found.changed)


def unrecorded(found: Found) -> Iterator[str]:
    """Say of how many events no checksum is on record, and name some."""
    if not found.unrecorded:
        return
    names = ", ".join(found.unrecorded[:NAMED]) + (", ..." if len(found.unrecorded) > NAMED else "")
    yield (
        f"not on record: the checksums of {len(found.unrecorded)} items, as an older version moved them or "
        f"`ferry reconcile` found them, so their files were not read again: {names}"
    )


def files_read(found: Found, depth: Depth) -> Iterator[str]:
    """Say how many files were read again and are as they were sent, and how to draw the same sample."""
    if depth.level is Level.QUICK:
        return
    drawn = f", a sample drawn with --seed {depth.seed}" if depth.level is Level.SAMPLE else ""
    yield f"{found.files} files ({size(found.bytes)}) give the bytes that were sent{drawn}"


def waiting(found: Found) -> Iterator[str]:
    """Say what waits: each reason once, with the events that it holds for."""
    events: dict[str, list[str]] = {}
    for one in found.waiting:
        events.setdefault(one.why, []).append(one.event_id)
    for why, names in events.items():
        if len(names) == 1:
            yield f"waiting: {names[0]}: {why}"
            continue
        yield f"waiting: {len(names)} items: {why}"
        yield from (f"  {name}" for name in names[:NAMED])
        if len(names) > NAMED:
            yield f"  and {len(names) - NAMED} more, as --json names them"


def ends(found: Found) -> Iterator[str]:
    """Say what all of it comes to."""
    undone = len({one.event_id for one in found.waiting})
    if found.differences:
        yield "Some are not what they were meant to be; look before anything is deleted."
    if undone:
        yield f"{undone} {'item is' if undone == 1 else 'items are'} not done yet; `ferry run` goes on."
    if found.changed:
        yield "Some were changed at the source since; what Panopto has is what they were."
    if found.unread:
        yield "Some could not be read; the same command looks again."
    if not (found.differences or found.changed or found.unrecorded or found.unread or undone):
        yield "All that was looked at is as it was meant."
