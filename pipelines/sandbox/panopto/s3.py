"""The S3 side of Panopto: multipart uploads and PutObject below an UploadTarget, on the site's own origin.

No signature is checked; whoever has the UploadTarget may write. Besides the SDKs' dialect it speaks the one
of Panopto/UploadAPISamples (no ?uploads, no uploadId with a part). An ETag is the MD5 of the bytes received:
HTTP chunking is undone and what it carried is stored literally, aws-chunked framing included.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.faults import Fault
from pipelines.sandbox.panopto import disk, s3xml
from pipelines.sandbox.panopto.answers import route
from pipelines.sandbox.panopto.model import State, StoredObject, Upload
from pipelines.sandbox.panopto.multipart import MultipartUpload, Part, chosen, composite_etag, part_number
from pipelines.sandbox.panopto.processing import is_text
from pipelines.sandbox.panopto.s3xml import S3Error
from pipelines.sandbox.panopto.site import Site

BASE = "Panopto/Upload"
ROUTE = "s3"
MOST_LISTED = 1000

Call = Callable[[web.Request], Awaitable[web.StreamResponse]]


def call_name(request: web.Request) -> str:
    """The S3 operation that a request below Panopto/Upload is."""
    query, is_object = request.query, bool(request.match_info.get("key"))
    match request.method:
        case "POST" if is_object:
            return "complete_multipart_upload" if "uploadId" in query else "create_multipart_upload"
        case "PUT" if is_object:
            return "upload_part" if "partNumber" in query else "put_object"
        case "DELETE" if "uploadId" in query:
            return "abort_multipart_upload"
        case "GET" if "uploadId" in query:
            return "list_parts"
        case "GET" if "uploads" in query:
            return "list_multipart_uploads"
        case "HEAD" if is_object:
            return "head_object"
    return "other_s3"


class S3:
    """The handlers of the S3 calls."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._calls: dict[str, Call] = {
            "create_multipart_upload": self.create_multipart_upload,
            "upload_part": self.upload_part,
            "complete_multipart_upload": self.complete_multipart_upload,
            "abort_multipart_upload": self.abort_multipart_upload,
            "put_object": self.put_object,
        }
        self._queries: dict[str, Call] = {
            "list_parts": self.list_parts,
            "list_multipart_uploads": self.list_multipart_uploads,
            "head_object": self.head_object,
        }

    @property
    def names(self) -> frozenset[str]:
        """The calls by name, those included that are only answered with 501."""
        return frozenset({*self._calls, *self._queries, "other_s3"})

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_route("*", route(BASE), self._dispatch, name="s3_bucket")
        router.add_route("*", route(BASE, "/{target:[^/]+}/{key:.+}"), self._dispatch, name=ROUTE)

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        request_id = uuid4().hex[:16].upper()
        known = self._calls | (self._queries if self._site.switches.object_queries == "on" else {})
        call = known.get(call_name(request))
        try:
            if call is None or "x-amz-copy-source" in request.headers:
                raise S3Error("NotImplemented", "A header or query you provided is not implemented.")
            response = await call(request)
        except S3Error as error:
            body = s3xml.error(
                error.code, error.message, f"/Upload/{request.match_info.get('key', '')}", request_id
            )
            response = web.Response(status=error.status, body=body, content_type="application/xml")
        if not response.prepared:
            response.headers["x-amz-request-id"] = request_id
        return response

    async def create_multipart_upload(self, request: web.Request) -> web.Response:
        """POST {key}?uploads, or without the query: opens a multipart upload."""
        upload = MultipartUpload(uuid4().hex, self._open(request).target, _key(request))
        self._site.multiparts.add(upload)
        return _xml(s3xml.created(_full_key(request), upload.id))

    async def upload_part(self, request: web.Request) -> web.Response:
        """PUT {key}?partNumber=N[&uploadId=..]: stores a part once it is whole."""
        target = self._open(request).target
        number = part_number(request.query["partNumber"], self._site.switches)
        upload = self._site.multiparts.find(target, _key(request), request.query.get("uploadId"))
        part = await self._receive(request)
        if not self._site.multiparts.has(upload):
            await self._site.disk.drop([part.path])
            raise S3Error("NoSuchUpload", "The upload was completed or aborted meanwhile.")
        fault = front.fault(request)
        replaced = upload.parts.get(number)
        upload.parts[number] = replace(part, opaque=_tag(part.md5, fault)) if _is_opaque(fault) else part
        if replaced is not None:
            await self._site.disk.drop([replaced.path])
        return _tagged(part.md5, fault)

    async def put_object(self, request: web.Request) -> web.Response:
        """PUT {key}: stores a whole object."""
        upload = self._open(request)
        part = await self._receive(request)
        await self._store(upload, _key(request), [part], part.md5, 1)
        return _tagged(part.md5, front.fault(request))

    async def complete_multipart_upload(self, request: web.Request) -> web.Response:
        """POST {key}?uploadId=..: makes an object of the parts named, in place of one of the same key."""
        fault = front.fault(request)
        target, key = self._open(request), _key(request)
        upload = self._site.multiparts.find(target.target, key, request.query["uploadId"])
        parts = chosen(upload.parts, s3xml.asked(await request.read()), self._site.switches)
        if fault is not None and fault.action == "error_in_200":
            return _xml(
                s3xml.error("InternalError", "We encountered an internal error. Please try again.", key, "0")
            )
        self._site.multiparts.close(upload)
        if fault is not None and fault.action == "flip":
            disk.flip([part.path for part in parts], int(fault.number("at", 0)))
        await self._store(target, key, parts, composite_etag(parts), len(parts))
        await self._site.disk.drop([part.path for part in upload.parts.values() if part not in parts])
        if fault is not None and fault.action == "empty":
            return web.Response()
        location = f"{self._site.target_url(target)}/{key}"
        return _xml(s3xml.completed(location, _full_key(request), f'"{composite_etag(parts)}"'))

    async def abort_multipart_upload(self, request: web.Request) -> web.Response:
        """DELETE {key}?uploadId=..: forgets the upload and its parts."""
        target = self._known(request).target
        upload = self._site.multiparts.find(target, _key(request), request.query["uploadId"])
        self._site.multiparts.close(upload)
        await self._site.disk.drop([part.path for part in upload.parts.values()])
        return web.Response(status=204)

    async def list_parts(self, request: web.Request) -> web.Response:
        """GET {key}?uploadId=..&part-number-marker=..&max-parts=..: the parts that arrived."""
        upload = self._site.multiparts.find(
            self._open(request).target, _key(request), request.query["uploadId"]
        )
        marker = _integer(request.query.get("part-number-marker"), 0)
        most = min(_integer(request.query.get("max-parts"), MOST_LISTED), MOST_LISTED)
        later = sorted(number for number in upload.parts if number > marker)
        page = later[:most]
        parts = [(number, upload.parts[number].size, f'"{upload.parts[number].md5}"') for number in page]
        following = page[-1] if page and len(later) > most else None
        return _xml(s3xml.listed(_full_key(request), upload.id, parts, following, marker, most))

    async def list_multipart_uploads(self, request: web.Request) -> web.Response:
        """GET /Panopto/Upload?uploads&prefix={guid}/: those open below one target (a prefix is needed)."""
        prefix = request.query.get("prefix", "")
        target, slash, start = prefix.partition("/")
        if not slash or self._site.target(target) is None:
            raise S3Error("AccessDenied", "Access Denied")
        found = [one for one in self._site.multiparts if one.target == target and one.key.startswith(start)]
        return _xml(s3xml.uploads([(f"{one.target}/{one.key}", one.id) for one in found], prefix))

    async def head_object(self, request: web.Request) -> web.Response:
        """HEAD {key}: size and ETag of a whole object."""
        held = self._known(request).objects.get(_key(request))
        if held is None:
            raise S3Error("NoSuchKey", "The specified key does not exist.")
        return web.Response(headers={"Content-Length": str(held.size), "ETag": f'"{held.etag}"'})

    def _known(self, request: web.Request) -> Upload:
        """The upload that a request's target belongs to."""
        upload = self._site.target(request.match_info["target"])
        if upload is None:
            raise S3Error("NoSuchBucket", "The specified bucket does not exist.")
        front.concerns(request, upload.id)
        return upload

    def _open(self, request: web.Request) -> Upload:
        """The same, if files may still be written to it."""
        upload = self._known(request)
        if upload.state(self._site.clock()) is not State.UPLOADING:
            raise S3Error("AccessDenied", "The upload is not open.")
        return upload

    async def _receive(self, request: web.Request) -> Part:
        """The body of a request on the disk. Nothing stays of one that is cut short, refused or too large."""
        switches = self._site.switches
        if request.content_length is None and switches.framing == "refuse":
            raise S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.")
        if (request.content_length or 0) > switches.largest_part:
            raise _too_large(switches.largest_part)
        return await self._site.disk.receive(_blocks(request, switches.largest_part))

    async def _store(self, upload: Upload, key: str, parts: list[Part], etag: str, count: int) -> None:
        """Hash an object's bytes and put it in place of one of the same key."""
        seen = await self._site.disk.look(parts)
        paths = tuple(part.path for part in parts)
        if self._site.switches.keep_bytes == "off" and not is_text(key):
            await self._site.disk.drop(paths)
            paths = ()
        replaced = upload.objects.get(key)
        upload.objects[key] = StoredObject(
            key, seen.size, etag, seen.sha256, seen.crc32, count, seen.container, paths
        )
        if replaced is not None:
            await self._site.disk.drop(replaced.segments)


