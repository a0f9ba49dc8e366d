"""Both ends of future bookings in memory: events with their scheduling, and a VALT.

A site outlives the processes that work at it: `run` is one process, from its start to its end.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from engine import Drain
from fakes.memory_journal import MemoryJournal
from fakes.memory_valt import NOW, MemoryValt, schedule
from fakes.migration_site import Fuse
from pipelines.opencast.model import Event, Scheduling
from pipelines.schedules.events import Found
from pipelines.schedules.pipeline import Done, Schedules
from pipelines.schedules.planner import SchedulePlan, SchedulePlanner, ScheduleRules
from pipelines.schedules.verdict import Tables, Terms
from pipelines.tables import Named
from pipelines.valt.model import Share

AT = "https://valt.example"
ROOMS = {"agent-1": Named("39"), "agent-2": Named("40")}


def event(identifier: str, *, begins: float = 86_400, lasts: float = 3600, **fields: Any) -> Event:
    """Return an event that begins so many seconds from now and is recorded by the first agent."""
    start = datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=begins)
    scheduling = Scheduling(fields.pop("agent", "agent-1"), start, start + timedelta(seconds=lasts))
    facts = {"title": "Lecture", "status": "SCHEDULED", "scheduling": scheduling, **fields}
    return Event(identifier, **facts)


class BookingSite:
    """Events and the tables that lead from them to VALT's schedules."""

    def __init__(self, *events: Found, valt: MemoryValt | None = None, **leads: str) -> None:
        self.events = list(events)
        self.valt = valt or MemoryValt(schedule("1"), schedule("2", start_at=NOW + 200_000))
        self.journal = MemoryJournal()
        self.terms = Terms()
        self.table = {name: Named(identifier) for name, identifier in leads.items()}
        self.fields: dict[str, str] = {}
        self.shares: dict[str, Share] | None = None
        self.whole = True
        self.at = AT
        self.drain = Drain()
        self.sleeps: list[float] = []
        self.told: list[Any] = []

    @property
    def rules(self) -> ScheduleRules:
        """By what is decided."""
        return ScheduleRules(self.at, Tables(ROOMS, self.table, self.fields, self.shares), self.terms)

    async def found(self) -> AsyncIterator[Found]:
        """Give the events."""
        for one in self.events:
            yield one

    async def plan(self) -> SchedulePlan:
        """Make a plan, which sends nothing."""
        planner = SchedulePlanner(self.valt, self.rules, self.journal.history)  # type: ignore[arg-type]
        return await planner.plan(self.found(), whole=self.whole)

    def schedules(self) -> Schedules:
        """Return what a process is made of."""

        async def sleep(seconds: float) -> None:
            self.sleeps.append(seconds)

        return Schedules(
            self.valt,  # type: ignore[arg-type]
            self.rules,
            self.journal,
            self.found,
            whole=self.whole,
            drain=self.drain,
            tries=3,
            observer=self.told.append,
            sleep=sleep,
        )

    async def run(self, *, ends_at: int | None = None) -> Done:
        """Be one process, which may end at a moment."""
        self.valt.fuse = Fuse(ends_at)
        return await self.schedules().run()

    async def ends(self) -> dict[str, tuple[str, str | None]]:
        """Run, and return outcome and reason of each event."""
        done = await self.run()
        return {
            one.verdict.event_id: (one.end.outcome.value, one.end.reason) for one in done.entries if one.end
        }
