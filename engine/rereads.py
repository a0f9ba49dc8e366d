"""A source read once more from its first byte to its last, and summed: what was sent can be held against it.

::

    measure ── range ── range ── ... ── measure
       │         └ slot, bandwidth, GET under the validator; a failure goes on at the byte where it happened
       └ another validator: Changed

Bytes are summed as they come and kept nowhere, so that the size of a file costs no memory. A wait before
another try holds no slot.
"""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import anyio

from engine.drain import Drain
from engine.errors import Changed, LocationExpired, PartDiffers, SourceDiffers, Throttled
from engine.http import Http, host_of, ours
from engine.integrity import crc32
from engine.limits import Slots
from engine.model import ByteRange, Validator
from engine.pace import Bandwidth
from engine.parts import KIB, MIB
from engine.progress import Observer, silence
from engine.reader import Reader
from engine.relay.digest import Md5
from engine.relay.feed import BytesFeed, Feed, StreamFeed
from engine.relay.opening import unheard
from engine.retry import RetryPolicy, retrying
from engine.source import begins_at, differs
from engine.whole import Proof, proof
from engine.wire import BytesGet, RangedGet

Result = TypeVar("Result")
Bodies = Callable[[RangedGet | BytesGet], Feed]
"""Makes the feed of a GET's body."""

SPAN = 64 * MIB
"""Bytes that one GET asks for: its latency is paid seldom, and others get the place in between."""

PIECE = 512 * KIB
SHORTEST_DEADLINE = 30.0


@dataclass(frozen=True, slots=True)
class Summed:
    """What the bytes of a whole source come to; `md5` in hex, None where it was not asked for."""

    size: int
    crc32: int
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Under which limits sources are read again: those of a run, and how patiently.

    `least_rate` is in bytes a second; `flowed` hears of bytes as they are read.
    """

    slots: Slots
    bandwidth: Bandwidth = field(default_factory=Bandwidth)
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    least_rate: float = 64 * KIB
    flowed: Callable[[int], None] = unheard
    observer: Observer = silence
    drain: Drain = field(default_factory=Drain)
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    async def before_another_try(self, seconds: float) -> None:
        """Sleep before something is tried again; raises Interrupted where the run drains meanwhile."""
        await self.drain.before_another_try(seconds, self.sleep)

    async def again(self, operation: Callable[[], Awaitable[Result]]) -> Result:
        """Try as often as the policy says; raises the last error."""
        return await retrying(
            operation,
            policy=self.policy,
            sleep=self.before_another_try,
            clock=self.clock,
            chance=self.chance,
            note=self.observer,
        )


class Rereads:
    """Reads sources once more; each call runs in its caller's task, and many may run at once."""

    def __init__(self, bodies: Bodies, hashing: Executor, limits: ReadLimits) -> None:
        self._bodies = bodies
        self._hashing = hashing
        self._limits = limits

    async def sum(self, reader: Reader, validator: Validator, where: str, *, md5: bool = False) -> Summed:
        """Read all of what `validator` names, and return what it comes to.

        Raises Changed where the source is another one, before, after or meanwhile; Gone, Unreadable, or a
        Transient error when its tries are used up.
        """
        await self._still(reader, validator, where)
        reading = Reading(reader, validator, where, lambda: Sums(self._hashing if md5 else None))
        while reading.at < validator.size:
            await self._limits.again(lambda: self._next(reading))
        await self._still(reader, validator, where)
        return Summed(reading.at, reading.sums.crc32, await reading.sums.md5())

    async def prove(self, reader: Reader, validator: Validator, where: str, expected: str, sent: int) -> None:
        """Read a source again, and hold it against its own MD5 and against the CRC-32 of what was sent.

        Raises PartDiffers where what was sent was damaged before we had it, SourceDiffers where the source is
        not what it says of itself, and what `sum` raises.
        """
        found = await self.sum(reader, validator, where, md5=True)
        match proof(expected, sent, found.crc32, found.md5):
            case Proof.DAMAGED_ON_THE_WAY:
                raise PartDiffers(
                    "what was sent is not what the source gives when it is read again", where=where
                )
            case Proof.SOURCE_DIFFERS:
                raise SourceDiffers(
                    f"the source's bytes have the MD5 {found.md5}, where its own checksum is {expected}",
                    where=where,
                    advice="it is not moved: play it, then mend the file or its checksum at the source",
                )

    async def _still(self, reader: Reader, validator: Validator, where: str) -> None:
        """Ask the source what it is: a validator is judged only where a request starts."""
        if differs(validator, await self._limits.again(reader.measure)):
            raise Changed("the source is another file than the one that was read first", where=where)

    async def _next(self, reading: "Reading") -> None:
        """Read the next range, in a place of its own."""
        limits, reader = self._limits, reading.reader
        span = reading.next_span(limits.bandwidth)
        await limits.bandwidth.pay(span.length, limits.before_another_try)
        get = begins_at(span.start, await reader.get(span, reading.validator))
        host = host_of(get.request.url) if isinstance(get, RangedGet) else "memory"
        async with limits.slots.hold(host, reading.where, 1):
            try:
                await self._take(reading, get, host)
            except LocationExpired:
                reader.refused(get)
                raise
            except Throttled:
                limits.slots.throttled(host)
                raise
            limits.slots.went_well(host)

    async def _take(self, reading: "Reading", get: RangedGet | BytesGet, host: str) -> None:
        feed = self._bodies(get)
        try:
            with (
                ours(host),
                anyio.fail_after(max(SHORTEST_DEADLINE, get.span.length / self._limits.least_rate)),
            ):
                await feed.open()
                while feed.left:
                    piece = await feed.take(PIECE)
                    await reading.add(piece)
                    self._limits.flowed(len(piece))
        finally:
            feed.close()


