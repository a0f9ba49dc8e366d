"""Carrying on, killed or drained at every moment, under every fault: the end is the same."""

import asyncio
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from random import Random

import anyio
import anyio.lowlevel
import pytest
from fakes.carry_site import CarrySite, session
from fakes.memory_journal import Killed
from fakes.migration_site import Fuse
from fakes.virtual_time import virtually
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import FerryError, RetryPolicy, ServerFault, Throttled, TimedOut, Unreachable
from pipelines.luminus.model import LectureItem
from pipelines.migration.ends import End

VERIFIED = ("verified", None)


async def three() -> CarrySite:
    """Return a site of items with two lecture items, with a late one, and of another module."""
    site = CarrySite(2)
    await site.there("a")
    site.luminus.lecture("m1", session("a"), item_id="another")
    await site.right("b")
    site.luminus.lecture("m1", session("b"), appears=anyio.current_time() + 2)
    await site.there("c", series="s2")
    return site


class Stopping(Fuse):
    """Calls something at a moment, in place of ending the process there."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        super().__init__()
        self._moment, self._act = at, act

    async def moment(self) -> None:
        """Let one moment pass."""
        if self.count + 1 == self._moment:
            self._act()
        await super().moment()


async def unkilled() -> tuple[CarrySite, int, int]:
    """Return a site after a run, the moments that it had, and the records that it wrote."""
    site = await three()
    before = len(site.journal.log)
    await site.run()
    return site, site.luminus.fuse.count, len(site.journal.log) - before


def as_unkilled(site: CarrySite, whole: CarrySite) -> None:
    """Hold a site against one that was never stopped."""
    assert site.outcomes() == whole.outcomes()
    assert {name: one.item for name, one in site.luminus.held.items()} == {
        name: one.item for name, one in whole.luminus.held.items()
    }
    for name, records in whole.records().items():
        assert site.records()[name] == records
    assert site.luminus.applications() == whole.luminus.applications()


@pytest.mark.fault(27)
def test_killed_at_every_moment_it_ends_as_if_it_had_not_been() -> None:
    """Between session and item: before and after every call and every PATCH, and at every record."""

    async def work() -> None:
        whole, moments, records = await unkilled()
        assert set(whole.outcomes().values()) == {VERIFIED}
        assert set(whole.luminus.applications().values()) == {1}
        kills = [(number, None, False) for number in range(1, moments + 1)]
        kills += [(None, number, kept) for number in range(1, records + 1) for kept in (False, True)]
        for moment, record, kept in kills:
            site = await three()
            site.luminus.fuse = Fuse(moment)
            if record is not None:
                site.journal.end_at(record, kept=kept)
            with pytest.raises(BaseExceptionGroup) as killed:
                await site.run()
            assert killed.value.split(Killed)[1] is None
            site.luminus.fuse = Fuse()
            site.journal = site.journal.copy()
            await site.run()
            as_unkilled(site, whole)

    virtually(work())


@settings(max_examples=60, deadline=None)
@given(kills=st.lists(st.tuples(st.booleans(), st.integers(1, 22), st.booleans()), max_size=5))
def test_killed_again_and_again_it_ends_as_if_it_had_not_been(kills: list[tuple[bool, int, bool]]) -> None:
    """Each process gets a little further, and none does again what LumiNUS has."""

    async def work() -> None:
        whole, _, _ = await unkilled()
        site = await three()
        for at_record, number, kept in kills:
            site.luminus.fuse = Fuse(None if at_record else number)
            if at_record:
                site.journal.end_at(number, kept=kept)
            with suppress(BaseExceptionGroup):
                await site.run()
            site.journal = site.journal.copy()
        site.luminus.fuse = Fuse()
        await site.run()
        as_unkilled(site, whole)

    virtually(work())


def test_drained_at_every_moment_only_what_is_done_has_an_end() -> None:
    """What is not done has no end on record, and the next run ends as if there had been no stop."""

    async def work() -> None:
        whole, moments, _ = await unkilled()
        for moment in range(1, moments + 1):
            site = await three()
            carry = site.carry()
            site.luminus.fuse = Stopping(moment, carry.drain)
            for name in site.due():
                carry.take(name)
            carry.finish()
            await carry.run(site.keep)
            calls = site.luminus.calls.total()
            await anyio.sleep(200)
            assert site.luminus.calls.total() == calls
            for name, (outcome, _) in site.outcomes().items():
                assert (outcome == "verified") == (name in site.ends)
            site.luminus.fuse = Fuse()
            await site.run()
            as_unkilled(site, whole)

    virtually(work())


@pytest.mark.parametrize("taken", [False, True])
def test_drained_before_it_runs_or_while_nothing_comes_it_ends(taken: bool) -> None:
    """A stage that is never finished does not keep a drained run from ending."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        carry = site.carry(wait=1e6)
        if taken:
            carry.take("a")
        async with anyio.create_task_group() as group:
            group.start_soon(carry.run, site.keep)
            await anyio.sleep(1000)
            carry.drain()
        again = site.carry()
        again.take("a")
        again.drain()
        await again.run(site.keep)
        assert not site.ends

    virtually(work())


