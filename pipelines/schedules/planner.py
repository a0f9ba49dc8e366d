"""Makes the plan of a run over VALT's schedules. Reads both systems, and sends nothing but the login."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine import Record
from pipelines.opencast.model import Event
from pipelines.schedules import records
from pipelines.schedules.details import about_fields, about_sharing
from pipelines.schedules.events import Found, upcoming
from pipelines.schedules.reconcile import bounded, reconcile
from pipelines.schedules.records import ScheduleState
from pipelines.schedules.verdict import Site, Tables, Terms, Verdict
from pipelines.valt.client import Valt
from pipelines.valt.model import Listing

History = Callable[[str], Sequence[Record]]
"""The live records of a subject of the checkpoint, oldest first."""


@dataclass(frozen=True, slots=True)
class ScheduleRules:
    """By what bookings are decided upon; `at` is VALT's address."""

    at: str
    tables: Tables
    terms: Terms


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """The verdicts, what they were made from, and what the operator should mend.

    `left` counts events that are over or not scheduled, by the reason; they have no verdict of their own.
    """

    verdicts: tuple[Verdict, ...]
    site: Site
    events: Mapping[str, Found] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)
    problems: tuple[str, ...] = ()


class SchedulePlanner:
    """Looks at both systems."""

    def __init__(self, valt: Valt, rules: ScheduleRules, history: History) -> None:
        self._valt = valt
        self._rules = rules
        self._history = history

    async def plan(self, found: AsyncIterator[Found], *, whole: bool) -> SchedulePlan:
        """Judge the events. `whole` tells whether every event of Opencast is among them.

        Raises Stopping and Transient errors.
        """
        tables = self._rules.tables
        rooms = await self._valt.rooms()
        seen = await upcoming(found, self._valt.now(), tables.schedules)
        listing = await self._valt.schedules()
        overlaps = await self._valt.overlaps()
        templates = await self._valt.templates() if tables.fields else None
        site = Site(rooms, listing.schedules, self._valt.now(), overlaps, listing.unreadable, templates)
        judged = reconcile(seen.kept, tables, site, self._rules.terms, self.state, whole=whole)
        events = {one.identifier: one for one in seen.kept}
        known = [one for one in seen.kept if isinstance(one, Event)]
        about = bounded([*about_fields(tables.fields, templates), *about_sharing(known, tables.shares)])
        return SchedulePlan(judged.verdicts, site, events, seen.left, (*judged.problems, *about))

    def state(self, event_id: str) -> ScheduleState:
        """Return what the checkpoint says of an event's schedule."""
        return records.fold(self._history(records.subject(event_id)), self._rules.at)


def site_now(site: Site, listing: Listing, now: float) -> Site:
    """Return VALT with its schedules as they were read again."""
    return replace(
        site, schedules=listing.schedules, now=now, overlaps=listing.overlaps, unreadable=listing.unreadable
    )
