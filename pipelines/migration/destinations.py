"""Finds the folder that takes an item: its own, or the one that the operator chose for what that refuses.

::

    its own folder ── takes it ─────────────────────────────────────────> session upload
        │                                                                       ^
        └─ not there, not shown, or nothing may be created there                │
               ├─ aspect `folder` on record ──> panopto.refused_folder_id ──────┘
               └─ the operator chose none: the item is not moved

Who may see a recording follows from its folder, so none is ever chosen here. A folder refuses before a byte
is sent, and one that did is asked no more in a run.
"""

from typing import Protocol

from engine import FerryError, Journal, Refused
from pipelines import items
from pipelines.items import ItemState
from pipelines.migration.folder_paths import NoSuchFolder
from pipelines.migration.folders import Folders
from pipelines.migration.place import Placed, place_of
from pipelines.migration.refused_folder import FOLDER, SETTING, Told, aside, at_home, holds
from pipelines.panopto.model import SessionUpload


class Opens(Protocol):
    """Opens session uploads."""

    async def create(self, folder_id: str) -> SessionUpload:
        """Open a session upload in a folder. Raises Refused where that is not there, or not ours."""
        ...


class Destinations:
    """The destinations of one run; without `refused_folder_id` an item goes to its own folder or nowhere."""

    def __init__(
        self, panopto: Opens, folders: Folders, journal: Journal, refused_folder_id: str | None = None
    ) -> None:
        self._panopto = panopto
        self._folders = folders
        self._journal = journal
        self._refused_folder_id = refused_folder_id
        self._refusing: dict[Placed, FerryError] = {}

    async def of(self, event_id: str) -> str:
        """Return the folder that an item goes to, made where the plan has but its path, and keep its id.

        Raises NoSuchFolder, or what the calls raise.
        """
        state = self._state(event_id)
        plan = state.planned
        if plan is None:
            raise AssertionError(f"{event_id} is shipped and was never planned")
        place = place_of(plan)
        if (instead := self._refused_folder_id) and holds(self._journal.history(event_id), place, instead):
            return instead
        if (before := self._refusing.get(place)) is not None:
            return await self._instead(event_id, place, before)
        try:
            folder_id = await self._folders.at(place)
        except (NoSuchFolder, Refused) as error:
            return await self._instead(event_id, place, error)
        if folder_id != plan["folder_id"]:
            await self._journal.append(items.placed(event_id, plan, folder_id))
        if FOLDER in state.aspects:
            await self._tell(event_id, at_home(place, folder_id))
        return folder_id

    async def open(self, event_id: str) -> tuple[str, SessionUpload]:
        """Open a session upload in the folder that takes it; return that one's id as well.

        Raises Refused where none does, and what else the calls raise.
        """
        folder_id = await self.of(event_id)
        try:
            return folder_id, await self._opened(event_id, folder_id)
        except Refused as error:
            if folder_id == self._refused_folder_id:
                raise
            place = place_of(self._state(event_id).planned or {})
            folder_id = await self._instead(event_id, place, error)
        return folder_id, await self._opened(event_id, folder_id)

    async def _opened(self, event_id: str, folder_id: str) -> SessionUpload:
        await self._journal.append(items.upload(event_id, folder_id))
        return await self._panopto.create(folder_id)

    async def _instead(self, event_id: str, place: Placed, error: FerryError) -> str:
        """Return the operator's folder for what its own refuses, kept first. Raises the error without one."""
        if self._refused_folder_id is None:
            error.advice = ", ".join(filter(None, (error.advice, SETTING)))
            raise error
        self._refusing[place] = error
        await self._tell(event_id, aside(place, self._refused_folder_id, error))
        return self._refused_folder_id

    async def _tell(self, event_id: str, told: Told) -> None:
        """Keep how the aspect stands, unless that is on record."""
        if self._state(event_id).aspects.get(FOLDER) != told:
            await self._journal.append(items.aspects(event_id, {FOLDER: told}))

    def _state(self, event_id: str) -> ItemState:
        return items.fold(self._journal.history(event_id))
