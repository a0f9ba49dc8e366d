"""The S3 side of Panopto over TLS: its calls, its limits, its dialects, and what faults do to it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from fakes.panopto_caller import FILM, SMALLEST, Caller, complete

from pipelines.sandbox.faults import Fault
from pipelines.sandbox.switches import Switches

FIRST = bytes(range(256)) * (SMALLEST // 256)


def md5(body: bytes) -> str:
    """The ETag of a part."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def small(**switches: Any) -> Switches:
    """Switches under which parts of 10 to 100 bytes are whole."""
    sizes = {"smallest_part": 10, "largest_part": 100, "largest_part_number": 20}
    return Switches(rate_limit="off", jitter=0, **{**sizes, **switches})


async def begun(caller: Caller) -> tuple[str, str]:
    """The URL of an object to come, and the id of a multipart upload to it."""
    url = f"{(await caller.open())['UploadTarget']}/a.mp4"
    status, _, created = await caller.s3("POST", f"{url}?uploads", data=b"")
    assert status == 200
    return url, created["UploadId"]


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    while not holds():  # noqa: ASYNC110 - the server has no event to tell it
        await asyncio.sleep(0.01)


async def test_parts_make_an_object_with_the_etags_of_s3(panopto: Any) -> None:
    """A part's ETag is its MD5, an object's the MD5 of these and their number; any order will do."""
    async with panopto() as caller:
        url, upload_id = await begun(caller)
        tags = {}
        for number, body in ((2, FILM), (1, FIRST)):
            part = f"{url}?partNumber={number}&uploadId={upload_id}"
            _, headers, _ = await caller.s3("PUT", part, data=body)
            tags[number] = headers["ETag"]
        assert tags == {1: md5(FIRST), 2: md5(FILM)}
        body = complete([tags[1], tags[2]])
        status, _, done = await caller.s3("POST", f"{url}?uploadId={upload_id}", data=body)
        joined = bytes.fromhex(tags[1].strip('"') + tags[2].strip('"'))
        assert (status, done["ETag"]) == (200, md5(joined)[:-1] + '-2"')
        (held,) = caller.audit.objects()
        assert (held["size"], held["parts"]) == (len(FIRST + FILM), 2)
        assert held["sha256"] == hashlib.sha256(FIRST + FILM).hexdigest()


async def test_the_dialect_without_ids_works(panopto: Any) -> None:
    """UploadAPISamples sends no ?uploads, and no uploadId with a part."""
    async with panopto() as caller:
        url = f"{(await caller.open())['UploadTarget']}/a.mp4"
        _, _, created = await caller.s3("POST", url, data=b"")
        _, headers, _ = await caller.s3("PUT", f"{url}?partNumber=1", data=FILM)
        body = complete([headers["ETag"]])
        assert (await caller.s3("POST", f"{url}?uploadId={created['UploadId']}", data=body))[0] == 200
        assert [held["key"] for held in caller.audit.objects()] == ["a.mp4"]


async def test_put_object_and_a_second_object_of_the_same_key(panopto: Any) -> None:
    """PutObject stores a whole object; a multipart upload of the same key replaces it and its bytes."""
    async with panopto() as caller:
        target = (await caller.open())["UploadTarget"]
        status, headers, _ = await caller.s3("PUT", f"{target}/a.mp4", data=b"first")
        assert (status, headers["ETag"]) == (200, md5(b"first"))
        await caller.send(target, "a.mp4", [FILM])
        (held,) = caller.audit.objects()
        assert held["size"] == len(FILM)
        assert len(caller.files()) == 1


async def test_no_credential_is_looked_at(panopto: Any) -> None:
    """Any Authorization, or none, will do; what counts is the target."""
    async with panopto() as caller:
        target = (await caller.open())["UploadTarget"]
        headers = {"Authorization": "AWS dummy:nonsense"}
        assert (await caller.s3("PUT", f"{target}/a.mp4", data=b"x", headers=headers))[0] == 200
        unknown = target[:-12] + "0" * 12
        status, _, error = await caller.s3("PUT", f"{unknown}/a.mp4", data=b"x")
        assert (status, error["Code"]) == (404, "NoSuchBucket")


