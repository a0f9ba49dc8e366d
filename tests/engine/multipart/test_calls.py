"""What holds of the S3 calls: the exact bytes on the wire over TLS, and what each answer means."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from fakes.abreast import Abreast
from fakes.raw_server import Connection, Seen, ca_file, raw_server

from engine.errors import (
    AccountRefused,
    FerryError,
    Refused,
    ServerFault,
    ShortBody,
    Throttled,
    TimedOut,
    Unreachable,
    UploadGone,
)
from engine.http import Http, Network, open_http
from engine.model import ByteRange, Part, Target
from engine.multipart import (
    PANOPTO,
    S3,
    Credentials,
    Dialect,
    ListedPart,
    Multipart,
    ObjectHead,
    open_multipart,
)
from engine.multipart.calls import COMPLETE_LIMIT, LARGEST_XML
from engine.relay import open_relay
from engine.wire import BytesGet, PartFailure, PartPut, PartReceipt

Reply = Callable[[Connection, Seen], Awaitable[None]]

KEYS = Credentials("AKID", "sesame")
UPLOAD = "u/1+=&é"
RECEIPTS = (
    PartReceipt(1, 5, 0, None, '"aaa"'),
    PartReceipt(2, 5, 0, None, '"bbb"'),
)


def target(endpoint: str) -> Target:
    """Make a target of Panopto's form, with a key that needs quoting."""
    return Target(f"{endpoint}/Panopto", "Upload", "guid-1/a b+ü.mp4")


@dataclass
class Site:
    """An S3 that answers by script, and everything that it was sent."""

    reply: Reply
    seen: list[tuple[Seen, bytes]] = field(default_factory=list)

    async def script(self, connection: Connection) -> None:
        """Serve one connection."""
        while (head := await connection.head()) is not None:
            assert "chunked" not in head.headers.get("transfer-encoding", "")
            self.seen.append((head, await connection.body(head.length)))
            await self.reply(connection, head)


def always(status: int, body: bytes = b"", **headers: str) -> Reply:
    """Answer every request alike."""

    async def reply(connection: Connection, head: Seen) -> None:
        await connection.answer(
            status, {name.replace("_", "-"): value for name, value in headers.items()}, body
        )

    return reply


def error(code: str) -> bytes:
    """Make S3's error document."""
    return f'<?xml version="1.0"?><Error><Code>{code}</Code></Error>'.encode()


CREATED = b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
COMPLETED = (
    b'<?xml version="1.0"?>\n<CompleteMultipartUploadResult><Key>guid-1/a b+\xc3\xbc.mp4</Key>'
    b'<ETag>"whole-2"</ETag></CompleteMultipartUploadResult>'
)


@asynccontextmanager
async def panopto(
    reply: Reply, dialect: Dialect = PANOPTO, deadline: float = 5.0
) -> AsyncIterator[tuple[Multipart, Target, Site]]:
    """Stand up a site without TLS and open it by a dialect."""
    site = Site(reply)
    async with (
        raw_server(site.script) as server,
        open_multipart(dialect, Network(), KEYS, deadline=deadline, complete_deadline=deadline) as calls,
    ):
        yield calls, target(server.url), site


async def sent(http: Http, put: PartPut, data: bytes) -> None:
    """Send a part by the relay."""
    settled: list[PartReceipt | PartFailure] = []
    puts = iter([put])

    async def settle(outcome: PartReceipt | PartFailure) -> None:
        settled.append(outcome)

    async with open_relay(http) as relay:
        await relay.lane(BytesGet(data), lambda: next(puts, None), settle, places=Abreast())
    (receipt,) = settled
    assert isinstance(receipt, PartReceipt), receipt


