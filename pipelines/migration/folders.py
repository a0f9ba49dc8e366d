"""Makes sure once, before the first session upload goes there, that a folder is at Panopto, or makes it.

::

    looked for ── there ──────────────────────────────> its id
        │ not there                                       ^
        └──> folder.make ──> POST folders ──> folder.made ┘
                 ^                │ no answer
                 └── not there ── looked for, past the time that lists lag behind

Panopto makes a second folder of the same name without a word, so what is in doubt is looked for first, by
this run and by every later one.
"""

from collections.abc import Awaitable, Callable

import anyio

from engine import Journal, Refused, Throttled, Transient
from pipelines.migration import made
from pipelines.migration.folder_paths import FolderPaths, NoSuchFolder, no_such
from pipelines.migration.place import Placed
from pipelines.panopto.client import Panopto

TRIES = 4
"""How often a folder is asked for in one run, where no answer came and it is not there."""

LOOKS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each look for a folder of which nobody knows whether it was made."""

LONGEST_ASKED = 900.0
"""Seconds that are waited at most where Panopto asks for fewer calls."""


class Folders:
    """The folders of one run: each is asked for once, however many events go there."""

    def __init__(
        self, panopto: Panopto, journal: Journal, sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    ) -> None:
        self._panopto = panopto
        self._journal = journal
        self._sleep = sleep
        self._paths = FolderPaths(panopto, journal.history)
        self._ends: dict[Placed, str | NoSuchFolder] = {}
        self._turns: dict[Placed, anyio.Lock] = {}

    async def at(self, place: Placed) -> str:
        """Return the id of the folder of a place; what is missing below its top is made, once.

        Raises NoSuchFolder, or what the calls raise.
        """
        async with self._turns.setdefault(place, anyio.Lock(fast_acquire=True)):
            if place not in self._ends:
                self._ends[place] = await self._end(place)
        if isinstance(found := self._ends[place], NoSuchFolder):
            raise NoSuchFolder(found.what, where=found.where, advice=found.advice)
        return found

    async def _end(self, place: Placed) -> str | NoSuchFolder:
        try:
            if place.path:
                return await self._child(await self.at(place.above), place)
            return place.folder_id if await self._paths.knows(place.folder_id) else no_such(place.folder_id)
        except NoSuchFolder as error:
            return error

    async def _child(self, parent_id: str, place: Placed) -> str:
        asked = made.fold(self._journal.history(made.subject(place))).asked
        if not asked and (found := await self._paths.child(parent_id, place)) is not None:
            return found
        found = await self._looked_for(parent_id, place) if asked else None
        folder_id = found or await self._made(parent_id, place)
        await self._journal.append(made.made(place, parent_id, folder_id))
        return folder_id

    async def _made(self, parent_id: str, place: Placed) -> str:
        """Make a folder. Raises NoSuchFolder where none may be made, or a Transient error."""
        await self._journal.append(made.make(place, parent_id))
        for _ in range(TRIES - 1):
            try:
                return await self._asked(parent_id, place)
            except Throttled as error:
                await self._sleep(min(error.retry_after or 1.0, LONGEST_ASKED))
            except Transient:
                if (found := await self._looked_for(parent_id, place)) is not None:
                    return found
        return await self._asked(parent_id, place)

    async def _asked(self, parent_id: str, place: Placed) -> str:
        try:
            return (await self._panopto.create_folder(parent_id, place.path[-1])).id
        except Refused as error:
            await self._journal.append(made.refused(place, str(error)))
            raise NoSuchFolder(
                error.what,
                where=error.where,
                advice="let the account create there, or add a row to the table of folders",
            ) from error

    async def _looked_for(self, parent_id: str, place: Placed) -> str | None:
        """Return a folder that may have been made; None where it is still not there after a while."""
        for wait in LOOKS:
            await self._sleep(wait)
            if (found := await self._paths.child(parent_id, place, afresh=True)) is not None:
                return found
        return None
