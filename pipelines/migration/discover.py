"""Finds the events in a list that has no total, shifts while it is read, and breaks where one event does.

Pages overlap, since an event that is deleted meanwhile moves all later ones to the left. The list is read
again until a pass finds nothing new, since an event that is edited may move too. A page that keeps answering
5xx is halved down to the event that breaks it, which is then read by itself.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import structlog

from engine import ServerFault
from pipelines.migration.select import Wanted
from pipelines.opencast.client import BATCH
from pipelines.opencast.filters import can_filter
from pipelines.opencast.model import Event, Me, Unread

PAGE = 100
OVERLAP = 10
PASSES = 5
"""After so many passes over a list that never holds still, what was found is enough for one run."""

PAGES = 10_000
"""After so many pages of one pass, most of a million events, a list is taken to have no end."""

BROKEN_IN_A_ROW = 10
"""So many places in a row that cannot be read are no bad events but a server that cannot list."""

Found = Event | Unread

log = structlog.get_logger(__name__)


class Lists(Protocol):
    """Lists of events, and events by name (pipelines.opencast.client.Opencast has them)."""

    async def page(
        self, offset: int, limit: int, *, series: str = "", publications: bool = True
    ) -> list[Found]:
        """Read `limit` events from the place `offset` on, of one series or of all.

        Without `publications` the names are enough.
        """
        ...

    async def batch(self, identifiers: Sequence[str], *, sign: bool) -> list[Found]:
        """Read events by name, in the order asked for."""
        ...

    async def read(self, identifier: str) -> Found:
        """Read one event; what stands against it alone is an answer, and no error."""
        ...

    async def me(self) -> Me:
        """Tell who the account is; raises where the server as a whole is at fault."""
        ...


def discover(opencast: Lists, wanted: Wanted) -> AsyncIterator[Found]:
    """Yield each wanted event once, about oldest first, and what cannot be read.

    Raises AccountRefused, or the Transient error of a server that is down. Remembers identifiers only.
    """
    return Discovery(opencast).events(wanted)


class Discovery:
    """One reading of the lists, of at most `pages` a pass; `seen` are the identifiers that were yielded."""

    def __init__(self, opencast: Lists, *, pages: int = PAGES) -> None:
        self.seen: set[str] = set()
        self._opencast = opencast
        self._pages = pages
        self._broken = 0

    async def events(self, wanted: Wanted) -> AsyncIterator[Found]:
        """Yield the events named, then those of each series, or else all."""
        async for event in self._named(sorted(one for one in wanted.events if one)):
            yield event
        for series in self._lists(wanted):
            async for event in self._list(series):
                yield event

    def _lists(self, wanted: Wanted) -> Sequence[str]:
        """Return the series to list; an empty one is the list of all events, which select goes through."""
        if wanted.everything or any(one and not can_filter(one) for one in wanted.series):
            return [""]
        return sorted(one for one in wanted.series if one)

    async def _named(self, identifiers: Sequence[str]) -> AsyncIterator[Found]:
        for start in range(0, len(identifiers), BATCH):
            for found in await self._opencast.batch(identifiers[start : start + BATCH], sign=False):
                if self._is_new(found):
                    yield found

    async def _list(self, series: str) -> AsyncIterator[Found]:
        """Yield the events of one list, read until a pass brings nothing new."""
        nameless: list[Unread] = []
        for number in range(PASSES):
            before = len(self.seen)
            nameless.clear()
            try:
                async for found in self._pass(series, bare=number > 0):
                    if isinstance(found, Unread) and not found.identifier:
                        nameless.append(found)
                    elif self._is_new(found):
                        yield found
            except ServerFault:
                if number > 0:
                    raise
                continue  # The bare list may tell the events whose publications Opencast cannot.
            if number > 0 and len(self.seen) == before:
                break
        else:
            log.warning("the list of events changes faster than it is read", series=series, passes=PASSES)
        for unread in nameless:
            yield unread

    async def _pass(self, series: str, *, bare: bool) -> AsyncIterator[Found]:
        """Yield what the pages of one pass hold, up to a page that adds no name.

        A short page is no end: it may have been cut by a fault. A bare pass asks for the identifiers alone,
        and reads what is new by name.
        """
        met: set[str] = set()
        for number in range(self._pages):
            page = await self._span(series, number * (PAGE - OVERLAP), PAGE, bare)
            fresh = [one for one in page if one.identifier not in met]
            for one in fresh:
                yield await self._read(one) if bare else one
            names = {one.identifier for one in fresh if one.identifier}
            if not names:
                return
            met |= names
        log.warning("the list of events does not end", series=series, pages=self._pages)

    async def _read(self, listed: Found) -> Found:
        if not listed.identifier or listed.identifier in self.seen:
            return listed
        return await self._opencast.read(listed.identifier)

    async def _span(self, series: str, offset: int, limit: int, bare: bool) -> list[Found]:
        """Read so many places of the list, in halves where that fails."""
        try:
            page = await self._opencast.page(offset, limit, series=series, publications=not bare)
        except ServerFault as error:
            if limit == 1:
                return [self._lone(offset, error)]
            if limit == PAGE:
                await self._opencast.me()  # Raises where the server as a whole is at fault.
            half = limit // 2
            left = await self._span(series, offset, half, bare)
            return left + await self._span(series, offset + half, limit - half, bare)
        self._broken = 0
        return page

    def _lone(self, offset: int, error: ServerFault) -> Unread:
        """Pass over the event that breaks the list; the bare pass will tell its name."""
        self._broken += 1
        if self._broken > BROKEN_IN_A_ROW:
            raise error
        return Unread("", "unreadable", f"the event at place {offset} of the list cannot be read: {error}")

    def _is_new(self, found: Found) -> bool:
        new = found.identifier not in self.seen
        self.seen.add(found.identifier)
        return new
