"""What holds of reads: only the file that was probed, only the range that was asked for, or an error."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.raw_server import Connection, Script, Seen, ca_file, raw_server
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from engine.errors import (
    Changed,
    Empty,
    FerryError,
    Gone,
    LocationExpired,
    LocationRefused,
    ServerFault,
    Throttled,
    TimedOut,
    Unreachable,
    Unreadable,
)
from engine.http import Network, open_http
from engine.model import ByteRange, Location, Source, Validator
from engine.source import differs, probe, ranged_get, whole_get
from engine.wire import Head, Probe

SOURCE = Source("event", "presenter.mp4")
SPAN = ByteRange(100, 200)
OPENCAST = Validator(1000, "3918019249", "Sat, 21 Nov 2026 10:00:00 GMT")
HERE = Location("https://files.example/x.mp4?policy=sesame", headers=(("Cookie", "sesame"),))


def head(status: int, **headers: str | None) -> Head:
    """Make a head; an underscore stands for a hyphen, and None leaves a header out."""
    given_headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    return Head(status, CIMultiDict(given_headers))


def partial(**changes: str | None) -> Head:
    """Make the head that answers SPAN of OPENCAST, with some headers changed or left out."""
    right: dict[str, str | None] = {
        "content_range": "bytes 100-199/1000",
        "content_length": "100",
        "etag": OPENCAST.etag,
        "last_modified": OPENCAST.last_modified,
        "content_type": "video/mp4",
    }
    return head(206, **(right | changes))


def whole(**changes: str | None) -> Head:
    """Make the head that answers all of OPENCAST."""
    right: dict[str, str | None] = {
        "content_length": "1000",
        "etag": OPENCAST.etag,
        "last_modified": OPENCAST.last_modified,
    }
    return head(200, **(right | changes))


@pytest.mark.parametrize(
    ("etag", "sent"),
    [
        ("3918019249", "3918019249"),
        ('"65a-1f"', '"65a-1f"'),
        ('W/"65a"', None),
        (None, None),
    ],
)
def test_a_strong_etag_goes_back_byte_for_byte(etag: str | None, sent: str | None) -> None:
    """Opencast compares the raw text; a weak ETag never matches, so none is sent."""
    get = ranged_get(HERE, SPAN, Validator(1000, etag))
    headers = dict(get.request.headers)
    assert headers.get("If-Range") == sent
    assert headers["Range"] == "bytes=100-199"
    assert (headers["Accept-Encoding"], headers["Cookie"]) == ("identity", "sesame")
    assert (get.request.url, get.span) == (HERE.url, SPAN)


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    "answer",
    [
        partial(),
        partial(content_length=None),
        partial(content_length=None, transfer_encoding="chunked"),
        partial(last_modified=None, etag=None),
        partial(content_encoding="identity"),
    ],
)
def test_the_right_range_of_the_right_file_is_taken(answer: Head) -> None:
    """206 with the exact range, the total and the validator known, as far as the answer has them."""
    ranged_get(HERE, SPAN, OPENCAST).judge(answer)


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (partial(content_range="bytes 100-199/1001"), Changed),
        (partial(etag="3918019250"), Changed),
        (partial(etag='"3918019249"'), Changed),
        (partial(last_modified="Sat, 21 Nov 2026 10:00:01 GMT"), Changed),
        (partial(content_range="bytes 100-198/1000"), ServerFault),
        (partial(content_range="bytes 0-99/1000"), ServerFault),
        (partial(content_range=None), ServerFault),
        (partial(content_range="bytes */1000"), ServerFault),
        (partial(content_range="bytes 100-199/*"), Unreadable),
        (partial(content_length="99"), ServerFault),
        (partial(transfer_encoding="chunked"), ServerFault),
        (partial(content_type="multipart/byteranges; boundary=MATTERHORN_MIME_BOUNDARY"), Unreadable),
        (partial(content_type="text/html;charset=utf-8"), Unreadable),
        (partial(content_encoding="gzip"), Unreadable),
        (whole(), ServerFault),
        (whole(etag="1"), Changed),
        (whole(content_length="999"), Changed),
        (whole(content_type="text/html"), Unreadable),
        (head(412), Changed),
        (head(416), Changed),
        (head(410), LocationExpired),
        (head(404), Gone),
        (head(400), Unreadable),
        (head(401), Unreadable),
        (head(403), LocationRefused),
        (head(302, location="/elsewhere"), LocationExpired),
        (head(204), ServerFault),
        (head(304), ServerFault),
        (head(418), Unreadable),
        (head(429), Throttled),
        (head(503, retry_after="7"), Throttled),
        (head(500), ServerFault),
        (head(408), ServerFault),
    ],
)
def test_anything_else_is_refused_by_its_head(answer: Head, error: type[FerryError]) -> None:
    """No byte is taken of another file, another range, a page, or an encoding."""
    with pytest.raises(error) as caught:
        ranged_get(HERE, SPAN, OPENCAST).judge(answer)
    assert type(caught.value) is error
    assert "sesame" not in str(caught.value)


@pytest.mark.fault(5)
def test_the_whole_file_answers_a_range_that_is_the_whole_file() -> None:
    """A 200 to bytes=0- is those bytes, if the validator is the same (faults.md F5)."""
    everything = ByteRange(0, 1000)
    ranged_get(HERE, everything, OPENCAST).judge(whole())
    with pytest.raises(Changed):
        ranged_get(HERE, everything, OPENCAST).judge(whole(etag="1"))


def test_a_server_without_ranges_is_read_whole() -> None:
    """No Range and no If-Range are sent, and only a 200 of the same state is taken, length told or not."""
    get = whole_get(HERE, OPENCAST)
    assert {"Range", "If-Range"}.isdisjoint(dict(get.request.headers))
    assert get.span == ByteRange(0, 1000)
    get.judge(whole())
    get.judge(whole(content_length=None))
    for answer, error in (
        (whole(etag="1"), Changed),
        (whole(content_length="1"), Changed),
        (partial(), ServerFault),
    ):
        with pytest.raises(error):
            get.judge(answer)


def test_a_wait_that_the_server_asks_for_is_kept() -> None:
    """Retry-After reaches who decides about the next try."""
    with pytest.raises(Throttled) as caught:
        ranged_get(HERE, SPAN, OPENCAST).judge(head(503, Retry_After="7"))
    assert caught.value.retry_after == 7.0


validators = st.builds(
    Validator,
    st.integers(1, 3),
    st.sampled_from([None, "1", '"1"', 'W/"1"']),
    st.sampled_from([None, "today", "yesterday"]),
)


@given(validators, validators)
def test_difference_has_no_direction_and_none_from_oneself(one: Validator, other: Validator) -> None:
    """Two states differ whichever was first, a state never from itself, and another size is another state."""
    assert differs(one, other) == differs(other, one)
    assert not differs(one, one)
    assert differs(one, other) or one.size == other.size


def answering(status: int, body: bytes = b"", **headers: str) -> Script:
    """Answer every request of every connection alike."""

    async def script(connection: Connection) -> None:
        while await connection.head() is not None:
            await connection.answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, body)

    return script


async def probed(script: Script, deadline: float = 5.0) -> Probe:
    """Probe what the script serves."""
    async with raw_server(script) as server, open_http(Network()) as http:
        return await probe(http, SOURCE, Location(f"{server.url}/x.mp4?s=sesame"), deadline)


async def test_a_probe_reads_the_first_bytes_and_learns_size_and_validator() -> None:
    """One ranged GET, no HEAD: total, raw ETag, date, and that there are ranges."""
    seen: list[Seen] = []

    async def script(connection: Connection) -> None:
        while (request := await connection.head()) is not None:
            seen.append(request)
            fields = {"ETag": "3918019249", "Last-Modified": "then", "Content-Range": "bytes 0-0/1000"}
            await connection.answer(206, fields, b"x")

    found = await probed(script)
    (request,) = seen
    assert (found.validator, found.ranged) == (Validator(1000, "3918019249", "then"), True)
    assert request.line == "GET /x.mp4?s=sesame HTTP/1.1"
    assert (request.headers["range"], request.headers["accept-encoding"]) == ("bytes=0-511", "identity")


async def test_a_server_without_ranges_tells_its_length_and_is_not_drained() -> None:
    """A 200 with a length will do; the connection closes on the body instead of reading it."""
    cut = asyncio.Event()

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\nETag: 1\r\n\r\n" + bytes(600)
        )
        await connection.gone()
        cut.set()

    async with raw_server(script) as server, open_http(Network()) as http:
        found = await probe(http, SOURCE, Location(server.url), 5)
        await asyncio.wait_for(cut.wait(), 15)
    assert (found.validator, found.ranged) == (Validator(4_000_000_000, "1"), False)


@pytest.mark.fault(9, 10)
@pytest.mark.parametrize(
    ("script", "error"),
    [
        (answering(416), Empty),
        (answering(200), Empty),
        (answering(404), Gone),
        (answering(410), LocationExpired),
        (answering(401), Unreadable),
        (answering(403), LocationRefused),
        (answering(400), Unreadable),
        (answering(429, Retry_After="3"), Throttled),
        (answering(500), ServerFault),
        (answering(200, b"<html>", Content_Type="text/html"), Unreadable),
        (answering(206, b"<", Content_Type="text/html", Content_Range="bytes 0-0/9"), Unreadable),
        (answering(200, b"\n\n<!DOCTYPE html><html>", Content_Type="video/mp4"), Unreadable),
        (answering(200, b'{"error": 1}', Content_Type="video/mp4"), Unreadable),
        (answering(206, b"x", Content_Range="bytes 0-0/*"), Unreadable),
        (answering(206, b"xx", Content_Range="bytes 1-2/9"), ServerFault),
        (answering(206, b"x"), ServerFault),
        (answering(200, b"x", Content_Encoding="gzip"), Unreadable),
        (answering(206, b"x", Content_Type="multipart/byteranges; boundary=b"), Unreadable),
        (answering(302, Location="/login.html"), Unreadable),
        (answering(302, Location="https://idp.example/Shibboleth.sso/Login?x"), Unreadable),
        (answering(302), Unreadable),
        (answering(302, Location="ftp://elsewhere/x"), Unreadable),
        (answering(302, Location="/x.mp4"), Unreadable),
    ],
)
async def test_what_a_probe_cannot_use_is_told_apart(script: Script, error: type[FerryError]) -> None:
    """Empty, gone, expired, not to be read, throttled: each is its own error, without the signed query."""
    with pytest.raises(error) as caught:
        await probed(script)
    assert type(caught.value) is error
    assert "event/presenter.mp4 at 127.0.0.1" in str(caught.value)
    assert "sesame" not in str(caught.value)


async def test_a_header_that_cannot_be_sent_back_is_not_kept() -> None:
    """Raw bytes in an ETag would break request and checkpoint; the date still tells states apart."""

    async def script(connection: Connection) -> None:
        await connection.head()
        fields = b"Content-Range: bytes 0-0/9\r\nETag: \xff\xfe\r\nLast-Modified: then\r\nContent-Length: 1"
        await connection.send(b"HTTP/1.1 206 Partial\r\n" + fields + b"\r\n\r\nx")

    assert (await probed(script)).validator == Validator(9, None, "then")


async def test_an_answer_without_length_or_range_is_refused() -> None:
    """Where no size is told, nothing is sent: a cut could not be seen (faults.md F3)."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\nsomething")

    with pytest.raises(Unreadable, match="size"):
        await probed(script)


