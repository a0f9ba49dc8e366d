"""Looks elsewhere for the files of an event of which no publication for viewers names one.

::

    publications ── none usable ──> search service ── none usable ──> archive, where that is allowed
     (the API)                      (engage-player, as before 11.3)    (uncut, with its cut list)

An event that has a film costs no call. What is found is one more publication of it, with a channel of ours;
where a service does not answer this account, that publication has no files and says so.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from engine import Refused, ServerFault, Unreadable
from pipelines.opencast.model import ARCHIVE, SEARCH, Event, Me, Publication, Unread
from pipelines.opencast.usable import is_live, is_usable


class Elsewhere(Protocol):
    """The services beside the API (pipelines.opencast.client.Opencast has them)."""

    async def searched(self, identifier: str) -> Publication | None:
        """Return what the search service has of an event. Raises Refused or Unreadable."""
        ...

    async def archived(self, identifier: str) -> Publication | None:
        """Return what the archive has of an event, its cut list too. Raises Refused or Unreadable."""
        ...

    async def sign(self, url: str) -> str:
        """Return a file's address with a signature where it takes one. Raises Refused."""
        ...

    async def me(self) -> Me:
        """Tell who the account is; raises where the server as a whole is at fault."""
        ...


class Fallback:
    """Completes events; `search` and `archive` are whether these may be asked."""

    def __init__(self, elsewhere: Elsewhere, *, search: bool = True, archive: bool = False) -> None:
        self._elsewhere = elsewhere
        self._search = search
        self._archive = archive

    async def completed(self, event: Event) -> Event:
        """Return an event with what is found elsewhere of it. Raises Gone or a Transient error."""
        if not event.public:
            return event  # Nobody published it: where its files lie makes it no more public.
        if self._search and lacks_files(event):
            event = await self._with(event, SEARCH, self._elsewhere.searched)
        if self._archive and lacks_files(event):
            event = await self._with(event, ARCHIVE, self._elsewhere.archived)
        return event

    async def whole(self, found: Event | Unread) -> Event | Unread:
        """Return what was found, an event completed; a fault of this event alone leaves it unread."""
        if isinstance(found, Unread):
            return found
        try:
            return await self.completed(found)
        except ServerFault as error:
            await self._elsewhere.me()  # Raises where it is not the event, but the server as a whole.
            return Unread(found.identifier, "unreadable", str(error))

    async def signed(self, url: str) -> str:
        """Return an address that the search service told, signed where it takes a signature.

        Most sites sign nothing, so an account that may not sign is no fault before a file refuses it.
        """
        try:
            return await self._elsewhere.sign(url)
        except Refused:
            return url

    async def _with(
        self, event: Event, channel: str, ask: Callable[[str], Awaitable[Publication | None]]
    ) -> Event:
        try:
            found = await ask(event.identifier)
        except (Refused, Unreadable) as error:
            found = Publication("", channel, refused=f"the {channel} cannot be read: {error}")
        return event if found is None else replace(event, publications=(*event.publications, found))


def lacks_files(event: Event) -> bool:
    """Tell whether an event is ready, and no publication for viewers names a file of it."""
    if event.under_way or is_live(event):
        return False
    return not any(is_usable(track) for one in event.public for track in one.tracks)
