"""Reads events again just before they are shipped: many a call, their files signed, their rights told."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio

from engine import Gone, Unreadable
from pipelines.opencast.client import Opencast
from pipelines.opencast.fallback import Fallback
from pipelines.opencast.locate import EventLocator
from pipelines.opencast.model import Event, Unread

SIZE = 10
FRESH = 300.0
"""Seconds that a reading may wait for its turn before the event is read again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An event as it was read, or why it could not be, and when."""

    found: Event | Unread
    at: float


class Batches:
    """Gives each event of a plan once, as it is now; the locator learns its signed addresses.

    `fallback` finds what its own publications do not name.
    """

    def __init__(
        self,
        opencast: Opencast,
        locator: EventLocator,
        *,
        fallback: Fallback | None = None,
        size: int = SIZE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opencast = opencast
        self._locator = locator
        self._fallback = fallback or Fallback(opencast, search=False)
        self._size = size
        self._clock = clock
        self._plan: Sequence[str] = ()
        self._places: dict[str, int] = {}
        self._readings: dict[str, Reading] = {}
        self._reached = -1
        self._turn = anyio.Lock(fast_acquire=True)

    def follow(self, plan: Sequence[str]) -> None:
        """Take the order in which events will be asked for."""
        self._plan = plan
        self._places = {event_id: place for place, event_id in enumerate(plan)}
        self._reached = -1

    async def event(self, event_id: str) -> Event:
        """Return an event. Raises Gone, Unreadable, or a Transient error."""
        async with self._turn:
            reading = self._readings.pop(event_id, None)
            if reading is None or self._clock() - reading.at > FRESH:
                await self._read(event_id)
                reading = self._readings.pop(event_id)
        if isinstance(reading.found, Event):
            return reading.found
        kind = Gone if reading.found.reason == "gone" else Unreadable
        raise kind(reading.found.why)

    async def _read(self, event_id: str) -> None:
        """Read an event, and with it those after it that were not read yet."""
        place = self._places.get(event_id, len(self._plan))
        first = max(place, self._reached) + 1
        asked = [event_id, *self._plan[first : place + self._size]]
        read = await self._opencast.batch(asked, sign=True, acl=True)
        self._readings = {
            name: one for name, one in self._readings.items() if self._clock() - one.at <= FRESH
        }
        for asked_for, listed in zip(asked, read, strict=True):
            found = await self._fallback.whole(listed)
            self._readings[asked_for] = Reading(found, self._clock())
            if isinstance(found, Event):
                self._locator.learn(found)
        self._reached = max(self._reached, *(self._places.get(one, -1) for one in asked))
