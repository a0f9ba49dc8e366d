"""What holds of calls to the outside: one attempt each, bounded, and every failure one of ours."""

import asyncio
import errno
import os
import socket
import ssl
import traceback
from pathlib import Path

import aiohttp
import pytest
from fakes.raw_server import Connection, Script, ca_file, raw_server

from engine.errors import (
    LocalResource,
    ServerFault,
    ShortBody,
    Throttled,
    TimedOut,
    Unreachable,
    Untrusted,
)
from engine.http import Network, host_of, open_http, ours, passing_fault, without_query
from engine.wire import Request

SECRET = "sesame"


def saying(*answers: bytes) -> Script:
    """Answer the requests of a connection with these bytes in turn, then close it."""

    async def script(connection: Connection) -> None:
        for answer in answers:
            head = await connection.head()
            if head is None:
                return
            await connection.body(head.length)
            await connection.send(answer)

    return script


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_an_answer_is_read_whole_whatever_its_status() -> None:
    """Status, headers in any case and body come back, and the URL without its query."""
    answer = b"HTTP/1.1 404 No\r\nX-Thing: one\r\nContent-Length: 3\r\n\r\nabc"
    async with raw_server(saying(answer)) as server, open_http(Network()) as http:
        got = await http.call("GET", f"{server.url}/a%2Fb?x={SECRET}")
    assert (404, "one", b"abc", f"{server.url}/a%2Fb") == (
        got.status,
        got.headers["x-thing"],
        got.body,
        got.url,
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_call_without_body_says_so(method: str) -> None:
    """Content-Length: 0 is on the wire, nothing is chunked, and the path is sent byte for byte."""
    heads = []

    async def script(connection: Connection) -> None:
        heads.append(await connection.head())
        await connection.answer(200)

    async with raw_server(script) as server, open_http(Network()) as http:
        await http.call(method, f"{server.url}/a%2fb?q=%2F+%3a")
    (head,) = heads
    assert head is not None
    assert head.line == f"{method} /a%2fb?q=%2F+%3a HTTP/1.1"
    assert head.headers["content-length"] == "0"
    assert not {"transfer-encoding", "expect", "content-type"} & set(head.headers)
    assert (head.headers["accept-encoding"], head.headers["user-agent"]) == ("identity", "lecture-ferry")


@pytest.mark.fault(38)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    """A redirect is an answer like another: credentials never travel to where it points."""
    asked = []

    async def script(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            asked.append(head.target)
            await connection.answer(status, {"Location": "/elsewhere"})

    async with raw_server(script) as server, open_http(Network()) as http:
        answer = await http.call("GET", f"{server.url}/here", headers={"Authorization": SECRET})
    assert (status, ["/here"]) == (answer.status, asked)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET", "POST"])
async def test_a_call_on_a_kept_connection_is_sent_once(method: str) -> None:
    """Where a kept connection breaks after the request, the call fails: the peer may have done it."""
    asked = []

    async def script(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            await connection.body(head.length)
            asked.append(head.target)
            if head.target == "/second":
                return
            await connection.answer(200)

    async with raw_server(script) as server, open_http(Network()) as http:
        await http.call("GET", f"{server.url}/first")
        with pytest.raises(Unreachable):
            await http.call(method, f"{server.url}/second", body=None if method == "GET" else b"done")
        assert (asked, server.opened) == (["/first", "/second"], 1)


@pytest.mark.fault(9)
async def test_a_body_is_never_decoded() -> None:
    """Bytes that say gzip come as they are: a small answer cannot become a large one."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
    async with raw_server(saying(answer)) as server, open_http(Network()) as http:
        assert (await http.call("GET", server.url)).body == b"nope"


@pytest.mark.fault(9, 39)
async def test_an_answer_beyond_the_cap_is_refused() -> None:
    """An answer longer than allowed is a fault, and is not read on."""
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000
    async with raw_server(saying(endless)) as server, open_http(Network()) as http:
        with pytest.raises(ServerFault, match="longer than 4000 bytes"):
            await http.call("GET", server.url, largest=4000)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", ShortBody),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", ShortBody),
        (b"SMTP ready\r\n\r\n", ServerFault),
        (b"", Unreachable),
    ],
)
async def test_a_broken_answer_is_one_of_our_errors(answer: bytes, error: type[Exception]) -> None:
    """What breaks off or is not HTTP is told apart, and names the host alone."""
    async with raw_server(saying(answer)) as server, open_http(Network()) as http:
        with pytest.raises(error) as caught:
            await http.call("GET", f"{server.url}/p?token={SECRET}")
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert str(caught.value).startswith(f"127.0.0.1:{server.port}: ")


@pytest.mark.fault(6)
async def test_silence_and_a_trickle_end_at_the_deadline() -> None:
    """A peer that says nothing, and one that says a byte now and then, both end in time."""

    async def trickle(connection: Connection) -> None:
        await connection.head()
        if connection.number == 2:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            while True:
                await connection.send(b".")
                await asyncio.sleep(0.05)
        await connection.gone()

    async with raw_server(trickle) as server, open_http(Network()) as http:
        for _ in range(2):
            with pytest.raises(TimedOut):
                await http.call("GET", server.url, deadline=0.2)
        await server.until_idle()


@pytest.mark.fault(14)
async def test_a_refused_connection_is_unreachable() -> None:
    """Nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with open_http(Network()) as http:
            with pytest.raises(Unreachable, match="ECONNREFUSED"):
                await http.call("GET", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("url", ["", "no address", "http://[::1", "ftp://127.0.0.1/x", "http:///x"])
async def test_what_is_no_url_is_said_to_be_none(url: str) -> None:
    """An address from the settings or a server that is none ends in one of our errors."""
    async with open_http(Network()) as http:
        with pytest.raises((Unreachable, ServerFault)):
            await http.call("GET", url)


@pytest.mark.fault(14)
async def test_tls_is_checked_and_the_operators_authority_trusted(tmp_path: Path) -> None:
    """Without the authority's file the call fails and says what to name; with it the call succeeds."""
    async with raw_server(saying(OK), tls=True) as server:
        async with open_http(Network()) as http:
            with pytest.raises(Untrusted, match=r"network\.ca_file"):
                await http.call("GET", server.url)
        async with open_http(Network(ca_file=ca_file(tmp_path))) as http:
            assert (await http.call("GET", server.url)).body == b"ok"


async def test_a_proxy_that_refuses_is_named(tmp_path: Path) -> None:
    """A proxy's 407 to a tunnel names the proxy setting, not the host beyond, and no credential."""
    answer = b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n"
    async with raw_server(saying(answer)) as proxy:
        network = Network(proxy=f"http://user:{SECRET}@127.0.0.1:{proxy.port}")
        async with open_http(network) as http:
            with pytest.raises(Unreachable, match=r"HTTP 407; check network\.proxy") as caught:
                await http.call("GET", f"https://panopto.invalid/x?{SECRET}")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_proxy_that_is_not_there_is_named() -> None:
    """Where nobody listens as the proxy, the setting is named."""
    async with open_http(Network(proxy="http://127.0.0.1:1")) as http:
        with pytest.raises(Unreachable, match=r"network\.proxy"):
            await http.call("GET", "https://panopto.invalid/")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
@pytest.mark.parametrize("wrapped", [False, True])
def test_what_this_machine_lacks_stops_the_run(number: int, wrapped: bool) -> None:
    """Too many open files is no fault of the network, also where aiohttp wraps it."""
    error = OSError(number, os.strerror(number))
    with pytest.raises(LocalResource), ours("host"):
        raise aiohttp.ClientOSError(*error.args) if wrapped else error


def test_what_sockets_say_themselves_is_told_apart() -> None:
    """A name that nobody knows and a certificate that nobody trusts, without aiohttp around them."""
    with pytest.raises(Unreachable, match="name is not found"), ours("host"):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")
    with pytest.raises(Untrusted), ours("host"):
        raise ssl.SSLCertVerificationError(1, "self-signed")


async def test_too_many_open_files_while_connecting_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, through aiohttp's own connector."""

    def no_socket(*args: object, **kwargs: object) -> socket.socket:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async with open_http(Network()) as http:
        monkeypatch.setattr(socket, "socket", no_socket)
        with pytest.raises(LocalResource, match="open files"):
            await http.call("GET", "http://127.0.0.1:9/")


async def test_an_answer_left_unread_closes_its_connection() -> None:
    """Nothing is drained: a wrong 200 with a whole film behind it costs one connection, not the film."""
    sent = 0

    async def film(connection: Connection) -> None:
        nonlocal sent
        await connection.head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while sent < 100_000_000:
            await connection.send(b"x" * 100_000)
            sent += 100_000

    async with raw_server(film) as server, open_http(Network()) as http:
        async with http.answer(Request("GET", server.url)) as response:
            assert response.status == 200
        await server.until_idle()
    assert sent < 50_000_000


@pytest.mark.parametrize("keep", [False, True])
async def test_cookies_are_kept_only_where_asked(keep: bool) -> None:
    """A service that signs in by cookie gets its own back; by default none is kept."""
    heads = []

    async def script(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            heads.append(head)
            await connection.answer(200, {"Set-Cookie": "a=b"})

    async with raw_server(script) as server, open_http(Network(cookies=keep)) as http:
        await http.call("GET", server.url)
        await http.call("GET", server.url)
    assert [("cookie" in head.headers) for head in heads] == [False, keep]


@pytest.mark.parametrize(
    ("status", "wait", "expected"),
    [
        (429, None, Throttled),
        (429, 3.0, Throttled),
        (503, 3.0, Throttled),
        (503, None, ServerFault),
        (500, None, ServerFault),
        (408, None, ServerFault),
        (501, None, type(None)),
        (404, None, type(None)),
        (200, None, type(None)),
    ],
)
def test_which_statuses_may_pass(status: int, wait: float | None, expected: type) -> None:
    """429, 408 and 5xx may be otherwise later, and keep the peer's own word of when."""
    fault = passing_fault(status, wait, "host")
    assert type(fault) is expected
    assert fault is None or fault.retry_after == wait


def test_a_shown_address_has_no_query() -> None:
    """A query may be a signature."""
    assert without_query(f"https://h/p?sig={SECRET}") == "https://h/p"
    assert host_of(f"https://user:{SECRET}@h:81/p?sig={SECRET}") == "h:81"


def test_a_host_is_told_whatever_follows_it() -> None:
    """With or without path, query and port; what is no address is called that."""
    for address in ("https://h", "https://h/", "https://h?a=/b", "https://h:443/p#f"):
        assert host_of(address) == "h:443"
    for strange in ("http://h:99999/p", "http://[::1/p"):
        assert host_of(strange) == "an address that is not a URL"


def test_settings_that_hold_a_password_are_not_shown() -> None:
    """A proxy's password is in no repr."""
    assert SECRET not in repr(Network(proxy=f"http://u:{SECRET}@h"))
