"""Opencast's file server: published files by ranges, on its own origin, and every way a body can go wrong.

It is open to anybody for GET alone: a HEAD ends at the login page. Files that are signed demand a signature.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.bandwidth import Bandwidth
from pipelines.sandbox.faults import Fault, FaultScript
from pipelines.sandbox.media import DiskMedia, Media
from pipelines.sandbox.opencast import pages, ranges
from pipelines.sandbox.opencast.accounts import Door
from pipelines.sandbox.opencast.holdings import Held, Holdings
from pipelines.sandbox.opencast.ranges import Reply, Stretch
from pipelines.sandbox.opencast.signing import Signer
from pipelines.sandbox.switches import Switches

SERVICE = "files"
STRETCH = 1 << 18
"""Bytes made and written at a time: some tenths of a millisecond of this loop's time."""

Write = Callable[[bytes], Awaitable[None]]


class Unmeasured(web.StreamResponse):
    """A reply with neither length nor chunks: its end is the end of the connection."""

    _length_check = False


class Files:
    """The handlers of the file server, and of the archive's files on the API's host."""

    def __init__(
        self,
        holdings: Holdings,
        switches: Switches,
        door: Door,
        signer: Signer,
        bandwidth: Bandwidth,
        clock: Callable[[], float],
    ) -> None:
        self._holdings = holdings
        self._switches = switches
        self._door = door
        self._signer = signer
        self._bandwidth = bandwidth
        self._clock = clock

    def application(self, audit: Audit, faults: FaultScript) -> web.Application:
        """The file server."""
        app = front.application(SERVICE, audit, faults, skew=self._switches.opencast_skew)
        app.router.add_get("/static/{path:.*}", self.get_file, name="get_file", allow_head=False)
        app.router.add_head("/static/{path:.*}", self.head_file, name="head_file")
        app.router.add_get(pages.LOGIN, pages.login, name="login", allow_head=False)
        return app

    async def get_file(self, request: web.Request) -> web.StreamResponse:
        """A published file, or a part of it."""
        held = self._holdings.published(request.path)
        if held is None:
            return pages.html(404, "Not Found")
        front.concerns(request, held.event.identifier)
        refusal = self._refusal(request, held)
        if refusal is not None:
            return pages.html(refusal)
        fault = front.fault(request)
        if fault is not None and fault.action == "html":
            return await pages.login(request)
        if fault is not None and fault.action == "change":
            held = self._changed(request, held)
        return await self._answer(request, held, fault)

    def _changed(self, request: web.Request, held: Held) -> Held:
        """Publish other bytes at this URL, and return them."""
        self._holdings.edit(held.event.identifier, int(self._clock()), held.element.identifier, None)
        return self._holdings.published(request.path) or held

    async def head_file(self, request: web.Request) -> web.StreamResponse:
        """HEAD is for administrators; anybody else is sent to the login page."""
        held = self._holdings.published(request.path)
        if not (self._door.known(request) and self._door.account.has("ROLE_ADMIN")):
            return pages.to_login(f"{request.scheme}://{request.host}")
        if held is None:
            return pages.html(404, "Not Found")
        headers = _reply(request, held).headers
        return web.Response(headers={**headers, "Content-Length": str(held.media.size)})

    async def get_asset(self, request: web.Request) -> web.StreamResponse:
        """An archived file: whole, whatever range is asked for, and without a validator."""
        held = self._holdings.archived(request.path)
        if held is None:
            return pages.html(404, "Not Found")
        whole = Stretch(0, held.media.size, held.media.size)
        reply = Reply(200, {"Content-Type": held.element.mediatype}, (whole,))
        return await self._pour(request, held.media, reply, front.fault(request))

    def _refusal(self, request: web.Request, held: Held) -> int | None:
        if self._switches.file_access == "readers" and not self._door.known(request):
            return 403
        if not (held.element.signed or self._switches.signatures == "all"):
            return None
        path, _, query = request.raw_path.partition("?")
        url = f"{request.scheme}://{request.host}{path}"
        return self._signer.check(url, query, int(self._clock() * 1000), request.remote or "")

    async def _answer(self, request: web.Request, held: Held, fault: Fault | None) -> web.StreamResponse:
        reply = _reply(request, held, ranged=fault is None or fault.action != "ignore_range")
        if not reply.stretches:
            return pages.html(416) if reply.status == 416 else web.Response(status=304, headers=reply.headers)
        if fault is not None and fault.action == "wrong_range" and reply.status == 206:
            reply = _shifted(reply, int(fault.number("shift", 1)))
        return await self._pour(request, held.media, reply, fault)

    async def _pour(
        self, request: web.Request, media: Media, reply: Reply, fault: Fault | None
    ) -> web.StreamResponse:
        """Send a reply's stretches; a fault of the body strikes on the way."""
        response = _begun(reply, fault)
        await response.prepare(request)
        body = _Body(request, response.write, fault, sum(one.length for one in reply.stretches))
        for stretch in reply.stretches:
            if len(reply.stretches) > 1:
                await response.write(ranges.multipart_head(stretch, str(reply.headers["Content-Type"])))
            await self._stretch(body, media, stretch)
        if len(reply.stretches) > 1:
            await response.write(ranges.MULTIPART_END)
        return response

    async def _stretch(self, body: "_Body", media: Media, stretch: Stretch) -> None:
        offset = stretch.start
        while offset < stretch.end:
            count = min(stretch.end - offset, self._bandwidth.stretch(STRETCH))
            await self._bandwidth.take(count)
            await body.write(await _read(media, offset, count))
            offset += count


