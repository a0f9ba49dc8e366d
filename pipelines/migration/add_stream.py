"""Adds one stream to a session: a stream upload, its file, the word that it is complete, and Panopto's own.

::

    POST upload ── file ── PUT state 1 ── GET until processed
        │            │          │                 │
      open       transfers   submit             ended
      opened                 submitted

Below the line stand the records. What was begun before is gone on with; what Panopto gave up begins anew.
"""

import re
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import anyio

from engine import (
    Changed,
    Engine,
    FerryError,
    Journal,
    LocalFile,
    LocalResource,
    Refused,
    Source,
    TimedOut,
    Transfer,
    TransferResult,
)
from pipelines.items import AspectOutcome
from pipelines.migration import added
from pipelines.migration.added import AddedStream
from pipelines.migration.finish import Failed, Ready, interval, judge
from pipelines.migration.sending import transfer_name
from pipelines.migration.ship import CANCEL_LIMIT, DEAD
from pipelines.opencast.model import Event, Track
from pipelines.panopto.model import State, target_of
from pipelines.panopto.streams import Streams, StreamType, StreamUpload

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stream to be added: to which session, from where, under which name, and as what."""

    event_id: str
    session_id: str
    source: Source | LocalFile
    name: str
    kind: StreamType
    start: datetime | None = None


class AddStream:
    """Adds streams. `limit` is in seconds: so long Panopto may take to process one."""

    def __init__(
        self,
        engine: Engine,
        streams: Streams,
        journal: Journal,
        *,
        limit: float,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._engine = engine
        self._streams = streams
        self._journal = journal
        self._limit = limit
        self._sleep = sleep

    async def add(self, wanted: Wanted) -> AddedStream:
        """Return the stream's state when it has ended; one that is part of its session already is left alone.

        Raises what the engine and the client raise; TimedOut where Panopto is not done in time: the same
        command goes on then.
        """
        state = await self._alive(wanted)
        if state.done:
            return state
        if not state.submitting:
            state = await self._through(wanted, state)
        if not state.submitted:
            state = await self._submit(wanted, state)
        await self._finish(wanted, state)
        return self._state(wanted)

    def _state(self, wanted: Wanted) -> AddedStream:
        return added.fold(self._journal.history(added.subject(wanted.event_id)), wanted.name)

    async def _alive(self, wanted: Wanted) -> AddedStream:
        """Return the state; a stream whose upload came to nothing, or goes elsewhere by now, begins anew."""
        state = self._state(wanted)
        if state.upload is None or state.done:
            return state
        if state.ended is not None:
            return await self._anew(wanted, str(state.ended.get("reason")))
        if (state.upload["session_id"], state.upload["type"]) != (wanted.session_id, wanted.kind.value):
            return await self._anew(wanted, "other_session")
        found = await self._streams.get(state.upload["id"])
        if found is None or found.state in DEAD:
            return await self._anew(wanted, "upload_timed_out")
        return state

    async def _anew(self, wanted: Wanted, reason: str) -> AddedStream:
        await self._journal.append(added.anew(wanted.event_id, wanted.name, reason))
        return self._state(wanted)

    async def _through(self, wanted: Wanted, state: AddedStream) -> AddedStream:
        """Move the file. One that is another by now begins anew with the next command."""
        subject, name = added.subject(wanted.event_id), transfer_name(state.generation, wanted.name)
        if state.upload is None:
            await self._engine.measure(subject, name, wanted.source)
            state = await self._opened(wanted)
        target = target_of((state.upload or {})["target"], wanted.name)
        try:
            await self._engine.transfer(Transfer(subject, name, wanted.source, target))
        except Changed:
            await self._cancel((state.upload or {})["id"])
            await self._anew(wanted, "changed")
            raise
        return state

    async def _opened(self, wanted: Wanted) -> AddedStream:
        kind = wanted.kind.value
        await self._journal.append(added.open_(wanted.event_id, wanted.name, wanted.session_id, kind))
        upload = await self._streams.create(wanted.session_id, wanted.kind, wanted.name, wanted.start)
        record = added.opened(
            wanted.event_id,
            wanted.name,
            upload_id=upload.id,
            session_id=wanted.session_id,
            kind=kind,
            target=upload.upload_target,
        )
        try:
            await self._journal.append(record)
        except LocalResource:
            await self._cancel(upload.id)
            raise
        return self._state(wanted)

    async def _cancel(self, upload_id: str) -> None:
        """Give a stream upload up that nobody would go on with."""
        with anyio.move_on_after(CANCEL_LIMIT, shield=True):
            try:
                await self._streams.cancel(upload_id)
            except FerryError:
                return  # Panopto times it out by itself, and nothing comes of it

    async def _submit(self, wanted: Wanted, state: AddedStream) -> AddedStream:
        """Say that the file is there. Whether an earlier word arrived is asked, never guessed."""
        if not state.submitting:
            await self._journal.append(added.submit(wanted.event_id, wanted.name))
        found = await self._found(wanted, state)
        if found.state == State.UPLOADING:
            answered = await self._streams.submit(found)
            if answered is None or answered.state in DEAD:
                raise self._gone(wanted)
        await self._journal.append(added.submitted(wanted.event_id, wanted.name))
        return self._state(wanted)

    async def _found(self, wanted: Wanted, state: AddedStream) -> StreamUpload:
        found = await self._streams.get((state.upload or {})["id"])
        if found is None or found.state in DEAD:
            raise self._gone(wanted)
        return found

    def _gone(self, wanted: Wanted) -> Refused:
        advice = "the same command begins it anew"
        return Refused(
            "its stream upload is gone from Panopto", where=f"event {wanted.event_id}", advice=advice
        )

    async def _finish(self, wanted: Wanted, state: AddedStream) -> None:
        """Look until Panopto has processed it."""
        waited, looks = 0.0, 0
        while True:
            found = await self._found(wanted, state)
            match judge(found.state, found.message):
                case Ready():
                    await self._end(wanted, AspectOutcome.CARRIED)
                    return
                case Failed(reason=reason, sentence=why):
                    await self._end(wanted, AspectOutcome.PERMANENT, reason=reason, why=why)
                    return
            if waited >= self._limit:
                advice = "the same command looks again"
                where = f"event {wanted.event_id}"
                raise TimedOut("Panopto has not processed the stream in time", where=where, advice=advice)
            await self._sleep(pause := interval(looks))
            waited, looks = waited + pause, looks + 1

    async def _end(self, wanted: Wanted, outcome: AspectOutcome, **facts: str) -> None:
        result = self._result(wanted)
        told = {} if result is None else {"bytes": result.size, "crc32": result.crc32}
        await self._journal.append(added.ended(wanted.event_id, wanted.name, outcome, **told, **facts))

    def _result(self, wanted: Wanted) -> TransferResult | None:
        name = transfer_name(self._state(wanted).generation, wanted.name)
        for record in self._journal.history(added.subject(wanted.event_id)):
            if record.kind == "transfer.completed" and record.facts["name"] == name:
                return TransferResult.of(record.facts)
        return None


def track_of(event: Event, wanted: str) -> Track:
    """Return the published track of a key, or the only one of a flavor.

    Raises Refused, which names what there is, where it is none or several.
    """
    tracks = {one.key: one for publication in event.public for one in publication.tracks if one.url}
    if wanted in tracks:
        return tracks[wanted]
    found = [one for one in tracks.values() if one.flavor == wanted]
    if len(found) == 1:
        return found[0]
    named = ", ".join(
        f"{one.id or 'no id'} ({one.flavor or 'no flavor'})" for one in found or tracks.values()
    )
    what = f"{len(found)} tracks have the flavor {wanted}" if found else f"no track is {wanted}"
    where = f"event {event.identifier}"
    raise Refused(what, where=where, advice=f"name one of {named}" if named else "nothing of it is published")


def name_of(kind: StreamType, file_name: str, identity: str) -> str:
    """Return a file's name at Panopto: plain ASCII, the same for the same source, another for another type.

    `identity` tells the source apart from others whose file has the same name.
    """
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", file_name)
    stem, suffix = PurePosixPath(plain).stem[:LONGEST_NAME], PurePosixPath(plain).suffix[:10]
    return f"{kind.name.lower()}-{stem}-{zlib.crc32(identity.encode()):08x}{suffix}"


def track_name(kind: StreamType, track: Track) -> str:
    """Return the name of a track's file at Panopto."""
    return name_of(kind, PurePosixPath(unquote(urlsplit(track.url).path)).name, track.key)