class Sums:
    """CRC-32 of what is added, and its MD5 where there are threads to work it out."""

    def __init__(self, hashing: Executor | None) -> None:
        self.crc32 = 0
        self._md5 = None if hashing is None else Md5(hashing, 1, unheard)

    async def add(self, piece: memoryview) -> None:
        """Take the next bytes, all of them or none; nothing looks at them afterwards."""
        self.crc32 = crc32(piece, self.crc32)
        if self._md5 is not None:
            with anyio.CancelScope(shield=True):
                await self._md5.add(piece)
                await self._md5.done()

    async def md5(self) -> str | None:
        """Return the MD5 in hex, None where there is none."""
        return None if self._md5 is None else await self._md5.hexdigest()


class Reading:
    """One source while it is read: all bytes before `at` are in `sums`."""

    def __init__(self, reader: Reader, validator: Validator, where: str, fresh: Callable[[], Sums]) -> None:
        self.reader = reader
        self.validator = validator
        self.where = where
        self.at = 0
        self.sums = fresh()
        self._fresh = fresh

    def next_span(self, bandwidth: Bandwidth) -> ByteRange:
        """Return what is asked for next; a server without ranges can only be read from the first byte on."""
        size = self.validator.size
        if not self.reader.ranged:
            self.at, self.sums = 0, self._fresh()
            return ByteRange(0, size)
        length = bandwidth.together(MIB, SPAN // MIB) * MIB
        return ByteRange(self.at, min(self.at + length, size))

    async def add(self, piece: memoryview) -> None:
        """Take the next bytes."""
        await self.sums.add(piece)
        self.at += len(piece)


@asynccontextmanager
async def open_rereads(http: Http, limits: ReadLimits, threads: int = 2) -> AsyncIterator[Rereads]:
    """Read over HTTP, with `threads` for MD5, which end with the block."""

    def body(get: RangedGet | BytesGet) -> Feed:
        return BytesFeed(get) if isinstance(get, BytesGet) else StreamFeed(http, get, PIECE)

    with ThreadPoolExecutor(threads, thread_name_prefix="md5") as hashing:
        yield Rereads(body, hashing, limits)