def test_an_end_that_is_being_written_is_written_whole() -> None:
    """Drained meanwhile, the item has its end, and the one after it is left as its records say."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a", "b")
        carry = site.carry(wait=0)

        async def keep(event_id: str, end: End) -> None:
            carry.drain()
            await anyio.sleep(5)
            await site.keep(event_id, end)

        carry.take("a")
        carry.take("b")
        await carry.run(keep)
        assert list(site.ends) == ["a"]

    virtually(work())


def test_drained_while_it_is_parked_it_ends_nothing_more() -> None:
    """What LumiNUS was closed to stays as its records say, too."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a", "b")
        site.luminus.closed_from = 1
        carry = site.carry()

        async def keep(event_id: str, end: End) -> None:
            await site.keep(event_id, end)
            carry.drain()

        carry.take("a")
        carry.take("b")
        await carry.run(keep)
        assert list(site.ends) == ["a"]

    virtually(work())


def test_what_is_on_record_as_carried_is_not_recorded_again() -> None:
    """Killed before its end is written, an item is looked at, and has one record of each lecture item."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.journal.end_at(3)
        with pytest.raises(BaseExceptionGroup):
            await site.run()
        assert site.journal.kinds("a")[-1] == "item.carried"
        site.journal = site.journal.copy()
        await site.run()
        assert [one.kind for one in site.journal.log].count("item.carried") == 1
        assert site.outcomes() == {"a": VERIFIED}

    virtually(work())


@pytest.mark.fault(27)
def test_a_patch_that_took_before_a_kill_is_not_sent_again() -> None:
    """The list shows it; what was there before is told by the record of the first process."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.luminus.lost = {"li-session-a": [True]}
        await site.run(retry=RetryPolicy(attempts=1))
        assert site.outcomes() == {"a": ("retryable", "unreachable")}
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}
        assert site.luminus.calls["patch"] == 1
        assert site.state("a").carried["li-session-a"]["before"]["name"] == "Imported"

    virtually(work())


