"""What every transfer of a run stands on: ports to the journal, the data plane and the target, and limits."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import anyio

from engine.breaker import Breaker
from engine.checks import Checks
from engine.drain import Drain
from engine.journal import Journal
from engine.limits import Slots
from engine.model import Part, Target, Validator
from engine.multipart import ListedPart, ObjectHead
from engine.pace import Bandwidth
from engine.parts import PREFERRED, PartLimits, part_size
from engine.progress import Observer, silence
from engine.reader import Reader
from engine.retry import RetryPolicy, retrying
from engine.wire import PartPut, PartReceipt, Relay

Result = TypeVar("Result")


class Uploads(Protocol):
    """The S3 calls that a transfer makes, one attempt each, as `engine.multipart.Multipart` makes them."""

    @property
    def put_object(self) -> bool:
        """Whether a file of one part goes as one object by one PUT, without a multipart upload."""
        ...

    async def create(self, target: Target) -> str:
        """Open a multipart upload and return its id."""
        ...

    def part(self, target: Target, upload: str | None, part: Part, deadline: float, hashed: bool) -> PartPut:
        """Prepare the PUT of one part; without an upload, of the object that this part is all of."""
        ...

    async def complete(self, target: Target, upload: str, receipts: Sequence[PartReceipt]) -> str:
        """Make the parts one object and return its ETag."""
        ...

    async def abort(self, target: Target, upload: str) -> None:
        """Give the upload up."""
        ...

    async def list_parts(self, target: Target, upload: str) -> Mapping[int, ListedPart] | None:
        """Return the parts that are there; None where this target does not tell."""
        ...

    async def list_uploads(self, target: Target) -> Sequence[str] | None:
        """Return the uploads that are open under the target's key; None where this target does not tell."""
        ...

    async def head(self, target: Target) -> ObjectHead | None:
        """Return the object; None where there is none, or where this target does not tell."""
        ...


class Proofs(Protocol):
    """Holds whole files against what their sources say of themselves."""

    async def prove(self, reader: Reader, validator: Validator, where: str, expected: str, sent: int) -> None:
        """Read a source again; return where it is what it says (an MD5 in hex) and what was `sent` (CRC-32).

        Raises PartDiffers where it is not what was sent, SourceDiffers where it is not what it says, and what
        reading raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All of it is handed down, and nothing else is reached for. Without `proofs` no source is read again.

    `least_rate` is in bytes a second: a part has max(30 s, its size / least_rate) to arrive.
    """

    journal: Journal
    relay: Relay
    uploads: Uploads
    slots: Slots
    checks: Checks
    limits: PartLimits
    preferred_part: int = PREFERRED
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    least_rate: float = 64 * 1024
    bandwidth: Bandwidth = field(default_factory=Bandwidth)
    observer: Observer = silence
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    drain: Drain = field(default_factory=Drain)
    proofs: Proofs | None = None
    breaker: Breaker = field(default_factory=Breaker)

    def part_size(self, size: int) -> int:
        """Return the bytes of the parts of a file. Raises Empty or TooLarge."""
        return part_size(size, self.limits, self.preferred_part)

    async def before_another_try(self, seconds: float) -> None:
        """Sleep before a call is made again; raises Interrupted where the run drains meanwhile."""
        await self.drain.before_another_try(seconds, self.sleep)

    async def again(self, host: str | None, operation: Callable[[], Awaitable[Result]]) -> Result:
        """Make a call of a host's until it comes to an end; raises its last error."""
        return await retrying(
            operation,
            policy=self.policy,
            sleep=self.before_another_try,
            clock=self.clock,
            chance=self.chance,
            note=self.observer,
            breaker=self.breaker,
            host=host,
        )
