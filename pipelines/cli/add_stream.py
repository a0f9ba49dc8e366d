"""`ferry add-stream`: adds a stream to a session that a run has made and verified."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.app.adding import Asked, Told, add_stream
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain, size
from pipelines.config import SettingsError, load
from pipelines.panopto.streams import StreamType

app = typer.Typer(add_completion=False)


class Kind(StrEnum):
    """Where a stream is shown."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    PRESENTATION = "presentation"


@app.command()
def add(
    event: Annotated[str, typer.Argument(help="The event's id; its session has to be verified.")],
    kind: Annotated[Kind, typer.Option("--type", help="Where it is shown.")],
    file: Annotated[Path | None, typer.Argument(help="A file of this machine.")] = None,
    track: Annotated[
        str | None, typer.Option("--track", help="Or a published track of the event: its id or flavor.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start", help="When the stream begins, with its zone (ISO 8601); else with the others."
        ),
    ] = None,
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it; send and write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Add a stream to the session of an event, from a file or from a track of the event.

    The same command goes on where it was after being stopped or killed, and does nothing where the stream is
    there already; at Panopto the same file takes its own place, never another beside it. Exits with 4 where
    Panopto could not process it, with 3 where it is not done yet.
    """
    with answered(json, lambda code: {"version": VERSION, "exit": int(code), "dry_run": dry_run}):
        asked = Asked(event, StreamType[kind.name], file, track, moment(start))
        check(file, track)
        settings = load(config)
        path_of(settings)

        async def act() -> Told:
            return await add_stream(settings, asked, dry_run=dry_run)

        told = loop.run(act)
    code = code_of(told)
    if json:
        write_json(document(told, code, dry_run))
    else:
        for line in lines(told, dry_run):
            page().print(plain(line))
    sys.exit(code)


def check(file: Path | None, track: str | None) -> None:
    """Raise SettingsError unless there is one source, and a file can be read and holds something."""
    if file is None and track is None:
        raise SettingsError("name a file, or a track by --track", where="add-stream")
    if file is None:
        return
    if track is not None:
        raise SettingsError("goes without a file; leave one of them out", where="--track")
    try:
        with file.open("rb") as opened:
            empty = not opened.read(1)
    except OSError as error:
        raise SettingsError(
            f"cannot be read ({error.strerror})", where=str(file), advice="name a file of this machine"
        ) from error
    if empty:
        raise SettingsError("is empty", where=str(file), advice="name a file that holds a stream")


def moment(text: str | None) -> datetime | None:
    """Read when a stream begins. Raises SettingsError where it is no moment, or has no zone."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        advice = "write it as 2026-10-01T09:15:00+02:00"
        raise SettingsError("is no moment with its zone", where=f"--start {text}", advice=advice)
    return read.astimezone(UTC)


def code_of(told: Told) -> Exit:
    """Return the code that the outcome stands for."""
    return Exit.PERMANENT if told.after.ended is not None and not told.after.done else Exit.DONE


def document(told: Told, code: Exit, dry_run: bool) -> dict[str, Any]:
    """Return the JSON document."""
    ended = told.after.ended or {}
    return {
        "version": VERSION,
        "exit": int(code),
        "dry_run": dry_run,
        "event_id": told.wanted.event_id,
        "session_id": told.wanted.session_id,
        "stream": told.wanted.name,
        "type": told.wanted.kind.value,
        "already_there": told.before.done,
        "outcome": ended.get("outcome"),
        "reason": ended.get("reason"),
        "why": ended.get("why"),
        "bytes": ended.get("bytes"),
    }


def lines(told: Told, dry_run: bool) -> Iterator[str]:
    """Give the lines for people."""
    stream = f"{told.wanted.name} ({told.wanted.kind.value}), session {told.wanted.session_id}"
    ended = told.after.ended or {}
    if told.before.done:
        yield f"there already: {stream}"
    elif dry_run:
        yield f"would be added: {stream}"
    elif told.after.done:
        yield f"added: {stream}, {size(ended['bytes']) if 'bytes' in ended else 'bytes not known'}"
    else:
        yield f"failed: {stream}: {ended.get('why')}"
    if dry_run:
        yield "Nothing was sent or written."
