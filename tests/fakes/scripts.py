"""Faults as data: how a source serves its bytes, and how a target takes a part."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Serving:
    """A file at a source; of each range it sends `stop` bytes, then does what `then` says.

    `told` is whether the length is declared; `extra` is sent a moment after its end. `sent` counts the bytes
    that the connection took, `asked` the GETs.
    """

    data: bytes = field(repr=False)
    stop: int | None = None
    then: Literal["go on", "close", "reset", "stall", "trickle"] = "go on"
    told: bool = True
    status: int = 206
    extra: bytes = b""
    sent: int = 0
    asked: int = 0

    def headers(self, start: int, stop: int) -> dict[str, str]:
        """Return the head of the answer to a range."""
        fields = {"ETag": "42", "Content-Range": f"bytes {start}-{stop - 1}/{len(self.data)}"}
        return fields | ({"Content-Length": str(stop - start)} if self.told else {})

    def portion(self, start: int, stop: int) -> bytes:
        """Return the bytes that are sent before anything goes wrong."""
        end = stop if self.stop is None else min(stop, start + self.stop)
        return self.data[start:end]


@dataclass
class Taking:
    """What a target does with one part: reads `stop` bytes of it (None: all), then does what `then` says.

    `gate`, where there is one, holds the answer back, and `open` what follows its head; `slow` are the
    seconds between two reads.
    """

    stop: int | None = None
    then: Literal["answer", "reset", "close", "stall"] = "answer"
    status: int = 200
    etag: str | None = '"etag"'
    body: bytes = b""
    gate: asyncio.Event | None = None
    open: asyncio.Event | None = None
    slow: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the answer."""
        return {} if self.etag is None else {"ETag": self.etag}
