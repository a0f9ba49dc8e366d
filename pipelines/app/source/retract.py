"""Deletes events at Opencast whose sessions are right at Panopto, as was seen a moment ago.

A report and a checkpoint are no reason to delete anything: for each event Panopto is asked anew, and Opencast
whether it still publishes what was sent. Opencast retracts what is published before an event goes; that may
take long, or never end, and is waited for with a limit.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import anyio

from engine import Record, RetryPolicy, ServerFault, retrying
from pipelines import items, sources
from pipelines.app.reconciliation import Books
from pipelines.app.source.asked import ACTIVE, Asked, Fate, Told, close
from pipelines.app.source.lost import lost
from pipelines.app.source.mark import of_each
from pipelines.opencast.client import Opencast
from pipelines.opencast.model import Event, Unread
from pipelines.opencast.writing import DELETE, Writing
from pipelines.recheck.sessions import Kept, Sessions, kept, recheck_sessions

BETWEEN_LOOKS = 2.0
LONGEST_BETWEEN_LOOKS = 30.0
"""Seconds between two looks at an event that is being retracted: the first, and the longest."""

WANTED = frozenset({Fate.TO_DO, Fate.RETRACTING})
"""What is to be gone and is not yet."""


@dataclass(frozen=True, slots=True)
class Retracter:
    """Deletes events. `losing` are aspects that may be lost, `wait` the limit of seconds for each event."""

    opencast: Opencast
    writing: Writing
    panopto: Sessions
    books: Books
    policy: RetryPolicy
    losing: Collection[str] = field(default_factory=frozenset)
    wait: float = 600.0
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    async def look_at_all(self, asked: Asked) -> list[Told]:
        """Say what would become of all events. Raises Stopping errors."""
        await self.writing.require(DELETE)
        await self.writing.require_retraction()
        return [*asked.left, *await of_each(asked.events, self.look, asked)]

    async def retract_all(self, asked: Asked, looked: Sequence[Told]) -> list[Told]:
        """Delete those events that a look has found to be deleted. Raises Stopping errors."""
        wanted = [one.event_id for one in looked if one.fate in WANTED]
        others = [one for one in looked if one.fate not in WANTED]
        return [*others, *await of_each(wanted, self.retract, asked)]

    async def look(self, event_id: str, history: Sequence[Record]) -> Told:
        """Say what is to become of an event, by what both systems tell now. Raises what the calls raise."""
        known = sources.fold(history)
        if known.retracted:
            return Told(event_id, Fate.ALREADY, "it was retracted before")
        event = await self._event(event_id)
        if isinstance(event, Unread):
            return _not_there(event, ours=known.retract)
        if event.processing_state in ACTIVE:
            fate = Fate.RETRACTING if known.retract else Fate.UNDECIDED
            return Told(event_id, fate, "a workflow has it just now")
        session = kept(event_id, history)
        if session is None:
            return Told(event_id, Fate.LEFT, "no session of it is on record")
        whole = await self._with_subjects(event, known)
        if why := lost(whole, items.fold(history), session, self.losing):
            return Told(event_id, Fate.LEFT, why)
        return await self._right(session)

    async def retract(self, event_id: str, history: Sequence[Record]) -> Told:
        """Delete an event that is still to be, and wait until it is gone. Raises what the calls raise."""
        told, journal = await self.look(event_id, history), self.books.journal
        if told.fate not in WANTED or journal is None:
            return told
        session_id = items.fold(history).session_id or ""
        if told.fate is Fate.TO_DO:
            if not sources.fold(history).retract:
                await journal.append(sources.retract(event_id, session_id))
            await self._delete(event_id)
        if not await self._gone(event_id):
            why = f"Opencast has not ended its retraction after {self.wait:.0f} s: ask again later"
            return Told(event_id, Fate.RETRACTING, why)
        await journal.append(sources.retracted(event_id, session_id))
        await close(journal, event_id, self.books.history(event_id))
        return Told(event_id, Fate.DONE, "it is gone from Opencast")

    async def _with_subjects(self, event: Event, known: sources.SourceState) -> Event:
        """Return an event with all its subjects but those that are marks of ours, unless they may be lost."""
        if not event.subjects or "tags" in self.losing:
            return event
        marks = {one["value"] for one in known.marks if one.get("field") == "subjects"}
        found = await self.opencast.subjects(event.identifier)
        return replace(event, subjects=tuple(one for one in found if one not in marks))

    async def _right(self, session: Kept) -> Told:
        """Ask Panopto whether the session is what was meant, now."""
        found = await recheck_sessions([session], self.panopto)
        if found.differences:
            one = found.differences[0]
            there = repr(one.found) if one.found else "missing"
            why = f"at Panopto {one.field} is {there} where {one.expected!r} was expected"
            return Told(session.event_id, Fate.BY_HAND, why)
        if found.unread or found.waiting or found.items != 1:
            whys = [*(one.why for one in found.unread), *(one.why for one in found.waiting)]
            why = whys[0] if whys else "Panopto does not tell"
            return Told(session.event_id, Fate.UNDECIDED, why)
        return Told(session.event_id, Fate.TO_DO, f"session {session.session_id} is right at Panopto")

    async def _delete(self, event_id: str) -> None:
        """Begin the deletion; where nobody knows whether it began, look before asking again."""
        tried = False

        async def once() -> None:
            nonlocal tried
            event = await self._event(event_id) if tried else None
            if isinstance(event, Unread) and event.reason == "gone":
                return
            if isinstance(event, Event) and event.processing_state in ACTIVE:
                return
            tried = True
            await self.writing.delete(event_id)

        await retrying(once, policy=self.policy, sleep=self.sleep)

    async def _gone(self, event_id: str) -> bool:
        """Look until an event is gone; False where it is not within the limit."""
        waited, pause = 0.0, BETWEEN_LOOKS
        while await self._event_is_there(event_id):
            if waited >= self.wait:
                return False
            pause = min(pause, self.wait - waited)
            await self.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_BETWEEN_LOOKS)
        return True

    async def _event_is_there(self, event_id: str) -> bool:
        event = await self._event(event_id)
        if isinstance(event, Unread) and event.reason != "gone":
            raise ServerFault(event.why, where=f"event {event_id}")
        return isinstance(event, Event)

    async def _event(self, event_id: str) -> Event | Unread:
        """Read an event. Whoever answers 404 to everything does not say that it is gone."""
        event = await self.opencast.read(event_id, acl=True)
        if isinstance(event, Unread) and event.reason == "gone":
            await self.opencast.me()
        return event


def _not_there(event: Unread, *, ours: bool) -> Told:
    if event.reason != "gone":
        return Told(event.identifier, Fate.UNDECIDED, event.why)
    if ours:
        return Told(event.identifier, Fate.RETRACTING, "its retraction was begun, and it is gone")
    return Told(
        event.identifier, Fate.LEFT, "it is gone from Opencast, and this checkpoint did not delete it"
    )