async def five_calls(dialect: Dialect, folder: Path) -> tuple[list[tuple[Seen, bytes]], int]:
    """Make the five calls over TLS; return what came, and the port."""
    answers = {
        ("POST", "uploads"): (200, CREATED, {}),
        ("PUT", "partNumber"): (200, b"", {"ETag": '"aaa"'}),
        ("GET", "uploadId"): (501, error("NotImplemented"), {}),
        ("POST", "uploadId"): (200, COMPLETED, {}),
        ("DELETE", "uploadId"): (204, b"", {}),
    }

    async def reply(connection: Connection, head: Seen) -> None:
        query = head.target.partition("?")[2]
        status, body, headers = answers[head.method, re.split("[=&]", query)[0]]
        await connection.answer(status, headers, body)

    site = Site(reply)
    network = Network(ca_file=ca_file(folder))
    async with raw_server(site.script, tls=True) as server:
        where = target(server.url)
        keys = KEYS if dialect.signed_parts else None
        async with open_multipart(dialect, network, keys) as calls, open_http(network) as http:
            upload = await calls.create(where)
            put = calls.part(where, upload, Part(1, ByteRange(0, 5)), 5.0, hashed=True)

            await sent(http, put, b"bytes")
            assert await calls.list_parts(where, upload) is None
            await calls.complete(where, upload, RECEIPTS)
            await calls.abort(where, upload)
    return site.seen, server.port


async def put_object(dialect: Dialect, keys: Credentials | None) -> tuple[list[tuple[Seen, bytes]], int]:
    """Send an object by one PUT; return what came, and the port."""
    site = Site(always(200, ETag='"aaa"'))
    async with (
        raw_server(site.script) as server,
        open_multipart(dialect, Network(), keys) as calls,
        open_http(Network()) as http,
    ):
        put = calls.part(target(server.url), None, Part(1, ByteRange(0, 5)), 5.0, hashed=True)
        await sent(http, put, b"bytes")
    return site.seen, server.port


VARYING = re.compile(r"(?<=Signature=)\w+|(?<=AWS dummy:).*|\b\d{8}(T\d{6}Z)?\b")


def golden(seen: list[tuple[Seen, bytes]], port: int) -> list[str]:
    """Write down each request: line, headers by name, body; what changes by the hour is blanked."""
    written = []
    for head, body in seen:
        headers = {
            name: VARYING.sub("*", value) for name, value in sorted(head.headers.items()) if name != "date"
        }
        lines = [head.line, *(f"{name}: {value}" for name, value in headers.items()), body.decode()]
        written.append("\n".join(lines).replace(str(port), "PORT"))
    return written


KEY = "/Panopto/Upload/guid-1/a%20b%2B%C3%BC.mp4"
PLAIN = "accept: */*\naccept-encoding: identity\n"
XML = (
    '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    '<Part><PartNumber>1</PartNumber><ETag>"aaa"</ETag></Part>'
    '<Part><PartNumber>2</PartNumber><ETag>"bbb"</ETag></Part></CompleteMultipartUpload>'
)
HOST = "host: 127.0.0.1:PORT\nuser-agent: lecture-ferry\n"


def v2(length: int | None) -> str:
    """Write the headers of a call signed by version 2."""
    told = "" if length is None else f"content-length: {length}\n"
    return f"{PLAIN}authorization: AWS dummy:*\n{told}{HOST}"


@pytest.mark.fault(21)
async def test_panoptos_five_calls_to_the_byte(tmp_path: Path) -> None:
    """No Expect, no aws-chunked, no checksum header; the part has no credential at all (faults.md F21)."""
    seen, port = await five_calls(PANOPTO, tmp_path)
    assert golden(seen, port) == [
        f"POST {KEY}?uploads HTTP/1.1\n{v2(0)}",
        f"PUT {KEY}?partNumber=1&uploadId=u1 HTTP/1.1\n{PLAIN}content-length: 5\n{HOST}bytes",
        f"GET {KEY}?uploadId=u1 HTTP/1.1\n{v2(None)}",
        f"POST {KEY}?uploadId=u1 HTTP/1.1\n{v2(len(XML))}{XML}",
        f"DELETE {KEY}?uploadId=u1 HTTP/1.1\n{v2(0)}",
    ]


def v4(payload: str, length: int | None) -> str:
    """Write the headers of a request signed by version 4, with what it says of its payload."""
    scope = "Credential=AKID/*/us-east-1/s3/aws4_request"
    signed = "SignedHeaders=host;x-amz-content-sha256;x-amz-date"
    told = "" if length is None else f"content-length: {length}\n"
    return (
        f"authorization: AWS4-HMAC-SHA256 {scope}, {signed}, Signature=*\n"
        f"{told}{HOST}x-amz-content-sha256: {payload}\nx-amz-date: *\n"
    )


