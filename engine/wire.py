"""What a relay is given and gives back: requests ready to send, judges of their answers, receipts."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from engine.errors import FerryError
from engine.model import ByteRange, Location, Part, Source, Validator


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request without its body. URL and headers may hold secrets and are kept out of repr."""

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer; `headers` is read without regard to case."""

    status: int
    headers: Mapping[str, str]


HEAD_DEADLINE = 60.0
"""Seconds that a source may take to begin an answer, as long as it has for a probe."""


@dataclass(frozen=True, slots=True)
class RangedGet:
    """A GET for exactly the bytes of `span`; `judge` raises where the head of its answer says otherwise.

    `deadline` is in seconds until its head is judged.
    """

    request: Request
    span: ByteRange
    judge: Callable[[Head], None]
    deadline: float = HEAD_DEADLINE


@dataclass(frozen=True, slots=True)
class BytesGet:
    """Bytes in memory in place of a GET."""

    data: bytes = field(repr=False)
    deadline: ClassVar[float] = HEAD_DEADLINE

    @property
    def span(self) -> ByteRange:
        """All of them."""
        return ByteRange(0, len(self.data))


@dataclass(frozen=True, slots=True)
class PartSum:
    """The sum of a file up to one part, taken while that part flows by.

    `update` takes the next bytes, one call after the other, mostly in a thread; `flowed` hears, on the loop,
    that all of them went by, and what their CRC-32 is, before another part is asked for.
    """

    update: Callable[[memoryview], None]
    flowed: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class PartPut:
    """A PUT of one part.

    `judge` takes the answer's head and its (capped) body and returns the part's ETag as sent, or raises.
    `deadline` is in seconds from when it is handed out to the judged answer. `hashed` asks for an MD5,
    `file` for the bytes to be summed there as well.
    """

    part: Part
    request: Request
    judge: Callable[[Head, bytes], str]
    deadline: float
    hashed: bool = False
    file: PartSum | None = None


@dataclass(frozen=True, slots=True)
class PartReceipt:
    """A part that the target acknowledged after its last byte: what was sent, and what it said."""

    number: int
    bytes: int
    crc32: int
    md5: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class PartFailure:
    """A part that does not count. `bytes` had been handed to the connection before it failed."""

    number: int
    bytes: int
    error: FerryError


class Places(Protocol):
    """The places of one lane: as many of its parts may be in flight at once."""

    async def take(self) -> None:
        """Wait for a place that no part of the lane has, and give it to the next one."""
        ...

    def give(self) -> None:
        """Take a place back: its part is settled, or there was none for it."""
        ...

    def end(self) -> None:
        """Take note that none is taken any more."""
        ...


class Relay(Protocol):
    """The data plane: one GET feeding parts."""

    async def lane(
        self,
        get: RangedGet | BytesGet,
        next_put: Callable[[], PartPut | None],
        settle: Callable[[PartReceipt | PartFailure], Awaitable[None]],
        *,
        places: Places,
    ) -> None:
        """Feed the body of `get` to the parts that `next_put` hands out, in order and without a gap.

        The GET comes first. A part is asked for when there is one of `places` for it and the last byte of the
        one before has been handed on, while earlier ones may still be awaited. Each part handed out is
        settled exactly once, in any order, and keeps its place until `settle` has returned: a receipt that is
        not yet durable is a part in flight. A failed part ends the lane, and so does a None from `next_put`.
        Returns when the GET is closed and every part is settled. A failure of the GET settles the parts under
        way as failures; where none is under way yet, the lane asks for one and fails that one, so that no
        error is lost. A lane that gets no first place before its GET has been idle too long asks for no part,
        and its places are as they were. Only cancellation is raised.
        """
        ...


@dataclass(frozen=True, slots=True)
class Probe:
    """What a source says of itself, whether it serves ranges, and where it was found after redirects."""

    validator: Validator
    ranged: bool
    location: Location


class Reads(Protocol):
    """Reads of sources, prepared and judged."""

    async def probe(self, source: Source, location: Location, deadline: float) -> Probe:
        """Ask for size and validator; raises what `engine.source.probe` raises."""
        ...

    async def small(self, source: Source, location: Location, largest: int, deadline: float) -> bytes:
        """Read all of a source; raises what `engine.reads.small` raises."""
        ...

    def ranged_get(self, location: Location, span: ByteRange, validator: Validator) -> RangedGet:
        """Prepare a GET for `span` that holds only while the source is as `validator` says."""
        ...

    def whole_get(self, location: Location, validator: Validator) -> RangedGet:
        """Prepare a GET for all of a source whose server has no ranges."""
        ...


@dataclass(frozen=True, slots=True)
class ListedPart:
    """A part that a target says it holds."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """An object that a target says it holds."""

    size: int
    etag: str
