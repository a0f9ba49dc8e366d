"""The whole way of an item, from Opencast over Panopto to its lecture item, killed at every moment of it."""

from contextlib import suppress
from typing import Any

import anyio
from fakes.carry_site import POLICY, READABLE, first
from fakes.memory_luminus import MemoryLuminus, MemoryOpencast
from fakes.migration_site import Fuse, Site, lecture
from fakes.virtual_time import virtually

from engine import Unreachable
from pipelines import items
from pipelines.migration.carry.stage import Carry
from pipelines.migration.ends import KEPT

VERIFIED = {"a": ("verified", None), "b": ("verified", None), "c": ("verified", None)}


class Whole:
    """Both stages over one checkpoint: `a` and `b` go on to LumiNUS, `c` is of a series without a module."""

    def __init__(self) -> None:
        events = [
            lecture(name, series=series, presenters=("Ada",), acl=READABLE)
            for name, series in (("a", "s1"), ("b", "s1"), ("c", "none"))
        ]
        self.site = Site(*events)
        self.opencast = MemoryOpencast(*events)
        self.luminus = MemoryLuminus(now=anyio.current_time)
        self.luminus.module("m1")

    async def plan(self) -> None:
        """Put all events into the plan, each with its series."""
        for name, event in self.opencast.events.items():
            await self.site.journal.append(
                items.planned(name, estimate=None, series=event.series, folder_id="home")
            )

    async def run(self, fuse: Fuse) -> None:
        """Run in a process of its own; LumiNUS imports a session 2 s after Panopto has it."""
        self.site.panopto.fuse = self.luminus.fuse = fuse
        panopto: Any = self.site.panopto
        carry = Carry(
            self.luminus, self.opencast, panopto, self.site.journal, modules={"s1": "m1"}, policy=POLICY,
            presenter="", wait=60, clock=anyio.current_time,
        )  # fmt: skip
        async with anyio.create_task_group() as group:
            group.start_soon(self._import)
            await self.site.run(onward=carry)
            group.cancel_scope.cancel()

    async def _import(self) -> None:
        while True:
            for session_id in self.site.panopto.sessions:
                if f"li-{session_id}" not in self.luminus.held:
                    self.luminus.lecture("m1", session_id, appears=anyio.current_time() + 2)
            await anyio.sleep(0.5)

    def told(self) -> dict[str, Any]:
        """Return what LumiNUS holds, by the name of the recording."""
        return {one.item.name: one.item.presenter for one in self.luminus.held.values()}


async def planned() -> Whole:
    """Return both stages, with a plan."""
    whole = Whole()
    await whole.plan()
    return whole


def test_items_go_on_where_they_have_a_module() -> None:
    """The ends of those that do have what was carried; the other is verified at Panopto and left alone."""

    async def work() -> None:
        whole = await planned()
        await whole.run(Fuse())
        assert whole.site.outcomes() == VERIFIED
        assert whole.told() == {"Lecture a": "Ada", "Lecture b": "Ada", "Imported": "Recorder"}
        ends = {name: whole.site.journal.history(name)[0].facts for name in "abc"}
        assert [len(ends[name]["carried"]) for name in "abc"] == [1, 1, 0]
        assert whole.luminus.calls["patch"] == 2

    virtually(work())


def test_killed_at_every_moment_of_the_way_nothing_is_done_twice() -> None:
    """One session, and one PATCH that took, for each item; the checkpoint ends as if nothing had happened."""

    async def work() -> None:
        whole, fuse = await planned(), Fuse()
        await whole.run(fuse)
        assert fuse.count > 25
        for moment in range(1, fuse.count + 1):
            again = await planned()
            with suppress(BaseExceptionGroup):
                await again.run(Fuse(moment))
            again.site.journal = again.site.journal.copy()
            await again.run(Fuse())
            assert again.site.outcomes() == VERIFIED
            assert again.told() == whole.told()
            assert set(again.luminus.applications().values()) == {1}
            assert set(again.site.panopto.submits.values()) == {1}
            assert len(again.site.panopto.sessions) == 3

    virtually(work())


def test_an_item_that_waits_for_luminus_is_not_shipped_again() -> None:
    """The next run goes on at LumiNUS, and Panopto is not asked for anything more."""

    async def work() -> None:
        whole = await planned()
        whole.luminus.fault = first("modules", *[Unreachable("no")] * 99)
        await whole.run(Fuse())
        assert whole.site.outcomes() == {**VERIFIED, **dict.fromkeys("ab", ("retryable", "unreachable"))}
        whole.luminus.fault = lambda call, of: None
        before = whole.site.panopto.calls.copy()
        await whole.run(Fuse())
        assert (whole.site.outcomes(), whole.site.panopto.calls) == (VERIFIED, before)

    virtually(work())


def test_an_item_that_waits_for_luminus_is_one_record_however_many_runs_wait() -> None:
    """All that was moved is in its end by then: receipts of parts are kept no longer, and no fact is lost."""

    async def work() -> None:
        smooth, whole = await planned(), await planned()
        await smooth.run(Fuse())
        whole.luminus.fault = first("modules", *[Unreachable("no")] * 99)
        for _ in range(3):
            await whole.run(Fuse())
            assert [len(whole.site.journal.history(name)) for name in "abc"] == [1, 1, 1]
        whole.luminus.fault = lambda call, of: None
        await whole.run(Fuse())
        for name in "abc":
            (end,) = whole.site.journal.history(name)
            (told,) = smooth.site.journal.history(name)
            assert end.facts.keys() == told.facts.keys()
            assert [end.facts[fact] for fact in KEPT if fact in end.facts] == [
                told.facts[fact] for fact in KEPT if fact in told.facts
            ]

    virtually(work())


def test_what_was_sent_and_not_read_back_keeps_its_records() -> None:
    """They tell what a lecture item was before it was changed."""

    async def work() -> None:
        whole = await planned()
        whole.luminus.fault = first("patch", *[Unreachable("no")] * 99)
        await whole.run(Fuse())
        assert whole.site.outcomes()["a"] == ("retryable", "unreachable")
        whole.luminus.fault = lambda call, of: None
        await whole.run(Fuse())
        (end,) = whole.site.journal.history("a")
        assert [one["before"]["name"] for one in end.facts["carried"]] == ["Imported"]

    virtually(work())
