"""Sources and a target in memory, behind the ports that a transfer uses; faults are set call by call."""

import copy
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import unquote

import anyio.lowlevel
from multidict import CIMultiDict

from engine.errors import FerryError, Gone, LocationExpired, Unreachable, UploadGone
from engine.model import ByteRange, Location, Part, Source, Target, Validator
from engine.multipart import ListedPart, ObjectHead
from engine.multipart.answers import object_judge, part_judge
from engine.multipart.signing import object_request, part_request
from engine.source import ranged_get, whole_get
from engine.wire import Head, PartPut, PartReceipt, Probe, RangedGet, Request

Answer = TypeVar("Answer")
PIECE = 64 * 1024
LENGTH = "Content-Length"


@dataclass
class File:
    """A file at a source. An address given before `version` last changed is answered by 410."""

    data: bytes = field(repr=False)
    etag: str = "1"
    ranged: bool = True
    gone: bool = False
    version: int = 0
    lifetime: float | None = None

    @property
    def validator(self) -> Validator:
        """What the file is now."""
        return Validator(len(self.data), self.etag)


@dataclass(frozen=True)
class Break:
    """What goes wrong with one GET: another status, or an end after so many bytes, told or not, or a wait, or
    a flipped bit in the byte at `flip` of its body."""

    status: int | None = None
    after: int | None = None
    told: bool = True
    wait: float = 0.0
    flip: int | None = None


class MemoryFiles:
    """Files by source: a `Locator`, `engine.wire.Reads`, and the origin of a memory relay.

    `breaks` are taken in turn by the next GETs of a relay; None lets one go well. `before` are done before
    the GET of that number. `refused` holds what `locate` was told does not work.
    """

    def __init__(self, files: Mapping[Source, File]) -> None:
        self.files = dict(files)
        self.breaks: list[Break | None] = []
        self.before: dict[int, Callable[[], None]] = {}
        self.refused: list[Location | None] = []
        self.gets = self.probes = self.located = 0

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Give the address of a file as it is now."""
        await anyio.lowlevel.checkpoint()
        self.located += 1
        self.refused.append(refused)
        file = self.files.get(source)
        if file is None or file.gone:
            raise Gone("not published", where=source.group)
        return Location(f"memory://{source.group}/{source.name}?{file.version}", file.lifetime)

    async def probe(self, source: Source, location: Location, deadline: float) -> Probe:
        """Tell size and validator."""
        await anyio.lowlevel.checkpoint()
        self.probes += 1
        file = self.files[source]
        match self._refusal(file, location.url):
            case 404:
                raise Gone("not there", where=source.group)
            case 410:
                raise LocationExpired("not any more", where=source.group)
        return Probe(file.validator, file.ranged, location)

    async def small(self, source: Source, location: Location, largest: int, deadline: float) -> bytes:
        """Give all of a file."""
        await self.probe(source, location, deadline)
        return bytes(self.files[source].data)

    def ranged_get(self, location: Location, span: ByteRange, validator: Validator) -> RangedGet:
        """Prepare a GET, as over HTTP."""
        return ranged_get(location, span, validator)

    def whole_get(self, location: Location, validator: Validator) -> RangedGet:
        """Prepare a GET, as over HTTP."""
        return whole_get(location, validator)

    async def get(self, request: Request) -> tuple[Head, AsyncIterator[bytes]]:
        """Answer a relay's GET, as a server would."""
        await anyio.lowlevel.checkpoint()
        self.gets += 1
        self.before.get(self.gets, int)()
        fault = (self.breaks.pop(0) if self.breaks else None) or Break()
        group, name = request.url.removeprefix("memory://").partition("?")[0].split("/", 1)
        file = self.files[Source(group, name)]
        status = fault.status or self._refusal(file, request.url)
        if status is not None:
            return Head(status, CIMultiDict()), pieces(b"")
        span = self._span(file, request)
        end = span.stop if fault.after is None else min(span.stop, span.start + fault.after)
        head = self._head(file, span)
        if not fault.told:
            head = Head(head.status, CIMultiDict({k: v for k, v in head.headers.items() if k != LENGTH}))
        return head, pieces(flipped(file.data[span.start : end], fault.flip), fault.wait)

    def _refusal(self, file: File, url: str) -> int | None:
        if file.gone:
            return 404
        return None if url.endswith(f"?{file.version}") else 410

    def _span(self, file: File, request: Request) -> ByteRange:
        asked = dict(request.headers).get("Range")
        if asked is None or not file.ranged:
            return ByteRange(0, len(file.data))
        first, last = re.findall(r"\d+", asked)
        return ByteRange(int(first), int(last) + 1)

    def _head(self, file: File, span: ByteRange) -> Head:
        headers = CIMultiDict({"ETag": file.etag, "Content-Length": str(span.length)})
        if not file.ranged:
            return Head(200, headers)
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{len(file.data)}"
        return Head(206, headers)


