"""A source and a target for one relay, over sockets and in memory, by the same scripts."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio

from engine.errors import Unreachable
from engine.http import Http, Network, open_http
from engine.limits import Windows
from engine.model import ByteRange, Location, Part, Validator
from engine.multipart.answers import part_judge
from engine.parts import MIB
from engine.relay import ProtocolRelay, StreamRelay, open_relay
from engine.source import ranged_get
from engine.whole import FileSum
from engine.wire import BytesGet, Head, PartFailure, PartPut, PartReceipt, RangedGet, Relay, Request
from fakes.abreast import Abreast
from fakes.memory_relay import MemoryRelay
from fakes.raw_server import Connection, RawServer, ca_file, raw_server
from fakes.scripts import Serving, Taking


@dataclass
class World:
    """One source, one target, and the relay between them.

    `taken` holds what the target read of each part that it answered after all of it, `cut` what it read of
    the others, `after` how many bytes came after an early answer; `begun` the parts in the order of their
    heads. A target that stalls does so until `over`.
    """

    relay: Relay
    serving: Serving
    taking: dict[int, Taking] = field(default_factory=dict)
    origin: str = "memory://source"
    store: str = "memory://target"
    taken: dict[int, bytes] = field(default_factory=dict)
    cut: dict[int, bytes] = field(default_factory=dict)
    after: dict[int, int] = field(default_factory=dict)
    begun: list[int] = field(default_factory=list)
    servers: tuple[RawServer, ...] = ()
    windows: Windows | None = None
    kept: Callable[[], int] = int
    over: asyncio.Event = field(default_factory=asyncio.Event)
    flowed: list[int] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)

    def get(self, span: ByteRange | None = None) -> RangedGet:
        """Prepare a GET of the source, all of it by default."""
        size = len(self.serving.data)
        return ranged_get(Location(f"{self.origin}/file"), span or ByteRange(0, size), Validator(size, "42"))

    def put(self, part: Part, deadline: float, hashed: bool) -> PartPut:
        """Prepare the PUT of a part."""
        headers = (("Content-Length", str(part.span.length)),)
        request = Request("PUT", f"{self.store}/file?partNumber={part.number}", headers)
        return PartPut(part, request, part_judge("target"), deadline, hashed)

    async def idle(self) -> None:
        """Wait until no connection is open at either server but those that are kept for later calls."""
        self.over.set()
        await until(lambda: sum(server.open_now for server in self.servers) <= self.kept())


Settled = PartReceipt | PartFailure


@dataclass
class Journey:
    """One lane through a world: which parts were asked for, and what became of each."""

    world: World
    parts: list[Part]
    abreast: int = 2
    deadline: float = 5.0
    hashed: bool = False
    file: FileSum | None = None
    ask: int | None = None
    asked: list[int] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    hold: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.places = Abreast(self.abreast)

    def next_put(self) -> PartPut | None:
        """Hand out the next part, at most `ask` of them."""
        if len(self.asked) == (len(self.parts) if self.ask is None else self.ask):
            return None
        part = self.parts[len(self.asked)]
        self.asked.append(part.number)
        put = self.world.put(part, self.deadline, self.hashed)
        return put if self.file is None else replace(put, file=self.file.part(part.number))

    async def settle(self, outcome: Settled) -> None:
        """Take what became of a part, once it may."""
        if self.hold is not None:
            await self.hold.wait()
        assert outcome.number not in [one.number for one in self.settled]
        self.settled.append(outcome)

    async def run(self, get: RangedGet | BytesGet | None = None) -> "Journey":
        """Go; whatever was asked for has been settled afterwards."""
        get = get or self.world.get()
        if isinstance(get, RangedGet):
            get = replace(get, deadline=min(get.deadline, self.deadline))
        await self.world.relay.lane(get, self.next_put, self.settle, places=self.places)
        assert sorted(self.asked) == sorted(one.number for one in self.settled)
        return self

    @property
    def receipts(self) -> dict[int, PartReceipt]:
        """The parts that count."""
        return {one.number: one for one in self.settled if isinstance(one, PartReceipt)}

    @property
    def failures(self) -> dict[int, PartFailure]:
        """The parts that do not."""
        return {one.number: one for one in self.settled if isinstance(one, PartFailure)}


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so that other tasks bring about."""
    while not condition():  # noqa: ASYNC110 - the conditions are of many kinds
        await asyncio.sleep(0.001)


