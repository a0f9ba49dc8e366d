"""Answers that are bombs: read whole up to a bound, never unpacked, and memory stays where it was."""

import resource
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fakes.raw_server import Connection, RawServer, raw_server

from engine import Network, RetryPolicy, ServerFault, open_http
from engine.http import LARGEST_ANSWER
from pipelines.panopto.calls import Calls
from pipelines.panopto.client import MOST_LISTED, Panopto
from pipelines.panopto.model import Session
from pipelines.rest import Rest

MIB = 1024 * 1024
GIB = 1024 * MIB


@asynccontextmanager
async def serving_json(declared: bool) -> AsyncIterator[RawServer]:
    """Serve a GiB of JSON, with its length or without."""

    async def script(connection: Connection) -> None:
        await connection.head()
        length = f"Content-Length: {GIB}\r\n" if declared else ""
        await connection.send(f"HTTP/1.1 200 OK\r\n{length}Content-Type: application/json\r\n\r\n[".encode())
        for _ in range(GIB // MIB):
            await connection.send(b"1," * (MIB // 2))

    async with raw_server(script) as server:
        yield server


@pytest.mark.fault(9, 39)
@pytest.mark.parametrize("declared", [True, False])
async def test_a_gigabyte_of_json_is_not_held(declared: bool) -> None:
    """It ends at the bound with the host's name; what was held is about the bound, and is let go."""
    async with serving_json(declared) as server, open_http(Network()) as http:
        rest = Rest(http, server.url, policy=RetryPolicy(attempts=1))
        tracemalloc.start()
        try:
            with pytest.raises(ServerFault, match="longer than"):
                await rest.call("GET", "/api/events", endpoint="GET /api/events")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 3 * LARGEST_ANSWER
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < GIB


class Endless(Panopto):
    """A Panopto whose folder has another page of new sessions for ever."""

    def __init__(self) -> None:
        self.pages = 0
        self._calls = Calls(Rest(None, "https://panopto.example.org"), None)  # type: ignore[arg-type]

    async def _page(self, folder_id: str, page: int) -> tuple[Session, ...]:
        self.pages += 1
        return tuple(Session(f"{page}-{number}", "", "", None, None, folder_id, "") for number in range(500))


@pytest.mark.fault(39)
async def test_a_folder_without_an_end_is_the_servers_fault() -> None:
    """After a hundred thousand sessions nobody reads on."""
    panopto = Endless()
    with pytest.raises(ServerFault, match="without an end"):
        async for _ in panopto.sessions_of("f"):
            pass
    assert panopto.pages <= MOST_LISTED // 500 + 1