@pytest.mark.fault(21)
async def test_s3s_five_calls_to_the_byte(tmp_path: Path) -> None:
    """The same under version 4; the part is signed with UNSIGNED-PAYLOAD, and nothing is framed."""
    seen, port = await five_calls(S3, tmp_path)
    empty, xml = hashlib.sha256(b"").hexdigest(), hashlib.sha256(XML.encode()).hexdigest()
    assert golden(seen, port) == [
        f"POST {KEY}?uploads HTTP/1.1\n{PLAIN}{v4(empty, 0)}",
        f"PUT {KEY}?partNumber=1&uploadId=u1 HTTP/1.1\n{PLAIN}{v4('UNSIGNED-PAYLOAD', 5)}bytes",
        f"GET {KEY}?uploadId=u1 HTTP/1.1\n{PLAIN}{v4(empty, None)}",
        f"POST {KEY}?uploadId=u1 HTTP/1.1\n{PLAIN}{v4(xml, len(XML))}{XML}",
        f"DELETE {KEY}?uploadId=u1 HTTP/1.1\n{PLAIN}{v4(empty, 0)}",
    ]


async def test_an_object_by_one_put_to_the_byte() -> None:
    """A plain PUT without a query, signed with UNSIGNED-PAYLOAD; nothing else is called."""
    seen, port = await put_object(S3, KEYS)
    assert golden(seen, port) == [f"PUT {KEY} HTTP/1.1\n{PLAIN}{v4('UNSIGNED-PAYLOAD', 5)}bytes"]
    assert seen[0][0].headers["authorization"].endswith(f"Signature={signature_of(seen[0][0])}")


def test_which_dialect_has_putobject() -> None:
    """S3 has; nobody has seen it at Panopto."""
    assert Multipart(S3, None, None, None, (1.0, 1.0)).put_object  # type: ignore[arg-type]
    assert not Multipart(PANOPTO, None, None, None, (1.0, 1.0)).put_object  # type: ignore[arg-type]


def signature_of(head: Seen) -> str:
    """Work out the signature that a version 4 request should carry, from the definition alone."""
    path, _, query = head.target.partition("?")
    date = head.headers["x-amz-date"]
    names = "host;x-amz-content-sha256;x-amz-date"
    headers = "".join(f"{name}:{head.headers[name]}\n" for name in names.split(";"))
    parameters = "&".join(sorted(one if "=" in one else f"{one}=" for one in query.split("&") if one))
    payload = head.headers["x-amz-content-sha256"]
    request = f"{head.method}\n{path}\n{parameters}\n{headers}\n{names}\n{payload}"
    scope = f"{date[:8]}/us-east-1/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}"
    key = b"AWS4sesame"
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


async def test_signatures_are_right_by_the_definition() -> None:
    """Keys and upload ids that need quoting are signed as they are sent."""
    reply = always(200, CREATED, ETag='"aaa"')
    async with panopto(reply, S3) as (calls, where, site), open_http(Network()) as http:
        await calls.create(where)
        put = calls.part(where, UPLOAD, Part(10, ByteRange(0, 3)), 5.0, hashed=False)
        await sent(http, put, b"abc")
    assert len(site.seen) == 2
    for head, _ in site.seen:
        assert head.headers["authorization"].endswith(f"Signature={signature_of(head)}")


def test_a_part_is_prepared_without_any_io() -> None:
    """The PUT carries part, deadline and whether to hash; its URL is in no repr."""
    calls = Multipart(PANOPTO, None, None, None, (1.0, 1.0))  # type: ignore[arg-type]
    part = Part(3, ByteRange(32, 48))
    put = calls.part(target("https://p.example/"), UPLOAD, part, 30.0, hashed=True)
    assert (put.part, put.deadline, put.hashed) == (part, 30.0, True)
    assert (
        put.request.url == f"https://p.example//Panopto{KEY[8:]}?partNumber=3&uploadId=u%2F1%2B%3D%26%C3%A9"
    )
    assert dict(put.request.headers) == {"Content-Length": "16"}
    assert "guid-1" not in repr(put)


async def test_a_dialect_that_signs_needs_keys() -> None:
    """Opening S3 without credentials is a mistake of the caller's."""
    with pytest.raises(ValueError, match="credentials"):
        async with open_multipart(S3, Network()):
            pass


