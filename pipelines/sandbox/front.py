"""The middleware that each emulated server stands behind: it names the call, logs it and plays faults.

A handler asks for a fault that it must play itself (a body cut short, a flipped byte) by `fault(request)`.
The answer is sent from within the middleware, so that the log tells what really went over the wire. Bytes in
are those that had arrived when the answer was sent; what a client sends after an early answer is not counted.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterable
from email.utils import formatdate
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import Fault, FaultScript

FAULT = web.RequestKey("fault", Fault)
ABOUT = web.RequestKey("about", str)
SERVICE = web.AppKey("service", str)
UNKNOWN = "unknown"
GLANCE = 0.05
"""Seconds between two looks at whether a silent connection is still there."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on with no time: closing sends RST."""

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Name = Callable[[web.Request], str]
Sleep = Callable[[float], Awaitable[None]]


class Dropped(Exception):
    """The connection was reset on purpose; there is nobody to answer."""


def route_name(request: web.Request) -> str:
    """The name that the route of a request was registered with."""
    return request.match_info.route.name or UNKNOWN


def operations(app: web.Application) -> frozenset[str]:
    """The operations of an application's routes, as faults name them."""
    return frozenset(f"{app[SERVICE]}.{route.name}" for route in app.router.routes() if route.name)


def fault(request: web.Request) -> Fault | None:
    """The fault that the handler of this request has to play, if there is one."""
    return request.get(FAULT)


def concerns(request: web.Request, about: str) -> None:
    """Tell the log what a request is about, by its id."""
    request[ABOUT] = about


def drop(request: web.Request) -> Dropped:
    """Reset the connection under a request. The caller raises what this returns."""
    transport = request.transport
    if transport is not None:
        plain = transport.get_extra_info("socket")
        if plain is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()
    return Dropped()


async def silence(request: web.Request, seconds: float, sleep: Sleep = asyncio.sleep) -> None:
    """Say nothing until that time is over or the peer has gone."""
    waited = 0.0
    while waited < seconds and request.transport is not None and not request.transport.is_closing():
        await sleep(GLANCE)
        waited += GLANCE


def application(
    service: str,
    audit: Audit,
    faults: FaultScript,
    *,
    name: Name = route_name,
    sleep: Sleep = asyncio.sleep,
    middlewares: Iterable[Any] = (),
    skew: float = 0.0,
    **arguments: Any,
) -> web.Application:
    """An application whose every request is named, logged, counted and struck by faults.

    `name` tells the call of a request where its route alone does not; `middlewares` come within this one;
    by `skew` seconds the Date of each answer is ahead; `arguments` go to `web.Application`.
    """

    @web.middleware
    async def observe(request: web.Request, handler: Answer) -> web.StreamResponse:
        call = name(request)
        path, _, query = request.raw_path.partition("?")
        entry = audit.opens(service, call, request.method, path, query, request.headers.items())
        taken = faults.take(f"{service}.{call}", f"{request.method} {request.raw_path}")
        entry.fault = taken.action if taken else None
        sent = _Sent()
        request.writer.on_body_write = sent
        status: int | None = None

        async def operation(request: web.Request) -> web.StreamResponse:
            """Let the handler do its work, and take note of what it came to."""
            try:
                response = await handler(request)
            except web.HTTPException as error:
                entry.done = error.status
                raise
            entry.done = response.status
            return response

        try:
            response = await _send(request, await _play(taken, request, operation, sleep))
            status = response.status
        except web.HTTPException as error:
            status = (await _send(request, error)).status
            raise
        except (Dropped, ConnectionError):
            return web.Response()  # it goes nowhere
        except RequestPayloadError as error:
            return web.Response(status=400, text=str(error))
        else:
            return response
        finally:
            entry.about = request.get(ABOUT, "")
            audit.closes(entry, status, request.content.total_bytes, sent.bytes)

    async def dated(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(time.time() + skew, usegmt=True)

    app = web.Application(middlewares=(observe, *middlewares), **arguments)
    if skew:
        app.on_response_prepare.append(dated)
    app[SERVICE] = service
    return app


class _Sent:
    """Counts the body bytes that aiohttp hands to the transport."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        self.bytes = 0

    def __call__(self, body: int, _output: int) -> None:
        self.bytes += body


async def _send(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await response.prepare(request)
    await response.write_eof()
    return response


async def _play(
    taken: Fault | None, request: web.Request, handler: Answer, sleep: Sleep
) -> web.StreamResponse:
    """Answer a request as its fault wants it; a fault that is the handler's own is left on the request."""
    if taken is None:
        return await handler(request)
    match taken.action:
        case "status":
            return _given(taken)
        case "delay":
            await sleep(taken.number("seconds", 1.0))
            return await handler(request)
        case "reset":
            raise drop(request)
        case "stall":
            await silence(request, taken.number("seconds", float("inf")), sleep)
            raise drop(request)
        case "lose_answer":
            await handler(request)
            raise drop(request)
    request[FAULT] = taken
    return await handler(request)


def _given(taken: Fault) -> web.Response:
    return web.Response(
        status=int(taken.number("status", 500)),
        headers={str(name): str(value) for name, value in taken.arguments.get("headers", {}).items()},
        text=str(taken.arguments.get("body", "")),
    )
