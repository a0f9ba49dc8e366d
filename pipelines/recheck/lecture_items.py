"""Holds the six members of each lecture item that was carried against what LumiNUS has now.

Each module's list is read once. An item whose series has a module and which was never carried is waiting.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from engine import FerryError
from pipelines.items import ItemState, Outcome
from pipelines.luminus.closed import Closed
from pipelines.luminus.model import LectureItem, Members, WebLecture
from pipelines.migration.carry.members import differing
from pipelines.migration.carry.patch import before
from pipelines.recheck.found import Finding, Found, Unread, Waiting

Carried = tuple[str, Members]
"""An event, and what one of its lecture items is to be."""


class LectureItems(Protocol):
    """What is read of LumiNUS."""

    async def web_lecture(self, module_id: str) -> WebLecture | None:
        """Return a module's web lecture; None where it has none."""
        ...

    async def items(self, web_lecture_id: str) -> list[LectureItem]:
        """Return all lecture items of a web lecture."""
        ...


async def recheck_lecture_items(
    states: Iterable[tuple[str, ItemState]], luminus: LectureItems | None, modules: Mapping[str, str]
) -> Found:
    """Compare what was carried with what LumiNUS has.

    `modules` leads from series to module. A LumiNUS that answers nothing more, or is not in the settings
    (None), is named as unread.
    """
    if luminus is None:
        return _unset(sum(len(state.carried) for _, state in states))
    found, by_module = Found(), dict[str, list[Carried]]()
    for event_id, state in states:
        module_id = modules.get(state.series or "")
        if module_id and (meant := carried(event_id, state)):
            by_module.setdefault(module_id, []).extend(meant)
        else:
            found += _without(event_id, state, module_id)
    for place, module_id in enumerate(sorted(by_module)):
        try:
            found += await _module(module_id, by_module[module_id], luminus)
        except Closed as error:
            left = len(by_module) - place
            return found + Found(unread=(Unread("LumiNUS", f"{left} modules are not verified: {error}"),))
        except FerryError as error:
            found += Found(unread=(Unread(f"LumiNUS module {module_id}", str(error)),))
    return found


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


def _without(event_id: str, state: ItemState, module_id: str | None) -> Found:
    """Tell of an item that cannot be compared: it was not carried, or nobody knows any more where to."""
    if state.carried:
        why = "it has a lecture item, and its series has no row in the table of modules any more"
        return Found(unread=(Unread(f"event {event_id}", why),))
    if module_id and state.right is not None:
        why = (state.ended or {}).get("why") or "it has no lecture item yet"
        return Found(waiting=(Waiting(event_id, why),))
    return Found()


async def _module(module_id: str, wanted: Sequence[Carried], luminus: LectureItems) -> Found:
    tool = await luminus.web_lecture(module_id)
    there = {item.id.lower(): item for item in await luminus.items(tool.id)} if tool else {}
    found = Found()
    for event_id, members in wanted:
        differences = tuple(unlike(event_id, members, there.get(members.id.lower())))
        found += Found(lecture_items=0 if differences else 1, differences=differences)
    return found


def _told(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value or ""
