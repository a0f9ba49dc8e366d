"""The proxy plays what it is told, once, and everything else passes as it is."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from campaign.chaos import Chaos, Shape, chaos
from pipelines.sandbox.faults import Fault

DATA = bytes(range(256)) * 1024
TRIES = aiohttp.ClientTimeout(total=5.0)


class Lost(Exception):
    """A request of which nothing was heard."""


async def once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once: aiohttp by itself sends some again."""
    try:
        return await send(request)
    except aiohttp.ClientError as error:
        raise Lost from error


@dataclass
class Upstream:
    """A server that keeps what it is given and tells DATA."""

    port: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)


@asynccontextmanager
async def between(
    *faults: Fault, shape: Shape | None = None, routes: Sequence[web.RouteDef] = ()
) -> AsyncIterator[tuple[Upstream, Chaos, Any]]:
    """Give a server, a proxy before it, and a client that asks the proxy."""
    upstream = Upstream()

    async def put(request: web.Request) -> web.Response:
        upstream.kept[request.path] = await request.read()
        return web.Response(headers={"ETag": '"one"'})

    async def get(_: web.Request) -> web.Response:
        return web.Response(body=DATA)

    app = web.Application()
    app.add_routes([web.put("/{name}", put), web.get("/{name}", get), *routes])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream.port = runner.addresses[0][1]
    try:
        async with chaos(("127.0.0.1", upstream.port), faults, shape) as proxy:
            base = f"http://127.0.0.1:{proxy.port}"
            async with aiohttp.ClientSession(base, timeout=TRIES, middlewares=(once,)) as client:
                yield upstream, proxy, client
    finally:
        await runner.cleanup()


def fault(action: str, match: str = "", **arguments: Any) -> Fault:
    """Return a fault of the proxy's, once."""
    return Fault("proxy", action, match=match, arguments=arguments)


async def put(client: aiohttp.ClientSession, name: str = "/a") -> int:
    """Send DATA and return the status."""
    async with client.put(name, data=DATA) as answer:
        await answer.read()
        return answer.status


async def get(client: aiohttp.ClientSession) -> bytes:
    """Read DATA."""
    async with client.get("/a") as answer:
        return await answer.read()


async def test_what_is_not_struck_passes() -> None:
    """Both ways, over a connection that is kept, and each request is on record."""
    async with between(fault("reset", "never")) as (upstream, proxy, client):
        assert await put(client) == 200
        assert await get(client) == DATA
        assert upstream.kept == {"/a": DATA}
        assert [one.subject for one in proxy.exchanges] == ["PUT /a", "GET /a"]
        assert [one.status for one in proxy.exchanges] == [200, 200]
        assert proxy.struck == 0


@pytest.mark.parametrize("action", ["reset", "lose_answer", "cut"])
async def test_a_put_that_breaks(action: str) -> None:
    """The client hears nothing; the server has it only where the answer alone was lost."""
    async with between(fault(action, "PUT", bytes=1000)) as (upstream, proxy, client):
        with pytest.raises(Lost):
            await put(client)
        assert upstream.kept == ({"/a": DATA} if action == "lose_answer" else {})
        assert await put(client) == 200
        assert proxy.struck == 1


async def test_a_flipped_byte_upward() -> None:
    """One byte arrives as another, at the place that was named."""
    async with between(fault("flip", "PUT", at=70_000)) as (upstream, _, client):
        assert await put(client) == 200
        differing = [at for at, byte in enumerate(upstream.kept["/a"]) if byte != DATA[at]]
        assert differing == [70_000]


async def test_a_flipped_byte_downward() -> None:
    """The same in an answer, counted from the start of its body."""
    async with between(fault("flip", "GET", at=5)) as (_, _, client):
        differing = [at for at, byte in enumerate(await get(client)) if byte != DATA[at]]
        assert differing == [5]


@pytest.mark.parametrize("action", ["short", "stall_body", "reset", "lose_answer"])
async def test_a_get_that_breaks(action: str) -> None:
    """A body that ends early, stops, or never comes."""
    async with between(fault(action, "GET", bytes=1000)) as (_, _, client):
        with pytest.raises((Lost, aiohttp.ClientError, TimeoutError)):
            async with asyncio.timeout(0.5):
                await get(client)
        assert await get(client) == DATA


async def test_an_answer_in_the_servers_place() -> None:
    """Its status and headers, and the server hears nothing of it."""
    struck = fault("status", status=503, headers={"Retry-After": "7"})
    async with between(struck) as (upstream, _, client):
        async with client.put("/a", data=DATA) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
        assert upstream.kept == {}


async def test_an_empty_answer() -> None:
    """200 and nothing else, although the server has done it."""
    async with between(fault("empty", "PUT")) as (upstream, _, client):
        async with client.put("/a", data=DATA) as answer:
            assert (answer.status, await answer.read(), "ETag" in answer.headers) == (200, b"", False)
        assert upstream.kept == {"/a": DATA}


async def test_a_peer_that_stops_reading() -> None:
    """The client's bytes are taken no more."""
    async with between(fault("stop_reading", "PUT", bytes=10)) as (upstream, _, client):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await put(client)
        assert upstream.kept == {}


async def test_the_shape_of_a_connection() -> None:
    """Slices and latency change nothing but the time; a limit of bytes ends the connection."""
    async with between(shape=Shape(latency=0.001, slices=64 * 1024)) as (_, _, client):
        begun = time.monotonic()
        assert await get(client) == DATA
        assert time.monotonic() - begun >= 0.004
    async with between(shape=Shape(limit=100_000)) as (_, _, client):
        with pytest.raises((Lost, aiohttp.ClientError)):
            await get(client)


async def test_uploads_that_nobody_ended() -> None:
    """An upload whose answer was lost is known as an orphan until somebody aborts it."""
    answer = b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"

    async def post(_: web.Request) -> web.Response:
        return web.Response(body=answer)

    async def delete(_: web.Request) -> web.Response:
        return web.Response(status=204)

    routes = (web.post("/b/k", post), web.delete("/b/k", delete))
    async with between(fault("lose_answer", "?uploads"), routes=routes) as (_, proxy, client):
        with pytest.raises(Lost):
            await client.post("/b/k?uploads")
        assert proxy.orphans() == {"u1"}
        async with client.delete("/b/k?uploadId=u1"):
            assert proxy.orphans() == set()


async def test_what_no_proxy_can_play() -> None:
    """An action of other servers is refused at once."""
    with pytest.raises(ValueError, match="opaque_etag"):
        async with chaos(("127.0.0.1", 1), [fault("opaque_etag")]):
            pass
