"""Decides where in Panopto an event goes: to its series' folder by the operator's table, else the default."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.opencast.model import Event


@dataclass(frozen=True, slots=True)
class Placed:
    """The folder an event goes to, and whether the table names it."""

    folder_id: str
    by_table: bool


@dataclass(frozen=True, slots=True)
class NoFolder:
    """Nobody said where the event goes; a sentence that says what is missing."""

    why: str


def place(event: Event, folders: Mapping[str, str], default: str | None = None) -> Placed | NoFolder:
    """Place one event. `folders` leads from series to folder; an event of no series has the default only."""
    folder = folders.get(event.series) if event.series else None
    if folder:
        return Placed(folder, by_table=True)
    if default:
        return Placed(default, by_table=False)
    if not event.series:
        return NoFolder("it is of no series and there is no default folder: set panopto.folder_id")
    return NoFolder(
        f"its series {event.series} has no row in the table of folders and there is no default folder: "
        "add the row, or set panopto.folder_id"
    )


def unused(folders: Mapping[str, str], seen: Iterable[str]) -> tuple[str, ...]:
    """Return the series of the table that no event had: probably written wrongly there."""
    return tuple(sorted(folders.keys() - set(seen)))
