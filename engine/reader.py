"""One source kept readable: located late, again when its address runs out, and held to one validator."""

import os
import stat
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import anyio

from engine.errors import Changed, Empty, Gone, LocationExpired, LocationRefused, ServerFault, Unreadable
from engine.http import host_of
from engine.integrity import checksum_text, crc32
from engine.model import Blob, ByteRange, LocalFile, Location, Locator, Source, Validator
from engine.source import differs
from engine.wire import BytesGet, Head, Probe, RangedGet, Reads

PROBE_LIMIT = 60.0
"""Seconds that one byte of a source may take, or all of a small one, redirects included."""

Answered = TypeVar("Answered")


class Reader(Protocol):
    """Somebody who knows how to read a source now."""

    @property
    def ranged(self) -> bool:
        """Whether the server knows ranges. Only `measure` may change that, never a read under way."""
        ...

    @property
    def by_parts(self) -> bool:
        """Whether one read brings no more than one part, as it is held in memory."""
        ...

    @property
    def known(self) -> Validator | None:
        """What the source was when this process measured it first."""
        ...

    @property
    def host(self) -> str | None:
        """Where the bytes come from, as far as that is known."""
        ...

    @property
    def located(self) -> bool:
        """Whether it is known where to read, so that a `get` asks nobody."""
        ...

    async def measure(self) -> Validator:
        """Ask what the source is now. Raises as `Reads.probe` and `Locator.locate` do."""
        ...

    async def find(self, validator: Validator) -> None:
        """Locate it where need be. Raises as `get` does."""
        ...

    async def get(self, span: ByteRange, validator: Validator) -> RangedGet | BytesGet:
        """Prepare to read `span` of the state that `validator` names.

        Raises Changed, ServerFault where it has lost its ranges, and what `measure` raises.
        """
        ...

    def refused(self, get: RangedGet | BytesGet) -> None:
        """Take note that the location this read was prepared for no longer works."""
        ...


@dataclass(frozen=True, slots=True)
class BlobReader:
    """Bytes in memory. Their checksum stands for an ETag, so that other bytes are told apart."""

    blob: Blob
    ranged: bool = True
    by_parts: bool = False
    located: bool = True
    host: None = None

    @property
    def known(self) -> Validator:
        """Tell size and checksum."""
        return Validator(len(self.blob.data), etag=checksum_text(crc32(self.blob.data)))

    async def measure(self) -> Validator:
        """Tell size and checksum."""
        return self.known

    async def find(self, validator: Validator) -> None:
        """Nothing to find."""

    async def get(self, span: ByteRange, validator: Validator) -> BytesGet:  # noqa: ARG002 - the port's signature
        """Give the bytes of the span."""
        return BytesGet(self.blob.data[span.start : span.stop])

    def refused(self, get: RangedGet | BytesGet) -> None:
        """Nothing to refuse."""


class LocalReader:
    """A file on this machine, read one part at a time, in a thread.

    Its size and the time of its last change stand for a validator. A part is in memory while it is sent.
    """

    host: None = None

    def __init__(self, file: LocalFile) -> None:
        self.ranged = True
        self.by_parts = True
        self.located = True
        self.known: Validator | None = None
        self._path = file.path

    async def measure(self) -> Validator:
        """Look at the file. Raises Gone, Unreadable or Empty."""
        found, _ = await anyio.to_thread.run_sync(self._read, ByteRange(0, 0))
        if found.size == 0:
            raise Empty("the file has no bytes", where=str(self._path))
        self.known = self.known or found
        return found

    async def find(self, validator: Validator) -> None:
        """Nothing to find."""

    async def get(self, span: ByteRange, validator: Validator) -> BytesGet:
        """Read the bytes of the span. Raises Changed where it is another file by now, and as `measure`."""
        found, data = await anyio.to_thread.run_sync(self._read, span)
        if differs(validator, found):
            raise Changed("the file has changed since its transfer began", where=str(self._path))
        return BytesGet(data)

    def refused(self, get: RangedGet | BytesGet) -> None:
        """Nothing to refuse."""

    def _read(self, span: ByteRange) -> tuple[Validator, bytes]:
        """Return what the file is, as of after the bytes were read."""
        try:
            with self._path.open("rb", buffering=0) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Unreadable("it is no file", where=str(self._path))
                data = _read_whole(file.fileno(), span)
                facts = os.fstat(file.fileno())
        except FileNotFoundError:
            raise Gone("there is no such file", where=str(self._path)) from None
        except OSError as error:
            raise Unreadable(f"it cannot be read ({error.strerror})", where=str(self._path)) from None
        return Validator(facts.st_size, etag=str(facts.st_mtime_ns)), data


def _read_whole(descriptor: int, span: ByteRange) -> bytes:
    """Return the bytes of a span; fewer where the file ends before."""
    data = bytearray()
    while len(data) < span.length:
        os.lseek(descriptor, span.start + len(data), os.SEEK_SET)
        piece = os.read(descriptor, span.length - len(data))
        if not piece:
            break
        data += piece
    return bytes(data)


