"""The network is down for a while: nothing is lost, no place is held, and everything goes on by itself."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fakes.carrying import DATA, SOURCE, TARGET, TRANSFER, Carrying
from fakes.memory_site import File, MemoryFiles, MemoryTarget
from fakes.processes import ferry, standing
from fakes.virtual_time import virtually

from engine.breaker import Breaker, Patience
from engine.drain import Drain
from engine.engine import Engine
from engine.errors import Interrupted, Throttled, Unreachable
from engine.http import host_of
from engine.lanes.lanes import LONGEST_FIND
from engine.limits import Slots
from engine.model import Location, Source, Target, Transfer
from engine.progress import HostAnswers, HostRests
from engine.wire import Head, Probe, Request

QUICK: Mapping[str, Any] = {
    "largest": 300_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}


@dataclass
class Outage:
    """A time, by the loop's clock from the first question on, in which nothing can be reached."""

    begins: float
    ends: float
    zero: float | None = None
    struck: int = 0

    def strike(self, url: str) -> None:
        """Raise Unreachable while it lasts."""
        now = asyncio.get_running_loop().time()
        self.zero = now if self.zero is None else self.zero
        if self.begins <= now - self.zero < self.ends:
            self.struck += 1
            raise Unreachable("the connection failed", where=host_of(url))


class FilesOnTheNetwork(MemoryFiles):
    """Files that cannot be reached during an outage; each GET takes a second."""

    def __init__(self, outage: Outage) -> None:
        super().__init__({SOURCE: File(DATA)})
        self.outage = outage

    async def probe(self, source: Source, location: Location, deadline: float) -> Probe:
        """Tell size and validator."""
        self.outage.strike(location.url)
        return await super().probe(source, location, deadline)

    async def get(self, request: Request) -> tuple[Head, Any]:
        """Answer a GET."""
        await asyncio.sleep(1)
        self.outage.strike(request.url)
        return await super().get(request)


class TargetOnTheNetwork(MemoryTarget):
    """An S3 whose Complete cannot be reached during an outage."""

    outage: Outage

    async def complete(self, target: Target, upload: str, receipts: Any) -> str:
        """Make the parts one object."""
        self.outage.strike(target.endpoint)
        return await super().complete(target, upload, receipts)


def carrying(files: Outage, target: Outage, patience: Patience) -> tuple[Carrying, Drain]:
    """Return a carriage over a network with outages."""
    there = TargetOnTheNetwork()
    there.outage = target
    found = Carrying(FilesOnTheNetwork(files), there, slots=Slots(2, 2, 2))
    drain = Drain()
    breaker = Breaker(
        patience,
        clock=lambda: asyncio.get_running_loop().time(),
        sleep=drain.before_another_try,
        observer=found.facts.append,
    )
    found.ports = replace(found.ports, breaker=breaker, drain=drain)
    found.engine = Engine(found.ports, found.files, found.files)
    return found, drain


NEVER = Outage(0, 0)
PATIENT = {"network.outage_minutes": 5, "transfer.items_in_flight": 1}


@pytest.mark.fault(14)
def test_ten_minutes_without_the_source_are_ridden_out(record_property: Any) -> None:
    """No try is used up, no part is sent twice, nobody held a place, and it was told once."""
    outage = Outage(1.5, 601.5)
    found, _ = carrying(outage, NEVER, Patience())
    found.carry()
    assert found.object == DATA
    assert sorted(found.target.puts) == list(range(1, 11))
    told = [one for one in found.facts if isinstance(one, HostRests | HostAnswers)]
    assert [type(one) for one in told] == [HostRests, HostAnswers]
    assert isinstance(told[1], HostAnswers)
    assert 590 <= told[1].seconds <= 640
    assert found.free
    record_property("injected", outage.struck)
    record_property("happened", "ten minutes of outage: waited for, and whole afterwards")


@pytest.mark.fault(14)
def test_ten_minutes_without_the_target_are_ridden_out() -> None:
    """A Complete that cannot be asked for waits with its parts kept; none is sent a second time."""
    found, _ = carrying(NEVER, Outage(0, 600), Patience())
    found.carry()
    assert found.object == DATA
    assert sorted(found.target.puts) == list(range(1, 11))


@pytest.mark.fault(14)
def test_an_outage_beyond_the_bound_is_left_to_a_later_run() -> None:
    """A transient error, the upload kept, and the next process goes on with what arrived."""
    found, _ = carrying(Outage(1.5, 1e9), NEVER, Patience())
    with pytest.raises(Unreachable):
        found.carry()
    arrived = len(found.target.puts)
    later = found.again()
    later.carry()
    assert later.object == DATA
    assert len(later.target.puts) == 10 - arrived
    assert found.free


