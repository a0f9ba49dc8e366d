"""Looks folders up at Panopto by their names, from one folder down: there, not there, or several.

Panopto keeps no name unique, its lists lag behind, and where they are empty on some sites even for an
administrator a search still finds the folder (field reports).
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import anyio

from engine import Final, Record, Refused
from pipelines.migration import made
from pipelines.migration.place import Placed
from pipelines.panopto.model import Folder


class NoSuchFolder(Final):
    """An item has no folder to go to: it is not there, there are several of its name, or none may be made."""

    code = "no_folder"


class Tells(Protocol):
    """What is read of Panopto."""

    async def folder(self, folder_id: str) -> Folder | None:
        """Return a folder; None where Panopto knows none by that id."""
        ...

    def children(self, folder_id: str) -> AsyncIterator[Folder]:
        """Yield the folders in a folder."""
        ...

    def folders_named(self, name: str) -> AsyncIterator[Folder]:
        """Yield what a search for a name finds."""
        ...


class FolderPaths:
    """The folders that paths lead to; what lies in each is listed once. `history` is the checkpoint's."""

    def __init__(self, panopto: Tells, history: Callable[[str], Sequence[Record]]) -> None:
        self._panopto = panopto
        self._history = history
        self._known: dict[str, bool] = {}
        self._found: dict[Placed, str | None] = {}
        self._children: dict[str, dict[str, list[str]]] = {}
        self._turn = anyio.Lock(fast_acquire=True)

    async def find(self, place: Placed) -> str | None:
        """Return the id of a folder; None where it is not there. Makes nothing.

        Raises NoSuchFolder where there are several of its name, or the one at the top is not there.
        """
        async with self._turn:
            return await self._find(place)

    async def _find(self, place: Placed) -> str | None:
        if not place.path:
            return place.folder_id if await self.knows(place.folder_id) else None
        if place not in self._found:
            above = await self._find(place.above)
            if above is None and not place.above.path:
                raise no_such(place.folder_id)
            self._found[place] = await self.child(above, place) if above is not None else None
        return self._found[place]

    async def knows(self, folder_id: str) -> bool:
        """Tell whether Panopto has a folder; it is asked once."""
        if folder_id not in self._known:
            self._known[folder_id] = await self._panopto.folder(folder_id) is not None
        return self._known[folder_id]

    async def child(self, parent_id: str, place: Placed, *, afresh: bool = False) -> str | None:
        """Return the id of the folder of a place, which lies in that parent; None where it is not there.

        One that is on record is taken by its id, whatever it is called now. `afresh` lists the parent anew.
        """
        kept = made.fold(self._history(made.subject(place))).folder_id
        if kept is not None and await self._panopto.folder(kept) is not None:
            return kept
        name = place.path[-1]
        found = (await self._names_in(parent_id, afresh)).get(name) or await self._searched(parent_id, name)
        if len(found) > 1:
            raise NoSuchFolder(
                f"Panopto has {len(found)} folders named {name!r} in folder {parent_id} ({', '.join(found)})",
                advice="rename all but one, or add a row to the table of folders, and run again",
            )
        return found[0] if found else None

    async def _names_in(self, parent_id: str, afresh: bool) -> dict[str, list[str]]:
        if afresh or parent_id not in self._children:
            found: dict[str, list[str]] = defaultdict(list)
            async for folder in self._panopto.children(parent_id):
                found[folder.name.strip()].append(folder.id)
            self._children[parent_id] = found
        return self._children[parent_id]

    async def _searched(self, parent_id: str, name: str) -> list[str]:
        """Search for what the list does not have; a site that refuses to search has nothing more to say."""
        try:
            return [
                folder.id
                async for folder in self._panopto.folders_named(name)
                if folder.name.strip() == name and folder.parent_id.lower() == parent_id.lower()
            ]
        except Refused:
            return []


def no_such(folder_id: str) -> NoSuchFolder:
    """Return the error that Panopto does not have a folder."""
    return NoSuchFolder(
        f"Panopto has no folder {folder_id}",
        advice="correct the table of folders or panopto.folder_id, and run again",
    )
