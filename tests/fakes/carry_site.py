"""What the carrying stage stands between, in memory and virtual time: LumiNUS, Opencast, Panopto, a journal.

A site outlives the processes that work at it: `carry` gives a new one, which knows the journal alone.
"""

from collections.abc import Callable, Sequence
from typing import Any

import anyio
import anyio.lowlevel

from engine import FerryError, Record
from fakes.memory_journal import MemoryJournal
from fakes.memory_luminus import MemoryLuminus, MemoryOpencast
from fakes.migration_site import WHEN, lecture
from pipelines import items
from pipelines.items import ItemState
from pipelines.luminus.model import LectureItem
from pipelines.migration.carry.publish import PublishPolicy
from pipelines.migration.carry.stage import Carry
from pipelines.migration.ends import End, end_record
from pipelines.opencast.model import Grant
from pipelines.panopto.model import Session

POLICY = PublishPolicy(student_roles=("ROLE_USER",))
READABLE = (Grant("ROLE_USER", "read", allow=True),)


class Panopto:
    """Tells sessions; `asked` are those it was asked for."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.asked: list[str] = []
        self.failures: list[FerryError] = []

    async def session(self, session_id: str) -> Session | None:
        """Show a session."""
        await anyio.lowlevel.checkpoint()
        self.asked.append(session_id)
        if self.failures:
            raise self.failures.pop(0)
        return self.sessions.get(session_id)


class CarrySite:
    """Modules m1, m2, ... for series s1, s2, ..., and items whose sessions are right."""

    def __init__(self, modules: int = 1) -> None:
        self.luminus = MemoryLuminus(now=anyio.current_time)
        self.opencast = MemoryOpencast()
        self.panopto = Panopto()
        self.journal = MemoryJournal()
        self.modules = {f"s{number}": f"m{number}" for number in range(1, modules + 1)}
        self.ends: dict[str, End] = {}
        self.kept: list[tuple[float, str]] = []
        self.told: list[object] = []
        for module_id in self.modules.values():
            self.luminus.module(module_id)

    async def right(
        self, *event_ids: str, series: str = "s1", start: str | None = WHEN.isoformat(), **facts: Any
    ) -> None:
        """Have items whose sessions are right; `facts` are those of their events."""
        for event_id in event_ids:
            fields = {"series": series, "presenters": ("Ada",), "acl": READABLE, **facts}
            self.opencast.events[event_id] = lecture(event_id, **fields)
            await self.journal.append(items.planned(event_id, estimate=None, series=series, folder_id="f"))
            await self.journal.append(items.right(event_id, session(event_id).upper(), start))

    async def there(self, *event_ids: str, series: str = "s1", **facts: Any) -> None:
        """Have items whose sessions are right, and whose lecture items are there."""
        await self.right(*event_ids, series=series, **facts)
        for event_id in event_ids:
            self.luminus.lecture(self.modules[series], session(event_id))

    def carry(self, **settings: Any) -> Carry:
        """Begin a process."""
        observer: Any = self.told.append
        facts: dict[str, Any] = {"modules": self.modules, "policy": POLICY, "presenter": "", "wait": 60.0}
        return Carry(
            self.luminus,
            self.opencast,
            self.panopto,
            self.journal,
            observer=observer,
            clock=anyio.current_time,
            **{**facts, **settings},
        )

    async def run(self, *event_ids: str, **settings: Any) -> Carry:
        """Carry items, or all that are not settled, in a process of its own."""
        carry = self.carry(**settings)
        for event_id in event_ids or self.due():
            await self.reopen(event_id)
            carry.take(event_id)
        carry.finish()
        await carry.run(self.keep)
        return carry

    def due(self) -> list[str]:
        """Return the items that a run takes up."""
        return [name for name in self.opencast.events if not self.state(name).settled(carries=True)]

    async def reopen(self, event_id: str) -> None:
        """Open an item that ended, as the migration does."""
        state = self.state(event_id)
        if state.ended is not None and state.right is not None:
            right = state.right
            await self.journal.append(items.right(event_id, right["session_id"], right.get("start")))

    async def keep(self, event_id: str, end: End) -> None:
        """Write an item's end, as the migration does."""
        await self.journal.append(end_record(event_id, self.state(event_id), end))
        self.ends[event_id] = end
        self.kept.append((anyio.current_time(), event_id))

    def state(self, event_id: str) -> ItemState:
        """Return the state of an item."""
        return items.fold(self.journal.history(event_id))

    def outcomes(self) -> dict[str, tuple[str, str | None]]:
        """Return outcome and reason of each item."""
        states = {name: self.state(name) for name in self.opencast.events}
        return {name: (state.outcome.value, state.reason) for name, state in states.items()}

    def records(self) -> dict[str, Sequence[Record]]:
        """Return what is on record of each item."""
        return {name: self.journal.history(name) for name in self.opencast.events}

    def item(self, event_id: str) -> LectureItem:
        """Return the lecture item of an item, as LumiNUS holds it."""
        return self.luminus.held[f"li-{session(event_id)}"].item

    def looks(self) -> list[float]:
        """Return when lists were read, in seconds from the first."""
        times = [at for at, call, _ in self.luminus.seen if call == "items"]
        return [round(at - times[0], 3) for at in times]


def session(event_id: str) -> str:
    """Return the session of an event, in lower case."""
    return f"session-{event_id}"


Fault = Callable[[str, str], FerryError | None]


def first(call: str, *errors: FerryError) -> Fault:
    """Return a fault of the first calls of that name."""
    left = list(errors)
    return lambda name, _: left.pop(0) if name == call and left else None
