"""Tells the engine late where a file of an event can be read: the port `Locator`, made from Opencast.

An address may be signed, and the clock of a signature starts when its event is asked for. So it is asked
for just before it is needed, and again before it runs out. Many parts of a file, and all files of an event,
ask at once; one call to Opencast answers them all. What the search service tells is unsigned: each such
address is signed by a call of its own when it is first needed.
"""

import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

import anyio
import orjson

from engine import Changed, FerryError, Gone, Location, Source
from pipelines.opencast.client import Opencast
from pipelines.opencast.fallback import Fallback
from pipelines.opencast.model import ARCHIVE, SEARCH, Element, Event, Publication, Track

LEAST_LEFT = 60.0
"""Seconds that an address must still hold, or a quarter of its lifetime where that is less."""


class EventLocator:
    """Locates tracks, attachments and catalogues by event (`source.group`) and key (`source.name`).

    It remembers the addresses of at most `keep` events, the last ones asked for. `clock` is in seconds since
    the epoch. Credentials go to the files only where `file_credentials` says so, and to the API's own origin.
    """

    def __init__(
        self,
        opencast: Opencast,
        *,
        fallback: Fallback | None = None,
        file_credentials: bool = False,
        keep: int = 256,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._opencast = opencast
        self._fallback = fallback or Fallback(opencast, search=False)
        self._file_credentials = file_credentials
        self._keep = keep
        self._clock = clock
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Tell where to read a file; `refused` is an address that no longer works.

        Raises Gone where Opencast has no such event or publishes nothing of it any more, Changed where it
        publishes other files now, Unreadable or a Transient error where it cannot tell.
        """
        shelf = self._shelf(source.group)
        flights = shelf.flights
        async with shelf.turn:
            await self._sign(shelf, source.name)
            location = shelf.locations.get(source.name)
            if location is not None and self._serves(location, shelf.fetched, refused):
                return location
            if shelf.flights == flights:
                await self._fetch(source.group, shelf)
                await self._sign(shelf, source.name)
            return shelf.found(source)

    def learn(self, event: Event) -> None:
        """Take the addresses of an event that was read, signed, a moment ago."""
        self._put(event, self._shelf(event.identifier))

    def _shelf(self, identifier: str) -> "_Shelf":
        shelf = self._shelves.setdefault(identifier, _Shelf())
        self._shelves.move_to_end(identifier)
        while len(self._shelves) > self._keep:
            self._shelves.popitem(last=False)
        return shelf

    def _serves(self, location: Location, fetched: float, refused: Location | None) -> bool:
        if refused is not None and refused.url == location.url:
            return False
        return is_fresh(location, fetched, self._clock())

    async def _fetch(self, identifier: str, shelf: "_Shelf") -> None:
        """Ask Opencast; its error, too, is the answer for all who wait."""
        try:
            event = await self._fallback.completed(await self._opencast.event(identifier, sign=True))
        except FerryError as error:
            shelf.fail(error)
        else:
            self._put(event, shelf)

    def _put(self, event: Event, shelf: "_Shelf") -> None:
        """Keep the addresses of an event; of a file in several publications the first one's."""
        locations: dict[str, Location] = {}
        unsigned: set[str] = set()
        for publication in event.public:
            for key, location in self._locations(publication):
                if key not in locations:
                    locations[key] = location
                    unsigned |= {key} if publication.channel == SEARCH else set()
        shelf.fill(locations, unsigned, self._clock())

    async def _sign(self, shelf: "_Shelf", key: str) -> None:
        """Sign an address that came unsigned, once; it runs out as those do that came signed."""
        if key in shelf.unsigned:
            location = shelf.locations[key]
            url = await self._fallback.signed(location.url)
            shelf.locations[key] = replace(location, url=url, expires=expiry(url))
            shelf.unsigned.discard(key)

    def _locations(self, publication: Publication) -> Iterator[tuple[str, Location]]:
        files: tuple[Track | Element, ...] = (*publication.tracks, *publication.elements)
        for one in files:
            if one.url:
                wanted = self._file_credentials or publication.channel == ARCHIVE
                own = wanted and origin(one.url) == origin(self._opencast.base)
                headers = self._opencast.credentials if own else ()
                yield one.key, Location(one.url, expiry(one.url), headers)


@dataclass(slots=True)
class _Shelf:
    """The addresses of one event, and the turn in which its next flight is made."""

    turn: anyio.Lock = field(default_factory=lambda: anyio.Lock(fast_acquire=True))
    flights: int = 0
    fetched: float = 0.0
    locations: dict[str, Location] = field(default_factory=dict)
    unsigned: set[str] = field(default_factory=set)
    error: FerryError | None = None

    def fill(self, locations: dict[str, Location], unsigned: set[str], now: float) -> None:
        self.flights += 1
        self.locations, self.unsigned = locations, unsigned
        self.fetched, self.error = now, None

    def fail(self, error: FerryError) -> None:
        self.flights += 1
        self.error = error

    def found(self, source: Source) -> Location:
        """Return what the last flight brought, or raise what it says."""
        if self.error is not None:
            raise self.error
        location = self.locations.get(source.name)
        if location is not None:
            return location
        where = f"event {source.group}"
        if not self.locations:
            raise Gone("nothing of it is published any more", where=where)
        raise Changed(
            "the file is no longer published, others are",
            where=where,
            advice="run again to move the new ones",
        )


def is_fresh(location: Location, fetched: float, now: float) -> bool:
    """Tell whether an address holds long enough; all times in seconds since the epoch."""
    if location.expires is None:
        return True
    return location.expires - now >= min(LEAST_LEFT, (location.expires - fetched) / 4)


def expiry(url: str) -> float | None:
    """Return when a signed address runs out, in seconds since the epoch, or None where it does not say.

    Opencast's signature names it in the parameter `policy`: base64 of JSON with Statement, Condition,
    DateLessThan in milliseconds (opencast/opencast, urlsigning-common, Policy.java).
    """
    try:
        policy = parse_qs(urlsplit(url).query).get("policy", [""])[0]
        document = orjson.loads(base64.urlsafe_b64decode(policy + "=" * (-len(policy) % 4)))
        moment = document["Statement"]["Condition"]["DateLessThan"]
    except (binascii.Error, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
    return moment / 1000 if isinstance(moment, int | float) else None


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what credentials are bound to; what is no URL is an origin of its own."""
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError:
        return "", url, None
    return address.scheme, address.hostname or "", port or {"https": 443, "http": 80}.get(address.scheme)
