"""Marks events at Opencast as moved, and takes marks away again.

Each event is looked at before and after: what is there already is not written again, and an answer that is
lost is asked for at the event itself. Without a journal nothing is written.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

import anyio

from engine import FerryError, Record, RetryPolicy, ServerFault, Stopping, Transient, retrying
from pipelines import items, sources
from pipelines.app.reconciliation import Books
from pipelines.app.source.asked import ACTIVE, Asked, Fate, Told, close
from pipelines.opencast.client import Opencast
from pipelines.opencast.marks import Mark, RoleMark, Standing
from pipelines.opencast.model import Event, Unread
from pipelines.opencast.writing import ACL_DELETE, ACL_EDIT, METADATA_EDIT, Writing
from pipelines.recheck.each import each

AT_ONCE = 4
"""Events that are written at once: each write makes Opencast keep a new version of all that it has of one."""


Act = Callable[[str, Sequence[Record]], Awaitable[Told]]
"""What is done to one event, by its id and its records."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as it stands towards a mark."""

    event: Event
    standing: Standing


@dataclass(frozen=True, slots=True)
class Marker:
    """Sets one mark, or takes it away."""

    opencast: Opencast
    writing: Writing
    mark: Mark
    books: Books
    policy: RetryPolicy
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    async def mark_all(self, asked: Asked) -> list[Told]:
        """Set the mark at all events. Raises Stopping errors; what was done until then is on record."""
        await self.writing.require(ACL_EDIT if isinstance(self.mark, RoleMark) else METADATA_EDIT)
        return in_order(asked.left, await of_each(asked.events, self.mark_one, asked))

    async def unmark_all(self, asked: Asked) -> list[Told]:
        """Take the mark away from all events that this checkpoint marked so. Raises Stopping errors."""
        await self.writing.require(ACL_DELETE)
        return in_order(asked.left, await of_each(asked.events, self.unmark_one, asked))

    async def mark_one(self, event_id: str, history: Sequence[Record]) -> Told:
        """Set the mark. Raises what the calls raise."""
        known, seen = sources.fold(history), await self._look(event_id)
        if isinstance(seen, Told):
            return seen
        if seen.standing is Standing.IN_THE_WAY:
            return Told(event_id, Fate.BY_HAND, f"something else stands where {self.mark.words} would be set")
        journal, begun = self.books.journal, history[-1].kind != items.ENDED
        if seen.standing is Standing.THERE and not (begun and self.mark.facts in known.marks):
            return Told(event_id, Fate.ALREADY, f"it has {self.mark.words}")
        if journal is None:
            return Told(event_id, Fate.TO_DO, f"it would get {self.mark.words}")
        if seen.standing is Standing.MISSING:
            await journal.append(sources.mark(event_id, self.mark.facts))
            seen = await self._until(event_id, Standing.THERE, self._set)
        await journal.append(sources.marked(event_id, self.mark.facts, seen.event.archive_version))
        await close(journal, event_id, self.books.history(event_id))
        return Told(event_id, Fate.DONE, f"it has {self.mark.words}")

    async def unmark_one(self, event_id: str, history: Sequence[Record]) -> Told:
        """Take the mark away. Raises what the calls raise."""
        known = sources.fold(history)
        if self.mark.facts not in known.marks:
            return Told(event_id, Fate.LEFT, "this checkpoint did not mark it so")
        seen = await self._look(event_id)
        if isinstance(seen, Told):
            return seen
        if seen.standing is Standing.IN_THE_WAY:
            return Told(event_id, Fate.BY_HAND, f"a line that forbids stands beside {self.mark.words}")
        journal = self.books.journal
        if journal is None:
            return Told(event_id, Fate.TO_DO, f"it would lose {self.mark.words}")
        if seen.standing is Standing.THERE:
            await journal.append(sources.unmark(event_id, self.mark.facts))
            seen = await self._until(event_id, Standing.MISSING, self._remove)
        await journal.append(sources.unmarked(event_id, self.mark.facts, seen.event.archive_version))
        await close(journal, event_id, self.books.history(event_id))
        return Told(event_id, Fate.DONE, f"it has {self.mark.words} no more")

    async def _until(self, event_id: str, wanted: Standing, write: Callable[[str], Awaitable[None]]) -> Seen:
        """Write, and look whether it is as wanted; where that is not known, look before writing again."""
        tried = False

        async def once() -> Seen:
            nonlocal tried
            seen = await self._there(event_id) if tried else None
            if seen is None or seen.standing is not wanted:
                tried = True
                await write(event_id)
                seen = await self._there(event_id)
            if seen.standing is not wanted:
                raise ServerFault("does not show what was written", where=f"event {event_id}")
            return seen

        return await retrying(once, policy=self.policy, sleep=self.sleep)

    async def _set(self, event_id: str) -> None:
        if isinstance(self.mark, RoleMark):
            await self.writing.grant(event_id, self.mark.action, self.mark.role)
            return
        field = (await self.writing.fields(event_id))[self.mark.name]
        await self.writing.set_field(event_id, self.mark.name, self.mark.set_in(field))

    async def _remove(self, event_id: str) -> None:
        if isinstance(self.mark, RoleMark):
            await self.writing.revoke(event_id, self.mark.action, self.mark.role)

    async def _there(self, event_id: str) -> Seen:
        seen = await self._look(event_id)
        if isinstance(seen, Told):
            raise ServerFault(seen.why, where=f"event {event_id}")
        return seen

    async def _look(self, event_id: str) -> Seen | Told:
        """Look at an event; one that is not there, or that a workflow has, is told instead."""
        event = await self.opencast.read(event_id, acl=True)
        if isinstance(event, Unread):
            return Told(event_id, Fate.LEFT if event.reason == "gone" else Fate.UNDECIDED, event.why)
        if event.processing_state in ACTIVE:
            return Told(event_id, Fate.UNDECIDED, "a workflow has it just now: try again later")
        if isinstance(self.mark, RoleMark):
            return Seen(event, self.mark.on(event))
        return Seen(event, self.mark.on(await self.writing.fields(event_id)))


async def of_each(names: Collection[str], act: Act, asked: Asked) -> list[Told]:
    """Do something to events, some at once; what fails of one is told. Raises Stopping errors."""
    found: list[Told] = []

    async def one(event_id: str) -> None:
        try:
            found.append(await act(event_id, asked.events[event_id]))
        except Stopping:
            raise
        except FerryError as error:
            found.append(failed(event_id, error))

    await each(names, one, AT_ONCE)
    return found


def in_order(left: Sequence[Told], found: Sequence[Told]) -> list[Told]:
    """Return what became of all events, by their ids."""
    return sorted((*left, *found), key=lambda one: one.event_id)


def failed(event_id: str, error: FerryError) -> Told:
    """Tell what an error of one event means."""
    return Told(event_id, Fate.UNDECIDED if isinstance(error, Transient) else Fate.REFUSED, str(error))
