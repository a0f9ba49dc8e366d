"""The end of a file: half of what one lane has left goes to another that has free places."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

import anyio
import pytest
from fakes.carrying import PART, SOURCE, TRANSFER, Carrying
from fakes.memory_site import LOST, Break, File, MemoryFiles
from fakes.virtual_time import virtually

from engine.engine import Engine
from engine.errors import FerryError, Interrupted, ServerFault, Throttled
from engine.lanes import runs
from engine.limits import Slots
from engine.model import Source, Target, Transfer
from engine.pace import Bandwidth
from engine.progress import PartFailed, PartSettled
from engine.wire import (
    BytesGet,
    Head,
    PartFailure,
    PartPut,
    PartReceipt,
    Places,
    RangedGet,
    Relay,
    Request,
)

LONG = Random(4).randbytes(64 * PART)
"""Sixty-four parts."""


class UnevenFiles(MemoryFiles):
    """Connections of unlike speed: `slow` are the seconds a part by the number of the GET, of others one."""

    slow: Mapping[int, float] = {}

    async def get(self, request: Request) -> tuple[Head, AsyncIterator[bytes]]:
        """Answer a GET; its body comes at the speed of its connection."""
        head, body = await super().get(request)
        return head, part_by_part(body, self.slow.get(self.gets, 1.0))


async def part_by_part(body: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    """Give a body in pieces of one part each, with a wait before each."""
    data = b"".join([piece async for piece in body])
    for at in range(0, len(data), PART):
        await asyncio.sleep(seconds)
        yield data[at : at + PART]


@dataclass
class OnceUnderWay:
    """A relay that sees to it that no part is under way twice."""

    relay: Relay
    under_way: set[int] = field(default_factory=set)

    async def lane(
        self,
        get: RangedGet | BytesGet,
        next_put: Callable[[], PartPut | None],
        settle: Callable[[PartReceipt | PartFailure], Awaitable[None]],
        *,
        places: Places,
    ) -> None:
        """Pass everything on."""

        def handed() -> PartPut | None:
            put = next_put()
            if put is not None:
                assert put.part.number not in self.under_way
                self.under_way.add(put.part.number)
            return put

        async def settled(outcome: PartReceipt | PartFailure) -> None:
            self.under_way.discard(outcome.number)
            await settle(outcome)

        await self.relay.lane(get, handed, settled, places=places)


def uneven(slow: Mapping[int, float], places: int = 16, data: bytes = LONG) -> Carrying:
    """Make a run of one long file."""
    files = UnevenFiles({SOURCE: File(data)})
    files.slow = slow
    carrying = Carrying(files, slots=Slots(places, places, places))
    carrying.ports = replace(carrying.ports, relay=OnceUnderWay(carrying.ports.relay))
    carrying.engine = Engine(carrying.ports, files, files)
    return carrying


def seconds(carrying: Carrying) -> float:
    """Carry the file and return how long that took."""

    async def timed() -> float:
        begun = asyncio.get_running_loop().time()
        await carrying.engine.transfer(TRANSFER)
        return asyncio.get_running_loop().time() - begun

    return virtually(timed())


@pytest.mark.parametrize(
    ("slow", "alone", "shared"),
    [({1: 10.0}, 80, 10), ({4: 10.0}, 60, 10), ({8: 10.0}, 30, 10), ({1: 4.0, 2: 4.0}, 32, 8)],
)
def test_a_slow_connection_does_not_hold_a_file_up(
    slow: dict[int, float], alone: float, shared: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Free places take its parts, all but those that flow; each part is sent once."""
    carrying = uneven(slow)
    assert seconds(carrying) == pytest.approx(shared, abs=0.1)
    assert carrying.object == LONG
    assert sorted(carrying.target.puts) == list(range(1, 65))
    assert carrying.snapshot.bytes.sent_again == 0
    assert carrying.free
    monkeypatch.setattr(runs, "given_away", lambda run, flows: 0)
    assert seconds(uneven(slow)) == pytest.approx(alone, abs=0.1)


def test_lanes_that_are_equally_fast_share_hardly_anything() -> None:
    """They end together: one GET is cut, and there is one more than there were runs."""
    carrying = uneven({})
    assert seconds(carrying) == pytest.approx(7.0, abs=0.1)
    assert carrying.files.gets == 22


def test_a_server_without_ranges_is_read_by_one_lane() -> None:
    """However many places are free."""
    carrying = uneven({1: 2.0})
    carrying.files.files[SOURCE].ranged = False
    assert seconds(carrying) == pytest.approx(128.0, abs=0.1)
    assert (carrying.files.gets, carrying.free) == (1, True)