Call = Callable[[Multipart, Target], Awaitable[object]]


def create(calls: Multipart, where: Target) -> Awaitable[object]:
    """Open an upload."""
    return calls.create(where)


def complete(calls: Multipart, where: Target) -> Awaitable[object]:
    """Make the object."""
    return calls.complete(where, UPLOAD, RECEIPTS)


def listing(calls: Multipart, where: Target) -> Awaitable[object]:
    """List the parts."""
    return calls.list_parts(where, UPLOAD)


def heading(calls: Multipart, where: Target) -> Awaitable[object]:
    """Ask for the object."""
    return calls.head(where)


def abort(calls: Multipart, where: Target) -> Awaitable[object]:
    """Give the upload up."""
    return calls.abort(where, UPLOAD)


async def test_the_answers_of_a_good_day() -> None:
    """Create gives the id, Complete the ETag as sent."""
    async with panopto(always(200, CREATED)) as (calls, where, _):
        assert await calls.create(where) == "u1"
    async with panopto(always(200, b" \n  " + COMPLETED)) as (calls, where, _):
        assert await calls.complete(where, UPLOAD, RECEIPTS) == '"whole-2"'


def completed(key: str, etag: str) -> bytes:
    """Make the answer to Complete."""
    result = f"<Key>{key}</Key><ETag>{etag}</ETag>"
    return f"<CompleteMultipartUploadResult>{result}</CompleteMultipartUploadResult>".encode()


SENSELESS = (
    "<PartNumber>1</PartNumber><ETag>e</ETag>",
    "<PartNumber>one</PartNumber><Size>5</Size><ETag>e</ETag>",
    "<PartNumber>1</PartNumber><Size>5</Size><Size>5</Size><ETag>e</ETag>",
)


def listed(part: str) -> bytes:
    """Make a list of one part."""
    upload = UPLOAD.replace("&", "&amp;")
    return f"<ListPartsResult><UploadId>{upload}</UploadId><Part>{part}</Part></ListPartsResult>".encode()


WRONG: tuple[tuple[Call, Reply, type[FerryError]], ...] = (
    (create, always(200), ServerFault),
    (create, always(200, b"<html>Sign in</html>"), ServerFault),
    (create, always(200, b"not XML"), ServerFault),
    (create, always(200, b'<!DOCTYPE x [<!ENTITY a "u">]>' + CREATED), ServerFault),
    (create, always(302, Location="/elsewhere"), Refused),
    (create, always(403, error("AccessDenied")), Refused),
    (create, always(403, error("InvalidAccessKeyId")), AccountRefused),
    (create, always(404, b"<html>"), Refused),
    (create, always(501, error("NotImplemented")), Refused),
    (create, always(503, error("SlowDown")), Throttled),
    (create, always(429, Retry_After="5"), Throttled),
    (create, always(500, b"x" * 200_000), ServerFault),
    (complete, always(200), ServerFault),
    (complete, always(200, b"   "), ServerFault),
    (complete, always(200, error("InternalError")), ServerFault),
    (complete, always(200, b"\n  " + error("NoSuchUpload")), UploadGone),
    (complete, always(200, completed("other/file.mp4", '"e"')), ServerFault),
    (complete, always(200, completed("guid-1/a b+ü.mp4", "")), ServerFault),
    (complete, always(404, error("NoSuchUpload")), UploadGone),
    (complete, always(400, error("InvalidPart")), UploadGone),
    (complete, always(400, error("EntityTooSmall")), Refused),
    (complete, always(500), ServerFault),
    (listing, always(404, error("NoSuchUpload")), UploadGone),
    (listing, always(503), ServerFault),
    *((listing, always(200, listed(part)), ServerFault) for part in SENSELESS),
    (heading, always(500), ServerFault),
    (abort, always(500), ServerFault),
    (abort, always(403), Refused),
)


async def test_what_went_wrong_is_told_apart() -> None:
    """One attempt, one of our errors, and no key or URL in the message."""
    async with panopto(always(200)) as (calls, where, site):
        for number, (call, reply, kind) in enumerate(WRONG):
            site.reply = reply
            site.seen.clear()
            with pytest.raises(FerryError) as caught:
                await call(calls, where)
            assert isinstance(caught.value, kind), (number, caught.value)
            assert str(caught.value).startswith("127.0.0.1:")
            assert "guid-1" not in str(caught.value)
            assert len(site.seen) == 1


