"""A proxy between a client and a real server, in which the sandbox's faults are played on what passes.

::

    client ──> Chaos ──> server          requests and answers pass as they are, but for those that are struck

The faults are the sandbox's own data, of the operation "proxy": `match` is looked for in "METHOD path?query".
Nobody sends a second request before the first is answered, so what comes from the server belongs to the last
one. `Shape` holds for all connections: latency, bandwidth, slices, and a limit of bytes.
"""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from pipelines.sandbox.faults import Fault, FaultScript

PROXY = "proxy"
PIECE = 64 * 1024
LINGER = 0.5
"""Seconds that the last bytes may take."""

KEPT = 8 * 1024
"""Bytes of each answer that are kept to be looked at."""

PLAYED = frozenset(
    {"status", "delay", "reset", "stall", "lose_answer", "short", "flip", "trickle", "stall_body", "cut",
     "stop_reading", "empty", "error_in_200"}
)  # fmt: skip
ERROR = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
NO_BODY = re.compile(rb"HTTP/1\.[01] 1\d\d")
UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
UPLOAD_IN_QUERY = re.compile(r"[?&]uploadId=([^&]+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """How all bytes pass: seconds before each piece, bytes a second, bytes a piece, bytes of a connection."""

    latency: float = 0.0
    bandwidth: float = 0.0
    slices: int = PIECE
    limit: int = 0


@dataclass(slots=True)
class Exchange:
    """One request as it passed: `bytes` of its body that were handed on, and the beginning of the answer.

    `sent` tells whether the whole request was handed on, `fault` which action struck it.
    """

    subject: str
    length: int
    fault: Fault | None
    bytes: int = 0
    sent: bool = False
    answer: bytearray = field(default_factory=bytearray)
    answered: int = 0

    @property
    def action(self) -> str:
        """The action that strikes it, or nothing."""
        return self.fault.action if self.fault else ""

    def number(self, name: str) -> int:
        """An argument of the fault, 0 where it has none."""
        return int(self.fault.number(name, 0)) if self.fault else 0

    @property
    def status(self) -> int:
        """What the server said; 0 where it said nothing."""
        words = bytes(self.answer[:32]).split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


class Broken(Exception):
    """The connection is reset here, as a fault wants it."""


class Ended(Exception):
    """The connection ends here without an error, as a fault wants it."""


class Chaos:
    """A proxy's port, what passed, and what struck."""

    def __init__(self, upstream: tuple[str, int], faults: Iterable[Fault], shape: Shape) -> None:
        self.script = FaultScript(faults)
        self.exchanges: list[Exchange] = []
        self.upstream = upstream
        self.shape = shape
        self.port = 0
        self.open: set[asyncio.Task[None]] = set()

    @property
    def struck(self) -> int:
        """How many requests were struck."""
        return sum(row["struck"] for row in self.script.statistics())

    def count(self, match: str) -> int:
        """Return how many requests have a text in "METHOD path?query"."""
        return sum(match in one.subject for one in self.exchanges)

    def orphans(self) -> set[str]:
        """Return the multipart uploads that were opened and neither completed nor aborted."""
        opened = {found[1].decode() for one in self.exchanges if (found := UPLOAD_ID.search(one.answer))
                  and one.subject.startswith("POST") and "?uploads" in one.subject}  # fmt: skip
        ended = {found[1] for one in self.exchanges if _ends_upload(one)
                 and (found := UPLOAD_IN_QUERY.search(one.subject))}  # fmt: skip
        return opened - ended

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        task = asyncio.current_task()
        if task is not None:
            self.open.add(task)
            task.add_done_callback(self.open.discard)
        # Python 3.11's streams log a handler that ends as cancelled; only `chaos` cancels, and it waits.
        with suppress(asyncio.CancelledError):
            await self._carry(reader, writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(*self.upstream, limit=PIECE)
        except OSError:
            _reset(writer)
            return
        passage = _Passage(self, reader, writer, server_reader, server_writer)
        ways = [asyncio.ensure_future(passage.upward()), asyncio.ensure_future(passage.downward())]
        try:
            ended, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if any(isinstance(one.exception(), Broken | OSError) for one in ended):
                _reset(writer)
            await _closed(writer)
        finally:
            for one in ways:
                one.cancel()
            server_writer.transport.abort()
            writer.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)


def _ends_upload(one: Exchange) -> bool:
    """Whether the server took a Complete or an Abort, whatever the client heard of it."""
    if one.subject.startswith("DELETE"):
        return one.status in {200, 204}
    return one.subject.startswith("POST") and one.status == 200 and b"<ETag>" in one.answer


class _Passage:
    """One connection: requests upward, answers downward."""

    def __init__(
        self,
        chaos: Chaos,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> None:
        self._chaos = chaos
        self._reader, self._writer = reader, writer
        self._server_reader, self._server_writer = server_reader, server_writer
        self._passed = 0
        self._exchange: Exchange | None = None

    async def upward(self) -> None:
        """Hand requests on, one after the other, until the client ends."""
        while head := await self._head():
            method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            subject = f"{method} {path}"
            fault = self._chaos.script.take(PROXY, subject)
            self._exchange = one = Exchange(subject, _length(head), fault)
            self._chaos.exchanges.append(one)
            await self._begin(one, head)
            await self._body(one)
            one.sent = True

    async def _head(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    async def _begin(self, one: Exchange, head: bytes) -> None:
        """Play what strikes before the server hears of it, else hand the head on."""
        fault = one.fault
        match one.action:
            case "reset":
                raise Broken
            case "stall":
                await asyncio.sleep(fault.number("seconds", 3600.0) if fault else 0)
                raise Broken
            case "delay" if fault:
                await asyncio.sleep(fault.number("seconds", 1.0))
            case "status" | "error_in_200":
                await self._answer(one)
        await self._pass(self._server_writer, head)

    async def _answer(self, one: Exchange) -> None:
        """Take the whole request, and answer in the server's place."""
        left = one.length
        while left and (piece := await self._reader.read(min(left, PIECE))):
            left -= len(piece)
        arguments = one.fault.arguments if one.fault else {}
        await self._say(arguments.get("status", 200), arguments.get("headers", {}), ERROR)

    async def _say(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Answer, and end the connection."""
        lines = [f"HTTP/1.1 {status} Chaos", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await self._writer.drain()
        raise Ended

    async def _body(self, one: Exchange) -> None:
        """Hand a body on; the fault says how far, and whether as it is."""
        most = min(one.number("bytes"), one.length) if one.action in {"cut", "stop_reading"} else one.length
        while one.bytes < most:
            piece = await self._reader.read(min(PIECE, most - one.bytes))
            if not piece:
                raise Broken
            if one.action == "flip":
                piece = _flipped(piece, one.number("at") - one.bytes)
            one.bytes += len(piece)
            await self._pass(self._server_writer, piece)
        if one.action == "cut":
            raise Broken
        if one.action == "stop_reading":
            await asyncio.sleep(3600.0)

    async def downward(self) -> None:
        """Hand answers on, until the server ends."""
        while piece := await self._server_reader.read(PIECE):
            one = self._exchange
            if one is None or NO_BODY.match(piece):
                await self._pass(self._writer, piece)
                continue
            head = b""
            if not one.answer:
                head, found, piece = piece.partition(b"\r\n\r\n")
                head += found
                one.answer += head
            one.answer += piece[: max(KEPT - len(one.answer), 0)]
            await self._onward(one, head, piece)

    async def _onward(self, one: Exchange, head: bytes, piece: bytes) -> None:
        """Hand a piece of an answer on, or play what strikes answers."""
        most = int(one.fault.number("bytes", 0)) - one.answered if one.fault else 0
        match one.action:
            case "lose_answer":
                raise Broken
            case "empty":
                await self._say(200, {}, b"")
            case "flip" if not one.length:
                piece = _flipped(piece, one.number("at") - one.answered)
            case "trickle":
                await self._pass(self._writer, head)
                await self._trickle(piece, max(one.number("bytes"), 1))
                return
            case "short" | "stall_body" if most < len(piece):
                await self._pass(self._writer, head + piece[: max(most, 0)])
                if one.action == "short":
                    raise Ended
                await asyncio.sleep(3600.0)
        one.answered += len(piece)
        await self._pass(self._writer, head + piece)

    async def _trickle(self, piece: bytes, rate: int) -> None:
        for at in range(len(piece)):
            await self._pass(self._writer, piece[at : at + 1])
            await asyncio.sleep(1.0 / rate)

    async def _pass(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """Hand bytes on in the shape that all of them have."""
        shape = self._chaos.shape
        for at in range(0, len(data), shape.slices):
            piece = data[at : at + shape.slices]
            if wait := shape.latency + (len(piece) / shape.bandwidth if shape.bandwidth else 0.0):
                await asyncio.sleep(wait)
            writer.write(piece)
            await writer.drain()
            self._passed += len(piece)
            if shape.limit and self._passed >= shape.limit:
                raise Broken


def _length(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length:\s*(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset instead of an end."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close after what was written, as long as somebody reads it."""
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(LINGER):
            await writer.wait_closed()


def _flipped(piece: bytes, at: int) -> bytes:
    """Return a piece with one bit changed at an offset, where that lies in it."""
    if not 0 <= at < len(piece):
        return piece
    return piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :]


@asynccontextmanager
async def chaos(
    upstream: tuple[str, int], faults: Sequence[Fault] = (), shape: Shape | None = None
) -> AsyncIterator[Chaos]:
    """Stand between until the block ends. Raises ValueError for an action that no proxy can play."""
    unknown = {fault.action for fault in faults} - PLAYED
    if unknown or any(fault.operation != PROXY for fault in faults):
        raise ValueError(f"a proxy cannot play {', '.join(sorted(unknown)) or 'faults of other operations'}")
    proxy = Chaos(upstream, faults, shape or Shape())
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=PIECE)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        under_way = list(proxy.open)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await server.wait_closed()
