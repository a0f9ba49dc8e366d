"""Which part goes when: runs, fairness, places, retries, and that it always comes to an end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random

import anyio
import pytest
from fakes.carrying import DATA, PART, SOURCE, TRANSFER, Carrying
from fakes.memory_site import LOST, Break, File, MemoryFiles
from fakes.virtual_time import Deadlock, virtually

from engine.engine import Engine
from engine.errors import FerryError, Interrupted, Refused, ServerFault, Throttled, Unreachable
from engine.lanes import LONGEST_RUN
from engine.limits import Slots
from engine.model import ByteRange, Source, Target, Transfer
from engine.pace import Bandwidth
from engine.progress import Waiting


def pair(slots: Slots, sizes: tuple[int, int]) -> tuple[Carrying, list[Transfer]]:
    """Make two transfers of one run."""
    sources = [Source("e", "a.mp4"), Source("e", "b.mp4")]
    files = MemoryFiles({one: File(DATA[:size]) for one, size in zip(sources, sizes, strict=True)})
    transfers = [Transfer("e", one.name, one, Target("memory://t", "Upload", one.name)) for one in sources]
    return Carrying(files, slots=slots), transfers


@pytest.mark.parametrize("total", [1, 2, 3, 4])
def test_two_transfers_share_few_places(total: int) -> None:
    """Neither waits until the other is done: a lane takes a bounded run, and then the next in turn goes."""
    slots = Slots(total, total, total)
    carrying, transfers = pair(slots, (len(DATA), len(DATA)))
    carrying.target.slow = 1.0
    ends: list[float] = []
    firsts: dict[str, int] = {}

    def heard(call: str) -> None:
        for upload in carrying.target.put_to:
            firsts.setdefault(upload, len(carrying.target.puts))

    carrying.target.heard = heard

    async def move(one: Transfer) -> None:
        await carrying.engine.transfer(one)
        ends.append(asyncio.get_running_loop().time() - 1000)

    async def both() -> None:
        async with anyio.create_task_group() as group:
            for one in transfers:
                group.start_soon(move, one)

    virtually(both())
    assert max(firsts.values()) <= LONGEST_RUN + 2
    assert max(ends) == pytest.approx(20 / total, abs=4)
    assert carrying.free


@pytest.mark.parametrize("tick", range(0, 80, 2))
def test_no_place_is_lost_when_one_of_two_is_cancelled(tick: int) -> None:
    """The other goes on to its end with all places."""
    carrying, transfers = pair(Slots(2, 2, 2), (len(DATA), len(DATA)))

    async def both() -> None:
        victim = asyncio.create_task(carrying.engine.transfer(transfers[0]))
        other = asyncio.create_task(carrying.engine.transfer(transfers[1]))
        for _ in range(tick):
            await asyncio.sleep(0)
        victim.cancel()
        await asyncio.gather(victim, return_exceptions=True)
        await other

    virtually(both())
    assert carrying.target.objects["b.mp4"][0] == DATA
    assert carrying.free


@pytest.mark.parametrize("fault", [Throttled("429", retry_after=600.0), Unreachable("reset"), LOST])
def test_a_retry_that_waits_holds_no_place(fault: FerryError | str) -> None:
    """While one transfer sleeps, every place is free, and another takes them all."""
    slots = Slots(2, 2, 2)
    carrying, transfers = pair(slots, (PART, len(DATA)))
    carrying.target.faults = {("part", 1): fault}
    seen: list[int] = []

    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(carrying.engine.transfer, transfers[0])
            await anyio.sleep(0.1)  # all but a wait is over by then
            assert any(isinstance(fact, Waiting) for fact in carrying.facts)
            seen.append(slots.statistics().total.taken)
            await carrying.engine.transfer(transfers[1])
            seen.append(carrying.engine.statistics().transfers)

    virtually(both())
    assert seen == [0, 1 if isinstance(fault, Throttled) else seen[1]]
    assert len(carrying.target.objects) == 2


@pytest.mark.fault(5)
def test_a_lane_sends_no_bytes_of_another_place_of_the_file() -> None:
    """A read is prepared from the first byte, where the lane's parts begin later: they fail, although their
    lengths and ETags would be right."""
    carrying = Carrying(attempts=2)
    prepare = carrying.files.ranged_get
    carrying.files.ranged_get = lambda location, span, validator: prepare(
        location, ByteRange(0, span.length), validator
    )
    with pytest.raises(ServerFault, match="another place"):
        carrying.carry()
    assert carrying.object is None
    (upload,) = carrying.target.uploads.values()
    assert all(
        data == DATA[(number - 1) * PART : number * PART] for number, (data, _) in upload.parts.items()
    )
    assert carrying.free


def test_a_target_that_throttles_is_given_fewer_parts_at_once() -> None:
    """Open lanes end, no other takes all their places, and rounds that go well bring them back."""
    slots = Slots(8, 8, 8)
    carrying = Carrying(slots=slots, part=PART // 10)
    carrying.target.slow = 1.0
    carrying.target.faults = {("part", 1): Throttled("429", retry_after=0.1)}
    taken: list[int] = []

    async def carry(scope: anyio.CancelScope) -> None:
        await carrying.engine.transfer(TRANSFER)
        scope.cancel()

    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(carry, group.cancel_scope)
            while True:
                taken.append(slots.statistics().total.taken)
                await anyio.sleep(0.5)

    virtually(both())
    assert carrying.object == DATA
    after = taken[taken.index(8) :][:12]
    assert min(after) <= 6
    assert 8 in after[after.index(min(after)) :]


def test_what_the_peer_asks_is_waited_for() -> None:
    """Retry-After of ten minutes takes ten minutes."""
    carrying = Carrying(MemoryFiles({SOURCE: File(DATA[:PART])}))
    carrying.target.faults = {("part", 1): Throttled("429", retry_after=600.0)}

    async def timed() -> float:
        begun = asyncio.get_running_loop().time()
        await carrying.engine.transfer(TRANSFER)
        return asyncio.get_running_loop().time() - begun

    assert 600.0 <= virtually(timed()) < 602.0


def test_a_long_file_is_read_by_few_gets() -> None:
    """A lane takes a run of parts, and no more than its share or eight; the last one may be shared."""
    carrying = Carrying(slots=Slots(2, 2, 2))
    carrying.carry()
    assert carrying.files.gets == 3
    wide = Carrying(slots=Slots(20, 20, 20))
    wide.carry()
    assert wide.files.gets == 10


def test_the_others_stop_when_one_part_has_failed_for_good() -> None:
    """No part is begun after it, and no retry is slept through."""
    carrying = Carrying(slots=Slots(4, 4, 4))
    carrying.target.slow = 1.0
    carrying.target.faults = {("part", 1): Throttled("429", retry_after=800.0), ("part", 3): Refused("no")}

    async def timed() -> float:
        with pytest.raises(Refused):
            await carrying.engine.transfer(TRANSFER)
        return asyncio.get_running_loop().time() - 1000

    assert virtually(timed()) < 10.0
    assert carrying.free


def chaos(random: Random) -> tuple[Carrying, list[Transfer]]:
    """Make a run in which anything may go wrong, with few places."""
    sources = [Source("e", f"{number}.mp4") for number in range(random.randint(1, 5))]
    files = MemoryFiles(
        {one: File(DATA[: random.randint(1, len(DATA))], ranged=random.random() < 0.8) for one in sources}
    )
    total = random.randint(1, 5)
    slots = Slots(total, random.randint(1, 5), random.randint(1, 5))
    carrying = Carrying(files, slots=slots, attempts=random.randint(1, 4))
    carrying.target.slow = random.choice([0.0, 0.5, 20.0, 45.0])
    errors: list[FerryError | str] = [ServerFault("500"), Throttled("429", retry_after=30.0), LOST]
    calls = ["create", "part", "part", "part", "complete"]
    carrying.target.faults = {
        (random.choice(calls), random.randint(1, 30)): random.choice(errors) for _ in range(8)
    }
    breaks: list[Callable[[], Break | None]] = [
        lambda: None,
        lambda: Break(status=503),
        lambda: Break(after=random.randint(0, 4000)),
        lambda: Break(wait=random.choice([1.0, 40.0])),
    ]
    files.breaks = [random.choice(breaks)() for _ in range(10)]
    return carrying, [
        Transfer("e", one.name, one, Target("memory://t", "Upload", one.name)) for one in sources
    ]


@pytest.mark.parametrize("seed", range(300))
def test_no_schedule_hangs(seed: int) -> None:
    """Whatever fails, is slow, is cancelled or drained: each transfer ends, and every place is free."""
    random = Random(seed)
    carrying, transfers = chaos(random)
    results: list[object] = []

    async def move(one: Transfer) -> None:
        try:
            results.append(await carrying.engine.transfer(one))
        except FerryError as error:
            results.append(error)

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            tasks = [asyncio.create_task(move(one)) for one in transfers]
            if random.random() < 0.4:
                await anyio.sleep(random.uniform(0, 60))
                tasks[0].cancel()
            if random.random() < 0.4:
                await anyio.sleep(random.uniform(0, 60))
                carrying.engine.drain()
            await asyncio.gather(*tasks, return_exceptions=True)
            group.cancel_scope.cancel()

    virtually(all_of_them())
    assert len(results) >= len(transfers) - 1
    assert carrying.free
    assert carrying.engine.statistics().transfers == 0
    for key, (found, _) in carrying.target.objects.items():
        assert found == carrying.files.files[Source("e", key)].data
    if carrying.engine.statistics().draining:
        assert all(not isinstance(one, Refused) for one in results)
    later = carrying.again()

    async def the_rest() -> None:
        for one in transfers:
            await later.engine.transfer(one)

    virtually(the_rest())
    assert len(later.target.objects) == len(transfers)


def test_a_deadlock_would_be_seen() -> None:
    """The loop of these tests tells when everything waits for nothing."""
    with pytest.raises(Deadlock):
        virtually(anyio.Event().wait())


def test_draining_ends_a_transfer_that_waits_for_a_place() -> None:
    """As soon as the others have ended."""
    carrying, transfers = pair(Slots(1, 1, 1), (len(DATA), len(DATA)))
    carrying.target.slow = 1.0
    ends: list[type[BaseException]] = []

    async def move(one: Transfer) -> None:
        with pytest.raises(Interrupted) as caught:
            await carrying.engine.transfer(one)
        ends.append(caught.type)

    async def both() -> None:
        async with anyio.create_task_group() as group:
            for one in transfers:
                group.start_soon(move, one)
            await anyio.sleep(2.5)
            carrying.engine.drain()

    virtually(both())
    assert ends == [Interrupted, Interrupted]
    assert len(carrying.target.puts) == 3


def test_a_limit_of_bytes_is_kept_by_the_whole() -> None:
    """Ten parts, the last one a half, at half a part a second: the last begins after 18 s."""
    carrying, ends = Carrying(), list[float]()

    async def work() -> None:
        clock = carrying.ports.clock
        ports = replace(carrying.ports, bandwidth=Bandwidth(PART / 2, clock=clock))
        began = clock()
        await Engine(ports, carrying.files, carrying.files).transfer(TRANSFER)
        ends.append(clock() - began)

    virtually(work())
    assert carrying.object == DATA
    assert ends == [pytest.approx(18.0, abs=0.5)]
    assert carrying.free


def test_drained_it_waits_for_no_bytes() -> None:
    """A lane that has yet to pay begins nothing more, and its parts are for the next run."""
    carrying = Carrying()

    async def work() -> None:
        clock = carrying.ports.clock
        ports = replace(carrying.ports, bandwidth=Bandwidth(PART / 60, clock=clock))
        began = clock()
        async with anyio.create_task_group() as group:

            async def drain() -> None:
                await anyio.sleep(90)
                ports.drain.begin()

            group.start_soon(drain)
            with pytest.raises(Interrupted):
                await Engine(ports, carrying.files, carrying.files).transfer(TRANSFER)
        assert clock() - began == pytest.approx(90, abs=1)

    virtually(work())
    assert len(carrying.state.parts) == 2
    assert carrying.free