@pytest.mark.fault(19)
async def test_complete_is_heard_behind_minutes_of_spaces() -> None:
    """S3 sends a space now and then while it works; what stands behind them counts."""

    async def reply(connection: Connection, head: Seen) -> None:
        length = 50 + len(COMPLETED)
        await connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())
        for _ in range(50):
            await connection.send(b" ")
        await connection.send(COMPLETED)

    async with panopto(reply) as (calls, where, _):
        assert await calls.complete(where, UPLOAD, RECEIPTS) == '"whole-2"'
    assert COMPLETE_LIMIT == 600.0


@pytest.mark.fault(19)
async def test_spaces_without_end_are_not_read_without_end() -> None:
    """An answer to Complete has an upper bound, and is no success beyond it."""

    async def reply(connection: Connection, head: Seen) -> None:
        await connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(8):
            await connection.send(bytes([32]) * LARGEST_XML)

    async with panopto(reply) as (calls, where, _):
        with pytest.raises(FerryError):
            await calls.complete(where, UPLOAD, RECEIPTS)


async def test_complete_counts_under_any_writing_of_our_key() -> None:
    """Quoted or with more of the path before it, the file's name must end the key."""
    async with panopto(always(200)) as (calls, where, site):
        for key in ("guid-1/a b+ü.mp4", "Upload/guid-1/a%20b%2B%C3%BC.mp4", "a b+ü.mp4"):
            site.reply = always(200, completed(key, "e"))
            assert await calls.complete(where, UPLOAD, RECEIPTS) == "e"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", Unreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<Init", ShortBody),
        (None, TimedOut),
    ],
)
async def test_a_lost_answer_is_one_attempt(answer: bytes | None, kind: type[FerryError]) -> None:
    """A connection that closes, breaks off or falls silent: asked once, never again on its own."""

    async def reply(connection: Connection, head: Seen) -> None:
        if answer is None:
            await connection.gone()
        else:
            await connection.send(answer)
            connection.writer.close()

    async with panopto(always(200, CREATED), deadline=1.0) as (calls, where, site):
        await calls.create(where)
        site.reply = reply
        for call in (create, complete, abort, listing):
            site.seen.clear()
            with pytest.raises(kind):
                await call(calls, where)
            assert len(site.seen) == 1


async def test_an_unknown_upload_is_given_up_already() -> None:
    """Abort of an upload that the target does not know succeeds."""
    async with panopto(always(404, error("NoSuchUpload"))) as (calls, where, _):
        await calls.abort(where, UPLOAD)


def page(numbers: range, following: int | None) -> bytes:
    """Make one page of a list of parts."""
    parts = "".join(
        f'<Part><PartNumber>{n}</PartNumber><Size>{n * 10}</Size><ETag>"e{n}"</ETag></Part>' for n in numbers
    )
    more = f"<NextPartNumberMarker>{following}</NextPartNumberMarker>" if following is not None else ""
    upload = UPLOAD.replace("&", "&amp;")
    return (
        f"<ListPartsResult><UploadId>{upload}</UploadId>{more}"
        f"<IsTruncated>{str(following is not None).lower()}</IsTruncated>{parts}</ListPartsResult>"
    ).encode()


async def test_a_list_of_parts_is_read_page_by_page() -> None:
    """Each page begins after the last number of the one before."""

    async def reply(connection: Connection, head: Seen) -> None:
        second = "part-number-marker=2" in head.target
        await connection.answer(200, None, page(range(3, 4), None) if second else page(range(1, 3), 2))

    async with panopto(reply) as (calls, where, site):
        parts = await calls.list_parts(where, UPLOAD)
    assert parts == {n: ListedPart(n, n * 10, f'"e{n}"') for n in (1, 2, 3)}
    assert len(site.seen) == 2


