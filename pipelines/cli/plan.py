"""`ferry plan`: shows what a run would do, and writes nothing anywhere."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pipelines.app.preview import preview_of
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.summary import CHANGES, VERSION, answered, changes, write_json
from pipelines.cli.text import page, plain, size
from pipelines.config import load
from pipelines.config.limits import read_limits
from pipelines.items import PERMANENT
from pipelines.migration.preview import LONGEST_LIST, Preview, ToLuminus, WhoSees

app = typer.Typer(add_completion=False)


@app.command()
def plan(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show what a run would do, and write nothing anywhere."""
    with answered(json, lambda code: document(Preview(), code)):
        settings = load(config)
        read_limits(settings)  # A fault in the file of limits is told now, not by the night's run.

        async def look() -> Preview:
            return await preview_of(settings)

        seen = loop.run(look)
    code = code_of(seen)
    if json:
        write_json(document(seen, code))
    else:
        write(seen)
    sys.exit(code)


def code_of(seen: Preview) -> Exit:
    """Return the code that the items stand for which would not be moved, or not be carried on."""
    stops = set(seen.luminus.stops) if seen.luminus else set[str]()
    if seen.permanent or seen.aside or stops & set(PERMANENT):
        return Exit.PERMANENT
    return Exit.RETRYABLE if seen.retryable or stops else Exit.DONE


def document(seen: Preview, code: Exit) -> dict[str, object]:
    """Return the JSON document of a plan."""
    return {
        "version": VERSION,
        "exit": int(code),
        "to_move": {"items": seen.to_move, "bytes": seen.bytes, "unknown_size": seen.unknown},
        "folders_to_make": sorted(map(str, seen.to_make)),
        "to_refused_folder": seen.aside,
        "under_way": seen.under_way,
        "changes": {"new": seen.new, **{name: seen.changed[name] for name in CHANGES}},
        "found": seen.found,
        "to_carry": len(seen.to_carry),
        "luminus": onward(seen.luminus) if seen.luminus else None,
        "access": levels(seen.access) if seen.access else None,
        "done": seen.done,
        "skipped": dict(sorted(seen.skipped.items())),
        "permanent": dict(sorted(seen.permanent.items())),
        "retryable": dict(sorted(seen.retryable.items())),
        "problems": seen.problems,
    }


def levels(told: WhoSees) -> dict[str, object]:
    """Return what the document says of access."""
    return {
        "levels": dict(sorted(told.levels.items())),
        "unmapped": dict(sorted(told.unmapped.items())),
        "unknown": told.unknown,
    }


def onward(told: ToLuminus) -> dict[str, object]:
    """Return what the document says of LumiNUS."""
    return {
        "to_carry": told.to_carry.total(),
        "mapped": told.mapped.total(),
        "unmapped": told.unmapped,
        "stops": dict(sorted(told.stops.items())),
    }


def write(seen: Preview) -> None:
    """Write the plan for people."""
    console = page()
    unknown = f", and {seen.unknown} of unknown size" if seen.unknown else ""
    console.print(f"{seen.to_move} items to move, about {size(seen.bytes)}{unknown}", style="bold")
    if seen.under_way:
        console.print(f"{seen.under_way} of them are under way already")
    if seen.aside:
        console.print(f"{seen.aside} of them go to the folder for what its own does not take")
    if seen.to_make:
        console.print(plain(folders_to_make(seen)))
    for line in besides(seen) if seen.to_move else ():
        console.print(plain(line))
    for line in at_panopto(seen):
        console.print(line)
    stops = seen.luminus.stops if seen.luminus else Counter[str]()
    left = (
        (seen.skipped, "skipped"),
        (seen.permanent, "cannot be moved"),
        (seen.retryable, "cannot be moved now"),
        (stops, "cannot go on to LumiNUS as things are"),
    )
    for counted, word in left:
        for reason, count in sorted(counted.items()):
            console.print(f"{count} {word}: {reason}")
    for problem in seen.problems:
        console.print(f"- {plain(problem)}")


def at_panopto(seen: Preview) -> Iterator[str]:
    """Say how many items are at Panopto already, and what changed of them at the source."""
    if seen.to_carry:
        yield f"{len(seen.to_carry)} items are at Panopto already and go on to LumiNUS"
    if seen.found:
        yield f"{seen.found} items were found at Panopto and are not right: `ferry status` says why"
    if seen.done:
        yield f"{seen.done} items are done"
    yield from changes(seen.changed)


def folders_to_make(seen: Preview) -> str:
    """Say which folders a run would make."""
    named = sorted(map(str, seen.to_make))
    more = f" and {len(named) - LONGEST_LIST} more" if len(named) > LONGEST_LIST else ""
    return f"{len(named)} folders would be made: {', '.join(named[:LONGEST_LIST])}{more}"


def besides(seen: Preview) -> Iterator[str]:
    """Say what the items to move are to have besides a session: lecture items, viewers."""
    if seen.luminus:
        yield further(seen.luminus)
    if seen.access:
        yield who_sees(seen.access)


def who_sees(told: WhoSees) -> str:
    """Say which access levels the items to begin are to have, and which roles the table has no row for."""
    levels = ", ".join(f"{count} {level}" for level, count in told.levels.most_common())
    unknown = f"; of {told.unknown} Opencast tells no access list" if told.unknown else ""
    named = [f"{role} ({count})" for role, count in told.unmapped.most_common(LONGEST_LIST)]
    more = f" and {len(told.unmapped) - len(named)} more" if len(told.unmapped) > len(named) else ""
    roles = f"; no row for {', '.join(named)}{more}" if named else ""
    return f"access levels by the table of roles: {levels or 'none'}{unknown}{roles}"


def further(told: ToLuminus) -> str:
    """Say what becomes of the items to move once they are at Panopto."""
    without = f"; {told.unmapped} have no row in the table of modules" if told.unmapped else ""
    return f"{told.mapped.total()} of them go on to LumiNUS{without}"
