"""Ships one event: a session upload, its files, the manifest last, and the word that it is complete.

::

    select again ── measure ── POST sessionUpload ── files ── manifest ── PUT state 1
                       │              │                │         │             │
                    probed         upload          transfers  transfer      submit
                                   uploading                                submitted

Below the line stand the records. A resumed item asks Panopto how its session upload stands before it goes on.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import anyio

from engine import (
    Engine,
    FerryError,
    Gone,
    Interrupted,
    Journal,
    LocalResource,
    Refused,
    Source,
    Unreadable,
    UploadGone,
)
from pipelines import items
from pipelines.items import ItemState
from pipelines.migration.destinations import Destinations
from pipelines.migration.folders import Folders
from pipelines.migration.found import Unrecorded, others
from pipelines.migration.meant import recorded
from pipelines.migration.select import Selected, Skip, select
from pipelines.migration.sending import Sending, file_of, transfer_name
from pipelines.opencast.model import Event
from pipelines.panopto.client import Panopto
from pipelines.panopto.manifest import event_of
from pipelines.panopto.model import SessionUpload, State
from pipelines.runs import CurrentRun

DEAD = frozenset({State.UPLOAD_CANCELLED, State.DELETING_FILES, State.DELETED, State.DELETING_ERROR})
"""States from which a session upload never becomes a session: it timed out, or somebody cancelled it."""

TOLD = frozenset({State.UPLOAD_COMPLETE, State.PROCESSING, State.COMPLETE})
"""States of a session upload that was said to be complete, and of which a session comes."""

UNKNOWN = "unknown_upload"
"""Why an item begins anew whose session upload Panopto does not know."""

LOOKS = 3
BETWEEN_LOOKS = 2.0
"""How often, and after how many seconds, an upload is asked for that Panopto does not seem to know."""

CANCEL_LIMIT = 5.0
"""Seconds that cancelling a session upload may take."""

STARTS = 3
"""How often an item is begun with a new session upload in one run."""


class Events(Protocol):
    """Reads an event as it is now, its addresses signed."""

    async def event(self, event_id: str) -> Event:
        """Return the event. Raises Gone, Unreadable, or a Transient error."""
        ...


class Ship:
    """Ships items of one run."""

    def __init__(
        self,
        engine: Engine,
        panopto: Panopto,
        events: Events,
        folders: Folders,
        journal: Journal,
        channels: tuple[str, ...],
        *,
        refused_folder_id: str | None = None,
        sending: Sending | None = None,
        run: CurrentRun | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._sleep = sleep
        self._engine = engine
        self._panopto = panopto
        self._events = events
        self._destinations = Destinations(panopto, folders, journal, refused_folder_id)
        self._journal = journal
        self._channels = channels
        self._sending = sending or Sending(engine, journal, channels)
        self._run = run

    async def ship(self, event_id: str) -> ItemState | Skip:
        """Return the item's state when Panopto has the whole of it, or why nothing is to be moved after all.

        A source that is gone or may not be read is looked for once more, in the event as it is then. Raises
        what the engine and the clients raise.
        """
        try:
            return await self._shipped(event_id)
        except (Gone, Unreadable):
            return await self._shipped(event_id)

    async def _shipped(self, event_id: str) -> ItemState | Skip:
        for _ in range(STARTS):
            state = await self._alive(event_id)
            try:
                return await self._from(event_id, state)
            except Refused:
                after = await self._alive(event_id)
                if after.generation == state.generation:
                    raise
            finally:
                self._engine.forget(event_id)
        raise UploadGone(
            f"Panopto gave {STARTS} session uploads of it up, one after the other", where=event_id
        )

    def _state(self, event_id: str) -> ItemState:
        return items.fold(self._journal.history(event_id))

    async def _alive(self, event_id: str) -> ItemState:
        """Return the item's state; one whose session upload is dead at Panopto begins anew.

        Raises Unrecorded where the upload is complete there, and not by this checkpoint.
        """
        state = self._state(event_id)
        if state.upload is None or state.submitted:
            return state
        found = await self._look(state.upload["id"])
        if found is not None and found.state not in DEAD:
            if state.meant is None and found.state in TOLD:
                raise Unrecorded(
                    "Panopto was told that all of it is there, and the checkpoint does not tell of it",
                    where=f"event {event_id}",
                    advice="`ferry reconcile` takes its session in",
                )
            return state
        await self.begin_anew(event_id, UNKNOWN if found is None else "upload_timed_out")
        return self._state(event_id)

    async def _look(self, upload_id: str) -> SessionUpload | None:
        """Return a session upload; one that Panopto does not know at once is asked for some times more."""
        for _ in range(LOOKS - 1):
            if (found := await self._panopto.get(upload_id)) is not None:
                return found
            await self._sleep(BETWEEN_LOOKS)
        return await self._panopto.get(upload_id)

    async def begin_anew(self, event_id: str, reason: str) -> bool:
        """Give a session upload up that came to nothing; False where its session is there after all.

        Once Panopto was to be told that the upload is complete, that it does not know it is no proof, for a
        session comes only with processing: the folder is searched for the marker, and where it is not there
        nothing is sent again. Raises UploadGone then; Panopto's own word that it is dead is believed.
        """
        state = self._state(event_id)
        session_id = await self._session_of(event_id, state)
        if session_id is not None:
            await self._journal.append(items.session(event_id, session_id))
            await self._journal.append(items.submitted(event_id))
            return False
        if state.meant is not None and reason == UNKNOWN:
            raise UploadGone(
                "Panopto does not know the session upload that it was told is complete",
                where=f"event {event_id}",
                advice="each run looks again for it and for its session; nothing is sent a second time",
            )
        await self._journal.append(items.anew(event_id, reason))
        return True

    async def _session_of(self, event_id: str, state: ItemState) -> str | None:
        if state.upload is None or state.meant is None:
            return None
        async for session in self._panopto.sessions_of(state.upload["folder_id"]):
            if event_of(session.description) == event_id and others([session.id], state.earlier_sessions):
                return session.id
        return None

    async def _from(self, event_id: str, state: ItemState) -> ItemState | Skip:
        """Go on from what the checkpoint says; what is complete there needs Opencast no more."""
        if state.meant is None:
            if self._engine.draining:
                raise Interrupted("stopped before it was begun", where=event_id)
            event = await self._events.event(event_id)
            if state.upload is None:
                begun = await self._begin(event, state)
                if isinstance(begun, Skip):
                    return begun
                state = begun
            meant = await self._sending.send(event, state)
            meant |= {"run": await self._run.id()} if self._run else {}
            await self._journal.append(items.submit(event_id, meant))
            state = self._state(event_id)
        if not state.submitted:
            await self._submit(event_id, state)
        return self._state(event_id)

    async def _begin(self, event: Event, state: ItemState) -> ItemState | Skip:
        """Measure every file, and only then open a session upload."""
        selected = select(event, channels=self._channels)
        if isinstance(selected, Skip):
            return selected
        recorded(event)
        await self.folder_of(event.identifier)
        files = await self._measured(selected, state.generation)
        folder_id, upload = await self._destinations.open(event.identifier)
        what = self._sending.told(event, selected)
        opened = items.uploading(
            event.identifier,
            upload_id=upload.id,
            folder_id=folder_id,
            target=upload.upload_target,
            files=files,
            taken=what.taken,
            left=what.left,
        )
        try:
            await self._journal.append(opened)
        except LocalResource:
            await self._cancel(upload.id)
            raise
        return self._state(event.identifier)

    async def folder_of(self, event_id: str) -> str:
        """Return the folder that an item goes to, as far as can be told before a session upload is opened.

        Raises NoSuchFolder, or what the calls raise.
        """
        return await self._destinations.of(event_id)

    async def _cancel(self, upload_id: str) -> None:
        """Give a session upload up that no later run would know of."""
        with anyio.move_on_after(CANCEL_LIMIT, shield=True):
            try:
                await self._panopto.cancel(upload_id)
            except FerryError:
                return  # Panopto times it out by itself, and no session comes of it

    async def _measured(self, selected: Selected, generation: int) -> list[dict[str, Any]]:
        event_id = selected.event.identifier
        for stream in selected.streams:
            name = transfer_name(generation, stream.file_name)
            await self._engine.measure(event_id, name, Source(event_id, stream.track))
        return [file_of(stream, selected.cuts_from) for stream in selected.streams]

    async def _submit(self, event_id: str, state: ItemState) -> None:
        """Say that the upload is complete. Whether an earlier word arrived is asked, never guessed."""
        found = await self._panopto.get((state.upload or {})["id"])
        if found is not None and found.state == State.UPLOADING:
            found = await self._panopto.submit(found)
        if found is None or found.state in DEAD:
            raise Refused("its session upload is gone from Panopto", where=event_id)
        await self._journal.append(items.submitted(event_id))
