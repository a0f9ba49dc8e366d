"""What holds of the relay on protocols beyond the suite: last words, windows, forms of answers, reuse."""

import asyncio
import fcntl
import hashlib
import os
import socket
import struct
import termios
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest
from fakes.raw_server import Connection, Script, ca_file, raw_server, server_tls
from fakes.relay_worlds import Journey, World, asked_range, kept_connections, until, world
from fakes.scripts import Serving, Taking

from engine.errors import Refused, ServerFault, ShortBody, Throttled, Unreachable, Untrusted
from engine.http import Network, open_http
from engine.limits import Windows
from engine.model import ByteRange, Part
from engine.parts import KIB, cut
from engine.progress import RelayFell
from engine.relay import StreamRelay, open_relay
from engine.wire import PartFailure, PartReceipt

DATA = Random(8).randbytes(400_000)
PART = 100_000
PARTS = list(cut(len(DATA), PART))
OK = b'HTTP/1.1 200 OK\r\nETag: "etag"\r\nContent-Length: 0\r\n\r\n'


@pytest.fixture(params=["plain", "tls"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name how the ends are reached."""
    return str(request.param)


def head_of(start: int, stop: int, *fields: str) -> bytes:
    """Write the head of the answer to a range, with these fields besides."""
    lines = ["HTTP/1.1 206 Said", "ETag: 42", f"Content-Range: bytes {start}-{stop - 1}/{len(DATA)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def serve(connection: Connection) -> None:
    """Answer every GET as it should be."""
    while (head := await connection.head()) is not None:
        start, stop = asked_range(head.headers["range"])
        await connection.send(head_of(start, stop, f"Content-Length: {stop - start}") + DATA[start:stop])


async def take(connection: Connection) -> None:
    """Take every part as it should be."""
    while (head := await connection.head()) is not None:
        await connection.body(head.length)
        await connection.send(OK)


@asynccontextmanager
async def between(
    kind: str, folder: Path, source: Script = serve, target: Script = take, **relay: Any
) -> AsyncIterator[World]:
    """Open the relay between two scripts."""
    tls = kind == "tls"
    async with (
        raw_server(source, tls=tls) as origin,
        raw_server(target, tls=tls) as store,
        open_http(Network(ca_file=ca_file(folder))) as http,
        open_relay(http, **relay) as opened,
    ):
        made = World(opened, Serving(DATA), origin=origin.url, store=store.url, servers=(origin, store))
        made.kept = lambda: kept_connections(http, opened)
        yield made


async def failure(place: World) -> Exception:
    """Send parts one abreast, of which the first fails, and return why."""
    journey = await Journey(place, PARTS, abreast=1).run()
    assert list(journey.failures) == [1]
    return journey.failures[1].error


async def test_the_last_words_of_a_target_are_heard(kind: str, tmp_path: Path) -> None:
    """A target that answers early and closes with bytes unread resets the connection; its status counts."""

    async def refuse(connection: Connection) -> None:
        await connection.head()
        await connection.body(1000)
        await connection.send(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.reset()

    async with world(kind, DATA * 20, tmp_path) as made, between(kind, tmp_path, target=refuse) as place:
        made.store = place.store
        for _ in range(10):
            journey = await Journey(made, [Part(1, ByteRange(0, 20 * len(DATA)))]).run()
            assert type(journey.failures[1].error) is Refused


@pytest.mark.parametrize("stop", [0, 1, PART, PART + 1, 3 * PART, len(DATA) - 1])
async def test_what_came_before_a_source_broke_off_counts(kind: str, stop: int, tmp_path: Path) -> None:
    """Every part whose bytes had come before the connection was reset has a receipt."""

    async def reset(connection: Connection) -> None:
        await connection.head()
        await connection.send(head_of(0, len(DATA), f"Content-Length: {len(DATA)}") + DATA[:stop])
        handle = connection.writer.get_extra_info("socket").fileno()
        await until(lambda: not unacknowledged(handle))
        connection_reset(handle)
        connection.reset()

    async with between(kind, tmp_path, source=reset) as place:
        journey = await Journey(place, PARTS, abreast=1).run()
        assert len(journey.receipts) == stop // PART
        assert isinstance(next(iter(journey.failures.values())).error, ShortBody | Unreachable)


def unacknowledged(handle: int) -> int:
    """Return how many bytes the peer's kernel has not taken yet."""
    return int(struct.unpack("i", fcntl.ioctl(handle, termios.TIOCOUTQ, bytes(4)))[0])


def connection_reset(handle: int) -> None:
    """Let the connection end by a reset where its last handle is closed."""
    with socket.socket(fileno=os.dup(handle)) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def test_windows_are_not_given_back_while_they_are_sent(kind: str, tmp_path: Path) -> None:
    """Lanes that share few windows, and a target that reads slowly: each part holds its own bytes. One that
    went back too early would be overwritten by another lane's, and neither CRC nor count would see it."""
    data = Random(9).randbytes(32_000_000)
    parts = list(cut(len(data), 8_000_000))
    windows = Windows(4 * 256 * KIB, 4)
    async with world(kind, data, tmp_path, windows=windows) as place:
        place.taking |= {part.number: Taking(slow=0.0005) for part in parts}
        async with anyio.create_task_group() as group:
            for part in parts:
                journey = Journey(place, [part], hashed=part.number == 2, deadline=15)
                group.start_soon(journey.run, place.get(part.span))
        assert sorted(place.taken) == [1, 2, 3, 4]
        assert all(place.taken[part.number] == data[part.span.start : part.span.stop] for part in parts)
        assert windows.statistics().leased == 0


class Late(ThreadPoolExecutor):
    """Threads that begin each task a while after it was given to them."""

    def submit(self, task: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        """Have a task done."""

        def later() -> Any:
            time.sleep(0.005)
            return task(*arguments, **named)

        return super().submit(later)


async def test_windows_are_not_given_back_while_they_are_hashed(kind: str, tmp_path: Path) -> None:
    """Hashing that lags behind sees the bytes that were sent, and not those that came after them."""
    data = Random(10).randbytes(4_000_000)
    async with world(kind, data, tmp_path, windows=Windows(2 * 256 * KIB, 1)) as place:
        with Late(1) as threads:
            place.relay._hashing = threads  # type: ignore[attr-defined]
            journey = await Journey(place, [Part(1, ByteRange(0, len(data)))], hashed=True).run()
        assert place.taken[1] == data
        assert journey.receipts[1].md5 == hashlib.md5(data).hexdigest()


async def test_a_slow_source_does_not_starve_the_target(kind: str, tmp_path: Path) -> None:
    """A few bytes are handed on after a while: here the rest comes only when they arrived."""
    arrived = asyncio.Event()

    async def trickle(connection: Connection) -> None:
        await connection.head()
        await connection.send(head_of(0, len(DATA), f"Content-Length: {len(DATA)}") + DATA[:1000])
        await arrived.wait()
        await connection.send(DATA[1000:])

    async def listen(connection: Connection) -> None:
        head = await connection.head()
        assert head is not None
        await connection.body(1000)
        arrived.set()
        await connection.body(head.length - 1000)
        await connection.send(OK)

    async with between(kind, tmp_path, trickle, listen) as place:
        journey = await Journey(place, [Part(1, ByteRange(0, len(DATA)))]).run()
        assert list(journey.receipts) == [1]


@pytest.mark.parametrize(
    ("said", "error"), [(OK, ServerFault), (b"HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", Throttled)]
)
@pytest.mark.parametrize("hashed", [False, True])
async def test_an_answer_that_comes_with_the_last_bytes_is_early(
    kind: str, said: bytes, error: type[Exception], hashed: bool, tmp_path: Path
) -> None:
    """An answer that lies in the kernel when the last bytes come, and so before they are sent, is an error,
    whichever of the two the loop looks at first; what it says counts, though the source has ended too."""
    origins: list[Connection] = []
    done = asyncio.Event()

    async def hold_back(connection: Connection) -> None:
        await connection.head()
        origins.append(connection)
        head = head_of(0, len(DATA), f"Content-Length: {len(DATA)}", "Connection: close")
        await connection.send(head + DATA[:-1000])
        await done.wait()

    async def answer_first(connection: Connection) -> None:
        head = await connection.head()
        assert head is not None
        await connection.body(head.length - 1000)
        await origins[-1].send(DATA[-1000:])
        origins[-1].writer.close()
        await connection.send(said)
        done.set()

    async with between(kind, tmp_path, hold_back, answer_first) as place:
        journey = await Journey(place, [Part(1, ByteRange(0, len(DATA)))], hashed=hashed).run()
        assert type(journey.failures[1].error) is error


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ServerFault),
        (b"HTTP/1.1 200 OK\r\nETag: " + b"x" * 70_000, ServerFault),
        (b"SSH-2.0-OpenSSH\r\n\r\n", ServerFault),
        (b'HTTP/1.1 200 OK\r\nETag: "etag"\r\nContent-Length: 9\r\n\r\nshort', ShortBody),
        (b'HTTP/1.1 200 OK\r\nETag: "etag"\r\n\r\n' + b" " * 70_000, ServerFault),
        (b"HTTP/1.1 101 Up\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", ServerFault),
        (b"", Unreachable),
    ],
    ids=["two lengths", "endless head", "no HTTP", "short", "endless body", "upgrade", "silence"],
)
async def test_answers_to_a_part_that_make_no_sense(
    kind: str, said: bytes, error: type[Exception], tmp_path: Path
) -> None:
    """Each is a failure of its part, and the connection is not used again."""

    async def babble(connection: Connection) -> None:
        head = await connection.head()
        assert head is not None
        await connection.body(head.length)
        await connection.send(said)

    async with between(kind, tmp_path, target=babble) as place:
        assert isinstance(await failure(place), error)
        await place.idle()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK,
        b'HTTP/1.1 200 OK\r\nETag: "etag"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
        b'HTTP/1.0 200 OK\r\nETag: "etag"\r\n\r\nas long as it takes',
    ],
    ids=["1xx first", "chunked", "until the end"],
)
async def test_answers_to_a_part_of_other_forms(kind: str, said: bytes, tmp_path: Path) -> None:
    """Interim answers are skipped, and a small body may have any of HTTP's forms."""

    async def answer(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            await connection.body(head.length)
            await connection.send(said)
            if said.startswith(b"HTTP/1.0"):
                return

    async with between(kind, tmp_path, target=answer) as place:
        journey = await Journey(place, PARTS).run()
        assert sorted(journey.receipts) == [1, 2, 3, 4]


async def test_a_body_with_two_lengths_is_refused(kind: str, tmp_path: Path) -> None:
    """Content-Length and Transfer-Encoding at once: nobody knows where such a body ends."""

    async def serve_twice(connection: Connection) -> None:
        await connection.head()
        fields = (f"Content-Length: {len(DATA)}", "Transfer-Encoding: chunked")
        await connection.send(head_of(0, len(DATA), *fields))
        await connection.gone()

    async with between(kind, tmp_path, source=serve_twice) as place:
        assert isinstance(await failure(place), ServerFault)


async def test_a_chunked_source_is_read_by_aiohttp_and_that_is_said_once(kind: str, tmp_path: Path) -> None:
    """The lanes go well; the protocols ask such a host once only."""
    asked: list[int] = []

    async def chunked(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            start, stop = asked_range(head.headers["range"])
            asked.append(start)
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (stop - start, DATA[start:stop])
            await connection.send(head_of(start, stop, "Transfer-Encoding: chunked") + body)

    facts: list[object] = []
    async with between(kind, tmp_path, source=chunked, observer=facts.append) as place:
        for _ in range(2):
            journey = await Journey(place, PARTS).run()
            assert sorted(journey.receipts) == [1, 2, 3, 4]
        assert facts == [RelayFell(place.origin.partition("//")[2], "its answers are chunked")]
        assert len(asked) == 3


async def test_behind_a_proxy_aiohttp_does_it_all(tmp_path: Path) -> None:
    """Which is said when the relay is opened."""
    facts: list[object] = []
    network = Network(proxy="http://127.0.0.1:1")
    async with open_http(network) as http, open_relay(http, observer=facts.append) as relay:
        assert isinstance(relay, StreamRelay)
    assert facts == [RelayFell("every host", "a proxy is set")]


@pytest.mark.parametrize("last", [b"Connection: close\r\n\r\n", b"\r\nX"], ids=["close", "excess"])
async def test_connections_that_end_inexactly_are_not_used_again(
    kind: str, last: bytes, tmp_path: Path
) -> None:
    """Neither after `Connection: close` nor with a byte too many, on either side."""

    async def serve_so(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            start, stop = asked_range(head.headers["range"])
            fields, _, excess = last.partition(b"\r\n")
            named = [f"Content-Length: {stop - start}", *([fields.decode()] if fields else [])]
            await connection.send(head_of(start, stop, *named) + DATA[start:stop] + excess.strip())

    async def take_so(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            await connection.body(head.length)
            await connection.send(OK[:-2] + last)

    async with between(kind, tmp_path, serve_so, take_so) as place:
        for _ in range(2):
            journey = await Journey(place, PARTS).run()
            assert sorted(journey.receipts) == [1, 2, 3, 4]
        assert place.kept() == 0
        assert [server.opened for server in place.servers] == [2, 8]


async def test_a_kept_connection_is_alive_before_a_byte_is_pulled(kind: str, tmp_path: Path) -> None:
    """One that the target closed a moment ago, which the loop does not know of yet, is not used again."""
    handles: list[int] = []

    async def take_one(connection: Connection) -> None:
        handles.append(os.dup(connection.writer.get_extra_info("socket").fileno()))
        await take(connection)

    class Hanging(Journey):
        async def settle(self, outcome: PartReceipt | PartFailure) -> None:
            await super().settle(outcome)
            with socket.socket(fileno=handles.pop()) as same:
                same.shutdown(socket.SHUT_RDWR)

    async with between(kind, tmp_path, target=take_one) as place:
        journey = await Hanging(place, PARTS, abreast=1).run()
        assert sorted(journey.receipts) == [1, 2, 3, 4]
        assert place.servers[1].opened == 4


async def test_tls_is_asked_for_by_name_at_the_address_it_resolved_to(tmp_path: Path) -> None:
    """A name with several addresses is tried at each; the server hears the name, and is judged by it."""
    names: list[str | None] = []
    context = server_tls()
    context.set_servername_callback(lambda _one, name, _context: names.append(name))

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await take(Connection(reader, writer, 1))
        writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=context)
    async with between("tls", tmp_path) as place:
        place.store = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        journey = await Journey(place, PARTS, abreast=1).run()
        assert sorted(journey.receipts) == [1, 2, 3, 4]
    server.close()
    await server.wait_closed()
    assert names == ["localhost"]


async def test_a_certificate_of_nobody_known_is_untrusted(tmp_path: Path) -> None:
    """The handshake fails, and the run ends; nothing is sent."""
    async with (
        raw_server(take, tls=True) as store,
        between("plain", tmp_path) as place,
        open_http(Network()) as http,
        open_relay(http) as relay,
    ):
        place.relay, place.store = relay, store.url
        assert isinstance(await failure(place), Untrusted)


@pytest.mark.fault(6)
async def test_no_request_says_expect(kind: str, tmp_path: Path) -> None:
    """A silent peer would hang it for ever; and what is sent is named once."""
    heads: list[bytes] = []

    async def keep(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            heads.append(head.raw.lower())
            assert head.method == "PUT"
            await connection.body(head.length)
            await connection.send(OK)

    async with between(kind, tmp_path, target=keep) as place:
        await Journey(place, PARTS[:1]).run()
        host = place.store.partition("//")[2].encode()
    (head,) = heads
    assert b"expect" not in head
    assert b"\r\nhost: " + host + b"\r\n" in head
    assert head.count(b"content-length") == head.count(b"accept-encoding: identity") == 1


async def test_an_address_that_is_none_fails_its_part(tmp_path: Path) -> None:
    """On either side, in one of our errors."""
    async with between("plain", tmp_path) as place:
        place.origin = "ftp://127.0.0.1"
        assert isinstance(await failure(place), Unreachable)
        place.origin, place.store = place.store, "http://"
        place.origin = place.servers[0].url
        assert isinstance(await failure(place), Unreachable)
