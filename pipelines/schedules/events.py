"""The events whose booking matters: of a long list those that are still to be recorded, and those named.

A list of all events is mostly history: what is over is counted and not kept.
"""

from collections import Counter
from collections.abc import AsyncIterator, Container, Sequence
from dataclasses import dataclass, field, replace

from engine import Gone, Unreadable
from pipelines.opencast.client import Opencast
from pipelines.opencast.model import Event, Me, Unread
from pipelines.schedules.convert import epoch
from pipelines.schedules.judge import scheduling_of

Found = Event | Unread

UNNAMED = "(unnamed)"
NAMELESS = "nameless"


class ScheduledLists:
    """Opencast's lists of events, with their scheduling in place of their publications.

    With `acl`, they tell who may read as well.
    """

    def __init__(self, opencast: Opencast, *, acl: bool = False) -> None:
        self._opencast = opencast
        self._acl = acl

    async def page(
        self, offset: int, limit: int, *, series: str = "", publications: bool = True
    ) -> list[Found]:
        """Read a page of a list; a bare one, without `publications`, has no scheduling either."""
        return await self._opencast.page(
            offset,
            limit,
            series=series,
            publications=False,
            scheduling=publications,
            acl=self._acl and publications,
        )

    async def batch(self, identifiers: Sequence[str], *, sign: bool) -> list[Found]:
        """Read events by name."""
        return [
            await self._told(one) for one in await self._opencast.batch(identifiers, sign=sign, acl=self._acl)
        ]

    async def read(self, identifier: str) -> Found:
        """Read one event."""
        return await self._told(await self._opencast.read(identifier, acl=self._acl))

    async def me(self) -> Me:
        """Tell who the account is."""
        return await self._opencast.me()

    async def _told(self, found: Found) -> Found:
        """Add the scheduling of an event that was read by itself."""
        if isinstance(found, Unread):
            return found
        try:
            return replace(found, scheduling=await self._opencast.scheduling(found.identifier))
        except (Gone, Unreadable) as error:
            return Unread(found.identifier, error.code, str(error))


@dataclass(slots=True)
class Upcoming:
    """What was found: events that are kept, and how many were left, by the reason."""

    kept: list[Found] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)

    def take(self, found: Found, now: float, named: Container[str]) -> None:
        """Keep what is still to be recorded at `now` (epoch seconds), unread, or `named`."""
        if isinstance(found, Unread):
            self._unread(found)
        elif found.identifier in named:
            self.kept.append(found)
        elif (scheduling := scheduling_of(found)) is None:
            self.left["not_scheduled"] += 1
        elif epoch(scheduling.end) <= now:
            self.left["past"] += 1
        else:
            self.kept.append(found)

    def _unread(self, found: Unread) -> None:
        """Keep it; those that break every list, so that they have no name, are kept as one."""
        if found.identifier:
            self.kept.append(found)
            return
        if not self.left[NAMELESS]:
            self.kept.append(replace(found, identifier=UNNAMED))
        self.left[NAMELESS] += 1


async def upcoming(found: AsyncIterator[Found], now: float, named: Container[str]) -> Upcoming:
    """Go through all events once."""
    seen = Upcoming()
    async for one in found:
        seen.take(one, now, named)
    return seen