async def _blocks(request: web.Request, largest: int) -> AsyncIterator[bytes]:
    """A body in large blocks, with the fault played that its request carries."""
    fault, received = front.fault(request), 0
    async for block in _gathered(request):
        received += len(block)
        if received > largest:
            raise _too_large(largest)
        yield await _struck(block, received, fault, request)


async def _gathered(request: web.Request) -> AsyncIterator[bytes]:
    """What arrives, put together to blocks that are worth a write."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size >= disk.BLOCK:
            yield b"".join(pieces)
            pieces, size = [], 0
    if pieces:
        yield b"".join(pieces)


async def _struck(block: bytes, received: int, fault: Fault | None, request: web.Request) -> bytes:
    """A block as the fault leaves it; `received` counts to its end."""
    if fault is None:
        return block
    if fault.action in {"cut", "stop_reading"} and received >= fault.number("bytes", 0):
        if fault.action == "stop_reading":
            request.protocol.pause_reading()
            await front.silence(request, fault.number("seconds", float("inf")))
        raise front.drop(request)
    at = int(fault.number("at", 0)) - (received - len(block))
    if fault.action == "flip" and 0 <= at < len(block):
        return block[:at] + bytes([block[at] ^ 1]) + block[at + 1 :]
    return block


def _tagged(md5: str, fault: Fault | None) -> web.Response:
    """The answer to a body stored, with its ETag or what a fault makes of it."""
    if fault and fault.action == "no_etag":
        return web.Response()
    return web.Response(headers={"ETag": f'"{_tag(md5, fault)}"'})


def _tag(md5: str, fault: Fault | None) -> str:
    """The bare ETag that a part is answered with."""
    tags = {"wrong_etag": md5[::-1], "opaque_etag": f"{md5}-opaque"}
    return tags.get(fault.action if fault else "", md5)


def _is_opaque(fault: Fault | None) -> bool:
    """Whether Complete must be asked with an ETag that is no MD5: a server knows what it has answered."""
    return fault is not None and fault.action == "opaque_etag"


def _xml(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/xml")


def _key(request: web.Request) -> str:
    return request.match_info["key"]


def _full_key(request: web.Request) -> str:
    return f"{request.match_info['target']}/{_key(request)}"


def _too_large(largest: int) -> S3Error:
    return S3Error("EntityTooLarge", f"Your proposed upload exceeds the {largest} bytes of a request.")


def _integer(text: str | None, default: Any) -> int:
    return int(text) if text and text.isdecimal() else int(default)
