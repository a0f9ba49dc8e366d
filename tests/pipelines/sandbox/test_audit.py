"""The audit: what it counts, what it blanks, what it serves."""

import hashlib
from typing import Any

import pytest
from aiohttp import ClientSession

from pipelines.sandbox import audit
from pipelines.sandbox.audit import Audit, blank_query
from pipelines.sandbox.origin import Origin


class Holdings:
    """A target that holds one row of each kind."""

    def objects(self) -> list[dict[str, Any]]:
        """One object."""
        return [{"key": "a.mp4"}]

    def session_uploads(self) -> list[dict[str, Any]]:
        """One session upload."""
        return [{"state": 4}]

    def sessions(self) -> list[dict[str, Any]]:
        """One session."""
        return [{"title": "T"}]

    def multipart_uploads(self) -> list[dict[str, Any]]:
        """One multipart upload, with numbers for keys."""
        return [{"parts": {1: 10}}]


def test_secrets_are_blanked() -> None:
    """Credentials, cookies, signed queries and the UploadTarget's GUID are not kept; the rest is."""
    books = Audit()
    headers = [
        ("Authorization", "Bearer canary"),
        ("cookie", "canary"),
        ("Ocp-Apim-Subscription-Key", "canary"),
        ("Range", "bytes=0-0"),
    ]
    path = "/Panopto/Upload/canary-guid/a.mp4"
    query = "uploadId=7&policy=canary&Signature=canary&keyId=canary&X-Amz-Signature=canary"
    query += "&access_token=canary&subscription-key=canary"
    entry = books.opens("panopto", "upload_part", "PUT", path, query, headers)
    assert "canary" not in str(books.entries())
    assert (entry.path, entry.headers["Range"]) == ("/Panopto/Upload/***/a.mp4", "bytes=0-0")
    assert entry.query.startswith("uploadId=7&")


@pytest.mark.parametrize("query", ["", "filter=title:a%20b&limit=10", "a", "uploads"])
def test_a_query_without_secrets_is_kept_as_it_was(query: str) -> None:
    """Byte for byte."""
    assert blank_query(query) == query


async def test_a_header_of_no_encoding_can_be_told() -> None:
    """Bytes that are no UTF-8 are shown as such; the log is still served."""
    books, origin = Audit(), Origin()
    books.opens("valt", "schedule", "GET", "/", "", [("User-Agent", "a\udcff")])
    await origin.serve(audit.application(books))
    try:
        async with ClientSession(origin.url) as http, http.get("/log") as reply:
            (entry,) = await reply.json()
            assert entry["headers"] == {"User-Agent": "a\ufffd"}
    finally:
        await origin.close()


def test_requests_are_counted_by_service_and_call() -> None:
    """Body bytes in and out are summed; a request without an end counts."""
    now = [0.0]
    books = Audit(clock=lambda: now[0])
    for call, received in (("get_file", 1), ("get_file", 2), ("list_events", 4)):
        entry = books.opens("opencast", call, "GET", "/", "", [])
        now[0] += 0.5
        books.closes(entry, 200, received, received * 10)
    books.opens("panopto", "get_file", "GET", "/", "", [])
    assert [tuple(line.values()) for line in books.requests()] == [
        ("opencast", "get_file", 2, 3, 30),
        ("opencast", "list_events", 1, 4, 40),
        ("panopto", "get_file", 1, 0, 0),
    ]
    assert [(entry.number, entry.at, entry.seconds) for entry in books.log[:2]] == [
        (1, 0.0, 0.5),
        (2, 0.5, 0.5),
    ]


async def test_a_source_is_hashed_once_until_it_changes() -> None:
    """The digest is asked for when somebody looks, and again only after the file was served anew."""
    books, asked = Audit(), []

    async def digest() -> str:
        asked.append(1)
        return hashlib.sha256(b"x").hexdigest()

    books.serves("event", "http://here/a", 1, digest)
    for _ in range(2):
        (row,) = await books.sources()
    assert (row["event_id"], row["size"], row["sha256"]) == ("event", 1, hashlib.sha256(b"x").hexdigest())
    assert len(asked) == 1
    books.serves("event", "http://here/a", 2, digest)
    assert [row["size"] for row in await books.sources()] == [2]
    assert len(asked) == 2
    books.forgets("http://here/a")
    assert await books.sources() == []


async def test_every_list_is_served_as_json() -> None:
    """Without a target its lists are empty; those of other servers are there once one keeps them."""
    books, origin = Audit(), Origin()
    await origin.serve(audit.application(books))
    try:
        async with ClientSession(origin.url) as http:

            async def get(path: str) -> Any:
                async with http.get(path) as reply:
                    assert reply.content_type == "application/json"
                    return await reply.json()

            paths = ("/sources", "/objects", "/session-uploads", "/sessions", "/requests", "/log")
            assert [await get(path) for path in paths] == [[]] * 6
            books.keeps(Holdings())
            assert await get("/objects") == [{"key": "a.mp4"}]
            assert await get("/session-uploads") == [{"state": 4}]
            assert await get("/sessions") == [{"title": "T"}]
            assert await get("/multipart-uploads") == [{"parts": {"1": 10}}]
            async with http.get("/schedules") as reply:
                assert reply.status == 404
            books.lists("schedules", lambda: [{"schedule_id": 1}])
            assert await get("/schedules") == [{"schedule_id": 1}]
    finally:
        await origin.close()


def test_a_log_that_is_not_kept_is_counted() -> None:
    """Without a log the calls and their bytes are told all the same."""
    books = Audit(keep_log=False)
    for _ in range(2):
        books.closes(books.opens("panopto", "get_session", "GET", "/", "", ()), 200, 3, 4)
    assert books.entries() == []
    assert books.requests() == [
        {"service": "panopto", "call": "get_session", "count": 2, "bytes_in": 6, "bytes_out": 8}
    ]
