"""Lecture items held against what was carried."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.kept import MEMBERS, WHEN, finished, steps
from fakes.memory_luminus import MemoryLuminus

from engine import FerryError, Unreachable
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.luminus.closed import TokenRefused
from pipelines.recheck.found import Finding, Found
from pipelines.recheck.lecture_items import UNTOLD, members_of, recheck_lecture_items

MODULES = {"s-1": "m-1"}


def carried(event_id: str = "e", lecture_item: str = "l-1") -> tuple[str, ItemState]:
    """Return an item that was carried to one lecture item."""
    return event_id, items.fold([finished(event_id, steps(event_id, lecture_item))])


def luminus(*lecture_items: str, **changes: Any) -> MemoryLuminus:
    """Return a LumiNUS with one module, whose lecture items are as they were carried but for some changes."""
    site = MemoryLuminus()
    site.module("m-1")
    for name in lecture_items:
        members = {key: MEMBERS[key] for key in ("name", "presenter", "publish", "description")}
        site.lecture("m-1", f"s-{name}", item_id=name, **{**members, "start": WHEN, **changes})
    return site


async def recheck(site: MemoryLuminus | None, *states: tuple[str, ItemState], **modules: str) -> Found:
    """Look, and hold that nothing was written."""
    found = await recheck_lecture_items(states, site, modules or MODULES)
    assert site is None or site.calls["patch"] == 0
    return found


async def test_all_is_as_it_was_carried() -> None:
    """Each lecture item counts; a module is read once, whoever is in it."""
    site = luminus("l-1", "l-2")
    assert await recheck(site, carried("a"), carried("b", "l-2")) == Found(lecture_items=2)
    assert (site.calls["web_lecture"], site.calls["items"]) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "member", "expected", "found"),
    [
        ({"name": "Other"}, "name", "Analysis I", "Other"),
        ({"presenter": "Bo"}, "presenter", "Ada, ... (+1)", "Bo"),
        ({"publish": False}, "publish", "yes", "no"),
        ({"publish": None}, "publish", "yes", ""),
        ({"start": None}, "startDate", WHEN.isoformat(), ""),
        ({"description": ""}, "description", "Limits.", ""),
    ],
)
async def test_each_member_is_compared(
    changes: dict[str, Any], member: str, expected: str, found: str
) -> None:
    """One member that LumiNUS has otherwise is one difference, under its own name."""
    result = await recheck(luminus("l-1", **changes), carried())
    assert result == Found(differences=(Finding("e", f"lecture item l-1 {member}", expected, found),))


async def test_a_lecture_item_that_is_gone() -> None:
    """It is a difference, and so is one whose module has no web lecture any more."""
    gone = Found(differences=(Finding("e", "lecture item l-1", "l-1", ""),))
    assert await recheck(luminus(), carried()) == gone
    site = luminus("l-1")
    site.without_tool.add("m-1")
    assert await recheck(site, carried()) == gone


async def test_what_was_never_carried_is_waiting() -> None:
    """An item of a mapped series is no difference before its lecture item is there; others want none."""
    state = items.fold(steps("e")[:8])
    found = await recheck(luminus(), ("e", state))
    assert [(one.event_id, one.why) for one in found.waiting] == [("e", "its lecture item is not there yet")]
    assert await recheck(luminus(), ("e", state), other="m-1") == Found()
    assert await recheck(luminus(), ("e", items.fold(steps("e")[:7]))) == Found()


async def test_what_is_there_by_now() -> None:
    """What the checkpoint said of an item that waits is not repeated once LumiNUS has its lecture item."""
    end = items.ended("e", Outcome.WAITING, "lecture_item", why="LumiNUS has no lecture item yet")
    site = luminus()
    site.lecture("m-1", "S-E", item_id="l-1")
    found = await recheck(site, ("e", items.fold([*steps("e")[:8], end])))
    assert [one.why for one in found.waiting] == ["its lecture item is there now; run again"]
    site.without_tool.add("m-1")
    found = await recheck(site, ("e", items.fold(steps("e")[:8])))
    assert [one.why for one in found.waiting] == ["its module has no web lecture now"]


async def test_what_luminus_refused_is_waiting_with_its_reason() -> None:
    """An item that could not be carried says why beside what LumiNUS has: it may be so still."""
    end = items.ended("e", Outcome.PERMANENT, "no_presenter", why="nobody is named")
    found = await recheck(luminus(), ("e", items.fold([*steps("e")[:8], end])))
    assert [one.why for one in found.waiting] == [
        "its lecture item is not there yet (the last run: nobody is named)"
    ]


async def test_an_item_of_which_only_some_is_carried() -> None:
    """What is carried is compared, and the item waits as long as no run has finished it."""
    found = await recheck(luminus("l-1"), ("e", items.fold(steps("e"))))
    assert (found.lecture_items, [one.event_id for one in found.waiting]) == (1, ["e"])


@pytest.mark.parametrize("error", [TokenRefused("refuses the token"), Unreachable("no answer")])
async def test_where_luminus_tells_nothing(error: FerryError) -> None:
    """The matter is told once, and of the items only that they wait."""
    site = luminus()
    site.fault = lambda call, subject: error
    states = [(name, items.fold(steps(name)[:8])) for name in "abc"]
    found = await recheck(site, *states)
    assert len(found.unread) == 1
    assert [(one.event_id, one.why) for one in found.waiting] == [(name, UNTOLD) for name in "abc"]


@pytest.mark.parametrize(("outcome", "count"), [(Outcome.DIFFERS, 1), (Outcome.WAITING, 0)])
async def test_what_was_sent_and_did_not_come_back_so(outcome: Outcome, count: int) -> None:
    """A PATCH that LumiNUS did not keep is a difference; one that a killed run meant to send is none."""
    state = items.fold([*steps("e")[:9], items.ended("e", outcome)])
    found = await recheck(luminus("l-1", name="Imported"), ("e", state))
    assert len(found.differences) == count
    assert len(found.waiting) == 1 - count


async def test_a_series_without_a_module_any_more() -> None:
    """What was carried and cannot be found again is named."""
    found = await recheck(luminus(), carried(), other="m-1")
    assert [one.what for one in found.unread] == ["event e"]


async def test_settings_without_luminus() -> None:
    """What was carried before is named as not verified; where nothing was, nothing is said."""
    (unread,) = (await recheck(None, carried())).unread
    assert unread.what == "LumiNUS"
    assert await recheck(None, ("e", items.fold(steps("e")[:8]))) == Found()


async def test_a_luminus_that_refuses_the_account() -> None:
    """It is named once and not asked again, and what was read before stays."""
    site = luminus("l-1")
    site.module("m-2")
    site.closed, site.closed_from = TokenRefused("refuses the token"), 3
    other = replace(carried("b")[1], planned={"series": "s-2"})
    found = await recheck(site, carried("a"), ("b", other), **MODULES, **{"s-2": "m-2"})
    assert found.lecture_items == 1
    assert [one.what for one in found.unread] == ["LumiNUS"]
    assert site.calls.total() == 3


async def test_a_module_that_cannot_be_read() -> None:
    """It is named, and the others are verified."""
    site = luminus("l-1")
    site.module("m-0")

    def fault(call: str, subject: str) -> FerryError | None:
        return Unreachable("no answer") if subject == "m-0" else None

    site.fault = fault
    other = replace(carried("b")[1], planned={"series": "s-0"})
    found = await recheck(site, ("b", other), carried("a"), **MODULES, **{"s-0": "m-0"})
    assert found.lecture_items == 1
    assert [one.what for one in found.unread] == ["LumiNUS module m-0"]


def test_members_come_back_from_the_record() -> None:
    """What `body` wrote is what is compared."""
    assert members_of(MEMBERS).body() == MEMBERS


async def test_what_was_sent_last_is_what_it_was_to_be() -> None:
    """Of a lecture item that was right once and is not as a later run sent it, the later members count."""
    event_id, state = carried()
    later = {**MEMBERS, "name": "Analysis II"}
    known = {name: value for name, value in (state.ended or {}).items() if name not in {"outcome", "reason"}}
    records = [
        items.ended(event_id, Outcome.VERIFIED, **known),
        items.right(event_id, "s-e", None),
        items.patch(event_id, "l-1", {}, {**later, "id": "l-1"}),
        items.ended(event_id, Outcome.DIFFERS, "lecture_item", series="s-1"),
    ]
    found = await recheck(luminus("l-1"), (event_id, items.fold(records)))
    assert [(one.expected, one.found) for one in found.differences] == [("Analysis II", "Analysis I")]
    found = await recheck(luminus("l-1", name="Analysis II"), (event_id, items.fold(records)))
    assert found == Found(lecture_items=1)