@dataclass(slots=True)
class Refusals:
    """Which locations of a source were refused to a read (403), by their numbers in the order of locating.

    The first is followed by a fresh one; where that is refused before it has served, it is final. One that
    has served may have run out.
    """

    served: int = 0
    refused: int = -1

    def follows(self, number: int) -> bool:
        """Tell whether a location is the fresh one after a refusal, and nothing was read since."""
        return self.served <= self.refused < number

    def judging(self, number: int, judge: Callable[[Head], None]) -> Callable[[Head], None]:
        """Return a judge that takes note of its verdicts; raises Unreadable where no location will serve."""

        def noting(head: Head) -> None:
            try:
                judge(head)
            except LocationRefused as error:
                if self.follows(number):
                    raise unreadable(error) from None
                self.refused = max(self.refused, number)
                raise
            self.served = max(self.served, number)

        return noting


class RemoteReader:
    """A source behind HTTP.

    A location is used until it is refused, or until min(60 s, a quarter of its lifetime) before it expires.
    One that may not be read (403) is followed by one fresh one; where that may not either, it is final. A
    probe that goes well says nothing of reads: there are servers that judge them apart.
    """

    def __init__(
        self, source: Source, locator: Locator, reads: Reads, *, now: Callable[[], float] = time.time
    ) -> None:
        self.ranged = True
        self.by_parts = False
        self.known: Validator | None = None
        self._source = source
        self._locator = locator
        self._reads = reads
        self._now = now
        self._given: Location | None = None
        self._location: Location | None = None
        self._renew_at: float | None = None
        self._stale: Location | None = None
        self._was_refused = False
        self._count = 0
        self._refusals = Refusals()
        self._turn = anyio.Lock()

    @property
    def host(self) -> str | None:
        """The host where it was located last."""
        found = self._location or self._given
        return host_of(found.url) if found else None

    @property
    def located(self) -> bool:
        """Whether an address is known that holds."""
        return self._location is not None and not self._ran_out()

    async def measure(self) -> Validator:
        """Locate the source if need be, and ask it for one byte."""
        probe = await self._probe()
        self.ranged = probe.ranged
        self.known = self.known or probe.validator
        return probe.validator

    async def get(self, span: ByteRange, validator: Validator) -> RangedGet:
        """Prepare a GET of the span; the whole file where the server knows no ranges."""
        location, number = await self._found(validator)
        if self.ranged:
            get = self._reads.ranged_get(location, span, validator)
        else:
            get = self._reads.whole_get(location, validator)
        return replace(get, judge=self._refusals.judging(number, get.judge))

    async def find(self, validator: Validator) -> None:
        """Locate and measure it, unless that is done."""
        await self._found(validator)

    def refused(self, get: RangedGet | BytesGet) -> None:
        """Locate anew before the next read, unless another lane has caused that already."""
        if self._location and isinstance(get, RangedGet) and get.request.url == self._location.url:
            self._forget()

    async def _found(self, validator: Validator) -> tuple[Location, int]:
        """Return where to read, and the number of that location.

        Many lanes may ask at once: one of them locates and measures, the others wait for it.
        """
        async with self._turn:
            location = self._location
            if location is None or not self.located:
                location = await self._found_again(validator)
            return location, self._count

    async def _found_again(self, validator: Validator) -> Location:
        probe = await self._probe()
        if differs(validator, probe.validator):
            raise Changed(
                f"{self._source.name} is another file than when its transfer began",
                where=self._source.group,
                advice="it is left out; a later run with a new checkpoint would take the new one",
            )
        if self.ranged and not probe.ranged:
            raise ServerFault(
                f"{self._source.name} is served without ranges by now", where=self._source.group
            )
        return probe.location

    async def _probe(self) -> Probe:
        """Ask the source for one byte where it is now, and keep where it was found."""
        probe = await self._asked(lambda at: self._reads.probe(self._source, at, PROBE_LIMIT))
        self._location = probe.location
        return probe

    async def whole(self, largest: int) -> bytes:
        """Read all of a small source in one GET. Raises TooLarge beyond `largest` bytes, and as `measure`."""
        return await self._asked(lambda at: self._reads.small(self._source, at, largest, PROBE_LIMIT))

    async def _asked(self, ask: Callable[[Location], Awaitable[Answered]]) -> Answered:
        """Ask the source where it is now; an address that is refused is one to forget."""
        if self._location is not None and self._ran_out():
            self._forget()
        try:
            answered = await ask(await self._located())
        except LocationRefused as error:
            self._forget()
            if self._was_refused or self._refusals.follows(self._count):
                raise unreadable(error) from None
            self._was_refused = True
            raise
        except LocationExpired:
            self._forget()
            raise
        self._was_refused = False
        return answered

    async def _located(self) -> Location:
        if self._location is None:
            self._given = self._location = await self._locator.locate(self._source, self._stale)
            self._stale = None
            self._count += 1
            self._renew_at = renewal(self._location, self._now())
        return self._location

    def _forget(self) -> None:
        """Locate anew next time; the locator is told of the location that it gave, not where that led."""
        self._stale, self._location = self._given, None

    def _ran_out(self) -> bool:
        return self._renew_at is not None and self._now() >= self._renew_at


def unreadable(error: LocationRefused) -> Unreadable:
    """Return the final error of a source whose fresh location is refused as well."""
    return Unreadable(error.what, where=error.where, advice=error.advice)


def renewal(location: Location, now: float) -> float | None:
    """Return when a location is to be asked for anew, in seconds since the epoch."""
    if location.expires is None:
        return None
    return location.expires - min(60.0, max(location.expires - now, 0.0) / 4)
