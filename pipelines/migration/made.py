"""Folders made by template: the records kept of them, and the state they fold to.

Each lies under a subject of its own, by the folder at the top and the names below it. The intent is durable
before the call, as Panopto makes a second folder of the same name without a word.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine import Record
from pipelines.items import FOLDERS
from pipelines.migration.place import Placed

MAKE = "folder.make"
MADE = "folder.made"
REFUSED = "folder.refused"


@dataclass(frozen=True, slots=True)
class MadeFolder:
    """What the checkpoint says of one folder: its id, or that it was `asked` for and no answer is known."""

    folder_id: str | None = None
    asked: bool = False


def subject(place: Placed) -> str:
    """Return under what the checkpoint keeps a folder."""
    return FOLDERS + "/".join((place.folder_id, *place.path))


def fold(records: Iterable[Record]) -> MadeFolder:
    """Return the state of a folder from its records, oldest first."""
    state = MadeFolder()
    for record in records:
        match record.kind:
            case "folder.make":
                state = MadeFolder(asked=True)
            case "folder.made":
                state = MadeFolder(record.facts["folder_id"])
            case "folder.refused":
                state = MadeFolder()
    return state


def make(place: Placed, parent_id: str) -> Record:
    """Say that a folder is about to be made."""
    return Record(subject(place), MAKE, {"parent_id": parent_id, "name": place.path[-1]})


def made(place: Placed, parent_id: str, folder_id: str) -> Record:
    """Keep the folder's id."""
    facts = {"parent_id": parent_id, "name": place.path[-1], "folder_id": folder_id}
    return Record(subject(place), MADE, facts, closes=True)


def refused(place: Placed, why: str) -> Record:
    """Keep that Panopto makes none."""
    return Record(subject(place), REFUSED, {"why": why}, closes=True)
