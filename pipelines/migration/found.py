"""Sessions that Panopto holds and the checkpoint does not tell of: by marker or external id, and judged.

A checkpoint that was lost, or is an older copy, knows nothing of what was moved meanwhile, and a run that
believed it would make every session a second time. So before the first session upload goes to a folder its
sessions are listed once, and an event whose marker is there is not shipped; nor is one of which a session
elsewhere has the id as its external id. `ferry reconcile` takes it in.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import anyio

from engine import Record, Refused, Transient
from pipelines import items
from pipelines.items import Outcome
from pipelines.migration.ends import End
from pipelines.migration.external_ids import ExternalIds
from pipelines.migration.verify import DURATION_TOLERANCE, Difference, Expected, differences
from pipelines.panopto.manifest import event_of
from pipelines.panopto.model import Session

UNRECORDED = "unrecorded_session"
"""Why an event is not shipped of which Panopto holds a session that is not on record."""

TWO = "two_sessions"
"""Why an event differs of which Panopto holds more than one session."""


class Unrecorded(Transient):
    """Panopto was told that a session upload is complete, and the checkpoint, an older one, does not know."""

    code = UNRECORDED


class Lists(Protocol):
    """What is read of Panopto."""

    def sessions_of(self, folder_id: str) -> AsyncIterator[Session]:
        """Yield the sessions of a folder."""
        ...


BY_ID = "by_external_id"
"""The fact of `item.found` that a session was found by its external id."""

AGAINST = "against"
"""The fact of `item.found` that says why a person has to look."""


class Marked:
    """The sessions of folders by the event in their marker; a folder is listed when first asked for.

    With `external_ids` also those that have an event's id as their external id, wherever they lie; with
    `refused_folder_id` also those in that folder, where a session lies that its own did not take.
    """

    def __init__(
        self, panopto: Lists, external_ids: ExternalIds | None = None, refused_folder_id: str | None = None
    ) -> None:
        self._panopto = panopto
        self._refused_folder_id = refused_folder_id
        self._external_ids = external_ids
        self._listed: dict[str, Mapping[str, Sequence[str]]] = {}
        self._turns: dict[str, anyio.Lock] = {}

    def follow(self, plan: Iterable[str], fresh: Callable[[str], bool] = lambda _: True) -> None:
        """Take the order in which events will be asked for, as far as they are `fresh` by then."""
        if self._external_ids is not None:
            self._external_ids.follow(plan, fresh)

    async def unrecorded(self, event_id: str, folder_id: str, earlier: Collection[str] = ()) -> Sequence[str]:
        """Return the ids of an event's sessions, here and elsewhere, but for its `earlier` ones on record.

        Raises what the calls raise.
        A folder that Panopto does not show has none: shipping says what is the matter with it.
        """
        there = list(await self._in_folder(event_id, folder_id))
        if self._refused_folder_id not in {None, folder_id}:
            there += others(await self._in_folder(event_id, self._refused_folder_id or ""), there)
        elsewhere = await self._external_ids.of(event_id) if self._external_ids is not None else ()
        return others([*there, *others([one.id for one in elsewhere], there)], earlier)

    async def _in_folder(self, event_id: str, folder_id: str) -> Sequence[str]:
        async with self._turns.setdefault(folder_id, anyio.Lock()):
            if folder_id not in self._listed:
                self._listed[folder_id] = await self._list(folder_id)
        return self._listed[folder_id].get(event_id, ())

    async def _list(self, folder_id: str) -> Mapping[str, Sequence[str]]:
        marked: dict[str, list[str]] = defaultdict(list)
        try:
            async for session in self._panopto.sessions_of(folder_id):
                if (event_id := event_of(session.description)) is not None:
                    marked[event_id].append(session.id)
        except Refused:
            return {}
        return dict(marked)


def others(session_ids: Sequence[str], earlier: Collection[str]) -> Sequence[str]:
    """Return the sessions that are none of the earlier ones; ids have no case."""
    known = {one.lower() for one in earlier}
    return [one for one in session_ids if one.lower() not in known]


def refusal(session_ids: Sequence[str]) -> End:
    """Return how an item ends that is not shipped, as Panopto has it already."""
    named = ", ".join(session_ids)
    why = f"Panopto has it already (session {named}), and the checkpoint does not tell of it"
    return End(Outcome.RETRYABLE, UNRECORDED, f"{why}; `ferry reconcile` takes it in")


def judged(event_id: str, facts: Mapping[str, Any], sessions: Sequence[Session]) -> End:
    """Return how an item stands by the sessions that were found of it; `facts` are those of `item.found`.

    A session without a duration is still being processed: the REST API tells no state. One that was found by
    its external id needs no marker; the marker of another event stands against it.
    """
    if len(sessions) > 1:
        named = ", ".join(one.id for one in sessions)
        why = (
            f"Panopto has {len(sessions)} sessions of it ({named}): delete all but one, then reconcile again"
        )
        return End(Outcome.DIFFERS, TWO, why)
    if facts.get(AGAINST):
        return End(Outcome.DIFFERS, "marker", facts[AGAINST])
    unlike = _unlike(event_id, facts, sessions[0] if sessions else None)
    if not unlike:
        found_by = "external id" if facts.get(BY_ID) else "marker"
        return End(Outcome.VERIFIED, None, f"found by its {found_by}; its files were not compared")
    if [one.field for one in unlike] == ["duration"] and not sessions[0].duration:
        return End(Outcome.WAITING, "limit", "Panopto has not finished it")
    return End(Outcome.DIFFERS, unlike[0].field, ", ".join(one.sentence for one in unlike))


def _unlike(event_id: str, facts: Mapping[str, Any], session: Session | None) -> Sequence[Difference]:
    date = facts["date"] or (session and session.start_time and session.start_time.isoformat())
    expected = Expected(
        event_id=event_id,
        session_id=session.id if session else facts["session_ids"][0],
        title=facts["title"],
        date=datetime.fromisoformat(date or "1970-01-01T00:00:00+00:00"),
        folder_id=facts["folder_id"],
        duration=facts["duration"],
    )
    found = [*differences(expected, session, ()), *_too_long(facts, session)]
    needless = facts.get(BY_ID) and session is not None and event_of(session.description) is None
    return [one for one in found if not (needless and one.field == "marker")]


def _too_long(facts: Mapping[str, Any], session: Session | None) -> Iterable[Difference]:
    """Yield that a session is longer than its film, where nobody knows how much its cuts take."""
    longest = facts.get("longest")
    if longest is None or session is None:
        return
    if not session.duration or session.duration > longest + DURATION_TOLERANCE:
        found = f"{session.duration:.1f} s" if session.duration else ""
        yield Difference("duration", f"at most {longest:.1f} s", found)


def right(event_id: str, session: Session) -> Record:
    """Return the record that a session is what was meant."""
    return items.right(event_id, session.id, session.start_time.isoformat() if session.start_time else None)