async def test_a_completed_upload_takes_no_more_files(panopto: Any) -> None:
    """After state 1 every write is AccessDenied."""
    async with panopto() as caller:
        done = await caller.session()
        status, _, error = await caller.s3("PUT", f"{done['UploadTarget']}/b.mp4", data=b"x")
        assert (status, error["Code"]) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("?partNumber=0&uploadId={}", b"x", "InvalidArgument"),
        ("?partNumber=21&uploadId={}", b"x", "InvalidArgument"),
        ("?partNumber=one&uploadId={}", b"x", "InvalidArgument"),
        ("?partNumber=1&uploadId=nonsense", b"x", "NoSuchUpload"),
        ("?partNumber=1&uploadId={}", b"x" * 101, "EntityTooLarge"),
    ],
)
async def test_a_part_that_cannot_be_is_refused(panopto: Any, query: str, body: bytes, code: str) -> None:
    """Numbers, ids and sizes out of bounds are S3 errors, and nothing is stored."""
    async with panopto(small()) as caller:
        url, upload_id = await begun(caller)
        status, _, error = await caller.s3("PUT", url + query.format(upload_id), data=body)
        assert (status >= 400, error["Code"]) == (True, code)
        assert caller.files() == []


async def test_the_real_limits_of_a_part(panopto: Any) -> None:
    """25,000,000 bytes are taken and one more is refused before it is read."""
    async with panopto() as caller:
        url, upload_id = await begun(caller)
        part = f"{url}?partNumber=1&uploadId={upload_id}"
        assert (await caller.s3("PUT", part, data=bytes(25_000_000)))[0] == 200
        head = f"PUT {part.partition(caller.url)[2]} HTTP/1.1\nHost: here\nContent-Length: 25000001"
        assert (await caller.raw(head)).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("sizes", "asked", "code"),
    [
        ([20, 20], [1, 3], "InvalidPart"),
        ([20, 20], [2, 1], "InvalidPartOrder"),
        ([20, 20], [1, 1], "InvalidPartOrder"),
        ([9, 20], [1, 2], "EntityTooSmall"),
        ([20], [], "MalformedXML"),
    ],
)
async def test_complete_refuses_what_is_no_whole_object(
    panopto: Any, sizes: list[int], asked: list[int], code: str
) -> None:
    """Parts never sent, out of order, too small or none at all; the upload stays open for a better one."""
    async with panopto(small()) as caller:
        url, upload_id = await begun(caller)
        tags = {3: md5(b"never sent")}
        for number, size in enumerate(sizes, 1):
            part = f"{url}?partNumber={number}&uploadId={upload_id}"
            tags[number] = (await caller.s3("PUT", part, data=bytes(size)))[1]["ETag"]
        listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tags[n]}</ETag></Part>" for n in asked)
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        _, _, error = await caller.s3("POST", f"{url}?uploadId={upload_id}", data=body)
        assert error["Code"] == code
        assert len(caller.audit.multipart_uploads()) == 1
        assert caller.audit.objects() == []


async def test_complete_refuses_a_wrong_etag(panopto: Any) -> None:
    """A part is named by number and ETag; another ETag is InvalidPart."""
    async with panopto() as caller:
        url, upload_id = await begun(caller)
        await caller.s3("PUT", f"{url}?partNumber=1&uploadId={upload_id}", data=FILM)
        wrong = complete([md5(b"other")])
        _, _, error = await caller.s3("POST", f"{url}?uploadId={upload_id}", data=wrong)
        assert error["Code"] == "InvalidPart"


async def test_after_completing_or_aborting_the_id_is_unknown(panopto: Any) -> None:
    """NoSuchUpload says nothing about the object: it is whole in one case and absent in the other."""
    async with panopto() as caller:
        url, upload_id = await begun(caller)
        query = f"?uploadId={upload_id}"
        _, headers, _ = await caller.s3("PUT", f"{url}?partNumber=1&uploadId={upload_id}", data=FILM)
        body = complete([headers["ETag"]])
        assert (await caller.s3("POST", url + query, data=body))[0] == 200
        assert (await caller.s3("POST", url + query, data=body))[2]["Code"] == "NoSuchUpload"
        url, upload_id = await begun(caller)
        await caller.s3("PUT", f"{url}?partNumber=1&uploadId={upload_id}", data=FILM)
        assert (await caller.s3("DELETE", f"{url}?uploadId={upload_id}"))[0] == 204
        assert (await caller.s3("DELETE", f"{url}?uploadId={upload_id}"))[2]["Code"] == "NoSuchUpload"
        assert len(caller.files()) == 1


@pytest.mark.parametrize(
    ("method", "query"), [("GET", "?uploadId=x"), ("HEAD", ""), ("GET", ""), ("DELETE", "")]
)
async def test_what_nobody_has_seen_at_panopto_is_501(panopto: Any, method: str, query: str) -> None:
    """ListParts, HeadObject, GetObject and DeleteObject are not implemented by default."""
    async with panopto() as caller:
        target = (await caller.open())["UploadTarget"]
        assert (await caller.s3(method, f"{target}/a.mp4{query}"))[0] == 501
        assert (await caller.s3("GET", f"{caller.url}/Panopto/Upload?uploads"))[0] == 501


