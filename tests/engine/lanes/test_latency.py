"""Latency hidden: while one lane's last answers are awaited, the next one's GET is asked for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from random import Random

import anyio
import pytest
from fakes.carrying import PART, SOURCE, TRANSFER, Carrying
from fakes.lane_relay import LaneRelay
from fakes.memory_site import File, MemoryFiles
from fakes.virtual_time import virtually

from engine.engine import Engine
from engine.limits import Slots, Windows
from engine.model import Source, Target, Transfer
from engine.pace import Bandwidth
from engine.parts import MIB
from engine.wire import Head, Request

FAR = 5.0
"""Seconds before every answer, of the source and of the target."""

DATA = Random(5).randbytes(16 * PART)
"""Two runs of eight parts, for one lane after the other."""


class FarFiles(MemoryFiles):
    """A source whose answers take long to begin; a part then flows in `flow` seconds. `asked` has when."""

    asked: list[float]
    flow = 1.0
    answer = FAR

    async def get(self, request: Request) -> tuple[Head, AsyncIterator[bytes]]:
        """Answer a GET."""
        self.asked.append(asyncio.get_running_loop().time() - 1000)
        await anyio.sleep(self.answer)
        head, body = await super().get(request)
        return head, slowly(body, self.flow)


async def slowly(body: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    """Give a body part by part."""
    data = b"".join([piece async for piece in body])
    for at in range(0, len(data), PART):
        await anyio.sleep(seconds)
        yield data[at : at + PART]


def far(
    places: int, files: int = 1, *, flow: float = 1.0, answer: float = FAR
) -> tuple[Carrying, list[Transfer]]:
    """Make a run of some files of sixteen parts each."""
    sources = [Source("event", f"{number}.mp4") for number in range(files)]
    found = FarFiles({one: File(DATA) for one in sources})
    found.asked, found.flow, found.answer = [], flow, answer
    carrying = Carrying(found, slots=Slots(places, places, places))
    carrying.target.slow = answer
    return carrying, [
        Transfer("event", one.name, one, Target("memory://t", "Upload", one.name)) for one in sources
    ]


def mute(seconds: float) -> tuple[Carrying, list[int]]:
    """Make a run of one file, in one place, to a target that takes long to answer; and the bytes paid for."""
    carrying, paid = Carrying(MemoryFiles({SOURCE: File(DATA)}), slots=Slots(1, 1, 1)), list[int]()
    carrying.target.slow = seconds

    class Counted(Bandwidth):
        async def pay(self, count: int, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
            paid.append(count)

    carrying.ports = replace(
        carrying.ports,
        relay=LaneRelay(carrying.files, carrying.target, Windows(MIB, 1)),
        bandwidth=Counted(),
        least_rate=1.0,
    )
    carrying.engine = Engine(carrying.ports, carrying.files, carrying.files)
    return carrying, paid


def seconds(carrying: Carrying, transfers: list[Transfer]) -> float:
    """Carry all of them, and return how long that took."""

    async def all_of_them() -> float:
        async with anyio.create_task_group() as group:
            for transfer in transfers:
                group.start_soon(carrying.engine.transfer, transfer)
        return asyncio.get_running_loop().time() - 1000

    return virtually(all_of_them())


def test_a_lane_asks_for_its_bytes_while_the_one_before_it_awaits_its_answers() -> None:
    """Eight parts are read in the time of four answers; the next GET is asked for when they are read, five
    seconds before the last place is free."""
    carrying, transfers = far(places=2)
    seconds(carrying, transfers)
    read = FAR + 4 * (1 + FAR) + 1 - FAR
    assert carrying.files.asked[:2] == [0.0, read]
    assert carrying.free


def test_places_of_a_lane_that_ends_go_to_other_files() -> None:
    """Ten files share four places: hardly one waits for the beginning of an answer but at the very first."""
    carrying, transfers = far(4, files=10)
    took = seconds(carrying, transfers)
    busy = 10 * 16 * (1 + FAR) / 4
    assert FAR + busy <= took <= 1.05 * (FAR + busy)
    assert {carrying.target.objects[one.target.key][0] for one in transfers} == {DATA}


def test_one_place_is_never_idle_while_the_source_begins_to_answer() -> None:
    """Also where there is just one: the GET of the second run is asked for before the last answer."""
    carrying, transfers = far(places=1)
    assert seconds(carrying, transfers) == pytest.approx(FAR + 16 * (1 + FAR))


def test_slow_connections_have_a_place_each() -> None:
    """A part that flows for long and is answered soon needs one place, and no second one idle."""
    carrying, transfers = far(16, files=50, flow=20.0, answer=1.0)
    took = seconds(carrying, transfers)
    assert took <= 1.1 * (50 * 16 * 21.0 / 16)


@pytest.mark.parametrize(("answer", "gets"), [(15.0, 17), (300.0, 31)])
def test_a_get_that_waits_in_vain_is_begun_anew_in_its_place(answer: float, gets: int) -> None:
    """At most one GET ahead of each part's, however long the answers take; bytes are paid for once."""
    carrying, paid = mute(answer)
    assert seconds(carrying, [TRANSFER]) == pytest.approx(16 * answer, rel=0.01)
    assert carrying.object == DATA
    assert carrying.files.gets == gets
    assert sum(paid) == len(DATA)
    assert (carrying.snapshot.bytes.sent_again, carrying.free) == (0, True)