@pytest.mark.fault(39)
async def test_a_list_that_does_not_end_is_a_fault() -> None:
    """A marker that does not move is not followed for ever."""
    async with panopto(always(200, page(range(1, 2), 0))) as (calls, where, site):
        with pytest.raises(ServerFault, match="without an end"):
            await calls.list_parts(where, UPLOAD)
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        (always(501, error("NotImplemented")), 1),
        (always(405), 1),
        (always(200, b"<html>What?</html>"), 2),
        (always(200, b"the object itself"), 1),
        (always(200, b"x", Content_Length=str(5_000_000)), 1),
        (always(404, b"<html>"), 2),
        (always(403), 2),
        (always(404, error("NoSuchKey")), 2),
    ],
)
async def test_a_target_that_does_not_list_says_nothing(reply: Reply, asked: int) -> None:
    """Every refusal but NoSuchUpload means None; one that speaks of the call itself is remembered."""
    async with panopto(reply) as (calls, where, site):
        assert await calls.list_parts(where, UPLOAD) is None
        assert await calls.list_parts(where, UPLOAD) is None
    assert len(site.seen) == asked


def uploads(prefix: str, *keys: str) -> bytes:
    """Make a list of open uploads, u1, u2, ..., one for each key."""
    entries = "".join(
        f"<Upload><Key>{key}</Key><UploadId>u{number}</UploadId></Upload>"
        for number, key in enumerate(keys, 1)
    )
    root = "ListMultipartUploadsResult"
    return f"<{root}><Prefix>{prefix}</Prefix>{entries}</{root}>".encode()


@pytest.mark.fault(17)
async def test_open_uploads_are_asked_for_by_their_key() -> None:
    """A call to the bucket; a key that only begins like ours is another object's."""
    key = "guid-1/a b+ü.mp4"
    async with panopto(always(200, uploads(key, key, f"{key}.part", key))) as (calls, where, site):
        assert await calls.list_uploads(where) == ["u1", "u3"]
    assert site.seen[0][0].line == ("GET /Panopto/Upload?uploads&prefix=guid-1%2Fa%20b%2B%C3%BC.mp4 HTTP/1.1")


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        (always(501, error("NotImplemented")), 1),
        (always(200, b"<html>What?</html>"), 2),
        (always(200, uploads("")), 2),
        (always(403), 2),
    ],
)
async def test_a_target_that_does_not_list_uploads_says_nothing(reply: Reply, asked: int) -> None:
    """No list is not an empty list; that there is no such call is remembered, ListParts apart."""
    async with panopto(reply) as (calls, where, site):
        assert await calls.list_uploads(where) is None
        assert await calls.list_uploads(where) is None
        assert len(site.seen) == asked
        await calls.list_parts(where, UPLOAD)
        assert len(site.seen) == asked + 1


async def test_the_head_of_an_object_tells_size_and_etag() -> None:
    """HEAD is answered by its headers alone."""

    async def reply(connection: Connection, head: Seen) -> None:
        assert head.method == "HEAD"
        await connection.send(b'HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nETag: "e-1"\r\n\r\n')

    async with panopto(reply) as (calls, where, _):
        assert await calls.head(where) == ObjectHead(12345, '"e-1"')


async def test_no_head_is_no_knowledge() -> None:
    """Where nothing is, or the call is not offered, the answer is None."""
    statuses = [404, 403, 405, 501, 400]

    async def reply(connection: Connection, head: Seen) -> None:
        await connection.send(f"HTTP/1.1 {statuses.pop()} No\r\nContent-Length: 10\r\n\r\n".encode())

    async with panopto(reply) as (calls, where, _):
        while statuses:
            assert await calls.head(where) is None


async def test_control_calls_have_few_connections_of_their_own() -> None:
    """Forty calls at once go through as many connections as allowed, and no more."""

    async def reply(connection: Connection, head: Seen) -> None:
        await asyncio.sleep(0.01)
        await connection.answer(200, None, CREATED)

    site = Site(reply)
    async with (
        raw_server(site.script) as server,
        open_multipart(PANOPTO, Network(), connections=4) as calls,
        anyio.create_task_group() as group,
    ):
        for _ in range(40):
            group.start_soon(calls.create, target(server.url))
    assert (len(site.seen), server.opened) == (40, 4)


async def test_no_settings_of_the_machines_owner_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """An AWS profile or endpoint in the environment changes nothing."""
    monkeypatch.setenv("AWS_PROFILE", "missing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported")
    async with panopto(always(200, CREATED)) as (calls, where, site):
        assert await calls.create(where) == "u1"
    assert site.seen[0][0].headers["authorization"].startswith("AWS AKID:")
