"""The folder of a session that its own one did not take at first: it is moved there once that takes it.

A session has its folder's access besides its own, so that it may be seen by more people afterwards, as if it
had come there at once. Its access level is read before and after, and told where it is another one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine import AccountRefused, FerryError, Final, Journal, Refused, Stopping, Transient
from pipelines import items
from pipelines.migration.folder_paths import NoSuchFolder
from pipelines.migration.folders import Folders
from pipelines.migration.furnish.furnisher import Before, Told, failed
from pipelines.migration.furnish.wants import Wants
from pipelines.migration.place import Placed
from pipelines.migration.refused_folder import FOLDER, aside, at_home, place_in
from pipelines.panopto.aspects import Access
from pipelines.panopto.model import Session


class MovedThere(Final):
    """Somebody moved a session to a folder of their choice at Panopto: it stays."""

    code = "edited_there"


class NotMoved(Final):
    """A session is not where it was just moved to."""

    code = "not_as_set"


class Sessions(Protocol):
    """The calls about sessions (pipelines.panopto.client.Panopto)."""

    async def session(self, session_id: str) -> Session | None:
        """Return a session, or None where Panopto knows none by that id."""
        ...

    async def move_session(self, session_id: str, folder_id: str) -> None:
        """Put a session into another folder."""
        ...


class Levels(Protocol):
    """The call about access (pipelines.panopto.aspects.Aspects)."""

    async def access(self, session_id: str) -> Access:
        """Return who may see a session."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """Moves a session to its own folder: its series' in the operator's table, else the one on record."""

    sessions: Sessions
    levels: Levels
    folders: Folders
    table: Mapping[str, str]
    journal: Journal
    name: str = FOLDER

    def wanted(self, wants: Wants) -> bool:  # noqa: ARG002
        """Whether it is moved without having been asked for: never. Shipping tells of it first."""
        return False

    async def set(self, session_id: str, wants: Wants, before: Before) -> Told:
        """Move it, and look that it is there. Nothing that is on record of where it lies gets lost."""
        row = self.table.get(wants.series)
        place = Placed(row) if row else place_in(before.told)
        told = {**before.told, "path": [place.folder_id, *place.path]}
        try:
            return await self._moved(session_id, wants.event_id, place, told)
        except Transient as error:
            return {**told, **failed(error)}
        except (AccountRefused, Final) as error:
            if isinstance(error, Stopping) and not isinstance(error, AccountRefused):
                raise
            return {**told, **_left(place, told["lies_in"], error)}

    async def _moved(self, session_id: str, event_id: str, place: Placed, told: dict[str, Any]) -> Told:
        own = await self.folders.at(place)
        there = await self._folder_of(session_id)
        if not _same(there, own):
            if not _same(there, told["lies_in"]):
                raise MovedThere(
                    f"somebody moved session {session_id} to folder {there} instead of {own}, where it stays"
                )
            if "level" not in told:
                told["level"] = (await self.levels.access(session_id)).level.value
                await self.journal.append(items.aspects(event_id, {FOLDER: dict(told)}))
            await self.sessions.move_session(session_id, own)
            if not _same(after := await self._folder_of(session_id), own):
                raise NotMoved(f"shows session {session_id} in folder {after}, and moved it to {own}")
        return at_home(place, own, await self._said(session_id, own, told.get("level")))

    async def _folder_of(self, session_id: str) -> str:
        session = await self.sessions.session(session_id)
        if session is None:
            raise NotMoved(f"Panopto does not know session {session_id} any more")
        return session.folder_id

    async def _said(self, session_id: str, folder_id: str, before: str | None) -> str:
        """Say where a session is and, where moving it made it another one, its access level."""
        if before is None:
            return folder_id
        level = (await self.levels.access(session_id)).level.value
        return folder_id if level == before else f"{folder_id}, where it is {level} and was {before}"


def _left(place: Placed, lies_in: str, error: FerryError) -> dict[str, Any]:
    """Tell that a session stays where it is."""
    refuses = isinstance(error, Refused | NoSuchFolder)
    return aside(place, lies_in, error) if refuses else failed(error)


def _same(one: str, other: str) -> bool:
    """Whether two GUIDs are one; their letters come in either case."""
    return one.lower() == other.lower()
