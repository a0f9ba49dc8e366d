"""The S3 calls: botocore writes and reads them, our own HTTP sends them, and each is attempted once.

::

    create, complete, abort, list, head ──> operations: body, query, signature
                                                    │
                                                    v
                                            engine.http: one request, no redirect, a capped answer
                                                    │ 2xx without <Error>
                                                    v
                                            operations: XML to a dictionary ──> checked here
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import unquote

import aiohttp

from engine.errors import Refused, ServerFault, UploadGone
from engine.http import Http, Network, host_of, open_http, start_of_body, whole_body
from engine.model import Part, Target
from engine.multipart.answers import (
    LARGEST_ERROR,
    NotOffered,
    NotXml,
    judge,
    object_judge,
    part_judge,
    sensible,
)
from engine.multipart.dialect import DUMMY, Credentials, Dialect
from engine.multipart.operations import Operations
from engine.multipart.signing import object_request, part_request
from engine.wire import Head, ListedPart, ObjectHead, PartPut, PartReceipt

Listing = TypeVar("Listing")

LARGEST_XML = 4 * 1024 * 1024
"""Bytes of an answer: a page of 1,000 parts has some 300 KiB."""

COMPLETE_LIMIT = 600.0
"""Seconds that a Complete may take; S3 answers large ones after minutes (faults.md F19)."""

PAGES = 20
"""Pages of a list of parts; 10,000 parts are 10."""


@asynccontextmanager
async def open_multipart(
    dialect: Dialect,
    network: Network,
    credentials: Credentials | None = None,
    *,
    connections: int = 16,
    deadline: float = 60.0,
    complete_deadline: float = COMPLETE_LIMIT,
) -> AsyncIterator["Multipart"]:
    """Open a target's S3. The control calls have `connections` of their own, apart from the parts'.

    At most so many are opened, as they are needed. Two for each part in flight let files of one part, each
    with a Create and a Complete, follow one another as fast as their parts do.

    The deadlines are in seconds, for each call and for Complete. `credentials` are needed where parts are
    signed.
    """
    if dialect.signed_parts and credentials is None:
        raise ValueError(f"the dialect {dialect.name} needs credentials")
    operations = Operations(dialect.signature, credentials or DUMMY)
    async with open_http(replace(network, connections=connections)) as http:
        yield Multipart(dialect, http, operations, credentials, (deadline, complete_deadline))


class Multipart:
    """The calls of one dialect, at any number of endpoints. One attempt each.

    Each raises a Transient error where the same call may succeed later, UploadGone where the target does not
    know the upload, and Refused or AccountRefused where it says no.
    """

    def __init__(
        self,
        dialect: Dialect,
        http: Http,
        operations: Operations,
        credentials: Credentials | None,
        deadlines: tuple[float, float],
    ) -> None:
        self.dialect = dialect
        self._http = http
        self._operations = operations
        self._credentials = credentials
        self._deadline, self._complete_deadline = deadlines
        self._unlisted: set[tuple[str, str]] = set()

    @property
    def put_object(self) -> bool:
        """Whether a file of one part goes as one object by one PUT."""
        return self.dialect.put_object

    async def create(self, target: Target) -> str:
        """Open a multipart upload and return its id."""
        answer = await self._call("CreateMultipartUpload", target)
        upload = answer.get("UploadId")
        if not upload:
            raise ServerFault("answers Create without an upload's id", where=host_of(target.endpoint))
        return str(upload)

    def part(self, target: Target, upload: str | None, part: Part, deadline: float, hashed: bool) -> PartPut:
        """Prepare the PUT of one part, for a relay to send; nothing of it passes through botocore.

        Without an upload it is a PutObject, and the part is all of the object.
        """
        keys = self._credentials if self.dialect.signed_parts else None
        where, length = host_of(target.endpoint), part.span.length
        if upload is None:
            return PartPut(part, object_request(target, length, keys), object_judge(where), deadline, hashed)
        request = part_request(target, upload, part.number, length, keys)
        return PartPut(part, request, part_judge(where), deadline, hashed)

    async def complete(self, target: Target, upload: str, receipts: Sequence[PartReceipt]) -> str:
        """Make the parts one object and return its ETag.

        Only an answer that names our key and an ETag counts; an empty 200 says nothing (faults.md F19).
        """
        parts = [{"PartNumber": one.number, "ETag": one.etag} for one in receipts]
        answer = await self._call(
            "CompleteMultipartUpload",
            target,
            deadline=self._complete_deadline,
            UploadId=upload,
            MultipartUpload={"Parts": parts},
        )
        etag = str(answer.get("ETag") or "")
        if not etag.strip('"') or not _names(str(answer.get("Key") or ""), target):
            raise ServerFault(
                "answers Complete but says nothing of the object", where=host_of(target.endpoint)
            )
        return etag

    async def abort(self, target: Target, upload: str) -> None:
        """Give an upload up; one that the target does not know is given up already."""
        try:
            await self._call("AbortMultipartUpload", target, UploadId=upload)
        except UploadGone:
            return

    async def list_parts(self, target: Target, upload: str) -> Mapping[int, ListedPart] | None:
        """Return the parts that the target holds, by number; None where it does not tell.

        Nobody has seen ListParts at Panopto, so any refusal but NoSuchUpload means that it is not offered.
        """
        return await self._told("ListParts", target, lambda: self._pages(target, upload))

    async def list_uploads(self, target: Target) -> Sequence[str] | None:
        """Return the uploads that are open under exactly our key; None where the target does not tell.

        One page is read: a key of ours has a handful at most.
        """

        async def page() -> Sequence[str] | None:
            answer = await self._call("ListMultipartUploads", target, Prefix=target.key)
            if answer.get("Prefix") != target.key:
                return None
            with sensible(host_of(target.endpoint)):
                return [one["UploadId"] for one in answer.get("Uploads", ()) if one["Key"] == target.key]

        return await self._told("ListMultipartUploads", target, page)

    async def _told(
        self, operation: str, target: Target, ask: Callable[[], Awaitable[Listing | None]]
    ) -> Listing | None:
        """Ask for a list, unless the target has shown that it has none of that kind."""
        if (operation, target.endpoint) in self._unlisted:
            return None
        try:
            return await ask()
        except (NotOffered, NotXml):
            self._unlisted.add((operation, target.endpoint))
            return None
        except Refused:
            return None

    async def _pages(self, target: Target, upload: str) -> Mapping[int, ListedPart] | None:
        where = host_of(target.endpoint)
        parts: dict[int, ListedPart] = {}
        marker = 0
        for _ in range(PAGES):
            after = {"PartNumberMarker": marker} if marker else {}
            page = await self._call("ListParts", target, UploadId=upload, **after)
            if page.get("UploadId") != upload:
                return None
            with sensible(where):
                parts |= {one["PartNumber"]: _listed(one) for one in page.get("Parts", ())}
                following = int(page.get("NextPartNumberMarker") or 0)
            if not page.get("IsTruncated"):
                return parts
            if following <= marker:
                break
            marker = following
        raise ServerFault("lists parts without an end", where=where)

    async def head(self, target: Target) -> ObjectHead | None:
        """Return what the target holds under the key; None where nothing is, or where it does not tell."""
        try:
            answer = await self._call("HeadObject", target)
        except Refused:
            return None
        etag = answer.get("ETag")
        with sensible(host_of(target.endpoint)):
            return ObjectHead(answer["ContentLength"], etag) if etag else None

    async def _call(
        self, operation: str, target: Target, *, deadline: float | None = None, **fields: Any
    ) -> Mapping[str, Any]:
        """Make one call, judge its answer, and let nothing of botocore's out."""
        where = host_of(target.endpoint)
        request, body = self._operations.request(operation, target, fields)
        async with self._http.answer(request, body=body, deadline=deadline or self._deadline) as response:
            content = await _content(response, where)
        head = Head(response.status, response.headers)
        if judge(head, content, where) is None and content:
            raise NotXml("answers with something else than S3's XML", where=where)
        with sensible(where):
            return self._operations.read(operation, head, content)


def _listed(part: Mapping[str, Any]) -> ListedPart:
    return ListedPart(part["PartNumber"], part["Size"], part["ETag"])


async def _content(response: aiohttp.ClientResponse, where: str) -> bytes:
    """Read an answer whole, or the start of one that is an error; S3 fills the time with spaces before it."""
    if response.status >= 300:
        return await start_of_body(response, LARGEST_ERROR)
    if response.method != "HEAD" and (response.content_length or 0) > LARGEST_XML:
        raise NotXml("answers with a file", where=where)
    return (await whole_body(response, LARGEST_XML)).strip()


def _names(key: str, target: Target) -> bool:
    """Tell whether the key of an answer is ours. Panopto's has not been seen: the file's name must end it."""
    return unquote(key).rpartition("/")[2] == target.key.rpartition("/")[2]
