"""On which hosts the files lie that would be moved, and which of these the settings do not allow."""

from collections import Counter
from collections.abc import AsyncIterator

from engine import Allowed, host_of, permitted, place_of
from pipelines.items import Outcome
from pipelines.migration.planning import Left, Row, Rules
from pipelines.migration.select import Selected, select
from pipelines.opencast.model import Event, Unread


class ForeignHosts:
    """Notes the files of events as they pass, and leaves those events out that have one elsewhere."""

    def __init__(self, allowed: Allowed, rules: Rules) -> None:
        self._allowed = allowed
        self._rules = rules
        self._hosts: Counter[str] = Counter()
        self._events: set[str] = set()

    async def noting(self, found: AsyncIterator[Event | Unread]) -> AsyncIterator[Event | Unread]:
        """Pass events on, and note the hosts of their files."""
        async for one in found:
            if isinstance(one, Event) and (foreign := self._foreign(one)):
                self._events.add(one.identifier)
                self._hosts.update(foreign)
            yield one

    async def without(self, decided: AsyncIterator[Row | Left]) -> AsyncIterator[Row | Left]:
        """Pass decisions on; an event that has a file elsewhere cannot be moved as things are."""
        async for one in decided:
            if isinstance(one, Row) and one.event_id in self._events:
                yield Left(
                    one.event_id, Outcome.PERMANENT, "not_allowed", "", one.title, one.series, one.date
                )
            else:
                yield one

    @property
    def problems(self) -> list[str]:
        """A sentence a host, the one with most events first."""
        return [
            f"network.hosts: the files of {count} events lie at {host}, which is not named there"
            for host, count in self._hosts.most_common()
        ]

    def _foreign(self, event: Event) -> set[str]:
        selected = select(event, self._rules.wanted, self._rules.channels)
        if not isinstance(selected, Selected):
            return set()
        taken = {one.track for one in selected.streams}
        urls = (one.url for of in event.public for one in of.tracks if one.key in taken)
        return {host_of(url) for url in urls if not self._is_allowed(url)}

    def _is_allowed(self, url: str) -> bool:
        place = place_of(url)
        return place is not None and permitted(place, self._allowed)