@asynccontextmanager
async def world(kind: str, data: bytes, folder: Path, **relay: Any) -> AsyncIterator[World]:
    """Make a world in memory, over plain HTTP or over TLS, by name."""
    if kind == "memory":
        yield in_memory(data)
        return
    async with over_sockets(data, folder, kind, **relay) as made:
        yield made


def in_memory(data: bytes) -> World:
    """Make a world without sockets."""
    serving = Serving(data)
    taking: dict[int, Taking] = {}
    shop = MemoryShop(serving, taking)
    made = World(MemoryRelay(shop, shop), serving, taking)
    shop.world = made
    return made


class MemoryShop:
    """Both ends in memory."""

    world: World

    def __init__(self, serving: Serving, taking: dict[int, Taking]) -> None:
        self._serving = serving
        self._taking = taking

    async def get(self, request: Request) -> tuple[Head, AsyncIterator[bytes]]:
        """Answer a GET by the script."""
        serving = self._serving
        serving.asked += 1
        start, stop = asked_range(dict(request.headers)["Range"])
        return Head(serving.status, serving.headers(start, stop)), self._body(start, stop)

    async def _body(self, start: int, stop: int) -> AsyncIterator[bytes]:
        serving = self._serving
        portion = serving.portion(start, stop)
        for at in range(0, len(portion), 10_000):
            piece = portion[at : at + 10_000]
            serving.sent += len(piece)
            yield piece
        if serving.extra:
            yield serving.extra
        if serving.then == "reset":
            raise Unreachable("reset", where="memory")
        while serving.then in {"stall", "trickle"}:
            await anyio.sleep(0.02)
            if serving.then == "trickle":
                yield b"."

    def put(self, request: Request) -> "MemoryPut":
        """Take a PUT by the script."""
        number = asked_part(request.url)
        self.world.begun.append(number)
        return MemoryPut(self.world, number, self._taking.get(number, Taking()), length_of(request))


class MemoryPut:
    """One PUT taken in memory."""

    def __init__(self, made: World, number: int, how: Taking, length: int) -> None:
        self._world = made
        self._number = number
        self._how = how
        self._left = length
        self._body = bytearray()

    async def write(self, piece: bytes) -> tuple[Head, bytes] | None:
        """Take some bytes; at the script's stop do what it says."""
        how = self._how
        await anyio.sleep(how.slow)
        self._body += piece
        self._left -= len(piece)
        if how.stop is None or len(self._body) <= how.stop:
            return None
        self._world.cut[self._number] = bytes(self._body[: how.stop])
        return await self._then()

    async def _then(self) -> tuple[Head, bytes]:
        match self._how.then:
            case "answer":
                return Head(self._how.status, self._how.headers), self._how.body
            case "stall":
                await anyio.sleep_forever()
        raise Unreachable("cut", where="memory")

    async def answer(self) -> tuple[Head, bytes]:
        """Answer after the last byte."""
        self._world.taken[self._number] = bytes(self._body)
        if self._how.gate is not None:
            await self._how.gate.wait()
        return await self._then()