async def test_with_the_switch_objects_can_be_asked_for(panopto: Any) -> None:
    """ListParts pages by marker, ListMultipartUploads knows a prefix, HeadObject tells size and ETag."""
    async with panopto(small(object_queries="on")) as caller:
        url, upload_id = await begun(caller)
        for number in (1, 2, 5):
            await caller.s3("PUT", f"{url}?partNumber={number}&uploadId={upload_id}", data=bytes(10 + number))
        pages = []
        for marker in (0, 2):
            query = f"?uploadId={upload_id}&max-parts=2&part-number-marker={marker}"
            pages.append((await caller.s3("GET", url + query))[2])
        assert [(page["IsTruncated"], page["NextPartNumberMarker"]) for page in pages] == [
            ("true", "2"),
            ("false", "0"),
        ]
        assert (pages[1]["PartNumber"], pages[1]["Size"], pages[1]["ETag"]) == ("5", "15", md5(bytes(15)))
        prefix = url.rpartition("/Upload/")[2]
        _, _, listed = await caller.s3("GET", f"{caller.url}/Panopto/Upload?uploads&prefix={prefix}")
        assert (listed["UploadId"], listed["Key"][-5:]) == (upload_id, "a.mp4")
        assert (await caller.s3("HEAD", url))[0] == 404
        await caller.s3("PUT", url, data=b"whole")
        _, headers, _ = await caller.s3("HEAD", url)
        assert (headers["Content-Length"], headers["ETag"]) == ("5", md5(b"whole"))


async def chunks() -> AsyncIterator[bytes]:
    """A body without a length, as aws-chunked looks inside."""
    yield b"4\r\ntoto\r\n0\r\nx-amz-checksum-crc32:"
    yield b"jHNlIQ==\r\n\r\n"


async def test_framing_inside_chunks_is_stored_literally(panopto: Any) -> None:
    """HTTP's own chunking is undone; what it carried becomes the object, and the ETag is its MD5."""
    async with panopto() as caller:
        target = (await caller.open())["UploadTarget"]
        inside = b"".join([one async for one in chunks()])
        headers = {"Content-Encoding": "aws-chunked"}
        _, reply, _ = await caller.s3("PUT", f"{target}/a.mp4", data=chunks(), headers=headers)
        assert reply["ETag"] == md5(inside)
        assert caller.audit.objects()[0]["size"] == len(inside)


async def test_framing_refused_is_411(panopto: Any) -> None:
    """With the switch a body without Content-Length is not taken at all."""
    async with panopto(small(framing="refuse")) as caller:
        target = (await caller.open())["UploadTarget"]
        status, _, error = await caller.s3("PUT", f"{target}/a.mp4", data=chunks())
        assert (status, error["Code"]) == (411, "MissingContentLength")
        assert caller.files() == []


@pytest.mark.parametrize("query", ["?partNumber=1&uploadId={}", ""])
async def test_a_body_cut_short_leaves_nothing(panopto: Any, query: str) -> None:
    """Fewer bytes than declared become neither a part nor an object nor a file; the audit counts them."""
    async with panopto() as caller:
        url, upload_id = await begun(caller)
        path = url.partition(caller.url)[2] + query.format(upload_id)
        port = int(caller.url.rpartition(":")[2])
        connector = caller.http.connector
        assert isinstance(connector, aiohttp.TCPConnector)
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=connector._ssl)
        head = f"PUT {path} HTTP/1.1\r\nHost: here\r\nContent-Length: 5000000\r\n\r\n"
        writer.write(head.encode() + bytes(2_000_000))
        await writer.drain()
        await until(lambda: caller.audit.log[-1].method == "PUT" and bool(caller.files()))
        writer.transport.abort()
        await until(lambda: caller.audit.log[-1].seconds > 0)
        assert caller.files() == []
        assert caller.audit.objects() == []
        assert [one["parts"] for one in caller.audit.multipart_uploads()] == [{}]
        assert 0 < caller.audit.log[-1].bytes_in <= 2_000_000


async def test_expect_is_answered(panopto: Any) -> None:
    """A client that waits for 100 Continue gets it."""
    async with panopto() as caller:
        target = (await caller.open())["UploadTarget"]
        reply = caller.http.put(f"{target}/a.mp4", data=b"x", expect100=True)
        async with asyncio.timeout(5), reply as answered:
            assert answered.status == 200


async def test_without_keeping_bytes_the_session_still_becomes_whole(panopto: Any) -> None:
    """With the switch media leave the disk once they are hashed, and processing knows what it must."""
    async with panopto(Switches(rate_limit="off", jitter=0, keep_bytes="off")) as caller:
        done = await caller.session()
        assert done["State"] == 4
        assert len(caller.files()) == 1
        assert {held["key"]: held["size"] for held in caller.audit.objects()}["a.mp4"] == len(FILM)


