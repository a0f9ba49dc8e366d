"""What holds of bounded places and of windows."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from engine.limits import Ceiling, SlotBook, Slots, Ticket, Use, Windows, window_size
from engine.parts import KIB, MIB

HOSTS = ("opencast.example", "panopto.example", "other.example")


class SlotBookMachine(RuleBasedStateMachine):
    """Anything may happen to a book of places in any order; a model counts beside it."""

    tickets: Bundle[Ticket] = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.book = SlotBook(total=4, per_host=3, per_transfer=2)
        self.alive: list[Ticket] = []
        self.lowered = False

    @rule(
        target=tickets,
        host=st.sampled_from(HOSTS),
        transfer=st.sampled_from("abcd"),
        want=st.integers(1, 4),
    )
    def ask(self, host: str, transfer: str, want: int) -> Ticket:
        """Somebody asks."""
        ticket = Ticket(host, transfer, want)
        self.book.ask(ticket)
        self.alive.append(ticket)
        self.book.assign()
        return ticket

    @rule(ticket=consumes(tickets))
    def leave(self, ticket: Ticket) -> None:
        """Somebody gives places back, or stops waiting."""
        self.book.leave(ticket)
        self.alive.remove(ticket)
        self.book.assign()

    @rule(total=st.integers(1, 8), per_host=st.integers(1, 6), own=st.integers(1, 6))
    def move_ceilings(self, total: int, per_host: int, own: int) -> None:
        """The operator moves the ceilings."""
        self.lowered = True
        self.book.total, self.book.per_host = total, per_host
        self.book.host_ceilings[HOSTS[0]] = own
        self.book.assign()

    def taken(self) -> tuple[int, Counter[str], Counter[str]]:
        """Count what is granted, from the tickets alone."""
        hosts, transfers = Counter[str](), Counter[str]()
        for ticket in self.alive:
            hosts[ticket.host] += ticket.granted
            transfers[ticket.transfer] += ticket.granted
        return hosts.total(), hosts, transfers

    @invariant()
    def no_ceiling_is_passed(self) -> None:
        """Grants stay under every ceiling, unless it was lowered under them."""
        total, hosts, transfers = self.taken()
        assert all(count <= self.book.per_transfer for count in transfers.values())
        if not self.lowered:
            assert total <= 4
            assert all(count <= 3 for count in hosts.values())

    @invariant()
    def nobody_waits_who_could_go(self) -> None:
        """Who waits is stopped by a full run, host or transfer."""
        total, hosts, transfers = self.taken()
        for ticket in self.alive:
            if not ticket.granted:
                ceiling = self.book.host_ceilings.get(ticket.host, self.book.per_host)
                assert (
                    total >= self.book.total
                    or hosts[ticket.host] >= ceiling
                    or transfers[ticket.transfer] >= self.book.per_transfer
                )

    @invariant()
    def the_books_agree(self) -> None:
        """Statistics tell what the tickets tell."""
        total, hosts, _ = self.taken()
        statistics = self.book.statistics()
        assert statistics.total.taken == total
        assert {host: use.taken for host, use in statistics.hosts.items()} == dict(+hosts)
        assert statistics.waiting == sum(1 for ticket in self.alive if not ticket.granted)


TestSlotBook = SlotBookMachine.TestCase


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_place_is_enough_to_go() -> None:
    """The second place is taken where it is free, and never waited for."""
    slots = Slots(total=3, per_host=3, per_transfer=2)
    async with slots.hold("a", "1", want=2) as first, slots.hold("a", "2", want=2) as second:
        assert (first, second) == (2, 1)
        assert slots.statistics().total == Use(3, 3)
    assert slots.statistics().total == Use(0, 3)
    assert slots.statistics().hosts == {}


async def holding(slots: Slots, host: str, transfer: str, order: list[str], until: asyncio.Event) -> None:
    """Hold one place until told, and note when it came."""
    async with slots.hold(host, transfer, want=1):
        order.append(transfer)
        await until.wait()


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
        slots.set_host("a", 2)
        await settle()
        assert len(order) == 2
        slots.per_host = 5
        slots.set_host("a", 5)
        await settle()
        assert len(order) == 3
        until.set()


async def test_a_lowered_ceiling_throws_nobody_out() -> None:
    """Those inside stay; the next goes when enough have left."""
    slots = Slots(2, 2, 2)
    async with slots.hold("a", "1", want=2) as granted:
        slots.total = 1
        assert granted == 2
        assert slots.statistics().total == Use(2, 1)
    async with slots.hold("a", "2", want=2) as granted:
        assert granted == 1


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
        async with slots.hold(host, transfer, want=chance.randint(1, 3)) as granted:
            assert 1 <= granted <= 3
            for _ in range(chance.randrange(3)):
                async with windows.lease(chance.randint(1, windows.total)):
                    await turns(chance)
            await turns(chance)

    return life()


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


@given(budget=st.integers(0, 10**10), in_flight=st.integers(1, 10_000))
def test_a_window_is_within_its_bounds(budget: int, in_flight: int) -> None:
    """From 256 KiB to 1 MiB; in between, two for each part in flight fit the budget."""
    size = window_size(budget, in_flight)
    assert 256 * KIB <= size <= MIB
    if size > 256 * KIB:
        assert 2 * in_flight * size <= budget


async def test_windows_are_leased_in_the_order_of_asking() -> None:
    """One who wants many is not overtaken by those who want few."""
    windows, order = Windows(4 * MIB, 2), list[int]()

    async def take(count: int) -> None:
        async with windows.lease(count) as size:
            assert size == count * MIB
            order.append(count)

    async with asyncio.TaskGroup() as group, windows.lease(2):
        for count in (4, 1, 2):
            group.create_task(take(count))
        await settle()
        assert order == []
        assert windows.statistics().waiting == 3
    assert order == [4, 1, 2]


@pytest.mark.parametrize("count", [0, 5])
async def test_more_windows_than_there_are_is_a_mistake(count: int) -> None:
    """Such a lease would wait for ever."""
    windows = Windows(4 * MIB, 2)
    with pytest.raises(ValueError, match="windows of 4"):
        async with windows.lease(count):
            pass


def test_a_budget_without_a_window_is_a_mistake() -> None:
    """Less than 256 KiB moves nothing."""
    with pytest.raises(ValueError, match="hold no window"):
        Windows(255 * KIB, 1)


events = st.lists(st.one_of(st.none(), st.integers(0, 40)), max_size=80)
"""A part that went well (None), or one that was throttled with so many in flight."""


@given(least=st.integers(1, 8), more=st.integers(0, 30), events=events)
def test_a_ceiling_stays_between_its_bounds_and_moves_by_its_rule(
    least: int, more: int, events: list[int | None]
) -> None:
    """Up by one place at most, and only when a part went well; down only by a throttle."""
    ceiling = Ceiling(least + more, least, least + more)
    for in_flight in events:
        before = ceiling
        if in_flight is None:
            ceiling = ceiling.after_part()
            assert before.places <= ceiling.places <= before.places + 1
        else:
            ceiling = ceiling.after_throttle(in_flight)
            assert ceiling.places <= before.places
            assert ceiling.places <= max(before.places // 2, least) or before.deaf
        assert ceiling.least <= ceiling.places <= ceiling.most


@given(places=st.integers(1, 64), in_flight=st.integers(1, 64))
def test_one_burst_of_throttling_is_heard_once(places: int, in_flight: int) -> None:
    """All parts that were in flight are throttled: the places are halved once and not to nothing."""
    ceiling = Ceiling(places, 1, 64).after_throttle(in_flight)
    for _ in range(in_flight - 1):
        assert ceiling.after_throttle(in_flight).places == ceiling.places
        ceiling = ceiling.after_throttle(in_flight)
    assert ceiling.places == max(min(places, in_flight) // 2, 1)


@given(places=st.integers(1, 20))
def test_a_host_that_throttles_no_more_is_back_at_its_bound(places: int) -> None:
    """After as many rounds as there are places to win."""
    ceiling = Ceiling(places, 1, 20)
    for _ in range(20 * 20):
        ceiling = ceiling.after_part()
    assert (ceiling.places, ceiling.deaf) == (20, 0)


async def test_a_host_that_throttles_gets_fewer_places_and_the_others_do_not() -> None:
    """It is waited for there as soon as it said so, and no ceiling is left when all is well again."""
    slots = Slots(8, 8, 8, least=2)
    async with slots.hold("a", "t", 8) as granted:
        assert granted == 8
        slots.throttled("a")
        assert slots.statistics().hosts["a"] == Use(8, 4)
    async with slots.hold("a", "t", 8) as granted:
        assert granted == 4
    async with slots.hold("b", "t", 8) as granted:
        assert granted == 8
    for _ in range(100):
        slots.went_well("a")
    async with slots.hold("a", "t", 8) as granted:
        assert granted == 8


def test_a_new_bound_holds_for_a_host_that_throttles() -> None:
    """Lowered, it is lowered there too; raised, the host finds its way up by itself."""
    ceiling = Ceiling(6, 2, 8)
    assert ceiling.within(4) == Ceiling(4, 2, 4)
    assert ceiling.within(1) == Ceiling(1, 1, 1)
    assert ceiling.within(20) == Ceiling(6, 2, 20)
