"""`ferry plan`: shows what a run would do, and writes nothing anywhere."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.app.preview import preview_of
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain, size
from pipelines.config import load
from pipelines.migration.preview import Preview

app = typer.Typer(add_completion=False)


@app.command()
def plan(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show what a run would do, and write nothing anywhere."""
    with answered(json, lambda code: document(Preview(), code)):
        settings = load(config)

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
    """Return the code that the items which would not be moved stand for."""
    if seen.permanent:
        return Exit.PERMANENT
    return Exit.RETRYABLE if seen.retryable else Exit.DONE


def document(seen: Preview, code: Exit) -> dict[str, object]:
    """Return the JSON document of a plan."""
    return {
        "version": VERSION,
        "exit": int(code),
        "to_move": {"items": seen.to_move, "bytes": seen.bytes, "unknown_size": seen.unknown},
        "under_way": seen.under_way,
        "to_carry": len(seen.to_carry),
        "done": seen.done,
        "skipped": dict(sorted(seen.skipped.items())),
        "permanent": dict(sorted(seen.permanent.items())),
        "retryable": dict(sorted(seen.retryable.items())),
        "problems": seen.problems,
    }


def write(seen: Preview) -> None:
    """Write the plan for people."""
    console = page()
    unknown = f", and {seen.unknown} of unknown size" if seen.unknown else ""
    console.print(f"{seen.to_move} items to move, about {size(seen.bytes)}{unknown}", style="bold")
    if seen.under_way:
        console.print(f"{seen.under_way} of them are under way already")
    if seen.to_carry:
        console.print(f"{len(seen.to_carry)} items are at Panopto already and go on to LumiNUS")
    if seen.done:
        console.print(f"{seen.done} items are done")
    left = (
        (seen.skipped, "skipped"),
        (seen.permanent, "cannot be moved"),
        (seen.retryable, "cannot be read now"),
    )
    for counted, word in left:
        for reason, count in sorted(counted.items()):
            console.print(f"{count} {word}: {reason}")
    for problem in seen.problems:
        console.print(f"- {plain(problem)}")
