"""One file on its way from a source in memory to a target in memory, in virtual time, with all its facts."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

from engine.checks import Checks
from engine.engine import Engine
from engine.integrity import Level, Spot
from engine.journal import fold
from engine.limits import Slots
from engine.model import Blob, Source, Target, Transfer, TransferResult
from engine.parts import PartLimits
from engine.ports import Ports
from engine.progress import Snapshot
from engine.rereads import ReadLimits, Rereads
from engine.retry import RetryPolicy
from fakes.memory_bodies import AtOnce, bodies
from fakes.memory_journal import MemoryJournal
from fakes.memory_relay import MemoryRelay
from fakes.memory_site import File, MemoryFiles, MemoryTarget
from fakes.virtual_time import virtually

PART = 1000
DATA = Random(3).randbytes(9_500)
"""Ten parts, the last one a half."""
SOURCE = Source("event", "presenter.mp4")
TARGET = Target("memory://target", "Upload", "guid/presenter.mp4")
TRANSFER = Transfer("event", "presenter.mp4", SOURCE, TARGET)


@dataclass
class Carrying:
    """What one process has around it; `again` is the next one over the same journal and the same sites."""

    files: MemoryFiles = field(default_factory=lambda: MemoryFiles({SOURCE: File(DATA)}))
    target: MemoryTarget = field(default_factory=MemoryTarget)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    level: Level = Level.ETAG
    slots: Slots = field(default_factory=lambda: Slots(4, 4, 4))
    attempts: int = 6
    part: int = PART
    facts: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        relay = MemoryRelay(self.files, self.target)
        self.ports = Ports(
            journal=self.journal,
            relay=relay,
            uploads=self.target,
            slots=self.slots,
            checks=Checks(self.level, Spot(), observer=self.facts.append),
            limits=PartLimits(1, 100_000, 100),
            preferred_part=self.part,
            policy=RetryPolicy(attempts=self.attempts),
            observer=self.facts.append,
            clock=lambda: asyncio.get_running_loop().time(),
            chance=lambda: 0.5,
            proofs=Rereads(
                bodies(self.files),
                AtOnce(),
                ReadLimits(self.slots, policy=RetryPolicy(attempts=self.attempts), chance=lambda: 0.5),
            ),
        )
        self.engine = Engine(self.ports, self.files, self.files)

    def carry(self, transfer: Transfer = TRANSFER) -> TransferResult:
        """Carry it to its end."""
        return virtually(self.engine.transfer(transfer))

    def blob(self, data: bytes) -> Transfer:
        """Return the transfer of bytes in memory to the same key."""
        return Transfer("event", "presenter.mp4", Blob(data), TARGET)

    def ticks(self) -> int:
        """Carry it, and return how often its loop went round."""
        return virtually(_rounds(self.engine.transfer(TRANSFER)))

    def killed(self, tick: int, transfer: Transfer = TRANSFER) -> "Carrying":
        """Carry it until the loop has gone round so often; return the next process, which finds that."""
        return virtually(self._killed(tick, transfer))

    def cancelled(self, tick: int, transfer: Transfer = TRANSFER) -> "Carrying":
        """Cancel it after so many rounds, and return the next process."""
        virtually(self._killed(tick, transfer))
        return self.again()

    def again(self, part: int | None = None) -> "Carrying":
        """Return the next process, which may want parts of another size."""
        files = MemoryFiles(self.files.files)
        return Carrying(files, self.target.copy(), self.journal.copy(), self.level, part=part or self.part)

    async def _killed(self, tick: int, transfer: Transfer) -> "Carrying":
        task = asyncio.create_task(self.engine.transfer(transfer))
        for _ in range(tick):
            await asyncio.sleep(0)
        found = self.again()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return found

    @property
    def object(self) -> bytes | None:
        """The bytes that the target holds under the key."""
        found = self.target.objects.get(TARGET.key)
        return found[0] if found else None

    @property
    def snapshot(self) -> Snapshot:
        """The facts, folded."""
        found = Snapshot()
        for fact in self.facts:
            found = found.after(fact)
        return found

    @property
    def state(self) -> Any:
        """What the journal says."""
        return fold(self.journal.history("event"), "presenter.mp4")

    @property
    def free(self) -> bool:
        """Whether every place is free and nobody waits."""
        found = self.slots.statistics()
        return (found.total.taken, found.waiting, found.transfers) == (0, 0, 0)


async def _rounds(work: Coroutine[Any, Any, Any]) -> int:
    task = asyncio.create_task(work)
    rounds = 0
    while not task.done():
        await asyncio.sleep(0)
        rounds += 1
    task.result()
    return rounds
