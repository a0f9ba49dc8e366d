"""An item whose session is right is met again: what is noted of its event, and what is done about it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine import Record
from pipelines import items
from pipelines.items import AspectOutcome, ItemState, Outcome
from pipelines.migration.changes import DATE, MEDIA, UNCHANGED, Change, Seen, change_of, is_another_date
from pipelines.migration.ends import noted
from pipelines.migration.furnish.furnisher import left
from pipelines.migration.stages import Compared
from pipelines.runs import utc_now

IsGone = Callable[[str], Awaitable[bool]]
"""Asks Opencast for an event by its id, and tells whether it has none of it."""


@dataclass(frozen=True, slots=True)
class Met:
    """What is found of an event, what of it the run takes up, and what is noted in its item's end."""

    found: Change = UNCHANGED
    change: Change = UNCHANGED
    note: Record | None = None


NOTHING = Met()


def met(event_id: str, seen: Seen, date: str, state: ItemState, *, moves: bool) -> Met:
    """Decide about an event that is there. `moves` is whether films that changed are moved again.

    Of an item that an older version ended nothing is said: what is seen now is noted, to be compared later.
    """
    if state.outcome is not Outcome.VERIFIED or state.right is None:
        return NOTHING
    found = change_of(seen, date, state)
    if found is None:
        return Met(note=noted(event_id, state, seen=seen, gone=None))
    change = replace(found, media=found.media and moves, date=False)
    notes: dict[str, Any] = {}
    if gone_since(state):
        notes["gone"] = None
    told = MEDIA if found.media and not moves else None
    if _end(state).get("changed") != told:
        notes["changed"] = told
    if found.date and not change.media:
        notes["aspects"] = _dated(state, date)
    return Met(found, change, noted(event_id, state, **notes) if notes else None)


def missed(event_id: str, state: ItemState, at: str) -> Record | None:
    """Note that an event is gone from Opencast, since `at` at the latest; None where that is on record."""
    return None if gone_since(state) else noted(event_id, state, gone=at)


def gone_since(state: ItemState) -> str:
    """Return when an event was first found to be gone (ISO 8601), empty where it is there."""
    return _end(state).get("gone") or ""


def is_media_told(state: ItemState) -> bool:
    """Tell whether it is on record that the films have changed, and are not moved again."""
    return _end(state).get("changed") == MEDIA


def _dated(state: ItemState, date: str) -> Mapping[str, Any]:
    """Return the aspects with a note of the date, or without it where the dates are one again."""
    others = {name: told for name, told in state.aspects.items() if name != "date"}
    if not is_another_date(date, state):
        return others
    why = f"Opencast has {date} as its date by now, and Panopto lets nobody change that of a session"
    return {**others, "date": {**left(AspectOutcome.PERMANENT, DATE, why), "value": date}}


def _end(state: ItemState) -> Mapping[str, Any]:
    return state.ended or state.earlier


class Comparison:
    """Holds the events of one plan against their items, and counts what is found.

    `history` gives the records of an item; `moves` is whether films that changed are moved again. Without
    `is_gone` nobody is asked after events that no list has.
    """

    def __init__(
        self,
        history: Callable[[str], Sequence[Record]],
        *,
        moves: bool = True,
        is_gone: IsGone | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._history = history
        self._moves = moves
        self._is_gone = is_gone
        self._now = now
        self._counts: Counter[str] = Counter()

    @property
    def found(self) -> Compared:
        """What was found so far."""
        return Compared(**self._counts)

    def meet(self, event_id: str, seen: Seen, date: str, state: ItemState) -> Met:
        """Decide about an event that is there, and is to be moved if it was not."""
        self._counts["new"] += not state.under_way and not state.settled()
        if not self._is_ended(event_id):
            return NOTHING
        decided = met(event_id, seen, date, state, moves=self._moves)
        self._counts.update(decided.found.words)
        return decided

    async def miss(self, event_id: str, state: ItemState) -> Record | None:
        """Ask after an event whose session is right and that no list has; note it once where it is gone."""
        if self._is_gone is None or state.outcome is not Outcome.VERIFIED or not self._is_ended(event_id):
            return None
        if not gone_since(state) and not await self._is_gone(event_id):
            return None
        self._counts["gone"] += 1
        return missed(event_id, state, self._now().isoformat(timespec="seconds"))

    def _is_ended(self, event_id: str) -> bool:
        """Tell whether nothing is on record of an item after its end, which may be written anew then."""
        history = self._history(event_id)
        return bool(history) and history[-1].kind == items.ENDED
