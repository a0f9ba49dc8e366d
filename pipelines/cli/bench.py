"""`ferry bench`: how fast the engine moves bytes between these endpoints, with nothing left behind."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from engine import Drain, FerryError, Interrupted
from pipelines.app.trial import Asked, Tried, trial
from pipelines.cli import loop
from pipelines.cli.demo import leaving, standing, stay
from pipelines.cli.exits import Exit, exit_for
from pipelines.cli.narrow import is_narrow, stacked
from pipelines.cli.run import tell
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import columns, page
from pipelines.config import Settings, load

app = typer.Typer(add_completion=False)

NAMES = ("in flight", "MiB/s", "CPU s/GiB", "peak MiB", "integrity", "parts checked", "files", "MiB")
"""What is told of a pass."""

MIB = 1024 * 1024
GIB = 1024 * MIB


@app.command()
def bench(
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", help="Settings file; without one, a sandbox stands in."),
    ] = None,
    mib: Annotated[int, typer.Option(min=1, help="Move whole files until there are so many MiB.")] = 512,
    parts: Annotated[
        list[int] | None,
        typer.Option(min=1, max=512, metavar="<int>", help="Parts in flight; may be given several times."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Move some of the selected files to a session upload that is then cancelled, and tell what it took.

    Opencast is only read, and Panopto keeps nothing: the upload is never submitted. Limits of bytes a second
    hold, time windows do not. Peak memory is that of the process until then, so name the fewest parts first.
    The sandbox shares this machine, so without settings it is the machine that is measured, not a link.
    """
    asked = Asked(mib * MIB, tuple(parts or (4, 16, 64)))
    with answered(json, lambda code: document(code, ())), endpoints(config, mib) as settings:
        code, found, error = tried(settings, asked)
    if json:
        write_json(document(code, found))
    elif found:
        write(found)
    if error is not None:
        tell(str(error))
    sys.exit(code)


@contextmanager
def endpoints(config: Path | None, mib: int) -> Iterator[Settings]:
    """Give the operator's settings, or those of a sandbox that stands until the block ends."""
    if config is not None:
        yield load(config)
        return
    with leaving(), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ferry-bench-")))
        switches = (f"largest={mib * MIB}", "keep_bytes=off", "rate_limit=off")
        details = stack.enter_context(standing(folder, 1, None, switches))
        settings = load(folder / "migration.toml")
        stay(settings, details)
        yield settings


def tried(settings: Settings, asked: Asked) -> tuple[Exit, list[Tried], FerryError | None]:
    """Try until all is done, something stops it or a signal does."""
    found: list[Tried] = []

    async def go() -> tuple[Exit, FerryError | None]:
        drain = Drain()
        signals = loop.Signals(drain.begin, tell)
        errors: list[FerryError] = []

        async def main() -> None:
            try:
                await trial(settings, asked, found.append, drain)
            except Interrupted:
                return
            except FerryError as error:
                errors.append(error)

        await signals.guard(main)
        if errors:
            return exit_for(errors[0]), errors[0]
        return signals.exit or Exit.DONE, None

    code, error = loop.run(go)
    return code, found, error


def document(code: Exit, found: Sequence[Tried]) -> dict[str, Any]:
    """Return the JSON document."""
    return {"version": VERSION, "exit": int(code), "tried": [fields(one) for one in found]}


def fields(one: Tried) -> dict[str, Any]:
    """Return a pass as the document has it."""
    return {
        "parts_in_flight": one.parts_in_flight,
        "mib_s": round(one.bytes / MIB / one.seconds, 1),
        "cpu_s_per_gib": round(one.cpu_seconds / (one.bytes / GIB), 3),
        "peak_rss_mib": round(one.peak_rss / MIB, 1),
        "integrity": one.level,
        "parts": one.parts,
        "parts_checked": one.parts_checked,
        "files": one.files,
        "bytes": one.bytes,
    }


def write(found: Sequence[Tried]) -> None:
    """Write a row a pass, or a line a number where that has no room."""
    rows = [cells(one) for one in map(fields, found)]
    if is_narrow(columns()):
        for line in stacked(NAMES, [(f"{row[0]} in flight", *row[1:]) for row in rows], columns()):
            page().print(line)
        return
    table = Table(box=None, pad_edge=False)
    for name in NAMES:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*row)
    page().print(table)


def cells(one: dict[str, Any]) -> tuple[str, ...]:
    """Return a pass as people read it."""
    return (
        str(one["parts_in_flight"]),
        f"{one['mib_s']:.0f}",
        f"{one['cpu_s_per_gib']:.2f}",
        f"{one['peak_rss_mib']:.0f}",
        one["integrity"],
        f"{one['parts_checked']} of {one['parts']}",
        str(one["files"]),
        f"{one['bytes'] / MIB:.0f}",
    )