class _Body:
    """The body bytes on their way out, where the fault of a request strikes."""

    def __init__(self, request: web.Request, write: Write, fault: Fault | None, length: int) -> None:
        self._request = request
        self._write = write
        self._fault = fault
        self._sent = 0
        self._limit = int(fault.number("bytes", length // 2)) if fault else length
        self._flip = int(fault.number("at", length // 2)) % max(1, length) if fault else 0

    async def write(self, block: bytes) -> None:
        """Send a block, as far as the fault lets it through."""
        match self._fault.action if self._fault else None:
            case "flip":
                await self._send(self._flipped(block))
            case "trickle":
                await self._trickle(block)
            case "short" | "short_no_length" | "stall_body":
                await self._until_limit(block)
            case _:
                await self._send(block)

    async def _send(self, block: bytes) -> None:
        await self._write(block)
        self._sent += len(block)

    def _flipped(self, block: bytes) -> bytes:
        at = self._flip - self._sent
        if not 0 <= at < len(block):
            return block
        return block[:at] + bytes([block[at] ^ 0xFF]) + block[at + 1 :]

    async def _trickle(self, block: bytes) -> None:
        assert self._fault is not None  # noqa: S101 - only a trickle fault comes here
        count = max(1, int(self._fault.number("bytes", 1)))
        for start in range(0, len(block), count):
            await self._send(block[start : start + count])
            await asyncio.sleep(1)

    async def _until_limit(self, block: bytes) -> None:
        """Send up to the limit; there the connection is closed, or falls silent."""
        await self._send(block[: max(0, self._limit - self._sent)])
        if self._sent < self._limit:
            return
        if self._fault is not None and self._fault.action == "stall_body":
            await front.silence(self._request, self._fault.number("seconds", float("inf")))
        if self._request.transport is not None:
            self._request.transport.close()
        raise front.Dropped


def _reply(request: web.Request, held: Held, *, ranged: bool = True) -> Reply:
    element, size = held.element, held.media.size
    headers = {name: value for name, value in request.headers.items() if ranged or name != "Range"}
    tag = ranges.entity_tag(element.name, element.modified, size)
    return ranges.reply(headers, size, tag, element.modified, element.mediatype)


def _shifted(reply: Reply, shift: int) -> Reply:
    """The same number of bytes from another place, honestly named."""
    (stretch, *_) = reply.stretches
    start = stretch.start + shift if stretch.end + shift <= stretch.size else max(0, stretch.start - shift)
    other = Stretch(start, min(stretch.size, start + stretch.length), stretch.size)
    return Reply(206, {**reply.headers, "Content-Range": other.content_range}, (other,))


def _begun(reply: Reply, fault: Fault | None) -> web.StreamResponse:
    if fault is not None and fault.action == "short_no_length":
        unmeasured = Unmeasured(status=reply.status, headers=reply.headers)
        unmeasured.force_close()
        return unmeasured
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    if len(reply.stretches) == 1:
        response.content_length = reply.stretches[0].length
    return response


async def _read(media: Media, offset: int, length: int) -> bytes:
    """Bytes of a file; a disk is waited for in a thread, everything else is made at once."""
    if isinstance(media, DiskMedia):
        read: Any = await anyio.to_thread.run_sync(media.read, offset, length)
        return bytes(read)
    return media.read(offset, length)
