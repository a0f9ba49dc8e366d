"""Which relay: protocols wherever they can reach both ends, aiohttp where a proxy stands in between."""

import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from engine.http import Http
from engine.limits import Windows
from engine.parts import MIB
from engine.progress import Observer, RelayFell, silence
from engine.relay.connections import open_connections
from engine.relay.lane import IDLE
from engine.relay.protocols import ProtocolRelay
from engine.relay.streams import StreamRelay
from engine.wire import Relay


def unheard(_: float) -> None:
    """Take a number nobody asked for."""


def obstacle(http: Http) -> str | None:
    """Return why protocols cannot carry anything, or None. The loop of Windows fills a buffer after it has
    asked for it, and a window may have gone on by then."""
    if http.network.proxy is not None:
        return "a proxy is set"
    if sys.platform == "win32":
        return "this system's loop fills buffers late"
    return None


@asynccontextmanager
async def open_relay(
    http: Http,
    *,
    windows: Windows | None = None,
    threads: int = 2,
    flowed: Callable[[int], None] = unheard,
    spent: Callable[[float], None] = unheard,
    idle: float = IDLE,
    observer: Observer = silence,
) -> AsyncIterator[Relay]:
    """Open a relay with `threads` for MD5, which end with the block, as its connections do.

    `flowed` hears of bytes handed to the target, `spent` of seconds of CPU that hashing took, `observer` of
    what has to go through aiohttp, once a host; all on the loop.
    """
    room = windows or Windows(64 * MIB, 16)
    with ThreadPoolExecutor(threads, thread_name_prefix="md5") as hashing:
        if (reason := obstacle(http)) is not None:
            observer(RelayFell("every host", reason))
            yield StreamRelay(http, hashing, room, flowed, spent, idle)
            return
        async with open_connections(http.network, http.tls) as connections:
            yield ProtocolRelay(connections, http, hashing, room, flowed, spent, observer, idle)
