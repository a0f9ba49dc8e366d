"""Decides where in Panopto an event goes: to its series' folder by the operator's table, else to the default.

With a template that is a folder below the default one, which is known by its name and may yet be missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from pipelines.config.template import FIELD
from pipelines.opencast.model import Event
from pipelines.panopto.manifest import legal

LONGEST_NAME = 200
"""Characters of a folder's name; a longer one is cut. Nobody has told how many Panopto takes."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The folder an event goes to or, with a `path`, the one below it that these names lead to."""

    folder_id: str
    path: tuple[str, ...] = ()

    @property
    def above(self) -> "Placed":
        """The place that this one lies in."""
        return Placed(self.folder_id, self.path[:-1])

    @property
    def lineage(self) -> tuple["Placed", ...]:
        """This place and those above it, but for the folder at the top."""
        return (self, *self.above.lineage) if self.path else ()

    def __str__(self) -> str:
        return f"{'/'.join(self.path)} below {self.folder_id}" if self.path else self.folder_id


@dataclass(frozen=True, slots=True)
class NoFolder:
    """Nobody said where the event goes; a sentence that says what is missing."""

    why: str


def place(
    event: Event, folders: Mapping[str, str], default: str | None = None, template: str = ""
) -> Placed | NoFolder:
    """Place one event. `folders` leads from series to folder; an event of no series is in no row."""
    folder = folders.get(event.series) if event.series else None
    if folder:
        return Placed(folder)
    if default:
        return Placed(default, names(event, template))
    if not event.series:
        return NoFolder("it is of no series and there is no default folder: set panopto.folder_id")
    return NoFolder(
        f"its series {event.series} has no row in the table of folders and there is no default folder: "
        "add the row, or set panopto.folder_id"
    )


def names(event: Event, template: str) -> tuple[str, ...]:
    """Return the names of the folders that a template leads through.

    They end before the first one of which a field is empty: an event of no series goes to the folder that
    those of series would be in. A series without a title goes by its id.
    """
    values = {
        "year": str(event.recorded.astimezone(UTC).year) if event.recorded else "",
        "series": _name(event.series_title) or _name(event.series),
        "series_id": _name(event.series),
    }
    found: list[str] = []
    for part in filter(None, template.split("/")):
        if not all(values[field] for field in FIELD.findall(part)):
            break
        found.append(_name(FIELD.sub(lambda field: values[field[1]], part)))
    return tuple(found)


def _name(text: str) -> str:
    """Return a text as a folder's name: on one line, without the slash that parts names."""
    return " ".join(legal(text).replace("/", "-").split())[:LONGEST_NAME].rstrip()


def place_of(planned: Mapping[str, Any]) -> Placed:
    """Return the place that a row of the plan has on record."""
    path: Sequence[str] = planned.get("path") or (planned["folder_id"],)
    return Placed(path[0], tuple(path[1:]))


def unused(folders: Mapping[str, str], seen: Iterable[str]) -> tuple[str, ...]:
    """Return the series of the table that no event had: probably written wrongly there."""
    return tuple(sorted(folders.keys() - set(seen)))
