"""What holds of connections: kept for a while, given out alive, and all closed in the end."""

import asyncio
import socket
from pathlib import Path

import pytest
from fakes.raw_server import Connection as Served
from fakes.raw_server import raw_server
from fakes.relay_worlds import until

from engine.errors import Unreachable
from engine.http import Network, trust
from engine.relay.connection import Connection, Origin
from engine.relay.connections import Connections, is_address, origin_of
from engine.relay.heads import Unspoken


async def quiet(connection: Served) -> None:
    """Say nothing until the client goes."""
    await connection.gone()


def connections(kept: float = 15.0, most: int = 100) -> Connections:
    """Open none yet."""
    network = Network(connections=most)
    return Connections(network, trust(network), kept=kept)


async def test_a_kept_connection_is_given_out_again() -> None:
    """The one that was kept last; a new one where none is kept; another origin has its own."""
    pool = connections()
    async with raw_server(quiet) as here, raw_server(quiet) as there:
        one, two = await pool.take(origin_of(here.url)), await pool.take(origin_of(here.url))
        assert one is not two
        pool.keep(one)
        pool.keep(two)
        assert await pool.take(origin_of(here.url)) is two
        other = await pool.take(origin_of(there.url))
        assert other not in {one, two}
        assert (pool.statistics().open, pool.statistics().kept) == (3, 1)
        await pool.close()
        assert (pool.statistics().open, pool.statistics().kept) == (0, 0)


async def test_a_connection_is_not_kept_for_ever() -> None:
    """After its time it is closed."""
    pool = connections(kept=0.01)
    async with raw_server(quiet) as here:
        pool.keep(await pool.take(origin_of(here.url)))
        await until(lambda: not pool.statistics().open)
        assert pool.statistics().kept == 0


async def test_no_more_are_kept_than_the_network_may_have() -> None:
    """The second one is closed."""
    pool = connections(most=1)
    async with raw_server(quiet) as here:
        both = [await pool.take(origin_of(here.url)) for _ in range(2)]
        for one in both:
            pool.keep(one)
        await until(lambda: pool.statistics().open == 1)
        assert pool.statistics().kept == 1
        await pool.close()


@pytest.mark.parametrize("how", ["closes", "speaks"])
async def test_a_server_that_does_anything_loses_its_place(how: str) -> None:
    """A kept connection that ends, or on which a byte comes unasked, is no more."""
    gate = asyncio.Event()

    async def act(connection: Served) -> None:
        await gate.wait()
        if how == "speaks":
            await connection.send(b"HTTP/1.1 408 Too late\r\n\r\n")
            await connection.gone()

    pool = connections()
    async with raw_server(act) as here:
        pool.keep(await pool.take(origin_of(here.url)))
        gate.set()
        await until(lambda: not pool.statistics().open)
        assert pool.statistics().kept == 0


async def test_nobody_there(tmp_path: Path) -> None:
    """A refused connection is the socket's own error, made ours by who asks; nothing is left open."""
    pool = connections()
    async with raw_server(quiet) as here:
        origin = origin_of(here.url)
    with pytest.raises(ConnectionRefusedError):
        await pool.take(origin)
    assert pool.statistics().open == 0


def test_origins() -> None:
    """Scheme, host and port tell where a connection leads."""
    assert origin_of("https://a.b/c?d=e") == Origin("a.b", 443, tls=True)
    assert origin_of("http://[::1]:80/") == Origin("::1", 80, tls=False)
    for wrong in ("ftp://a", "http://", "a", "http://a:99999999/"):
        with pytest.raises(Unreachable):
            origin_of(wrong)
    with pytest.raises(Unspoken):
        origin_of("http://somebody:secret@a/")


def test_addresses() -> None:
    """A name is resolved, an address is not."""
    assert [is_address(host) for host in ("127.0.0.1", "::1", "localhost", "1.example")] == [
        True,
        True,
        False,
        False,
    ]


class Closing:
    """A transport that is closing, and holds nothing to be sent."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def get_extra_info(self, name: str) -> socket.socket:
        """Return the socket."""
        return self._end

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        """Take no note of it."""

    def is_closing(self) -> bool:
        """It is."""
        return True


async def test_who_writes_to_a_connection_that_closes_waits_for_its_end() -> None:
    """As over TLS, where the peer's farewell is answered before the connection is lost; the loop goes on."""
    here, there = socket.socketpair()
    with here, there:
        connection = Connection(Origin("127.0.0.1", 1, True), lambda _: None)
        connection.connection_made(Closing(here))  # type: ignore[arg-type]
        writing = asyncio.ensure_future(connection.write(memoryview(b"bytes")))
        await asyncio.sleep(0.01)
        assert not writing.done()
        connection.connection_lost(None)
        await writing
        assert connection.gone
