"""A relay without sockets: sources and targets are objects, and pieces of bytes go from one to the other."""

import hashlib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import anyio

from engine.errors import FerryError, ServerFault, ShortBody, TimedOut
from engine.wire import BytesGet, Head, PartFailure, PartPut, PartReceipt, Places, RangedGet, Request

Result = TypeVar("Result")
Settle = Callable[[PartReceipt | PartFailure], Awaitable[None]]
NextPut = Callable[[], PartPut | None]


class Origin(Protocol):
    """Where GETs are answered."""

    async def get(self, request: Request) -> tuple[Head, AsyncIterator[bytes]]:
        """Answer with a head, and with the body as it comes; a break raises one of our errors."""
        ...


class Sink(Protocol):
    """One PUT that is being taken."""

    async def write(self, piece: bytes) -> tuple[Head, bytes] | None:
        """Take some bytes, in one's own time; an answer given already comes back, a break raises."""
        ...

    async def answer(self) -> tuple[Head, bytes]:
        """Answer after the last byte."""
        ...


class Store(Protocol):
    """Where PUTs are taken."""

    def put(self, request: Request) -> Sink:
        """Begin to take a PUT."""
        ...


@dataclass
class Flow:
    """One part under way: what was handed on, and until when all of it must be answered."""

    put: PartPut
    sink: Sink
    ends_at: float
    handed: int = 0
    crc32: int = 0
    md5: "hashlib._Hash" = field(default_factory=hashlib.md5)

    async def write(self, piece: bytes) -> None:
        """Hand some bytes on; an answer before the last one fails the part."""
        self.handed += len(piece)
        self.crc32 = zlib.crc32(piece, self.crc32)
        self.md5.update(piece)
        if self.put.file is not None:
            self.put.file.update(memoryview(piece))
        answered = await self.sink.write(piece)
        if answered is not None and self.handed < self.put.part.span.length:
            self.put.judge(*answered)
            raise ServerFault("answers before it has the whole part", where="memory")

    async def receipt(self) -> PartReceipt:
        """Wait for the answer and judge it."""
        etag = self.put.judge(*await self.sink.answer())
        md5 = self.md5.hexdigest() if self.put.hashed else None
        return PartReceipt(self.put.part.number, self.handed, self.crc32, md5, etag)


class Pieces:
    """A body, cut as its taker likes."""

    def __init__(self, body: AsyncIterator[bytes], length: int) -> None:
        self.left = length
        self._body = body
        self._rest = b""

    async def take(self, most: int) -> bytes:
        """Return the next bytes; the last ones only when the body has ended with them."""
        if not self._rest:
            self._rest = await anext(self._body, b"")
        if not self._rest or len(self._rest) > self.left:
            raise ShortBody("the body has another length than its range", where="memory")
        piece, self._rest = self._rest[:most], self._rest[most:]
        self.left -= len(piece)
        if not self.left and await anext(self._body, b""):
            raise ShortBody("the body goes on after its end", where="memory")
        return piece


class MemoryRelay:
    """What `engine.wire.Relay` promises, in some hundred lines."""

    def __init__(self, origin: Origin, store: Store) -> None:
        self._origin = origin
        self._store = store

    async def lane(
        self, get: RangedGet | BytesGet, next_put: NextPut, settle: Settle, *, places: Places
    ) -> None:
        """Feed the parts one after the other; their answers are awaited side by side."""
        try:
            pieces = await by(anyio.current_time() + get.deadline, self._open(get))
        except FerryError as error:
            if (put := next_put()) is not None:
                await settle(PartFailure(put.part.number, 0, error))
            return
        async with anyio.create_task_group() as answers:
            failed = anyio.Event()
            while (put := await self._following(next_put, pieces, places, failed)) is not None:
                flow = Flow(put, self._store.put(put.request), anyio.current_time() + put.deadline)
                if not await self._feed(flow, pieces, settle):
                    return
                answers.start_soon(self._settled, flow, settle, places, failed)
            places.end()

    async def _following(
        self, next_put: NextPut, pieces: Pieces, places: Places, failed: anyio.Event
    ) -> PartPut | None:
        if not pieces.left or failed.is_set():
            return None
        await places.take()
        if (put := None if failed.is_set() else next_put()) is None:
            places.give()
        return put

    async def _open(self, get: RangedGet | BytesGet) -> Pieces:
        if isinstance(get, BytesGet):
            return Pieces(once(get.data), len(get.data))
        head, body = await self._origin.get(get.request)
        get.judge(head)
        return Pieces(body, get.span.length)

    async def _feed(self, flow: Flow, pieces: Pieces, settle: Settle) -> bool:
        """Hand a part's bytes on; tell whether all of them went."""

        async def feed() -> None:
            while (left := flow.put.part.span.length - flow.handed) > 0:
                await flow.write(await pieces.take(left))

        try:
            await by(flow.ends_at, feed())
        except FerryError as error:
            await settle(PartFailure(flow.put.part.number, flow.handed, error))
            return False
        if flow.put.file is not None:
            flow.put.file.flowed(flow.crc32)
        return True

    async def _settled(self, flow: Flow, settle: Settle, places: Places, failed: anyio.Event) -> None:
        try:
            outcome: PartReceipt | PartFailure = await by(flow.ends_at, flow.receipt())
        except FerryError as error:
            failed.set()
            outcome = PartFailure(flow.put.part.number, flow.handed, error)
        await settle(outcome)
        places.give()


async def by(ends_at: float, work: Awaitable[Result]) -> Result:
    """Await something until an instant of the loop's clock."""
    with anyio.move_on_after(ends_at - anyio.current_time()):
        return await work
    raise TimedOut("too slow", where="memory")


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Give bytes in one piece."""
    if data:
        yield data
