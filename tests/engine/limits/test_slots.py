"""What holds of those who wait for places."""

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any

from engine.limits import Held, Slots, Use, Windows
from engine.parts import MIB

HOSTS = ("opencast.example", "panopto.example", "other.example")


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_place_is_enough_to_go() -> None:
    """The second place is taken where it is free, and never waited for."""
    slots = Slots(total=3, per_host=3, per_transfer=2)
    async with slots.hold("a", "1", want=2) as first, slots.hold("a", "2", want=2) as second:
        assert (first.granted, second.granted) == (2, 1)
        assert slots.statistics().total == Use(3, 3)
    assert slots.statistics().total == Use(0, 3)
    assert slots.statistics().hosts == {}


async def holding(slots: Slots, host: str, transfer: str, order: list[str], until: asyncio.Event) -> None:
    """Hold one place until told, and note when it came."""
    async with slots.hold(host, transfer, want=1):
        order.append(transfer)
        await until.wait()


async def test_who_is_early_waits_only_until_a_place_will_be_free_soon() -> None:
    """And makes ready for no place that somebody before him will have, whether that one is early or not."""
    slots, came = Slots(1, 1, 1), list[str]()

    async def wait(name: str, *, early: bool) -> None:
        async with slots.hold("a", name, 1, early=early) as held:
            came.append(name)
            await held.take()

    async with asyncio.TaskGroup() as group:
        async with slots.hold("a", "1", 1) as first:
            await first.take()
            group.create_task(wait("2", early=False))
            group.create_task(wait("3", early=True))
            await settle()
            first.end()
            await settle()
            assert came == []
        await settle()
    assert came == ["2", "3"]
    async with slots.hold("a", "1", 1) as first, asyncio.TaskGroup() as group:
        await first.take()
        group.create_task(wait("4", early=True))
        await settle()
        first.end()
        await settle()
        assert came[2:] == ["4"]
        first.give()


async def test_a_full_host_is_passed_over() -> None:
    """The next who can go goes, and the one passed over is first at its own host."""
    slots, order, until = Slots(9, 1, 9), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for host, transfer in (("a", "1"), ("a", "2"), ("a", "3"), ("b", "4")):
            group.create_task(holding(slots, host, transfer, order, until))
        await settle()
        assert order == ["1", "4"]
        until.set()
    assert order == ["1", "4", "2", "3"]


async def test_a_raised_ceiling_wakes_those_who_wait() -> None:
    """Ceilings of the run, a host and a transfer can be moved while tasks wait."""
    slots, order, until = Slots(1, 1, 1), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(holding(slots, "a", "t", order, until))
        await settle()
        assert len(order) == 1
        slots.total = 5
        slots.per_transfer = 5
        await settle()
        assert len(order) == 1
        slots.per_host = 2
        await settle()
        assert len(order) == 2
        slots.per_host = 5
        await settle()
        assert len(order) == 3
        until.set()


async def test_a_lowered_ceiling_throws_nobody_out() -> None:
    """Those inside stay; the next goes when enough have left."""
    slots = Slots(2, 2, 2)
    async with slots.hold("a", "1", want=2) as held:
        slots.total = 1
        assert held.granted == 2
        assert slots.statistics().total == Use(2, 1)
    async with slots.hold("a", "2", want=2) as held:
        assert held.granted == 1


async def test_a_place_granted_to_a_cancelled_task_is_not_lost() -> None:
    """Cancelled between the grant and waking up, a task gives its place back."""
    slots, order, until = Slots(1, 1, 1), list[str](), asyncio.Event()
    first = asyncio.create_task(holding(slots, "a", "1", order, until))
    second = asyncio.create_task(holding(slots, "a", "2", order, until))
    await settle()
    first.cancel()
    await asyncio.sleep(0)
    assert (slots.statistics().total.taken, slots.statistics().waiting, order) == (1, 0, ["1"])
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert order == ["1"]
    assert slots.statistics().total == Use(0, 1)


def random_life(slots: Slots, windows: Windows, chance: Random) -> Coroutine[Any, Any, None]:
    """Make a task that does what transfers do: places, then windows, then some turns of the loop."""

    async def life() -> None:
        host, transfer = chance.choice(HOSTS), str(chance.randrange(5))
        async with slots.hold(host, transfer, want=chance.randint(1, 3)) as held:
            assert 1 <= held.granted <= 3
            for _ in range(chance.randrange(3)):
                async with windows.lease(chance.randint(1, windows.total)):
                    await turns(chance)
            await parts(held, chance)

    return life()


async def parts(held: Held, chance: Random) -> None:
    """Use places as a lane does: some parts side by side, and no more after the last one."""

    async def part() -> None:
        await turns(chance)
        held.give()

    async with asyncio.TaskGroup() as group:
        for _ in range(chance.randrange(4)):
            await held.take()
            group.create_task(part())
        held.end()


async def turns(chance: Random) -> None:
    """Wait some turns of the loop: time without a clock."""
    for _ in range(chance.randrange(4)):
        await asyncio.sleep(0)


async def one_schedule(seed: int) -> None:
    """Run a dozen lives with cancellations and moving ceilings; end with everything given back."""
    chance = Random(seed)
    slots = Slots(chance.randint(1, 5), chance.randint(1, 3), chance.randint(1, 3))
    windows = Windows(chance.randint(1, 4) * MIB, in_flight=1)
    tasks = [asyncio.create_task(random_life(slots, windows, chance)) for _ in range(12)]
    for _ in range(chance.randrange(12)):
        await turns(chance)
        chance.choice(tasks).cancel()
        slots.total = chance.randint(1, 5)
    await asyncio.gather(*tasks, return_exceptions=True)
    failures = [task.exception() for task in tasks if not task.cancelled()]
    assert failures == [None] * len(failures)
    assert (slots.statistics().total.taken, slots.statistics().waiting) == (0, 0)
    assert (windows.statistics().leased, windows.statistics().waiting) == (0, 0)


async def test_a_thousand_random_schedules_end() -> None:
    """Places, windows, cancellations and moving ceilings, in any order: no deadlock, nothing lost."""
    for seed in range(1000):
        await one_schedule(seed)


async def test_a_host_that_throttles_gets_fewer_places_and_the_others_do_not() -> None:
    """It is waited for there as soon as it said so, and no ceiling is left when all is well again."""
    slots = Slots(8, 8, 8, least=2)
    async with slots.hold("a", "t", 8) as held:
        assert held.granted == 8
        slots.throttled("a")
        assert slots.statistics().hosts["a"] == Use(8, 4)
    async with slots.hold("a", "t", 8) as held:
        assert held.granted == 4
    async with slots.hold("b", "t", 8) as held:
        assert held.granted == 8
    for _ in range(100):
        slots.went_well("a")
    async with slots.hold("a", "t", 8) as held:
        assert held.granted == 8
