"""A random schedule: transfers that share places, windows, bytes a second, and are disturbed meanwhile.

All is drawn from one seed: how much there is of everything, what goes wrong, who is cancelled and when, and
the order in which callbacks that are ready are called. The engine, its limits, lanes and windows are real.
"""

import asyncio
from dataclasses import dataclass, field
from random import Random

import anyio
from fakes.lane_relay import LaneRelay
from fakes.memory_journal import MemoryJournal
from fakes.memory_site import LOST, Break, File, MemoryFiles, MemoryTarget
from fakes.stepping_loop import SteppingLoop
from fakes.virtual_time import Deadlock

from engine import FerryError, Source, Target, Throttled, Transfer, Unreachable
from engine.checks import Checks
from engine.drain import Drain
from engine.engine import Engine
from engine.integrity import Level, Spot
from engine.limits import Slots, Windows
from engine.pace import Bandwidth
from engine.parts import KIB, PartLimits
from engine.ports import Ports

PART = 1000
WINDOW = 256 * KIB

ROUNDS = 200_000
"""Rounds of the loop after which a schedule that has not ended counts as hung; the longest take some 5000."""


@dataclass
class Schedule:
    """One schedule. `hung` says why it did not end, in words; `wrong` has what was not as it should be."""

    seed: int
    hung: str = ""
    wrong: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = chance = Random(self.seed)
        self._drawn = Random(self.seed + 1)  # chance decides what the loop does next; this one what is drawn
        self._slots = Slots(chance.randint(1, 8), chance.randint(1, 6), chance.randint(1, 6))
        self._windows = Windows(chance.randint(2, 6) * WINDOW, chance.randint(1, 4))
        self._bandwidth_rate = chance.choice([None, None, 3000.0, 20_000.0])
        self._files = MemoryFiles(
            {
                Source("event", f"{number}.mp4"): File(
                    chance.randbytes(chance.randint(1, 12_000)), ranged=chance.random() < 0.8
                )
                for number in range(chance.randint(1, 6))
            }
        )
        self._target = MemoryTarget(lists=chance.random() < 0.3, heads=chance.random() < 0.3)
        self._target.slow = chance.choice([0.0, 0.05, 12.0, 25.0])
        self._troubles()

    def _troubles(self) -> None:
        chance = self._chance
        breaks = [None, None, Break(after=500), Break(status=503), Break(wait=40.0), Break(wait=0.01)]
        self._files.breaks = chance.choices(breaks, k=chance.randint(0, 12))
        for _ in range(chance.randint(0, 6)):
            fault = chance.choice(
                [LOST, Throttled("slower", where="target"), Unreachable("reset", where="target")]
            )
            call = chance.choice(["part", "part", "part", "create", "complete"])
            self._target.faults[call, chance.randint(1, 30)] = fault

    def run(self) -> "Schedule":
        """Run it to its end, or until it hangs."""
        loop = SteppingLoop(chance=self._chance)
        asyncio.set_event_loop(loop)
        work = loop.create_task(self._whole())
        try:
            if not loop.go(work, ROUNDS):
                self.hung = f"has not ended after {ROUNDS} rounds"
        except Deadlock:
            self.hung = "everything waits for something else"
        finally:
            asyncio.set_event_loop(None)
        if not self.hung:
            work.result()
            loop.close()
        return self

    async def _whole(self) -> None:
        bandwidth = Bandwidth(self._bandwidth_rate, clock=asyncio.get_running_loop().time)
        relay = LaneRelay(self._files, self._target, self._windows)
        drain = Drain()
        ports = Ports(
            journal=MemoryJournal(),
            relay=relay,
            uploads=self._target,
            slots=self._slots,
            checks=Checks(Level.ETAG, Spot()),
            limits=PartLimits(1, 100_000, 100),
            preferred_part=PART,
            bandwidth=bandwidth,
            clock=asyncio.get_running_loop().time,
            chance=self._drawn.random,
            drain=drain,
        )
        engine = Engine(ports, self._files, self._files)
        async with anyio.create_task_group() as group:
            scopes = {source: anyio.CancelScope() for source in self._files.files}
            for source, scope in scopes.items():
                group.start_soon(self._move, engine, source, scope)
            group.start_soon(self._disturb, scopes, bandwidth, drain)
        self._judge(relay)

    async def _move(self, engine: Engine, source: Source, scope: anyio.CancelScope) -> None:
        """Move a file; where it is cancelled, and chance says so, once more from where it was."""
        target = Target(f"memory://{self._drawn.choice('ab')}", "Upload", f"guid/{source.name}")
        transfer = Transfer("event", source.name, source, target)
        self.ended[source.name] = "cancelled"
        with scope:
            self.ended[source.name] = await self._end_of(engine, transfer)
        if scope.cancelled_caught and self._drawn.random() < 0.5:
            self.ended[source.name] = await self._end_of(engine, transfer)
        if self.ended[source.name] == "whole":
            stored, _ = self._target.objects[target.key]
            if stored != self._files.files[source].data:
                self.wrong.append(f"{source.name} is stored with other bytes")

    async def _end_of(self, engine: Engine, transfer: Transfer) -> str:
        try:
            await engine.transfer(transfer)
        except FerryError as error:
            return error.code
        return "whole"

    async def _disturb(
        self, scopes: dict[Source, anyio.CancelScope], bandwidth: Bandwidth, drain: Drain
    ) -> None:
        """Move ceilings and rates, cancel transfers, and perhaps drain, each after some rounds or seconds."""
        chance = self._drawn
        for _ in range(chance.randint(0, 12)):
            await self._pause()
            match chance.randrange(7):
                case 0:
                    self._slots.total = chance.randint(1, 8)
                case 1:
                    self._slots.per_host = chance.randint(1, 6)
                case 2:
                    self._slots.per_transfer = chance.randint(1, 6)
                case 3:
                    bandwidth.rate = chance.choice([None, 3000.0, 20_000.0])
                case 4 | 5:
                    chance.choice(list(scopes.values())).cancel()
                case _ if chance.random() < 0.3:
                    drain.begin()
                case _:
                    pass

    async def _pause(self) -> None:
        if self._drawn.random() < 0.3:
            await anyio.sleep(self._drawn.choice([0.01, 0.5, 5.0]))
        for _ in range(self._drawn.randint(0, 80)):
            await anyio.lowlevel.checkpoint()

    def _judge(self, relay: LaneRelay) -> None:
        """Say what is not back, and what was too much."""
        slots, windows = self._slots.statistics(), self._windows.statistics()
        if (slots.total.taken, slots.waiting, slots.transfers, dict(slots.hosts)) != (0, 0, 0, {}):
            self.wrong.append(f"places are not back: {slots}")
        if (windows.leased, windows.waiting) != (0, 0):
            self.wrong.append(f"windows are not back: {windows}")
        if max(relay.most, relay.mapped) > windows.total:
            self.wrong.append(f"{relay.most} windows were held, of {windows.total}")