def test_what_a_later_import_overwrites_is_mended_by_another_run() -> None:
    """A run that carries again looks, sends what differs, and keeps what was there just before."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a", "b")
        await site.run()
        held = site.luminus.held["li-session-a"]
        held.item = LectureItem(held.item.id, held.item.session_id, "Again", "R", False, held.item.start, "")
        await site.run("a", "b")
        assert site.item("a").name == "Lecture a"
        assert site.luminus.applications() == {"li-session-a": 2, "li-session-b": 1}
        befores = {name: site.state(name).carried[f"li-{session(name)}"]["before"] for name in ("a", "b")}
        assert {name: one["name"] for name, one in befores.items()} == {"a": "Again", "b": "Imported"}

    virtually(work())


def faulty(chance: Random, share: float) -> Callable[[str, str], FerryError | None]:
    """Return passing faults of every kind, at a share of the calls."""
    kinds = (Unreachable, TimedOut, ServerFault, Throttled)
    return lambda call, subject: chance.choice(kinds)("for now") if chance.random() < share else None


@pytest.mark.parametrize("seed", range(6))
def test_two_hundred_items_come_through_lags_and_faults(seed: int) -> None:
    """200 items in 5 modules, with lags up to 600 s, a tenth of the calls failing and answers lost: all end
    right, each was changed once, and none was sent again that LumiNUS had taken."""

    async def work() -> None:
        chance = Random(seed)
        site = CarrySite(5)
        carry = site.carry(wait=3600, retry=RetryPolicy(attempts=30), chance=chance.random)
        site.luminus.fault = faulty(chance, 0.1)
        site.opencast.failures = {"batch": [Unreachable("no")] * 5, "series": [TimedOut("no")] * 3}
        async with anyio.create_task_group() as group:
            group.start_soon(carry.run, site.keep)
            for number in range(200):
                name, series = f"e{number}", f"s{chance.randint(1, 5)}"
                await site.right(name, series=series)
                appears = anyio.current_time() + chance.choice([0, chance.random() * 600])
                item = site.luminus.lecture(site.modules[series], session(name), appears=appears)
                site.luminus.lost[item] = [chance.random() < 0.5 for _ in range(chance.randint(0, 2))]
                carry.take(name)
                await anyio.sleep(chance.random() * 10)
            carry.finish()
        assert set(site.outcomes().values()) == {VERIFIED}
        assert len(site.kept) == 200
        applied = site.luminus.applications()
        assert set(applied.values()) == {1}
        assert len(applied) == 200
        assert carry.statistics().waiting == 0

    virtually(work())


def test_two_hundred_items_through_kills() -> None:
    """Killed every hundred moments, with lags and lost answers, all end right and each was changed once."""

    async def work() -> None:
        chance = Random(7)
        site = CarrySite(5)
        for number in range(200):
            series = f"s{chance.randint(1, 5)}"
            await site.right(f"e{number}", series=series)
            appears = anyio.current_time() + chance.random() * 900
            item = site.luminus.lecture(site.modules[series], session(f"e{number}"), appears=appears)
            site.luminus.lost[item] = [chance.random() < 0.5 for _ in range(chance.randint(0, 2))]
        processes = 0
        while site.due():
            processes += 1
            site.luminus.fuse = Fuse(chance.randint(1, 200))
            with suppress(BaseExceptionGroup):
                await site.run(wait=3600)
            site.journal = site.journal.copy()
        assert processes > 3
        assert set(site.outcomes().values()) == {VERIFIED}
        assert set(site.luminus.applications().values()) == {1}

    virtually(work())


def test_an_item_that_waits_is_a_row_and_no_task() -> None:
    """Two thousand items wait in two modules: two tasks more, and less than 2 KiB each."""

    async def work() -> None:
        site = CarrySite(2)
        names = [f"e{number}" for number in range(2000)]
        for number, name in enumerate(names):
            await site.right(name, series=f"s{number % 2 + 1}")
        carry = site.carry(wait=3600)
        async with anyio.create_task_group() as group:
            group.start_soon(carry.run, site.keep)
            await anyio.sleep(1)
            tasks = len(asyncio.all_tasks())
            tracemalloc.start()
            for name in names:
                carry.take(name)
            site.told.clear()
            await anyio.sleep(600)
            used, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert len(asyncio.all_tasks()) == tasks + 2
            assert (carry.statistics().waiting, carry.statistics().modules) == (2000, 2)
            assert used < 2000 * 2048
            carry.drain()
        assert site.luminus.calls["items"] < 50

    virtually(work())
