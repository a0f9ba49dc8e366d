"""Brings one lecture item to what it is to be: the intent on record, then the PATCH, then what is read back.

What a PATCH answers is not relied upon, as it may be an item, a number or nothing (the LumiNUS portal,
PatchSession): a lecture item counts when the list shows it as it was meant.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from engine import Journal, Observer, silence
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.luminus.model import LectureItem, Members
from pipelines.migration.carry.lectures import Lectures
from pipelines.migration.carry.members import Unable, Wanted, differing
from pipelines.migration.carry.row import Row
from pipelines.migration.ends import End
from pipelines.migration.stages import LectureItemSet
from pipelines.migration.verify import Difference

LONGEST_TOLD = 80
"""Characters of a value that a sentence quotes."""

Make = Callable[[LectureItem], Wanted | Unable]
"""Tells what a lecture item is to be."""


class Patcher:
    """Compares, patches and keeps records; `patches` counts what was sent.

    `observer` hears of each lecture item that was set.
    """

    def __init__(self, luminus: Lectures, journal: Journal, observer: Observer = silence) -> None:
        self._luminus = luminus
        self._journal = journal
        self._observer = observer
        self.patches = 0

    async def bring(self, row: Row, item: LectureItem, make: Make) -> None:
        """Take one lecture item of a row on: nothing is sent where it is right already.

        Raises what the PATCH raises; after a Transient error look and compare before calling this again.
        """
        made = make(item)
        if isinstance(made, Unable):
            row.refuse(item.id, End(Outcome.PERMANENT, made.reason, f"lecture item {item.id}: {made.why}"))
        elif not differing(item, made.members):
            await self._keep(row, made)
        else:
            await self._intend(row, item, made.members)
            self.patches += 1
            await self._luminus.patch(made.members)
            row.sent[item.id] = made

    async def read_back(self, row: Row, listed: Iterable[LectureItem]) -> None:
        """Hold what was sent for a row against a list that was read after it."""
        there = {item.id: item for item in listed}
        for lecture_item, made in row.sent.items():
            if (unlike := told(there.get(lecture_item), made.members)) is None:
                fact = self._fact(row, made.members)
                await self._keep(row, made)
                self._observer(fact)
            else:
                row.refuse(lecture_item, End(Outcome.DIFFERS, "lecture_item", unlike))
        row.sent.clear()

    async def _intend(self, row: Row, item: LectureItem, members: Members) -> None:
        """Put on record what is about to be changed, unless it stands there from an earlier try."""
        record = items.patch(row.event_id, item.id, before(item), members.body())
        if self._state(row).patches.get(item.id) != record.facts:
            await self._journal.append(record)

    async def _keep(self, row: Row, made: Wanted) -> None:
        """Put on record that a lecture item is right, and what it was before it was changed."""
        state, lecture_item = self._state(row), made.members.id
        known = state.patches.get(lecture_item) or state.carried.get(lecture_item) or {}
        facts = {
            "members": made.members.body(),
            "before": known.get("before"),
            "presenter_from": made.presenter_from,
            "publish_why": made.publish_why,
            "cut": dict(made.cut),
        }
        record = items.carried(row.event_id, lecture_item, facts)
        if state.carried.get(lecture_item) != record.facts:
            await self._journal.append(record)
        row.done.add(lecture_item)

    def _fact(self, row: Row, members: Members) -> LectureItemSet:
        """Return what is told of a lecture item that was set."""
        state = self._state(row)
        intent = state.patches.get(members.id) or {}
        changed = changes(intent.get("before") or {}, members.body())
        return LectureItemSet(row.event_id, members.id, changed, members.id in state.carried)

    def _state(self, row: Row) -> ItemState:
        return items.fold(self._journal.history(row.event_id))


def before(item: LectureItem) -> dict[str, Any]:
    """Return what LumiNUS has, under the names of the members; None is what it does not tell."""
    return {
        "name": item.name,
        "presenter": item.presenter,
        "publish": item.publish,
        "startDate": item.start.isoformat() if item.start else None,
        "description": item.description,
    }


def changes(was: Mapping[str, Any], members: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the members that a PATCH changes; a start is an instant, whatever its offset."""
    return tuple(
        name
        for name in members
        if name != "id" and _value(name, was.get(name)) != _value(name, members[name])
    )


def _value(name: str, value: Any) -> Any:
    if name == "startDate" and value:
        return datetime.fromisoformat(value).replace(microsecond=0)
    return value


def told(item: LectureItem | None, members: Members) -> str | None:
    """Return a sentence about where a lecture item is not as it was meant; None where it is."""
    if item is None:
        return f"lecture item {members.id} is not listed any more"
    found, wanted = before(item), members.body()
    sentences = [
        Difference(name, _short(wanted[name]), _short(found[name])).sentence
        for name in differing(item, members)
    ]
    return f"lecture item {members.id}: {', '.join(sentences)}" if sentences else None


def _short(value: str | bool | None) -> str:
    text = "" if value is None else repr(value)
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}..."
