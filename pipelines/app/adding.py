"""Adds a stream to a session that this checkpoint made: from a track of its event, or from a local file."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine import Drain, LocalFile, Observer, Refused, Source, open_checkpoint, silence
from pipelines import items
from pipelines.app.books import contents_of, identity
from pipelines.app.migration import open_engine
from pipelines.app.reading import fallback_of, locator_of
from pipelines.app.services import breaker_of, open_services
from pipelines.config import Settings, SettingsError
from pipelines.items import ItemState, Outcome
from pipelines.migration import added
from pipelines.migration.add_stream import AddStream, Wanted, name_of, track_name, track_of
from pipelines.migration.added import AddedStream
from pipelines.opencast.client import Opencast
from pipelines.panopto.streams import StreamType


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be added: a `file`, or the track of the event that has this key or flavor."""

    event_id: str
    kind: StreamType
    file: Path | None = None
    track: str | None = None
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What was to be added, and how it stands; `before` is how it stood."""

    wanted: Wanted
    before: AddedStream
    after: AddedStream


async def add_stream(
    settings: Settings,
    asked: Asked,
    *,
    dry_run: bool,
    observer: Observer = silence,
    drain: Drain | None = None,
) -> Told:
    """Add a stream, or go on with what was begun; a dry run calls Opencast at most, and writes nothing.

    Raises SettingsError where the event is not verified or has no such track, what opening the checkpoint
    raises, and what the engine and the clients raise.
    """
    return await (_shown(settings, asked) if dry_run else _added(settings, asked, observer, drain or Drain()))


async def _shown(settings: Settings, asked: Asked) -> Told:
    with contents_of(settings) as contents:
        state = items.fold(contents.history(asked.event_id))
        history = contents.history(added.subject(asked.event_id))
    async with open_services(settings) as services:
        wanted = await _wanted(settings, asked, state, services.opencast)
    stands = added.fold(history, wanted.name)
    return Told(wanted, stands, stands)


async def _added(settings: Settings, asked: Asked, observer: Observer, drain: Drain) -> Told:
    breaker = breaker_of(settings, observer, drain)
    async with (
        open_checkpoint(
            settings.checkpoint.path, identity(settings), allow_network=settings.checkpoint.allow_network
        ) as checkpoint,
        open_services(settings, observer, drain, breaker=breaker) as services,
    ):
        state = items.fold(checkpoint.history(asked.event_id))
        wanted = await _wanted(settings, asked, state, services.opencast)
        before = added.fold(checkpoint.history(added.subject(asked.event_id)), wanted.name)
        locator = locator_of(settings, services.opencast)
        async with open_engine(settings, checkpoint, locator, drain, observer, breaker=breaker) as engine:
            limit = settings.finish.limit_minutes * 60
            adding = AddStream(
                engine, services.streams, checkpoint, limit=limit, sleep=drain.before_another_try
            )
            return Told(wanted, before, await adding.add(wanted))


async def _wanted(settings: Settings, asked: Asked, state: ItemState, opencast: Opencast) -> Wanted:
    session_id = session_of(asked.event_id, state)
    if asked.file is not None:
        path = asked.file.resolve()
        name = name_of(asked.kind, path.name, str(path))
        return Wanted(asked.event_id, session_id, LocalFile(path), name, asked.kind, asked.start)
    listed = await opencast.event(asked.event_id, sign=True)
    event = await fallback_of(settings, opencast).completed(listed)
    try:
        track = track_of(event, asked.track or "")
    except Refused as error:
        raise SettingsError(error.what, where=f"--track, {error.where}", advice=error.advice) from error
    source = Source(asked.event_id, track.key)
    return Wanted(asked.event_id, session_id, source, track_name(asked.kind, track), asked.kind, asked.start)


def session_of(event_id: str, state: ItemState) -> str:
    """Return the session of an event that is verified; raises SettingsError for any other."""
    if state == ItemState():
        advice = "`ferry report` lists what is on record"
        raise SettingsError("no such event is on record", where=event_id, advice=advice)
    if not items.is_item(event_id) or state.outcome is not Outcome.VERIFIED or state.session_id is None:
        raise SettingsError(
            f"is {state.outcome.value}, and streams are added to verified sessions only",
            where=f"event {event_id}",
            advice="`ferry show` tells how it stands",
        )
    return state.session_id
