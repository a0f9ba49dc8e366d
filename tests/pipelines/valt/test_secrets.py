"""The token goes over the wire in the address, and is seen nowhere else: whatever goes wrong."""

import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from fakes.raw_server import Connection, raw_server

from engine import FerryError, Http, Network, RetryPolicy, open_http
from pipelines.rest import Rest
from pipelines.valt.client import Valt
from pipelines.valt.model import Booking

TOKEN = "c0ffee" + "5" * 26
PASSWORD = "s3cret-pass"
JSON = {"Content-Type": "application/json"}

Fault = Callable[[Connection, str], Awaitable[None]]


async def reset(peer: Connection, target: str) -> None:
    """Cut the connection."""
    peer.reset()


async def close(peer: Connection, target: str) -> None:
    """Close it without an answer."""


async def silent(peer: Connection, target: str) -> None:
    """Answer nothing until the client gives up."""
    await peer.gone()


async def no_http(peer: Connection, target: str) -> None:
    """Repeat the address instead of speaking HTTP."""
    await peer.send(f"{target} nonsense\r\n\r\n".encode())


async def bad_header(peer: Connection, target: str) -> None:
    """Repeat the address where a header should stand."""
    await peer.send(f"HTTP/1.1 200 OK\r\n{target}\r\n\r\n".encode())


async def short(peer: Connection, target: str) -> None:
    """Break off in the middle of the body."""
    await peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{target}".encode())


async def bad_chunk(peer: Connection, target: str) -> None:
    """Repeat the address where the length of a chunk should stand."""
    await peer.send(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{target}\r\n".encode())


def answering(status: int, body: str, headers: dict[str, str] | None = None) -> Fault:
    """Answer so; an @ is the address that was asked for."""

    async def fault(peer: Connection, target: str) -> None:
        named = {name: value.replace("@", target) for name, value in (headers or JSON).items()}
        await peer.answer(status, named, body.replace("@", target).encode())

    return fault


FAULTS: dict[str, Fault] = {
    "reset": reset,
    "close": close,
    "silent": silent,
    "no_http": no_http,
    "bad_header": bad_header,
    "short": short,
    "bad_chunk": bad_chunk,
    "302": answering(302, "@", {"Location": "https://other.example@"}),
    "400": answering(400, '{"data":{"message":"bad @","fields":[{"name":"@","message":"@"}]},"code":400}'),
    "401": answering(401, '{"error":{"code":401,"message":"@"}}'),
    "403": answering(403, "<html>@</html>", {"Content-Type": "text/html"}),
    "404": answering(404, '{"error":{"code":404,"message":"@"}}'),
    "429": answering(429, "@", {"Retry-After": "@"}),
    "500": answering(500, '"@"'),
    "502": answering(502, "<html>@</html>", {"Content-Type": "text/html"}),
    "a page": answering(200, "<html>@</html>", {"Content-Type": "text/html; x=@"}),
    "half a document": answering(200, '{"data": "@'),
    "nonsense": answering(200, '{"data": {"id": 12, "start_at": "@", "name": "@"}}'),
}

CALLS: dict[str, Callable[[Valt], Awaitable[object]]] = {
    "schedules": lambda valt: valt.schedules(),
    "schedule": lambda valt: valt.schedule("12"),
    "rooms": lambda valt: valt.rooms(),
    "overlaps": lambda valt: valt.overlaps(),
    "version": lambda valt: valt.version(),
    "edit": lambda valt: valt.edit("12", {"name": "Heat"}),
    "create": lambda valt: valt.create(Booking("Heat", "39", 1, 2)),
}


@asynccontextmanager
async def client(http: Http, fault: Fault, seen: list[str], told: list[object]) -> AsyncIterator[Valt]:
    """A client of a VALT that lets in whoever asks and then goes wrong."""

    async def script(peer: Connection) -> None:
        while head := await peer.head():
            body = await peer.body(head.length)
            if head.target.endswith("/login"):
                assert PASSWORD.encode() in body
                await peer.answer(200, JSON, f'{{"data":{{"access_token":"{TOKEN}"}}}}'.encode())
                continue
            seen.append(head.target)
            await fault(peer, head.target)
            return

    async def at_once(_: float) -> None: ...

    async with raw_server(script) as site:
        patience, deadline = RetryPolicy(attempts=2), 0.2 if fault is silent else 10.0
        rest = Rest(http, site.url, policy=patience, sleep=at_once, deadline=deadline, observer=told.append)
        yield Valt(rest, "ferry", PASSWORD)


@pytest.mark.fault(40)
@pytest.mark.parametrize("name", FAULTS)
async def test_no_error_and_no_log_line_holds_the_token(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each call, whatever goes wrong, is tried with the token and tells of it without."""
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    shown: list[str] = []
    told: list[object] = []
    async with open_http(Network()) as http, client(http, FAULTS[name], seen, told) as valt:
        for call in CALLS.values():
            try:
                shown.append(type(await call(valt)).__name__)
            except FerryError as error:
                shown += [
                    str(error),
                    repr(error),
                    repr(vars(error)),
                    "".join(traceback.format_exception(error)),
                ]
        shown += [repr(valt), str(valt.__dict__)]
    assert any(TOKEN in target for target in seen)
    for text in [*shown, repr(told), caplog.text]:
        assert TOKEN not in text
        assert PASSWORD not in text


@pytest.mark.fault(40)
async def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    """Not even a login goes out."""
    async with open_http(Network()) as http:
        valt = Valt(Rest(http, "http://127.0.0.1:9", policy=RetryPolicy(attempts=1)), "ferry", PASSWORD)
        with pytest.raises(FerryError, match=r"127\.0\.0\.1:9") as caught:
            await valt.schedules()
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
