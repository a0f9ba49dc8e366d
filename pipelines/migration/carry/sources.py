"""What members are made of: the event and its series at Opencast, and the start of the session."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from engine import Final, ServerFault, Stopping
from pipelines.luminus.model import LectureItem
from pipelines.migration.carry.members import Unable, Wanted, wanted
from pipelines.migration.carry.patch import Make
from pipelines.migration.carry.publish import PublishPolicy
from pipelines.migration.carry.row import Row
from pipelines.opencast.model import Event, Series, Unread
from pipelines.panopto.model import Session


class Events(Protocol):
    """Opencast, as far as it is asked here (pipelines.opencast.client.Opencast)."""

    async def batch(self, identifiers: Iterable[str], *, sign: bool, acl: bool) -> Sequence[Event | Unread]:
        """Read events by name, in the order asked for."""
        ...

    async def series(self, identifier: str) -> Series | None:
        """Read a series, or None where there is none."""
        ...


class Sessions(Protocol):
    """Panopto, for sessions whose start is not on record (pipelines.panopto.client.Panopto)."""

    async def session(self, session_id: str) -> Session | None:
        """Return a session, or None where there is none."""
        ...


class Sources:
    """Reads events many a call, and each series once; `policy` and `presenter` are the operator's word.

    All calls may raise Transient or Stopping errors.
    """

    def __init__(self, events: Events, sessions: Sessions, policy: PublishPolicy, presenter: str) -> None:
        self._events = events
        self._sessions = sessions
        self._policy = policy
        self._presenter = presenter
        self._series: dict[str, Series | None] = {}

    async def events(self, event_ids: Sequence[str]) -> Mapping[str, Event | Unread]:
        """Return events as they are now, with their access lists."""
        try:
            read = await self._events.batch(event_ids, sign=False, acl=True)
        except Stopping:
            raise
        except Final as error:
            # What stands against one event is an answer: this is about none of them.
            raise ServerFault(error.what, where=error.where) from error
        return dict(zip(event_ids, read, strict=True))

    async def making(self, row: Row, event: Event) -> Make:
        """Return what tells of each lecture item of a row what it is to be."""
        series = await self._series_of(event)
        start = await self._start(row, event)

        def make(item: LectureItem) -> Wanted | Unable:
            begins = start or item.start
            if begins is None:
                return Unable("invalid", "neither Panopto nor Opencast knows when it began")
            return wanted(item, event, series, begins, self._policy, self._presenter)

        return make

    async def _series_of(self, event: Event) -> Series | None:
        """Return an event's series; None where it has none, or where this account may not read it."""
        if event.series and event.series not in self._series:
            self._series[event.series] = await self._readable(event.series)
        return self._series.get(event.series)

    async def _readable(self, series_id: str) -> Series | None:
        try:
            return await self._events.series(series_id)
        except Stopping:
            raise
        except Final:
            return None

    async def _start(self, row: Row, event: Event) -> datetime | None:
        """Return when the session starts: by its record, else by Panopto, else by Opencast."""
        if row.start:
            return datetime.fromisoformat(row.start)
        return await self._at_panopto(row.session_id) or event.recorded

    async def _at_panopto(self, session_id: str) -> datetime | None:
        try:
            session = await self._sessions.session(session_id)
        except Stopping:
            raise
        except Final:
            return None
        return session.start_time if session else None
