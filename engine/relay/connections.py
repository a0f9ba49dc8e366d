"""Connections, kept for the next exchange with the same origin.

A connection goes to an address that the name resolved to and that may be connected to; TLS is asked for by
the name.
"""

import asyncio
import socket
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import yarl

from engine.allowed import Place, is_address, plain
from engine.errors import Unreachable
from engine.http import Network, host_of
from engine.relay.connection import Connection, Origin
from engine.relay.heads import Unspoken

KEPT = 15.0
"""Seconds that a connection is kept unused; servers close theirs at some time, and mostly later."""


@dataclass(frozen=True, slots=True)
class ConnectionStatistics:
    """How many connections are open, and how many of them are kept unused."""

    open: int
    kept: int


def origin_of(url: str) -> Origin:
    """Return where a URL leads; raises Unreachable where it is none, Unspoken where it holds a user."""
    try:
        parsed = yarl.URL(url, encoded=True)
        host, port = parsed.raw_host, parsed.port
    except ValueError:
        host = port = None
    if not host or not port or parsed.scheme not in {"http", "https"}:
        raise Unreachable("the address is not a URL", advice="check the settings")
    if parsed.raw_user is not None:
        raise Unspoken("the address holds a user", where=host_of(url))
    return Origin(host, port, parsed.scheme == "https")


class Connections:
    """Opens connections and keeps those that an exchange has left as good as new."""

    def __init__(self, network: Network, tls: ssl.SSLContext, *, kept: float = KEPT) -> None:
        self._network = network
        self._tls = tls
        self._seconds = kept
        self._open: set[Connection] = set()
        self._kept: defaultdict[Origin, dict[Connection, asyncio.TimerHandle]] = defaultdict(dict)

    def statistics(self) -> ConnectionStatistics:
        """Return how many there are."""
        return ConnectionStatistics(len(self._open), sum(map(len, self._kept.values())))

    async def take(self, origin: Origin) -> Connection:
        """Return a connection, the one kept last that is alive or a new one. Raises OSError, NotAllowed."""
        kept = self._kept[origin]
        while kept:
            connection, timer = kept.popitem()
            timer.cancel()
            if connection.usable:
                return connection
            connection.abort()
        return await self._connect(origin)

    def keep(self, connection: Connection) -> None:
        """Take a connection back after an exchange that ended exactly where it should."""
        connection.read_into(None)
        if self.statistics().kept < self._network.connections and connection.usable:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self._seconds, self._expire, connection)
            self._kept[connection.origin][connection] = timer
        else:
            connection.abort()

    async def close(self) -> None:
        """Close all of them at once."""
        for connection in list(self._open):
            await connection.cut()

    def _expire(self, connection: Connection) -> None:
        self._kept[connection.origin].pop(connection, None)
        connection.abort()

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if (timer := self._kept[connection.origin].pop(connection, None)) is not None:
            timer.cancel()

    async def _connect(self, origin: Origin) -> Connection:
        """Try the addresses of a name in turn; each has its share of the time."""
        allowed = self._network.allowed
        if allowed is not None:
            allowed.check(Place(plain(origin.host), origin.port, origin.tls))
        addresses = await self._addresses(origin)
        if allowed is not None:
            addresses = allowed.checked(origin.host, addresses)
        share = self._network.connect / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._reach(origin, address, share)
            except OSError:
                continue
        return await self._reach(origin, addresses[-1], share)

    async def _addresses(self, origin: Origin) -> list[str]:
        """Resolve a name; an address needs no thread for that."""
        if is_address(origin.host):
            return [origin.host]
        async with asyncio.timeout(self._network.connect):
            found = await asyncio.get_running_loop().getaddrinfo(
                origin.host, origin.port, type=socket.SOCK_STREAM
            )
        return [str(address[0]) for *_, address in found]

    async def _reach(self, origin: Origin, address: str, seconds: float) -> Connection:
        connection = Connection(origin, self._lost)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_connection(
                lambda: connection,
                address,
                origin.port,
                ssl=self._tls if origin.tls else None,
                server_hostname=origin.host if origin.tls else None,
            )
        if not connection.gone:
            self._open.add(connection)
        return connection


@asynccontextmanager
async def open_connections(network: Network, tls: ssl.SSLContext) -> AsyncIterator[Connections]:
    """Open none yet; all that are open when the block ends are closed."""
    connections = Connections(network, tls)
    try:
        yield connections
    finally:
        await connections.close()
