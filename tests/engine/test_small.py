"""A small source is read whole in one GET: its bytes, or an error that tells what came instead."""

import pytest
from fakes.carrying import DATA, Carrying
from fakes.carrying import SOURCE as CARRIED
from fakes.memory_site import File, MemoryFiles
from fakes.raw_server import Connection, Script, Seen, raw_server
from fakes.virtual_time import virtually

from engine.errors import (
    FerryError,
    Gone,
    LocationExpired,
    LocationRefused,
    ServerFault,
    ShortBody,
    Throttled,
    TimedOut,
    TooLarge,
    Unreadable,
)
from engine.http import Network, open_http
from engine.model import Location, Source
from engine.reads import small

SOURCE = Source("event", "captions.vtt")
WEBVTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nGood morning.\n"


def answering(status: int, body: bytes = b"", **headers: str) -> Script:
    """Answer every request alike."""

    async def script(connection: Connection) -> None:
        while await connection.head() is not None:
            await connection.answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, body)

    return script


async def read(script: Script, largest: int = 1000, deadline: float = 5.0) -> bytes:
    """Read what the script serves."""
    async with raw_server(script) as server, open_http(Network()) as http:
        return await small(http, SOURCE, Location(f"{server.url}/c.vtt?s=sesame"), largest, deadline)


async def test_it_is_one_get_without_a_range() -> None:
    """No probe, no range, no HEAD."""
    seen: list[Seen] = []

    async def script(connection: Connection) -> None:
        while (head := await connection.head()) is not None:
            seen.append(head)
            await connection.answer(200, {"Content-Type": "text/vtt"}, WEBVTT)

    assert await read(script) == WEBVTT
    (only,) = seen
    assert only.method == "GET"
    assert "range" not in only.headers


async def test_no_bytes_are_none() -> None:
    """An empty file is an answer: who asked for it tells what it is not."""
    assert await read(answering(200)) == b""


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (answering(404), Gone),
        (answering(410), LocationExpired),
        (answering(403), LocationRefused),
        (answering(401), Unreadable),
        (answering(429, Retry_After="3"), Throttled),
        (answering(500), ServerFault),
        (answering(206, b"x", Content_Range="bytes 0-0/9"), ServerFault),
        (answering(200, b"x" * 1001), TooLarge),
        (answering(200, b"<html>", Content_Type="text/html"), Unreadable),
        (answering(200, b"<!DOCTYPE html><html>", Content_Type="text/vtt"), Unreadable),
        (answering(200, b"x", Content_Encoding="gzip"), Unreadable),
        (answering(302, Location="/login.html"), Unreadable),
        (answering(302, Location="/c.vtt"), Unreadable),
    ],
)
async def test_what_comes_instead_is_told_apart(script: Script, error: type[FerryError]) -> None:
    """Each is its own error, which names source and host and not the signed query."""
    with pytest.raises(error) as caught:
        await read(script)
    assert type(caught.value) is error
    assert "event/captions.vtt at 127.0.0.1" in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.fault(9)
async def test_a_body_beyond_its_bound_ends_there_whatever_is_declared() -> None:
    """One without a length is not read on for ever."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n")
        await connection.send(b"x" * 1000 + b"\r\n" + b"3e8\r\n" + b"x" * 1000 + b"\r\n")

    with pytest.raises(TooLarge):
        await read(script)


@pytest.mark.fault(2)
async def test_a_short_body_is_not_taken() -> None:
    """A caption file that breaks off is no caption file."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n" + WEBVTT)

    with pytest.raises(ShortBody):
        await read(script)


@pytest.mark.fault(3)
@pytest.mark.parametrize("came", [0, 20, len(WEBVTT)])
async def test_a_body_that_does_not_tell_its_end_is_held_against_the_size(came: int) -> None:
    """It is what the source has by a second answer, or it is not taken."""

    async def script(connection: Connection) -> None:
        head = await connection.head()
        assert head is not None
        if "range" in head.headers:
            ranged = {"Content-Range": f"bytes 0-9/{len(WEBVTT)}"}
            await connection.answer(206, ranged, WEBVTT[:10])
        else:
            await connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + WEBVTT[:came])

    if came == len(WEBVTT):
        assert await read(script) == WEBVTT
    else:
        with pytest.raises(ShortBody, match=f"{came} bytes came of {len(WEBVTT)}"):
            await read(script)


@pytest.mark.fault(3)
async def test_a_body_of_which_nobody_tells_the_size_is_not_taken() -> None:
    """It may be whole, and it may be half."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + WEBVTT)

    with pytest.raises(Unreadable, match="does not tell its size"):
        await read(script)


@pytest.mark.fault(6)
async def test_silence_ends_at_the_deadline() -> None:
    """A server that says nothing is waited for as long as was said."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.reader.read()

    with pytest.raises(TimedOut):
        await read(script, deadline=0.2)


def test_an_address_that_ran_out_is_asked_for_anew() -> None:
    """The engine locates the source again after a 410, and reads on."""
    files = MemoryFiles({CARRIED: File(DATA)})
    found = Carrying(files)

    async def once_expired(source: Source, location: Location, largest: int, deadline: float) -> bytes:
        if files.located == 1:
            raise LocationExpired("not any more", where="files")
        return DATA

    files.small = once_expired  # type: ignore[method-assign]
    assert virtually(found.engine.read(CARRIED, len(DATA))) == DATA
    assert files.located == 2
