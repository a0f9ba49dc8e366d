"""`ferry report`: a checkpoint as a list of its items and schedules, asked of no service."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from pipelines.app.books import report_in
from pipelines.cli.listing import listing
from pipelines.cli.schedules import zone_of
from pipelines.cli.status import path_of
from pipelines.cli.text import document
from pipelines.config import Settings, SettingsError, load
from pipelines.report.document import Report
from pipelines.report.sheet import MARK, sheet

app = typer.Typer(add_completion=False)

WIDTH = 160
"""Columns of a table where there is no terminal."""


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@app.command()
def report(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    style: Annotated[
        Format, typer.Option("--format", help="A table for people, one JSON document, or CSV.")
    ] = Format.TABLE,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="A file to write to, whole or not at all; else stdout. CSV gets a byte order mark there.",
        ),
    ] = None,
) -> None:
    """List every item and schedule: its outcome, its ids, how it was checked, what was not carried.

    A table shortens ids and notes to its width; CSV and JSON have them whole. Bytes and parts count the
    manifest of a session as well as its media. CSV in a file begins with a byte order mark, so that Excel
    reads it on a double click; on stdout there is none.

    Made from the checkpoint alone, also while a run goes on. Exits with 0 whatever the outcomes are; `ferry
    status` tells those by its code.
    """
    settings = load(config, offline=True)
    path_of(settings)
    if output is not None:
        refuse_ours(output, config, settings)
    content = written(report_in(settings), style, zone_of(settings))
    if output is not None:
        save([MARK + content if style is Format.CSV else content], output)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()


def written(found: Report, style: Format, zone: ZoneInfo) -> bytes:
    """Return a report in UTF-8.

    A table is as wide as the terminal, or as COLUMNS says, and tells times as the clocks of `zone` do.
    """
    match style:
        case Format.JSON:
            return document(found.document)
        case Format.CSV:
            return sheet(found)
        case Format.TABLE:
            return listing(found, shutil.get_terminal_size((WIDTH, 0)).columns, zone).encode()


def refuse_ours(output: Path, config: Path, settings: Settings) -> None:
    """Raise SettingsError where a report would replace the settings, a file they name, or what is beside, and
    where it is to be a folder."""
    if output.is_dir():
        raise SettingsError("is a folder", where=str(output), advice="name a file")
    taken = [config.resolve(), *((config.parent / path).resolve() for path in files_of(settings))]
    beside = [path.with_name(path.name + ending) for path in taken for ending in (".lock", ".new")]
    if output.resolve() in {*taken, *beside}:
        raise SettingsError("is a file of the migration itself", where=str(output), advice="name another one")


def files_of(settings: Settings) -> Iterator[Path]:
    """Yield the files that settings name: the checkpoint, tables, secrets, an authority."""
    for _, section in settings:
        yield from (value for _, value in section or () if isinstance(value, Path))


def save(chunks: Iterable[bytes], output: Path) -> None:
    """Write a file whole and then give it its name, so that no half of it is ever seen. Only we may read it.

    Raises OSError, which names that file where none can lie beside it.
    """
    try:
        number, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(output)) from error
    try:
        with os.fdopen(number, "wb") as file:
            file.writelines(chunks)
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