def flipped(data: bytes, at: int | None) -> bytes:
    """Return bytes of which one has a flipped bit; None flips none."""
    if at is None or not data:
        return data
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


async def pieces(data: bytes, wait: float = 0.0) -> AsyncIterator[bytes]:
    """Give bytes piece by piece, with a wait before each."""
    for at in range(0, len(data), PIECE):
        await anyio.sleep(wait)
        yield data[at : at + PIECE]


@dataclass
class OpenUpload:
    """A multipart upload that was not completed."""

    key: str
    parts: dict[int, tuple[bytes, str]] = field(default_factory=dict)


LOST: Final = "lost"
"""The fault of a call that is done, and whose answer does not arrive."""


class MemoryTarget:
    """An S3 in memory: what a transfer calls, and where a memory relay puts parts.

    `faults` are by call (create, part, put, complete, abort, list, list uploads, head) and its number
    from 1: an error is raised in place of the call, LOST after it. `flips` are numbers of PUTs of which
    the byte at `flip_at` is stored wrong. `aborted` has the uploads that were open until they were given
    up. `calls` counts, `puts` holds the part numbers in the order in which they were whole, with `put_to`
    the uploads (None for a PutObject). `heard` is told of each call when it arrives; `slow` are the
    seconds before a part is answered. Parts of more than `largest` bytes are refused.
    """

    def __init__(self, *, lists: bool = False, heads: bool = False, put_object: bool = False) -> None:
        self.lists = lists
        self.heads = heads
        self.put_object = put_object
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.uploads: dict[str, OpenUpload] = {}
        self.faults: dict[tuple[str, int], FerryError | str] = {}
        self.flips: set[int] = set()
        self.flip_at = 0
        self.etag_of: Callable[[bytes], str] = lambda data: hashlib.md5(data).hexdigest()
        self.calls: Counter[str] = Counter()
        self.aborted: list[str] = []
        self.puts: list[int] = []
        self.put_to: list[str | None] = []
        self.heard: Callable[[str], None] = str
        self.slow = 0.0
        self.largest = 10**9

    def copy(self) -> "MemoryTarget":
        """Return what a later process finds: objects and uploads, and nothing that goes wrong."""
        found = MemoryTarget(lists=self.lists, heads=self.heads, put_object=self.put_object)
        found.objects, found.uploads = copy.deepcopy((self.objects, self.uploads))
        found.etag_of, found.calls["created"] = self.etag_of, self.calls["created"]
        found.largest = self.largest
        return found

    async def _called(self, name: str) -> bool:
        """Count a call; raise what it is to fail with, or tell whether its answer gets lost."""
        await anyio.lowlevel.checkpoint()
        self.heard(name)
        self.calls[name] += 1
        fault = self.faults.get((name, self.calls[name]))
        if isinstance(fault, FerryError):
            raise fault
        return fault == LOST

    async def create(self, target: Target) -> str:
        """Open an upload."""
        lost = await self._called("create")
        self.calls["created"] += 1
        upload = f"upload-{self.calls['created']}"
        self.uploads[upload] = OpenUpload(target.key)
        return answered(upload, lost=lost)

    def part(self, target: Target, upload: str | None, part: Part, deadline: float, hashed: bool) -> PartPut:
        """Prepare the PUT of a part or an object, as over HTTP."""
        if upload is None:
            request = object_request(target, part.span.length, None)
            return PartPut(part, request, object_judge("target"), deadline, hashed)
        request = part_request(target, upload, part.number, part.span.length, None)
        return PartPut(part, request, part_judge("target"), deadline, hashed)

    def put(self, request: Request) -> "MemoryPut":
        """Begin to take a relay's PUT."""
        url, _, query = request.url.partition("?")
        if not query:
            return MemoryPut(self, 1, None, unquote(url).split("/", 4)[4])
        number, upload = re.findall(r"(?:partNumber|uploadId)=([^&]+)", query)
        return MemoryPut(self, int(number), unquote(upload))

    async def complete(self, target: Target, upload: str, receipts: Sequence[PartReceipt]) -> str:
        """Make the parts one object."""
        lost = await self._called("complete")
        parts = self._upload(upload).parts
        chosen = [parts.get(one.number, (b"", "")) for one in receipts]
        if [etag for _, etag in chosen] != [one.etag for one in receipts]:
            raise UploadGone("InvalidPart", where="target")
        digests = b"".join(bytes.fromhex(hashlib.md5(data).hexdigest()) for data, _ in chosen)
        etag = f'"{hashlib.md5(digests).hexdigest()}-{len(chosen)}"'
        self.objects[target.key] = b"".join(data for data, _ in chosen), etag
        del self.uploads[upload]
        return answered(etag, lost=lost)

    async def abort(self, target: Target, upload: str) -> None:
        """Give an upload up."""
        lost = await self._called("abort")
        if self.uploads.pop(upload, None):
            self.aborted.append(upload)
        answered(None, lost=lost)

    async def list_parts(self, target: Target, upload: str) -> Mapping[int, ListedPart] | None:
        """Tell which parts are there, where that is switched on."""
        await self._called("list")
        if not self.lists:
            return None
        parts = self._upload(upload).parts
        return {number: ListedPart(number, len(data), etag) for number, (data, etag) in parts.items()}

    async def list_uploads(self, target: Target) -> Sequence[str] | None:
        """Tell which uploads are open under a key, where that is switched on."""
        await self._called("list uploads")
        return [name for name, one in self.uploads.items() if one.key == target.key] if self.lists else None

    async def head(self, target: Target) -> ObjectHead | None:
        """Tell what is there, where that is switched on."""
        await self._called("head")
        found = self.objects.get(target.key)
        return ObjectHead(len(found[0]), found[1]) if self.heads and found else None

    def _upload(self, upload: str) -> OpenUpload:
        if upload not in self.uploads:
            raise UploadGone("NoSuchUpload", where="target")
        return self.uploads[upload]


