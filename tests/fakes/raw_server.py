"""A raw server: each connection is handed to a script that reads and writes as it likes; faults are easy."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Seen:
    """A request's head as it came over the wire, byte for byte."""

    raw: bytes

    @property
    def line(self) -> str:
        """The request line."""
        return self.raw.split(b"\r\n", 1)[0].decode()

    @property
    def method(self) -> str:
        """The method."""
        return self.line.split(" ")[0]

    @property
    def target(self) -> str:
        """Path and query."""
        return self.line.split(" ")[1]

    @property
    def headers(self) -> dict[str, str]:
        """The headers, names in lower case."""
        lines = self.raw.decode("latin-1").split("\r\n")[1:-2]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @property
    def length(self) -> int:
        """The declared length of the body."""
        return int(self.headers.get("content-length", "0"))


@dataclass
class Connection:
    """One connection, as the script sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int

    async def head(self) -> Seen | None:
        """Read a request's head; None where the client has gone."""
        try:
            return Seen(await self.reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return None

    async def body(self, length: int) -> bytes:
        """Read that many bytes of a body."""
        return await self.reader.readexactly(length)

    async def send(self, data: bytes) -> None:
        """Write and wait until the connection takes more."""
        if self.writer.transport.is_closing():
            raise ConnectionResetError  # uvloop would have an error of its own
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """Answer with a body of a declared length."""
        fields = {"Content-Length": str(len(body)), **(headers or {})}
        lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in fields.items())]
        await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def reset(self) -> None:
        """Cut the connection with a reset."""
        self.writer.transport.abort()

    async def gone(self) -> int:
        """Wait until the client closes the connection; tell how many bytes came until then."""
        count = 0
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while piece := await self.reader.read(65536):
                count += len(piece)
        return count


Script = Callable[[Connection], Awaitable[None]]


@dataclass
class RawServer:
    """Where the server listens, and what came: the connections open now, and how many there were."""

    port: int
    scheme: str
    opened: int = 0
    open_now: int = 0
    errors: list[BaseException] = field(default_factory=list)
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """The origin."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def until_idle(self) -> None:
        """Wait until no connection is open."""
        await self.idle.wait()

    def count(self, change: int) -> None:
        """Take a connection that opens or closes into the books."""
        self.opened += max(change, 0)
        self.open_now += change
        if self.open_now:
            self.idle.clear()
        else:
            self.idle.set()


@asynccontextmanager
async def raw_server(script: Script, *, tls: bool = False) -> AsyncIterator[RawServer]:
    """Serve on loopback until the block ends; the script's own failures are raised there."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site.count(+1)
        try:
            await script(Connection(reader, writer, site.opened))
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        except Exception as error:  # noqa: BLE001  # raised again where the block ends
            site.errors.append(error)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)
            site.count(-1)

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=server_tls() if tls else None)
    site = RawServer(server.sockets[0].getsockname()[1], "https" if tls else "http")
    try:
        yield site
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
    if site.errors:
        raise site.errors[0]


@cache
def _authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def server_tls() -> ssl.SSLContext:
    """Return a context with a certificate for 127.0.0.1 and localhost, by a throw-away authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def ca_file(folder: Path) -> Path:
    """Write the throw-away authority's certificate into a folder."""
    file = folder / "ca.pem"
    _authority().cert_pem.write_to_path(str(file))
    return file