def test_the_bytes_of_a_shared_run_are_paid_for_once() -> None:
    """By the lane that had them first, and those that go to another are not begun before they are paid."""
    carrying, paid = uneven({1: 25.0}), list[int]()

    class Counted(Bandwidth):
        async def pay(self, count: int, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
            await super().pay(count, sleep)
            paid.append(count)

    async def work() -> None:
        ports = replace(carrying.ports, bandwidth=Counted(8.0 * PART, clock=carrying.ports.clock))
        await Engine(ports, carrying.files, carrying.files).transfer(TRANSFER)

    virtually(work())
    assert carrying.object == LONG
    assert sum(paid) == len(LONG)
    assert carrying.files.gets > len(paid)


def two(places: int, sizes: tuple[int, int]) -> tuple[Carrying, list[Transfer]]:
    """Make a run of two files of so many parts; the first connection is slow."""
    sources = [Source("e", "a.mp4"), Source("e", "b.mp4")]
    files = UnevenFiles({one: File(LONG[: size * PART]) for one, size in zip(sources, sizes, strict=True)})
    files.slow = {1: 5.0}
    transfers = [Transfer("e", one.name, one, Target("memory://t", "Upload", one.name)) for one in sources]
    return Carrying(files, slots=Slots(places, places, places)), transfers


def ends(carrying: Carrying, transfers: list[Transfer], drained: float | None = None) -> list[float]:
    """Carry all of them, and return when each ended."""
    found = [0.0] * len(transfers)

    async def move(number: int) -> None:
        try:
            await carrying.engine.transfer(transfers[number])
        except Interrupted:
            assert drained is not None
        found[number] = asyncio.get_running_loop().time() - 1000

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for number in range(len(transfers)):
                group.start_soon(move, number)
            if drained is not None:
                await anyio.sleep(drained)
                carrying.engine.drain()

    virtually(all_of_them())
    assert carrying.free
    return found


def test_who_asks_for_spare_places_takes_none_that_another_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second file ends as early as if the first had never asked, and then the first has all places."""
    shared = ends(*two(3, (8, 20)))
    monkeypatch.setattr(runs, "given_away", lambda run, flows: 0)
    alone = ends(*two(3, (8, 20)))
    assert alone == [pytest.approx(40.0, abs=0.1), pytest.approx(20.0, abs=0.1)]
    assert shared == [pytest.approx(25.0, abs=0.1), pytest.approx(20.0, abs=0.1)]


def test_a_file_that_is_whole_waits_for_no_spare_places() -> None:
    """One lane has taken all of it, and another file has the other place for long."""
    first, second = ends(*two(3, (8, 60)))
    assert first == pytest.approx(40.0, abs=0.1)
    assert second > first


@pytest.mark.parametrize("drained", [1.5, 7.0, 13.0])
def test_draining_ends_who_asks_for_spare_places(drained: float) -> None:
    """With what flows, the slow connection's part among it; nothing is begun after it."""
    carrying, transfers = two(3, (8, 60))
    assert max(ends(carrying, transfers, drained)) <= drained + 5.0


def troubled(random: Random) -> Carrying:
    """Make a long file, many places, and connections that are slow, break or are refused."""
    carrying = uneven(
        {number: random.choice([0.2, 1.0, 10.0]) for number in range(1, 60)},
        random.randint(4, 20),
        LONG[: random.randint(10, 64) * PART],
    )
    faults: list[FerryError | str] = [ServerFault("500"), Throttled("429", retry_after=5.0), LOST]
    carrying.target.faults = {("part", random.randint(1, 60)): random.choice(faults) for _ in range(4)}
    broken = [Break(status=503), Break(after=random.randint(0, 4000)), None, None, None]
    carrying.files.breaks = [random.choice(broken) for _ in range(40)]
    return carrying


def sent_again(carrying: Carrying) -> int:
    """Count from the facts alone the bytes beyond the most that was ever sent of a part."""
    sent, most = 0, Counter[int]()
    for fact in carrying.facts:
        if isinstance(fact, PartSettled | PartFailed):
            sent += fact.bytes
            most[fact.number] = max(most[fact.number], fact.bytes)
    return sent - most.total()


@pytest.mark.parametrize("seed", range(40))
def test_whatever_goes_wrong_each_part_is_under_way_once(seed: int) -> None:
    """Failures, throttling, cancelling, draining: all places are free in the end, the next run is whole."""
    random = Random(seed)
    carrying = troubled(random)
    stop = random.choice([None, carrying.engine.drain, "cancel"])

    async def work() -> None:
        task = asyncio.create_task(carrying.engine.transfer(TRANSFER))
        if stop is not None:
            await asyncio.sleep(random.uniform(0, 20))
        if stop == "cancel":
            task.cancel()
        elif callable(stop):
            stop()
        found = (await asyncio.gather(task, return_exceptions=True))[0]
        assert not isinstance(found, AssertionError | ExceptionGroup)

    virtually(work())
    assert carrying.free
    if stop is None:
        assert carrying.object == carrying.files.files[SOURCE].data
    if stop != "cancel":
        assert carrying.snapshot.bytes.sent_again == sent_again(carrying)
    later = carrying.again()
    later.carry()
    assert later.object == carrying.files.files[SOURCE].data
    assert not set(later.target.puts) & set(carrying.state.parts)
