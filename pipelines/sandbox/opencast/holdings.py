"""What the emulated Opencast holds now: its events in the order of the index, and every file it serves."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

import anyio.to_thread

from pipelines.sandbox.audit import Audit
from pipelines.sandbox.media import Media, SeededMedia, digest
from pipelines.sandbox.opencast.render import asset_path, static_path
from pipelines.sandbox.recordings import Element, Event
from pipelines.sandbox.world import World

PARTS = frozenset({"publications", "metadata"})


@dataclass(frozen=True, slots=True)
class Held:
    """A file on the server, its URL without a signature, and the event that it belongs to."""

    url: str
    event: Event
    element: Element
    media: Media


class Holdings:
    """Events and files; what changes them in a test is here, so that both servers see it at once."""

    def __init__(self, world: World, audit: Audit, checksum_limit: int) -> None:
        self.series = {one.identifier: one for one in world.series}
        self._events = {one.identifier: one for one in world.events}
        self._index: tuple[Event, ...] | None = None
        self._audit = audit
        self._checksum_limit = checksum_limit
        self._checksums: dict[tuple[str, int], str] = {}
        self._broken: dict[str, frozenset[str]] = {}
        self._origins = ("", "")
        self._published: dict[str, Held] = {}
        self._archived: dict[str, Held] = {}

    @property
    def events(self) -> tuple[Event, ...]:
        """All events, as the index has them when nobody asks for an order; the same until one changes."""
        if self._index is None:
            self._index = tuple(self._events.values())
        return self._index

    def event(self, event_id: str) -> Event | None:
        """The event of that identifier."""
        return self._events.get(event_id)

    def published(self, path: str) -> Held | None:
        """The published file at a decoded path."""
        return self._published.get(path)

    def archived(self, path: str) -> Held | None:
        """The archived file at a decoded path."""
        return self._archived.get(path)

    def bind(self, api: str, files: str) -> None:
        """Take note of the origins of both servers, and tell the audit of every file."""
        self._origins = (api, files)
        for event in self.events:
            self._shelve(event)

    def broken(self, event_id: str) -> frozenset[str]:
        """The parts that an event cannot be asked for with; nothing for a sound one."""
        return self._broken.get(event_id, frozenset())

    def touch(self, event_id: str) -> None:
        """Index an event anew: it moves to the end of every list in no order, with a new archive version."""
        event = self._events.pop(event_id)
        self._index = None
        self._events[event_id] = replace(event, archive_version=(event.archive_version or 0) + 1)
        self._shelve(self._events[event_id])

    def edit(self, event_id: str, modified: int, element_id: str | None, size: int | None) -> Element:
        """Publish other bytes at the same URL: by default of an event's first film, of the same size."""
        event = self._events[event_id]
        old = _film(event, element_id)
        media = old.media
        if not isinstance(media, SeededMedia):
            raise TypeError(f"The element {old.identifier} of {event_id} is no seeded film.")
        new = replace(media, key=f"{media.key}'", size=media.size if size is None else size)
        element = replace(old, media=new, modified=max(modified, old.modified + 1))
        self._events[event_id] = event.with_element(element)
        self._index = None
        self._shelve(self._events[event_id])
        return element

    def republish(self, event_id: str, modified: int) -> Element:
        """Publish another film of the same length in place of an event's first one, and of another size.

        It has an id, and so a URL, of its own. The file before it stays where it was, and nothing names it.
        """
        event = self._events[event_id]
        old = _film(event, None)
        if not isinstance(old.media, SeededMedia):
            raise TypeError(f"The first film of {event_id} is no seeded one.")
        media = replace(old.media, key=f"{old.media.key}'", size=old.media.size + 1)
        identifier = str(uuid5(NAMESPACE_URL, old.identifier))
        new = replace(old, identifier=identifier, media=media, modified=max(modified, old.modified + 1))
        self.put(event.with_element(new, old.identifier))
        return new

    def break_event(self, event_id: str, parts: Iterable[str] = PARTS) -> None:
        """Make every reply that renders these parts of an event a 500."""
        self._broken[event_id] = frozenset(parts)

    def put(self, event: Event) -> None:
        """Hold an event as it is now: it is indexed anew, and its archive lies under its version."""
        del self._events[event.identifier]
        self._index = None
        self._events[event.identifier] = event
        self._shelve(event)

    def remove(self, event_id: str, *, published: bool = True) -> None:
        """Delete an event and its files, those that are published only where that is asked for."""
        del self._events[event_id]
        self._index = None
        for shelf in (self._published, self._archived) if published else (self._archived,):
            for path in [path for path, held in shelf.items() if held.event.identifier == event_id]:
                self._audit.forgets(shelf.pop(path).url)

    async def inspect(self, elements: Iterable[Element]) -> None:
        """Compute the checksums that a reply with these elements will tell."""
        for element in elements:
            key = (element.identifier, element.modified)
            if element.media and self._told(element) and key not in self._checksums:
                self._checksums[key] = await anyio.to_thread.run_sync(digest, element.media, "md5")

    def checksum(self, element: Element) -> str:
        """An element's checksum as the API writes it, or "" where nobody computed one."""
        value = self._checksums.get((element.identifier, element.modified), "")
        if value and element.checksum == "wrong":
            value = value[::-1]
        return f"{value} (md5)" if value and element.checksum != "none" else ""

    def _told(self, element: Element) -> bool:
        small = element.media is not None and element.media.size <= self._checksum_limit
        return element.checksum != "none" and small

    def _shelve(self, event: Event) -> None:
        api, files = self._origins
        for one in event.publications:
            for element in one.elements:
                path = static_path(event.identifier, one.channel, element)
                self._put(self._published, event, element, files, path)
        for element in event.archive:
            self._put(self._archived, event, element, api, asset_path(event, element))

    def _put(self, shelf: dict[str, Held], event: Event, element: Element, origin: str, path: str) -> None:
        if element.media is None:
            return
        media = element.media
        old = shelf.get(unquote(path))
        shelf[unquote(path)] = Held(origin + path, event, element, media)
        if old is None or old.media != media:
            sha256 = partial(anyio.to_thread.run_sync, digest, media, "sha256")
            self._audit.serves(event.identifier, origin + path, media.size, sha256)


def _film(event: Event, element_id: str | None) -> Element:
    tracks = [
        track for one in event.publications if one.channel != "internal" for track in one.media if track.media
    ]
    if element_id is None:
        return tracks[0]
    return next(one for one in event.files if one.identifier == element_id)
