"""Reads a report back, as JSON or CSV, as far as a later command goes by it: events, outcomes, sessions."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pipelines.config import SettingsError

ADVICE = "name a file that `ferry report --format json --output FILE` (or csv) wrote"


@dataclass(frozen=True, slots=True)
class Listed:
    """One item as a report tells it; `session_id` is empty where it has none."""

    event_id: str
    outcome: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Reported:
    """The items of a report, and the file that it is."""

    rows: tuple[Listed, ...]
    where: str


def read_report(path: Path) -> Reported:
    """Read a report. Raises SettingsError where it is none, or cannot be read."""
    return Reported(tuple(listed_in(content_of(path, ADVICE), str(path))), str(path))


def content_of(path: Path, advice: str) -> bytes:
    """Return what a report holds. Raises SettingsError, with `advice`, where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror})", where=str(path), advice=advice) from error


def listed_in(data: bytes, where: str) -> list[Listed]:
    """Return the items of a report. Raises SettingsError where it is none."""
    try:
        rows = _of_json(data) if data.lstrip()[:1] == b"{" else list(_of_csv(data))
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise SettingsError("is no report", where=where, advice=ADVICE) from error
    if not all(
        isinstance(value, str) for row in rows for value in (row.event_id, row.outcome, row.session_id)
    ):
        raise SettingsError("is no report", where=where, advice=ADVICE)
    return rows


def _of_json(data: bytes) -> list[Listed]:
    document: Any = orjson.loads(data)
    return [Listed(one["event_id"], one["outcome"], one["session_id"]) for one in document["items"]]


def _of_csv(data: bytes) -> Iterator[Listed]:
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    if not {"kind", "event_id", "outcome", "session_id"} <= set(rows.fieldnames or ()):
        raise ValueError("columns are missing")
    for row in rows:
        if row["kind"] == "item":
            yield Listed(_plain(row["event_id"]), row["outcome"], _plain(row["session_id"]))


def _plain(cell: str) -> str:
    """Take away the apostrophe that keeps a spreadsheet from taking a text for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@"} else cell
