"""One file at a source, and an S3 that holds what it was sent in memory, both over real connections.

The source breaks as it is told; the S3 stores nothing but whole bodies, and completes what it is asked to.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from engine.checks import Checks
from engine.engine import Engine
from engine.errors import UploadGone
from engine.http import Network, open_http
from engine.integrity import Level, Spot
from engine.limits import Slots, Windows
from engine.model import Location, Source, Target, Transfer
from engine.multipart import S3, Credentials, Dialect, open_multipart
from engine.parts import MIB, PartLimits
from engine.ports import Ports
from engine.reads import HttpReads
from engine.retry import RetryPolicy
from engine.wire import PartReceipt
from fakes.memory_journal import MemoryJournal
from fakes.memory_site import MemoryTarget
from fakes.raw_server import Connection, Seen, ca_file, raw_server
from fakes.relay_worlds import opening

KEYS = Credentials("AKID", "sesame")
SOURCE = Source("event", "presenter.mp4")
KEY = "guid/presenter.mp4"


@dataclass
class Serving:
    """How the file is served: each GET but a probe ends after so many bytes, its length told or not."""

    data: bytes = field(repr=False)
    ranged: bool = True
    after: int | None = None
    told: bool = True
    probe_told: bool = True
    asked: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)

    async def script(self, connection: Connection) -> None:
        """Answer the GETs of one connection."""
        while (head := await connection.head()) is not None:
            if not await self._answered(connection, head):
                return

    async def _answered(self, connection: Connection, head: Seen) -> bool:
        first, last = map(int, re.findall(r"\d+", head.headers.get("range", f"0-{len(self.data) - 1}")))
        probe = last - first < 4096 and "range" in head.headers
        if not probe:
            self.asked.append(head.headers.get("range", ""))
            self.conditions.append(head.headers.get("if-range", ""))
        told = self.probe_told if probe else self.told
        body = self.data[first : last + 1] if self.ranged else self.data
        fields = {"ETag": "42", "Content-Type": "video/mp4"}
        if self.ranged:
            fields["Content-Range"] = f"bytes {first}-{last}/{len(self.data)}"
        if told:
            fields["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await connection.send(f"HTTP/1.1 {206 if self.ranged else 200} Said\r\n{lines}\r\n".encode())
        cut = body if probe or self.after is None else body[: self.after]
        await connection.send(cut)
        return told and len(cut) == len(body)


class Storing:
    """S3's calls, done in a target in memory."""

    def __init__(self, target: MemoryTarget) -> None:
        self.target = target
        self.bodies: list[tuple[int, bytes]] = []

    async def script(self, connection: Connection) -> None:
        """Answer the calls of one connection; a body that is cut off is none."""
        while (head := await connection.head()) is not None:
            body = await connection.body(head.length)
            await connection.answer(*await self._answer(head, body))

    async def _answer(self, head: Seen, body: bytes) -> tuple[int, dict[str, str], bytes]:
        path, _, query = head.target.partition("?")
        where = Target("", "Upload", unquote(path).removeprefix("/Upload").lstrip("/"))
        match head.method, query.partition("=")[0]:
            case "POST", "uploads":
                upload = await self.target.create(where)
                return 200, {}, _xml("InitiateMultipartUploadResult", UploadId=upload)
            case "PUT", _:
                return await self._put(where, query, body)
            case "POST", "uploadId":
                return await self._completed(where, query.partition("=")[2], body)
            case "DELETE", _:
                await self.target.abort(where, query.partition("=")[2])
                return 204, {}, b""
            case _:
                return 501, {}, b"<Error><Code>NotImplemented</Code></Error>"

    async def _put(self, where: Target, query: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        etag = f'"{self.target.etag_of(body)}"'
        if not query:
            self.target.calls["put"] += 1
            self.target.objects[where.key] = body, etag
            return 200, {"ETag": etag}, b""
        number, upload = re.findall(r"(?:partNumber|uploadId)=([^&]+)", query)
        self.target.calls["part"] += 1
        self.target.uploads[upload].parts[int(number)] = body, etag
        self.bodies.append((int(number), body))
        return 200, {"ETag": etag}, b""

    async def _completed(self, where: Target, upload: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        asked = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>([^<]*)", body.decode())
        receipts = [PartReceipt(int(number), 0, 0, None, etag) for number, etag in asked]
        try:
            etag = await self.target.complete(where, upload, receipts)
        except UploadGone:
            return 400, {}, b"<Error><Code>InvalidPart</Code></Error>"
        return 200, {}, _xml("CompleteMultipartUploadResult", Key=where.key, ETag=etag)


def _xml(root: str, **fields: str) -> bytes:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<{root}>{inner}</{root}>".encode()


@dataclass
class WireSite:
    """The engine between both, what is to be moved, and each part that arrived whole."""

    engine: Engine
    serving: Serving
    target: MemoryTarget
    journal: MemoryJournal
    transfer: Transfer
    bodies: list[tuple[int, bytes]]

    @property
    def calls(self) -> Counter[str]:
        """How often each call of S3 was made."""
        return self.target.calls


class Fixed:
    """Always gives the same address."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Give it."""
        return Location(self._url)


@asynccontextmanager
async def wire_site(
    kind: str, folder: Path, serving: Serving, *, dialect: Dialect = S3, part: int
) -> AsyncIterator[WireSite]:
    """Stand both up, with the relay of a kind ("protocols", "streams", "protocols tls") between them."""
    tls = kind.endswith("tls")
    storing, journal = Storing(MemoryTarget()), MemoryJournal()
    network = Network(ca_file=ca_file(folder))

    async def at_once(seconds: float) -> None:
        """Wait for nothing."""

    async with AsyncExitStack() as stack:
        origin = await stack.enter_async_context(raw_server(serving.script, tls=tls))
        store = await stack.enter_async_context(raw_server(storing.script, tls=tls))
        http = await stack.enter_async_context(open_http(network))
        uploads = await stack.enter_async_context(open_multipart(dialect, network, KEYS))
        windows = Windows(4 * MIB, 4)
        relay = await stack.enter_async_context(
            opening(http, streams=kind.startswith("streams"), windows=windows, flowed=int, spent=float)
        )
        ports = Ports(
            journal=journal,
            relay=relay,
            uploads=uploads,
            slots=Slots(2, 2, 2),
            checks=Checks(Level.ETAG, Spot()),
            limits=PartLimits(1, 100 * MIB, 100),
            preferred_part=part,
            policy=RetryPolicy(attempts=2),
            sleep=at_once,
        )
        target = Target(store.url, "Upload", KEY)
        transfer = Transfer("event", "presenter.mp4", SOURCE, target)
        engine = Engine(ports, Fixed(f"{origin.url}/file"), HttpReads(http))
        yield WireSite(engine, serving, storing.target, journal, transfer, storing.bodies)