@asynccontextmanager
async def over_sockets(data: bytes, folder: Path, kind: str, **relay: Any) -> AsyncIterator[World]:
    """Make a world of two raw servers and a relay: on protocols, or on aiohttp's streams."""
    tls = kind.endswith("tls")
    streams = kind.startswith("streams")
    serving = Serving(data)
    taking: dict[int, Taking] = {}
    windows = relay.pop("windows", None) or Windows(4 * MIB, 4)
    flowed: list[int] = []
    spent: list[float] = []

    async def source(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            serving.asked += 1
            await serve(connection, serving, *asked_range(head.headers["range"]))
            if serving.then != "go on" or not serving.told:
                return

    async def target(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            number = asked_part(head.target)
            made.begun.append(number)
            if not await take(connection, made, number, taking.get(number, Taking()), head.length):
                return

    network = Network(ca_file=ca_file(folder))
    async with (
        raw_server(source, tls=tls) as origin,
        raw_server(target, tls=tls) as store,
        open_http(network) as http,
        opening(
            http, streams=streams, windows=windows, flowed=flowed.append, spent=spent.append, **relay
        ) as opened,
    ):
        made = World(opened, serving, taking, origin.url, store.url)
        made.servers, made.windows, made.flowed, made.spent = (origin, store), windows, flowed, spent
        made.kept = lambda: kept_connections(http, opened)
        yield made


@asynccontextmanager
async def opening(http: Http, *, streams: bool, **relay: Any) -> AsyncIterator[Relay]:
    """Open a relay on aiohttp's streams, or the one that is opened by default."""
    if not streams:
        async with open_relay(http, **relay) as opened:
            yield opened
        return
    with ThreadPoolExecutor(2, thread_name_prefix="md5") as hashing:
        yield StreamRelay(http, hashing, **relay)


def kept_connections(http: Http, relay: Relay) -> int:
    """Count the connections that are kept open unused."""
    if isinstance(relay, ProtocolRelay):
        return relay.statistics().kept
    connector = http.session.connector
    return sum(len(kept) for kept in connector._conns.values()) if connector else 0


async def serve(connection: Connection, serving: Serving, start: int, stop: int) -> None:
    """Answer one GET by the script."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in serving.headers(start, stop).items())
    await connection.send(f"HTTP/1.1 {serving.status} Said\r\n{fields}\r\n".encode())
    portion = serving.portion(start, stop)
    for at in range(0, len(portion), 16_384):
        piece = portion[at : at + 16_384]
        await connection.send(piece)
        serving.sent += len(piece)
    if serving.extra:
        await asyncio.sleep(0.02)
        await connection.send(serving.extra)
    match serving.then:
        case "reset":
            connection.reset()
        case "stall":
            await connection.gone()
        case "trickle":
            while True:
                await connection.send(b".")
                await asyncio.sleep(0.02)


async def take(connection: Connection, made: World, number: int, how: Taking, length: int) -> bool:
    """Take one PUT by the script; tell whether the connection goes on."""
    want = length if how.stop is None else how.stop
    body = bytearray()
    while len(body) < want:
        await asyncio.sleep(how.slow)
        piece = await connection.reader.read(min(65_536, want - len(body)))
        if not piece:
            break
        body += piece
    whole = len(body) == length
    (made.taken if whole else made.cut)[number] = bytes(body)
    if len(body) < want:
        return False
    if how.gate is not None:
        await how.gate.wait()
    if how.then == "answer" and not whole:
        await answer_early(connection, made, number, how)
    else:
        await answer(connection, made, how)
    return whole and how.then == "answer"


async def answer_early(connection: Connection, made: World, number: int, how: Taking) -> None:
    """Answer before the part is there, and go on reading until the client closes the connection."""

    async def read_on() -> None:
        made.after[number] = await connection.gone()

    async with anyio.create_task_group() as group:
        group.start_soon(read_on)
        await answer(connection, made, how)


async def answer(connection: Connection, made: World, how: Taking) -> None:
    """Do what the script says when a part was read as far as it is read."""
    match how.then:
        case "answer":
            fields = "".join(f"{name}: {value}\r\n" for name, value in how.headers.items())
            length = f"Content-Length: {len(how.body)}"
            await connection.send(f"HTTP/1.1 {how.status} Said\r\n{length}\r\n{fields}\r\n".encode())
            if how.open is not None:
                await how.open.wait()
            await connection.send(how.body)
        case "reset":
            connection.reset()
        case "stall":
            await made.over.wait()
            await connection.gone()


def asked_range(header: str) -> tuple[int, int]:
    """Read a Range header: start, and stop exclusive."""
    first, last = re.findall(r"\d+", header)
    return int(first), int(last) + 1


def asked_part(url: str) -> int:
    """Read a part's number."""
    return int(url.partition("partNumber=")[2])


def length_of(request: Request) -> int:
    """Read a request's Content-Length."""
    return int(dict(request.headers)["Content-Length"])
