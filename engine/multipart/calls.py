"""The S3 calls: botocore writes and reads them, our own HTTP sends them, and each is attempted once.

::

    create, complete, abort, list, head ──> botocore: body, query, signature
                                                    │ before-send
                                                    v
                                            engine.http: one request, no redirect, a capped answer
                                                    │ 2xx without <Error>
                                                    v
                                                botocore: XML to a dictionary ──> checked here

Left to itself botocore's session follows redirects, reads answers of any length, and sends idempotent calls
again on its own.
"""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import aiohttp
import anyio
from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, ClientError

from engine.errors import Refused, ServerFault, UploadGone
from engine.http import Http, Network, host_of, open_http, ours, start_of_body, whole_body
from engine.model import Part, Target
from engine.multipart.answers import (
    LARGEST_ERROR,
    NotOffered,
    NotXml,
    document,
    judge,
    object_judge,
    part_judge,
)
from engine.multipart.dialect import DUMMY, Credentials, Dialect
from engine.multipart.signing import REGION, object_request, part_request
from engine.wire import Head, ListedPart, ObjectHead, PartPut, PartReceipt, Request

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

    The deadlines are in seconds, for each call and for Complete. `credentials` are needed where parts are
    signed.
    """
    if dialect.signed_parts and credentials is None:
        raise ValueError(f"the dialect {dialect.name} needs credentials")
    async with open_http(replace(network, connections=connections)) as http, AsyncExitStack() as clients:
        yield Multipart(dialect, http, clients, credentials, (deadline, complete_deadline))


class Multipart:
    """The calls of one dialect, at any number of endpoints. One attempt each.

    Each raises a Transient error where the same call may succeed later, UploadGone where the target does not
    know the upload, and Refused or AccountRefused where it says no.
    """

    def __init__(
        self,
        dialect: Dialect,
        http: Http,
        clients: AsyncExitStack,
        credentials: Credentials | None,
        deadlines: tuple[float, float],
    ) -> None:
        self.dialect = dialect
        self._http = http
        self._stack = clients
        self._credentials = credentials
        self._deadline, self._complete_deadline = deadlines
        self._session = _session()
        self._clients: dict[str, Any] = {}
        self._opening = anyio.Lock()
        self._unlisted: set[str] = set()

    @property
    def put_object(self) -> bool:
        """Whether a file of one part goes as one object by one PUT."""
        return self.dialect.put_object

    async def create(self, target: Target) -> str:
        """Open a multipart upload and return its id."""
        answer = await self._call("create_multipart_upload", target)
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
            "complete_multipart_upload",
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
            await self._call("abort_multipart_upload", target, UploadId=upload)
        except UploadGone:
            return

    async def list_parts(self, target: Target, upload: str) -> Mapping[int, ListedPart] | None:
        """Return the parts that the target holds, by number; None where it does not tell.

        Nobody has seen ListParts at Panopto, so any refusal but NoSuchUpload means that it is not offered.
        """
        if target.endpoint in self._unlisted:
            return None
        try:
            return await self._pages(target, upload)
        except (NotOffered, NotXml):
            self._unlisted.add(target.endpoint)
            return None
        except Refused:
            return None

    async def _pages(self, target: Target, upload: str) -> Mapping[int, ListedPart] | None:
        parts: dict[int, ListedPart] = {}
        marker = 0
        for _ in range(PAGES):
            after = {"PartNumberMarker": marker} if marker else {}
            page = await self._call("list_parts", target, UploadId=upload, **after)
            if page.get("UploadId") != upload:
                return None
            for one in page.get("Parts", ()):
                number = int(one["PartNumber"])
                parts[number] = ListedPart(number, int(one["Size"]), str(one["ETag"]))
            following = int(page.get("NextPartNumberMarker") or 0)
            if not page.get("IsTruncated"):
                return parts
            if following <= marker:
                break
            marker = following
        raise ServerFault("lists parts without an end", where=host_of(target.endpoint))

    async def head(self, target: Target) -> ObjectHead | None:
        """Return what the target holds under the key; None where nothing is, or where it does not tell."""
        try:
            answer = await self._call("head_object", target)
        except Refused:
            return None
        etag = answer.get("ETag")
        return ObjectHead(int(answer["ContentLength"]), str(etag)) if etag else None

    async def _call(
        self, operation: str, target: Target, *, deadline: float | None = None, **fields: Any
    ) -> Mapping[str, Any]:
        """Make one call, and let nothing of botocore's out."""
        where = host_of(target.endpoint)
        client = await self._client(target.endpoint)
        try:
            with ours(where), anyio.fail_after(deadline or self._deadline):
                answer: Mapping[str, Any] = await getattr(client, operation)(
                    Bucket=target.bucket, Key=target.key, **fields
                )
        except (BotoCoreError, ClientError, KeyError, ValueError) as error:
            raise ServerFault(f"its answer makes no sense ({type(error).__name__})", where=where) from None
        return answer

    async def _client(self, endpoint: str) -> Any:
        """Return the endpoint's client, made when it is first asked for: that takes some CPU and memory."""
        async with self._opening:
            if endpoint not in self._clients:
                self._clients[endpoint] = await self._open(endpoint)
            return self._clients[endpoint]

    async def _open(self, endpoint: str) -> Any:
        keys = self._credentials or DUMMY
        client = await self._stack.enter_async_context(
            self._session.create_client(
                "s3",
                region_name=REGION,
                endpoint_url=endpoint,
                aws_access_key_id=keys.access_key,
                aws_secret_access_key=keys.secret_key,
                aws_session_token=keys.token,
                config=_config(self.dialect.signature),
            )
        )
        client.meta.events.register("before-send.s3", self._send)
        return client

    async def _send(self, request: Any, **_: Any) -> AioAWSResponse:
        """Send what botocore has prepared, and judge the answer before botocore reads it."""
        where = host_of(request.url)
        async with self._http.answer(_plain(request), body=_body(request)) as response:
            content = await _content(response, where)
        judge(Head(response.status, response.headers), content, where)
        if content and document(content) is None:
            raise NotXml("answers with something else than S3's XML", where=where)
        return _Read(request.url, response.status, response.headers, content)


class _Read(AioAWSResponse):  # type: ignore[misc]
    """An answer that has been read, in the form that botocore takes."""

    def __init__(self, url: str, status: int, headers: Mapping[str, str], content: bytes) -> None:
        super().__init__(url, status, {name.lower(): value for name, value in headers.items()}, None)
        self._content = content


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


def _plain(request: Any) -> Request:
    """Return the request as botocore signed it, but for two headers that no signature covers."""
    left_out = {"expect", "user-agent"}
    headers = {name: _text(value) for name, value in request.headers.items() if name.lower() not in left_out}
    return Request(request.method, request.url, tuple(headers.items()))


def _body(request: Any) -> bytes | None:
    body = request.body
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else body or None


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _session() -> AioSession:
    """Return a session that looks at no AWS profile or settings of whoever runs this."""
    nowhere = (None, None, os.devnull, None)
    unset = (None, None, None, None)
    return AioSession({"config_file": nowhere, "credentials_file": nowhere, "profile": unset})


def _config(signature: str) -> AioConfig:
    """Return settings under which botocore adds nothing of its own to a request.

    Checksums, the default since botocore 1.36, came as aws-chunked trailers over TLS (boto/boto3#4435);
    buckets may be upper case at Panopto, so the style is path.
    """
    return AioConfig(
        signature_version=signature,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
