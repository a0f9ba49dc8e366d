"""The S3 calls: our own HTTP sends them, each is attempted once, and what is answered is read here.

::

    create, complete, abort, list, head ──> operations: body, query, signature
                                                    │
                                                    v
                                            engine.http: one request, no redirect, a capped answer
                                                    │
                                                    v
                                            answers: 2xx without <Error> ──> its XML is read here
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar
from urllib.parse import unquote

import aiohttp
from botocore.auth import BaseSigner
from lxml import etree

from engine.errors import Refused, ServerFault, UploadGone
from engine.http import Http, Network, host_of, open_http, start_of_body, whole_body
from engine.model import Part, Target
from engine.multipart import operations
from engine.multipart.answers import (
    LARGEST_ERROR,
    NotOffered,
    NotXml,
    judge,
    object_judge,
    part_judge,
    sensible,
    text_of,
)
from engine.multipart.dialect import DUMMY, Credentials, Dialect
from engine.multipart.operations import Operation, signed, signer
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
    signs = signer(dialect.signature, credentials or DUMMY)
    async with open_http(replace(network, connections=connections)) as http:
        yield Multipart(dialect, http, signs, credentials, (deadline, complete_deadline))


class Multipart:
    """The calls of one dialect, at any number of endpoints. One attempt each.

    Each raises a Transient error where the same call may succeed later, UploadGone where the target does not
    know the upload, and Refused or AccountRefused where it says no.
    """

    def __init__(
        self,
        dialect: Dialect,
        http: Http,
        signs: BaseSigner,
        credentials: Credentials | None,
        deadlines: tuple[float, float],
    ) -> None:
        self.dialect = dialect
        self._http = http
        self._signs = signs
        self._credentials = credentials
        self._deadline, self._complete_deadline = deadlines
        self._unlisted: set[tuple[str, str]] = set()

    @property
    def put_object(self) -> bool:
        """Whether a file of one part goes as one object by one PUT."""
        return self.dialect.put_object

    async def create(self, target: Target) -> str:
        """Open a multipart upload and return its id."""
        _, root = await self._call(target, operations.create(target))
        upload = text_of(root, "UploadId")
        if not upload:
            raise ServerFault("answers Create without an upload's id", where=host_of(target.endpoint))
        return upload

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
        call = operations.complete(target, upload, receipts)
        _, root = await self._call(target, call, deadline=self._complete_deadline)
        etag = text_of(root, "ETag")
        if not etag.strip('"') or not _names(text_of(root, "Key"), target):
            raise ServerFault(
                "answers Complete but says nothing of the object", where=host_of(target.endpoint)
            )
        return etag

    async def abort(self, target: Target, upload: str) -> None:
        """Give an upload up; one that the target does not know is given up already."""
        try:
            await self._call(target, operations.abort(target, upload))
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
            _, root = await self._call(target, operations.list_uploads(target))
            if root is None or text_of(root, "Prefix") != target.key:
                return None
            uploads = [one for one in root.iterfind("{*}Upload") if text_of(one, "Key") == target.key]
            with sensible(host_of(target.endpoint)):
                return [_needed(one, "UploadId") for one in uploads]

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
            _, root = await self._call(target, operations.list_parts(target, upload, marker))
            if root is None or text_of(root, "UploadId") != upload:
                return None
            with sensible(where):
                parts |= {one.number: one for one in map(_listed, root.iterfind("{*}Part"))}
                following = int(text_of(root, "NextPartNumberMarker") or 0)
            if text_of(root, "IsTruncated") != "true":
                return parts
            if following <= marker:
                break
            marker = following
        raise ServerFault("lists parts without an end", where=where)

    async def head(self, target: Target) -> ObjectHead | None:
        """Return what the target holds under the key; None where nothing is, or where it does not tell."""
        try:
            answer, _ = await self._call(target, operations.head(target))
        except Refused:
            return None
        etag = answer.headers.get("ETag")
        with sensible(host_of(target.endpoint)):
            return ObjectHead(int(answer.headers["Content-Length"]), etag) if etag else None

    async def _call(
        self, target: Target, operation: Operation, *, deadline: float | None = None
    ) -> tuple[Head, etree._Element | None]:
        """Make one call and judge its answer; return its head, and its document where it has one."""
        where = host_of(target.endpoint)
        request = signed(operation, self._signs)
        limit = deadline or self._deadline
        async with self._http.answer(request, body=operation.body, deadline=limit) as response:
            content = await _content(response, where)
        head = Head(response.status, response.headers)
        root = judge(head, content, where)
        if root is None and content:
            raise NotXml("answers with something else than S3's XML", where=where)
        return head, root


def _listed(part: etree._Element) -> ListedPart:
    return ListedPart(int(_needed(part, "PartNumber")), int(_needed(part, "Size")), _needed(part, "ETag"))


def _needed(element: etree._Element, name: str) -> str:
    """Return the text of the one child of that name; raises ValueError where there is no such thing."""
    (child,) = element.iterfind(f"{{*}}{name}")
    if not child.text:
        raise ValueError(name)
    return child.text


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
