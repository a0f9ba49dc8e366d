"""Tells the engine late where a track of an event can be read: the port `Locator`, made from Opencast.

An address may be signed, and the clock of a signature starts when its event is asked for. So it is asked
for just before it is needed, and again before it runs out. Many parts of a file, and both streams of an
event, ask at once; one call to Opencast answers them all.
"""

import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import anyio
import orjson

from engine import Changed, FerryError, Gone, Location, Source
from pipelines.opencast.client import Opencast
from pipelines.opencast.model import Event

LEAST_LEFT = 60.0
"""Seconds that an address must still hold, or a quarter of its lifetime where that is less."""


class EventLocator:
    """Locates tracks by event (`source.group`) and key (`source.name`).

    It remembers the addresses of at most `keep` events, the last ones asked for. `clock` is in seconds since
    the epoch. Credentials go to the files only where `file_credentials` says so, and to the API's own origin.
    """

    def __init__(
        self,
        opencast: Opencast,
        *,
        file_credentials: bool = False,
        keep: int = 256,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._opencast = opencast
        self._headers = opencast.credentials if file_credentials else ()
        self._keep = keep
        self._clock = clock
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Tell where to read a track; `refused` is an address that no longer works.

        Raises Gone where Opencast has no such event or publishes nothing of it any more, Changed where it
        publishes other tracks now, Unreadable or a Transient error where it cannot tell.
        """
        shelf = self._shelf(source.group)
        flights = shelf.flights
        async with shelf.turn:
            location = shelf.locations.get(source.name)
            if location is not None and self._serves(location, shelf.fetched, refused):
                return location
            if shelf.flights == flights:
                await self._fetch(source.group, shelf)
            return shelf.found(source)

    def learn(self, event: Event) -> None:
        """Take the addresses of an event that was read, signed, a moment ago."""
        self._shelf(event.identifier).fill(self._locations(event), self._clock())

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
            event = await self._opencast.event(identifier, sign=True)
        except FerryError as error:
            shelf.fail(error)
        else:
            shelf.fill(self._locations(event), self._clock())

    def _locations(self, event: Event) -> dict[str, Location]:
        return {
            track.key: self._location(track.url)
            for publication in event.public
            for track in publication.tracks
            if track.url
        }

    def _location(self, url: str) -> Location:
        own = bool(self._headers) and origin(url) == origin(self._opencast.base)
        return Location(url, expiry(url), self._headers if own else ())


@dataclass(slots=True)
class _Shelf:
    """The addresses of one event, and the turn in which its next flight is made."""

    turn: anyio.Lock = field(default_factory=lambda: anyio.Lock(fast_acquire=True))
    flights: int = 0
    fetched: float = 0.0
    locations: Mapping[str, Location] = field(default_factory=dict)
    error: FerryError | None = None

    def fill(self, locations: Mapping[str, Location], now: float) -> None:
        self.flights += 1
        self.fetched, self.locations, self.error = now, locations, None

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
