"""Holds the six members of each lecture item that was carried against what LumiNUS has now.

Each module's list is read once. An item whose series has a module and which was never carried is waiting;
the list tells whether LumiNUS has its lecture item by now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from engine import FerryError
from pipelines.items import ItemState, Outcome
from pipelines.luminus.closed import Closed
from pipelines.luminus.model import LectureItem, Members, WebLecture
from pipelines.migration.carry.join import by_session
from pipelines.migration.carry.members import differing
from pipelines.migration.carry.patch import before
from pipelines.recheck.found import Finding, Found, Unread, Waiting
from pipelines.recheck.remembered import UNFINISHED

Carried = tuple[str, Members]
"""An event, and what one of its lecture items is to be."""

UNTOLD = "whether LumiNUS has its lecture item by now cannot be told"
"""Why an item waits whose module was not read; what is the matter is told of the module, or of LumiNUS."""


class LectureItems(Protocol):
    """What is read of LumiNUS."""

    async def web_lecture(self, module_id: str) -> WebLecture | None:
        """Return a module's web lecture; None where it has none."""
        ...

    async def items(self, web_lecture_id: str) -> list[LectureItem]:
        """Return all lecture items of a web lecture."""
        ...


@dataclass(slots=True)
class Shelf:
    """What is looked for in one module's list: what was carried, and items that wait for theirs."""

    carried: list[Carried] = field(default_factory=list)
    waiting: list[tuple[str, ItemState]] = field(default_factory=list)

    @property
    def untold(self) -> Found:
        """What is found of it where its module cannot be read."""
        return Found(waiting=tuple(Waiting(event_id, UNTOLD) for event_id, _ in self.waiting))


async def recheck_lecture_items(
    states: Iterable[tuple[str, ItemState]], luminus: LectureItems | None, modules: Mapping[str, str]
) -> Found:
    """Compare what was carried with what LumiNUS has, and look for what was not carried yet.

    `modules` leads from series to module. A LumiNUS that answers nothing more, or is not in the settings
    (None), is named as unread.
    """
    if luminus is None:
        return _unset(sum(len(state.carried) for _, state in states))
    found, shelves = _shelves(states, modules)
    for place, module_id in enumerate(sorted(shelves)):
        try:
            found += await _module(shelves[module_id], luminus, module_id)
        except Closed as error:
            left = sorted(shelves)[place:]
            why = f"{len(left)} modules are not verified: {error}"
            untold = (shelves[name].untold for name in left)
            return sum(untold, start=found + Found(unread=(Unread("LumiNUS", why),)))
        except FerryError as error:
            why = str(error)
            found += shelves[module_id].untold + Found(unread=(Unread(f"LumiNUS module {module_id}", why),))
    return found


def _shelves(
    states: Iterable[tuple[str, ItemState]], modules: Mapping[str, str]
) -> tuple[Found, Mapping[str, Shelf]]:
    """Sort items by their modules; what nobody knows any more where to look for is found to be unread."""
    found, shelves = Found(), dict[str, Shelf]()
    for event_id, state in states:
        module_id, meant = modules.get(state.series or ""), carried(event_id, state)
        if module_id is None:
            found += _homeless(event_id, state)
        elif meant or state.right is not None:
            shelf = shelves.setdefault(module_id, Shelf())
            shelf.carried.extend(meant)
            if not meant or state.outcome in UNFINISHED:
                shelf.waiting.append((event_id, state))
    return found, shelves


def carried(event_id: str, state: ItemState) -> list[Carried]:
    """Return what each lecture item of an event was made to be.

    One that was sent and did not come back so is among them; what a killed run was about to send is not.
    """
    sent = state.patches if state.outcome is Outcome.DIFFERS else {}
    found = {**state.carried, **sent}
    return [(event_id, members_of(facts["members"])) for _, facts in sorted(found.items())]


def members_of(body: Mapping[str, Any]) -> Members:
    """Return members from what `Members.body` made of them."""
    return Members(
        id=body["id"],
        name=body["name"],
        presenter=body["presenter"],
        publish=body["publish"],
        start=datetime.fromisoformat(body["startDate"]),
        description=body["description"],
    )


def unlike(event_id: str, members: Members, item: LectureItem | None) -> Sequence[Finding]:
    """Return the members that a lecture item has otherwise, under LumiNUS's names."""
    where = f"lecture item {members.id}"
    if item is None:
        return (Finding(event_id, where, members.id, ""),)
    wanted, there = members.body(), before(item)
    return [
        Finding(event_id, f"{where} {name}", _told(wanted[name]), _told(there[name]))
        for name in differing(item, members)
    ]


def _unset(count: int) -> Found:
    why = f"the settings have no section [luminus]; {count} lecture items are not verified"
    return Found(unread=(Unread("LumiNUS", why),)) if count else Found()


def _homeless(event_id: str, state: ItemState) -> Found:
    """Tell of an item whose series has no module: only one that was carried is missed."""
    if not state.carried:
        return Found()
    why = "it has a lecture item, and its series has no row in the table of modules any more"
    return Found(unread=(Unread(f"event {event_id}", why),))


async def _module(shelf: Shelf, luminus: LectureItems, module_id: str) -> Found:
    tool = await luminus.web_lecture(module_id)
    listed = await luminus.items(tool.id) if tool else []
    there = {item.id.lower(): item for item in listed}
    found = Found()
    for event_id, members in shelf.carried:
        differences = tuple(unlike(event_id, members, there.get(members.id.lower())))
        found += Found(lecture_items=0 if differences else 1, differences=differences)
    sessions = by_session(listed)
    return found + Found(
        waiting=tuple(
            Waiting(event_id, awaited(state, tool is not None, (state.session_id or "").lower() in sessions))
            for event_id, state in shelf.waiting
        )
    )


def awaited(state: ItemState, web_lecture: bool, listed: bool) -> str:
    """Say how LumiNUS stands to an item that is not done, and why a run could not do it if that may last."""
    end = state.ended or {}
    last = f" (the last run: {end.get('why') or state.reason})" if state.outcome is Outcome.PERMANENT else ""
    if not web_lecture:
        return "its module has no web lecture now"
    if not listed:
        return f"its lecture item is not there yet{last}"
    return f"its lecture item is there now; run again{last}"


def _told(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or ""
