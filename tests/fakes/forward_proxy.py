"""A forward proxy on loopback: CONNECT for https, whole addresses for http; it keeps what was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HEAD_LIMIT = 64 * 1024


@dataclass
class Proxy:
    """A proxy that stands. `asked` are the hosts that it was asked to reach, with their ports."""

    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            await self._forward(head, reader, writer)
        writer.close()

    async def _forward(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, _, rest = head.partition(b"\r\n")
        method, address, version = line.decode().split(" ")
        host = address if method == "CONNECT" else urlsplit(address).netloc
        self.asked.append(host)
        name, _, port = host.rpartition(":")
        there, back = await asyncio.open_connection(name, int(port))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            path = address.partition(host)[2]
            back.write(f"{method} {path} {version}\r\n".encode() + b"Connection: close\r\n" + rest)
        await asyncio.gather(pump(reader, back), pump(there, writer))


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side ends."""
    with suppress(ConnectionError):
        while piece := await source.read(HEAD_LIMIT):
            target.write(piece)
            await target.drain()
    with suppress(ConnectionError, OSError):
        target.close()


@asynccontextmanager
async def forward_proxy() -> AsyncIterator[Proxy]:
    """Stand a proxy."""
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
