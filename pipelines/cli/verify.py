"""`ferry verify`: holds sessions, lecture items and schedules against what they were meant to be."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.app.verification import verification_of
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain
from pipelines.config import load
from pipelines.recheck.found import Found

app = typer.Typer(add_completion=False)

SENTENCES: Mapping[Exit, str] = {
    Exit.DONE: "All that was looked at is as it was meant.",
    Exit.RETRYABLE: "Some could not be read; the same command looks again.",
    Exit.DIFFERS: "Some are not what they were meant to be; look before anything is deleted.",
}


@app.command()
def verify(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Hold every session, lecture item and schedule of the checkpoint against what the services tell now.

    Reads only. Exits with 5 where anything differs, else with 3 where anything could not be read.
    """
    with answered(json, lambda code: document(Found(), code)):
        settings = load(config)
        path_of(settings)

        async def look() -> Found:
            return await verification_of(settings)

        found = loop.run(look)
    code = code_of(found)
    if json:
        write_json(document(found, code))
    else:
        write(found, code)
    sys.exit(code)


def code_of(found: Found) -> Exit:
    """Return the code that the findings stand for; what only waits raises it no more than a skip does."""
    if found.differences:
        return Exit.DIFFERS
    return Exit.RETRYABLE if found.unread else Exit.DONE


def document(found: Found, code: Exit) -> dict[str, Any]:
    """Return the JSON document of a verification."""
    return {
        "version": VERSION,
        "exit": int(code),
        "verified": {
            "items": found.items,
            "lecture_items": found.lecture_items,
            "schedules": found.schedules,
        },
        "differences": [asdict(one) for one in found.differences],
        "waiting": [asdict(one) for one in found.waiting],
        "unread": [asdict(one) for one in found.unread],
    }


def write(found: Found, code: Exit) -> None:
    """Write the findings for people, those that ask for something first."""
    console = page()
    for one in found.differences:
        there = repr(one.found) if one.found else "missing"
        console.print(plain(f"{one.event_id}: {one.field} is {there} where {one.expected!r} was expected"))
    for unread in found.unread:
        console.print(plain(f"not verified: {unread.what}: {unread.why}"))
    for waiting in found.waiting:
        console.print(plain(f"waiting: {waiting.event_id}: {waiting.why}"))
    console.print(
        f"{found.items} items, {found.lecture_items} lecture items and {found.schedules} schedules "
        "are as they were meant"
    )
    console.print(SENTENCES[code], style="bold")
