"""The middleware before each server: names, counts and the faults that it plays itself."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientError, ClientSession, TCPConnector, web

from pipelines.sandbox import certificate, front
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import Fault, FaultScript
from pipelines.sandbox.origin import Origin


@dataclass
class Shop:
    """A server with two calls, and how often its handlers ran."""

    http: ClientSession
    audit: Audit
    handled: list[str]


@asynccontextmanager
async def shop(*faults: Fault, tls: bool = False) -> AsyncIterator[Shop]:
    """Serve `things` (GET, 10 bytes) and `drop_box` (PUT, echoes how much came)."""
    books, handled = Audit(), []
    app = front.application("shop", books, FaultScript(faults), client_max_size=0)

    async def things(request: web.Request) -> web.StreamResponse:
        handled.append("things")
        played = front.fault(request)
        if played is not None:
            return web.Response(text=played.action)
        if "none" in request.query:
            raise web.HTTPNotFound(text="none")
        return web.Response(body=bytes(10))

    async def drop_box(request: web.Request) -> web.Response:
        handled.append("drop_box")
        return web.Response(text=str(len(await request.read())))

    app.router.add_get("/things", things, name="things")
    app.router.add_put("/box", drop_box, name="drop_box")
    issued = certificate.issue()
    origin = Origin(issued.context if tls else None)
    await origin.serve(app)
    trust = ssl.create_default_context(cadata=issued.ca.decode())
    try:
        async with ClientSession(origin.url, connector=TCPConnector(ssl=trust)) as http:
            http._retry_connection = False
            yield Shop(http, books, handled)
    finally:
        await origin.close()


def lines(books: Audit) -> Sequence[tuple[str, int | None, int, int]]:
    """Call, status and bytes of every request."""
    return [(entry.call, entry.status, entry.bytes_in, entry.bytes_out) for entry in books.log]


async def ended(books: Audit) -> None:
    """Wait until the first request has ended at the server, too."""
    async with asyncio.timeout(5):
        while not books.log[0].seconds:  # noqa: ASYNC110 - the server has no event to tell it
            await asyncio.sleep(0.01)


async def test_every_request_is_named_and_its_bytes_counted() -> None:
    """Answers, errors that handlers raise and paths that nobody serves are all in the log."""
    async with shop() as served:
        for path in ("/things?a=1", "/things?none", "/nowhere"):
            async with served.http.get(path) as reply:
                await reply.read()
        async with served.http.put("/box", data=b"12345") as reply:
            assert await reply.text() == "5"
        assert lines(served.audit) == [
            ("things", 200, 0, 10),
            ("things", 404, 0, 4),
            ("unknown", 404, 0, 14),
            ("drop_box", 200, 5, 1),
        ]
        assert [entry.query for entry in served.audit.log][:2] == ["a=1", "none"]


async def test_a_status_is_answered_in_place_of_the_operation() -> None:
    """Status, headers and body are the fault's; the handler never runs."""
    arguments = {"status": 503, "headers": {"Retry-After": "7"}, "body": "busy"}
    async with shop(Fault("shop.things", "status", arguments=arguments)) as served:
        async with served.http.get("/things") as reply:
            assert (reply.status, reply.headers["Retry-After"], await reply.text()) == (503, "7", "busy")
        assert served.handled == []
        assert served.audit.log[0].fault == "status"


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(("action", "handled"), [("reset", []), ("lose_answer", ["drop_box"]), ("stall", [])])
async def test_dropped_connections(action: str, handled: list[str], tls: bool) -> None:
    """Before the operation, after it, or after a silence: the client gets no answer, the log no status."""
    fault = Fault("shop.drop_box", action, arguments={"seconds": 0.1})
    async with shop(fault, tls=tls) as served:
        with pytest.raises((ClientError, ConnectionResetError)):
            await served.http.put("/box", data=b"12345")
        await ended(served.audit)
        assert served.handled == handled
        first = served.audit.log[0]
        assert (first.status, first.done) == (None, 200 if handled else None)
        async with served.http.put("/box", data=b"12345") as reply:
            assert reply.status == 200


async def test_a_stall_ends_with_its_client() -> None:
    """Without a time the server says nothing until the client has gone."""
    async with shop(Fault("shop.things", "stall")) as served:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await served.http.get("/things")
        await ended(served.audit)
        assert served.handled == []


async def test_a_delay_goes_on_afterwards() -> None:
    """The operation is applied, later."""
    async with shop(Fault("shop.things", "delay", arguments={"seconds": 0.05})) as served:
        async with served.http.get("/things") as reply:
            assert reply.status == 200
        assert served.audit.log[0].seconds >= 0.05


async def test_other_faults_are_left_to_the_handler() -> None:
    """The handler finds the fault on its request, once."""
    async with shop(Fault("shop.things", "short")) as served:
        texts = [await (await served.http.get("/things")).read() for _ in range(2)]
        assert texts == [b"short", bytes(10)]


async def test_the_operations_of_an_application_have_names() -> None:
    """Service and route name, as faults give them."""
    app = front.application("shop", Audit(), FaultScript())

    async def things(_: web.Request) -> web.Response:
        return web.Response()

    app.router.add_get("/things", things, name="things", allow_head=False)
    assert front.operations(app) == {"shop.things"}
