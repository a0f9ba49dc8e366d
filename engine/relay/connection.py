"""One connection: bytes are read into the memory of whoever reads, and written until nobody holds them.

::

    socket ──recv_into──> reader.room() ──> reader.filled(n)
    socket <──send─────── write(piece)      returns when the transport holds nothing of it any more

uvloop sends from the memory it is given, without a copy: what is written stays as it is until `write`
returns, or until `cut` has.
"""

import asyncio
import select
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import anyio

from engine.parts import KIB

SCRATCH = 16 * KIB
"""Bytes of heads and small answers that are read at once."""

PIECE = 128 * KIB
"""Bytes handed to TLS at once: it keeps buffers as large as the largest piece it was given."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection leads: a name and a port, with TLS or without."""

    host: str
    port: int
    tls: bool


class Reader(Protocol):
    """Who takes what comes over a connection."""

    def room(self) -> memoryview:
        """Return where the next bytes go: never empty, an empty one would end the connection."""
        ...

    def filled(self, count: int) -> None:
        """Take note of so many bytes in the room that was given last."""
        ...

    def ended(self, error: Exception | None) -> None:
        """Take note that no more bytes come: None is an end without an error, which may be an early one."""
        ...


class Connection(asyncio.BufferedProtocol):
    """One connection, used for one exchange after the other. `lost` is told when it is no more.

    `flushed` tells whether the transport holds none of the bytes that were written, `gone` whether there is a
    connection no more.
    """

    def __init__(self, origin: Origin, lost: Callable[["Connection"], None]) -> None:
        self.origin = origin
        self.scratch = memoryview(bytearray(SCRATCH))
        self._tell_lost = lost
        self._reader: Reader | None = None
        self._transport: asyncio.Transport | None = None
        self._polling = select.poll()
        self.flushed = True
        self.gone = False
        self._drained = asyncio.Event()
        self._drained.set()
        self._lost = asyncio.Event()
        self._ended: tuple[Exception | None, ...] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin. The limits make every byte that is not yet sent pause the writer.

        SSL's transport pauses from `high` on, a plain one above it: 0 there would pause at no byte at all.
        """
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=1 if self.origin.tls else 0, low=0)
        self._polling.register(transport.get_extra_info("socket"), select.POLLIN)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Return where the next bytes go."""
        return self.scratch if self._reader is None else self._reader.room()

    def buffer_updated(self, nbytes: int) -> None:
        """Pass bytes on. What comes while nothing was asked for makes the connection worthless."""
        if self._reader is None:
            self.abort()
        else:
            self._reader.filled(nbytes)

    def eof_received(self) -> None:
        """Take note of the end; the transport then closes by itself."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that the connection is no more."""
        self._end(exc)
        self.gone = True
        self.resume_writing()
        self._lost.set()
        self._tell_lost(self)

    def pause_writing(self) -> None:
        """Take note that the transport holds bytes."""
        self.flushed = False
        self._drained.clear()

    def resume_writing(self) -> None:
        """Take note that the transport holds none."""
        self.flushed = True
        self._drained.set()

    def _end(self, error: Exception | None) -> None:
        self._ended = self._ended or (error,)
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.ended(error)

    @property
    def usable(self) -> bool:
        """Whether it is open and nothing came since the last answer, not even an end that the loop does not
        know of yet."""
        return self._open and not self._unread()

    def read_into(self, reader: Reader | None) -> None:
        """Give what comes from now on to a reader; one that comes too late is told so at once."""
        self._reader = reader
        if self._ended:
            self._end(*self._ended)

    def pause(self) -> None:
        """Read no more for now."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on reading."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    async def write(self, piece: memoryview) -> None:
        """Write, and return when nobody but the kernel holds any of it, or the connection is gone: the reader
        has been told then.

        What has come meanwhile is read first: writing to a peer that has gone would lose its last words.
        """
        while not self.gone:
            piece = self.write_at_once(piece)
            await self._drained.wait()
            if not piece:
                return
            await self._hear()
        await asyncio.sleep(0)

    def write_at_once(self, piece: memoryview) -> memoryview:
        """Write as much as the kernel takes, and return what was not written: all of it where something has
        come that is to be read first. `flushed` tells whether what was written may be overwritten."""
        step = PIECE if self.origin.tls else len(piece)
        while piece and self.flushed and self._open and not self._unread():
            cast("asyncio.Transport", self._transport).write(piece[:step])
            piece = piece[step:]
        return piece

    async def _hear(self) -> None:
        """Wait until what has come is read, or until the connection is no more where it is closing."""
        if not self._open:
            await self._lost.wait()
        while not self.gone and self._unread():  # noqa: ASYNC110 - the kernel sets no event
            await asyncio.sleep(0)  # the loop reads it

    @property
    def _open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def _unread(self) -> bool:
        """Tell whether something lies in the kernel. Not to be asked when the connection is gone."""
        return bool(self._polling.poll(0))

    def abort(self) -> None:
        """Close at once; what is not sent is dropped."""
        self._reader = None
        if self._transport is not None:
            self._transport.abort()

    async def cut(self) -> None:
        """Close at once, and return when nobody holds bytes that were written."""
        self.abort()
        with anyio.CancelScope(shield=True):
            await self._lost.wait()