def answered(answer: Answer, *, lost: bool) -> Answer:
    """Give an answer, unless it gets lost."""
    if lost:
        raise Unreachable("the answer got lost", where="target")
    return answer


class MemoryPut:
    """One PUT of a part, or of an object under a key, that is being taken."""

    def __init__(self, target: MemoryTarget, number: int, upload: str | None, key: str = "") -> None:
        self._target = target
        self._number = number
        self._upload = upload
        self._key = key
        self._data = bytearray()

    async def write(self, piece: bytes) -> tuple[Head, bytes] | None:
        """Take some bytes."""
        await anyio.lowlevel.checkpoint()
        self._data += piece
        return None

    async def answer(self) -> tuple[Head, bytes]:
        """Store the part or object and answer."""
        target = self._target
        await anyio.sleep(target.slow)
        lost = await target._called("part" if self._upload else "put")
        if self._upload and self._upload not in target.uploads:
            return Head(404, CIMultiDict()), b"<Error><Code>NoSuchUpload</Code></Error>"
        if len(self._data) > target.largest:
            return Head(400, CIMultiDict()), b"<Error><Code>EntityTooLarge</Code></Error>"
        wrong = target.calls["part"] + target.calls["put"] in target.flips
        data = flipped(bytes(self._data), target.flip_at if wrong else None)
        etag = f'"{target.etag_of(data)}"'
        if self._upload:
            target.uploads[self._upload].parts[self._number] = data, etag
        else:
            target.objects[self._key] = data, etag
        target.puts.append(self._number)
        target.put_to.append(self._upload)
        return answered((Head(200, CIMultiDict({"ETag": etag})), b""), lost=lost)