@pytest.mark.parametrize(
    ("action", "tag"),
    [("wrong_etag", md5(FILM)[::-1]), ("opaque_etag", md5(FILM)[:-1] + '-opaque"'), ("no_etag", None)],
)
async def test_etags_may_be_wrong_by_a_fault(panopto: Any, action: str, tag: str | None) -> None:
    """The part is stored; only its ETag in the answer is another, opaque or missing."""
    async with panopto(faults=[Fault("panopto.upload_part", action)]) as caller:
        url, upload_id = await begun(caller)
        part = f"{url}?partNumber=1&uploadId={upload_id}"
        assert (await caller.s3("PUT", part, data=FILM))[1].get("ETag") == tag
        assert (await caller.s3("PUT", part, data=FILM))[1]["ETag"] == md5(FILM)


async def test_a_flipped_byte_shows_in_the_etag(panopto: Any) -> None:
    """What is stored differs in one byte from what was sent, and the ETag is that of what is stored."""
    async with panopto(faults=[Fault("panopto.upload_part", "flip", arguments={"at": 7})]) as caller:
        url, upload_id = await begun(caller)
        part = f"{url}?partNumber=1&uploadId={upload_id}"
        flipped = FILM[:7] + bytes([FILM[7] ^ 1]) + FILM[8:]
        assert (await caller.s3("PUT", part, data=FILM))[1]["ETag"] == md5(flipped)


async def test_a_flip_at_rest_shows_in_the_audit_only(panopto: Any) -> None:
    """A fault on Complete changes a byte after the ETags were agreed on."""
    async with panopto(faults=[Fault("panopto.complete_multipart_upload", "flip")]) as caller:
        await caller.send((await caller.open())["UploadTarget"], "a.mp4", [FILM])
        held = caller.audit.objects()[0]
        assert held["sha256"] == hashlib.sha256(bytes([FILM[0] ^ 1]) + FILM[1:]).hexdigest()


async def test_complete_may_answer_200_and_mean_something_else(panopto: Any) -> None:
    """An <Error> in a 200 leaves the upload open; an empty 200 and a lost answer have completed it."""
    faults = [
        Fault("panopto.complete_multipart_upload", "error_in_200", match="first"),
        Fault("panopto.complete_multipart_upload", "empty", match="second"),
        Fault("panopto.complete_multipart_upload", "lose_answer", match="third"),
    ]
    async with panopto(faults=faults) as caller:
        target, whole = (await caller.open())["UploadTarget"], {}
        for key in ("first", "second", "third"):
            url = f"{target}/{key}"
            _, _, created = await caller.s3("POST", f"{url}?uploads", data=b"")
            query = f"?uploadId={created['UploadId']}"
            _, headers, _ = await caller.s3("PUT", f"{url}{query}&partNumber=1", data=FILM)
            try:
                whole[key] = (await caller.s3("POST", url + query, data=complete([headers["ETag"]])))[::2]
            except aiohttp.ClientError as error:
                whole[key] = type(error)
        assert whole["first"][1]["Code"] == "InternalError"
        assert whole["second"] == (200, b"")
        assert issubclass(whole["third"], aiohttp.ClientError)
        assert [held["key"] for held in caller.audit.objects()] == ["second", "third"]


@pytest.mark.parametrize("action", ["cut", "reset", "stop_reading"])
async def test_a_part_may_be_dropped_on_the_way(panopto: Any, action: str) -> None:
    """The connection is reset before, or in the middle of, the body; nothing of it is stored."""
    faults = [Fault("panopto.upload_part", action, arguments={"bytes": 1_000_000, "seconds": 0.1})]
    async with panopto(faults=faults) as caller:
        url, upload_id = await begun(caller)
        part = f"{url}?partNumber=1&uploadId={upload_id}"
        with pytest.raises(aiohttp.ClientError):
            await caller.s3("PUT", part, data=FIRST)
        await until(lambda: caller.audit.log[-1].seconds > 0)
        assert caller.files() == []
        assert caller.audit.log[-1].status is None
        assert (await caller.s3("PUT", part, data=FIRST))[0] == 200


async def test_the_log_shows_no_upload_target(panopto: Any) -> None:
    """Whoever has the target may write, so the audit blanks it."""
    async with panopto() as caller:
        done = await caller.session()
        target = done["UploadTarget"].rpartition("/")[2]
        assert target not in str(caller.audit.entries())
        assert any(entry.path == "/Panopto/Upload/***/a.mp4" for entry in caller.audit.log)