@pytest.mark.fault(14, 34)
def test_a_drain_ends_the_waiting_for_a_host() -> None:
    """Within a second, with nothing given up."""
    found, drain = carrying(Outage(1.5, 1e9), NEVER, Patience())

    async def scene() -> float:
        task = asyncio.create_task(found.engine.transfer(TRANSFER))
        await asyncio.sleep(60)
        begun = asyncio.get_running_loop().time()
        drain.begin()
        with pytest.raises(Interrupted):
            await task
        return asyncio.get_running_loop().time() - begun

    assert virtually(scene()) <= 1.0
    assert found.target.calls["abort"] == 0


class Unsigned(MemoryFiles):
    """Files whose first one is signed anew by somebody who cannot be reached for ten minutes."""

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Give an address; another one of the same file comes late."""
        if refused is not None and source == SOURCE:
            await asyncio.sleep(600)
        return await super().locate(source, refused)

    def run_out(self) -> None:
        """Let the address of the first file hold no longer."""
        self.files[SOURCE].version += 1


@pytest.mark.fault(11, 14)
@pytest.mark.parametrize("places", [1, 2, 4])
def test_who_waits_for_an_address_holds_no_place(places: int, record_property: Any) -> None:
    """One file's address runs out while Opencast cannot be asked: another file gets all places within the
    seconds that a lane may look for it in its place, and is long done when the first one goes on."""
    other = Source("other", "slides.mp4")
    files = Unsigned({SOURCE: File(DATA), other: File(DATA)})
    files.before[2] = files.run_out
    found = Carrying(files, slots=Slots(places, places, places), attempts=2)
    found.target.slow = 1.0
    ends: dict[str, float] = {}

    async def move(transfer: Transfer) -> None:
        await found.engine.transfer(transfer)
        ends[transfer.subject] = asyncio.get_running_loop().time() - 1000

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(move(TRANSFER))
            await asyncio.sleep(20 + LONGEST_FIND)
            assert found.slots.statistics().total.taken == 0
            group.create_task(move(Transfer("other", "slides.mp4", other, replace(TARGET, key="other"))))

    virtually(both())
    assert ends["other"] <= 20 + LONGEST_FIND + 20 / places + 2 < 600 < ends["event"]
    assert found.object == DATA
    assert found.free
    record_property("injected", 1)
    record_property("happened", f"another file done after {ends['other']:.0f} s, the first after ten minutes")


class BusyFiles(MemoryFiles):
    """Files whose server asks once, at the second GET, to be left alone for a minute."""

    def __init__(self) -> None:
        super().__init__({SOURCE: File(DATA)})
        self.asked: float | None = None
        self.moments: list[float] = []

    async def get(self, request: Request) -> tuple[Head, Any]:
        """Answer a GET, or ask for a while."""
        now = asyncio.get_running_loop().time()
        self.moments.append(now)
        if self.asked is None and len(self.moments) > 1:
            self.asked = now
            raise Throttled("asks for fewer calls (HTTP 503)", where=host_of(request.url), retry_after=60.0)
        await asyncio.sleep(1)
        return await super().get(request)


@pytest.mark.fault(8)
def test_a_source_that_asks_for_a_while_gets_it_from_all_lanes() -> None:
    """No GET of any lane comes before its minute is over."""
    found, _ = carrying(NEVER, NEVER, Patience())
    files = found.files = BusyFiles()
    found.ports.relay._origin = files
    found.engine = Engine(found.ports, files, files)
    found.carry()
    assert found.object == DATA
    assert files.asked is not None
    assert not [one for one in files.moments if files.asked < one < files.asked + 60]


@pytest.mark.slow
@pytest.mark.fault(14)
def test_a_run_outlives_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    """Over real connections: six resets in a row, four tries an item, and all is verified, told once."""
    resets = {"operation": "files.get_file", "action": "reset", "nth": 2, "times": 6}
    with standing(tmp_path, events=2, faults=[resets], **QUICK) as stand:
        settings = stand.settings(tmp_path, {**PATIENT, "transfer.attempts": 4})
        ran = ferry("run", "-c", settings, "--json", seconds=90)
        assert ran.code == 0, ran.talk
        assert ran.document["outcomes"]["verified"] == 2
        assert ran.talk.count("does not answer") == 1
        assert ran.talk.count("answers again") == 1
        assert len(stand.audit("sessions")) == 2