@pytest.mark.fault(6)
async def test_silence_ends_at_the_deadline() -> None:
    """The deadline holds over all hops, and names the host alone, which the breaker keeps."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.gone()

    with pytest.raises(TimedOut) as silent:
        await probed(script, deadline=0.1)
    assert re.fullmatch(r"127\.0\.0\.1:\d+", silent.value.where)


async def test_a_reset_is_unreachable() -> None:
    """A connection cut before the head can be tried again."""

    async def script(connection: Connection) -> None:
        await connection.head()
        connection.reset()

    with pytest.raises(Unreachable):
        await probed(script)


@pytest.mark.fault(38)
async def test_a_redirect_is_followed_and_secrets_stay_with_their_origin() -> None:
    """Same origin keeps the headers, another one does not get them; the last address is what is given."""
    seen: list[tuple[str, str | None]] = []

    def serving(reply: Callable[[Seen], tuple[int, dict[str, str]]]) -> Script:
        async def script(connection: Connection) -> None:
            while (request := await connection.head()) is not None:
                seen.append((request.target, request.headers.get("cookie")))
                status, headers = reply(request)
                await connection.answer(status, headers)

        return script

    last = serving(lambda request: (206, {"Content-Range": "bytes 0-0/5", "ETag": "5"}))
    async with raw_server(last) as away, open_http(Network()) as http:

        def reply(request: Seen) -> tuple[int, dict[str, str]]:
            onward = "second?a=%2F" if request.target == "/first" else f"{away.url}/third"
            return 302, {"Location": onward}

        async with raw_server(serving(reply)) as home:
            start = Location(f"{home.url}/first", 99.0, (("Cookie", "sesame"),))
            found = await probe(http, SOURCE, start, 5)
    assert seen == [("/first", "sesame"), ("/second?a=%2F", "sesame"), ("/third", None)]
    assert found.location == Location(f"{away.url}/third", 99.0, ())


@pytest.mark.fault(38)
async def test_https_is_never_left_for_http(tmp_path: Path) -> None:
    """A downgrade is refused before anything is asked there."""
    script = answering(302, Location="http://127.0.0.1:1/x.mp4")
    async with raw_server(script, tls=True) as server, open_http(Network(ca_file(tmp_path))) as http:
        with pytest.raises(Unreadable, match="https to http"):
            await probe(http, SOURCE, Location(server.url), 5)
