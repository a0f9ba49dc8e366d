"""What is moved, from where and to where: frozen facts without behaviour of their own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise ValueError(f"no byte range: {self.start} to {self.stop}")

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start

    @property
    def header(self) -> str:
        """The value of a Range header, whose last byte is inclusive (RFC 9110, 14.1.2)."""
        return f"bytes={self.start}-{self.stop - 1}"


@dataclass(frozen=True, slots=True)
class Validator:
    """What tells one state of a source from another, byte for byte as the server sent it.

    Opencast's ETag is an unquoted decimal number; a quoted copy of it does not match there.
    """

    size: int
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: `name` among the files of `group`, which are located together (an event's)."""

    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Blob:
    """A few bytes already in memory: a manifest, a caption file."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on this machine."""

    path: Path


@dataclass(frozen=True, slots=True)
class Location:
    """Where a source can be read now. The URL is sent byte for byte, and its query is a secret.

    `expires` is in seconds since the epoch; `headers` are for this URL's origin only.
    """

    url: str = field(repr=False)
    expires: float | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Locator(Protocol):
    """The port by which the engine asks late where a source is."""

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Tell where to read; `refused` is a location that no longer works.

        Raises Gone where the source is no longer there, or a Transient error.
        """
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """A key in an S3 bucket, path style. At Panopto the bucket's URL is the right to write: a secret."""

    endpoint: str
    bucket: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an upload; numbers start at 1."""

    number: int
    span: ByteRange


@dataclass(frozen=True, slots=True)
class Transfer:
    """The moving of one file. `subject` and `name` tell it apart in the journal and never change.

    `again` tells that its bytes were sent before, under another name. `md5` is what the source says of all
    its bytes, in hex; None where it says nothing.
    """

    subject: str
    name: str
    source: Source | Blob | LocalFile
    target: Target
    again: bool = False
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Bytes or parts of one process: sent for the first time, sent again, and skipped as already there."""

    sent: int = 0
    sent_again: int = 0
    skipped: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.sent + other.sent, self.sent_again + other.sent_again, self.skipped + other.skipped)


@dataclass(frozen=True, slots=True)
class TransferResult:
    """A file that is whole at the target.

    `crc32` is of the whole file; `level` the integrity level that held to the end; `checked` how many of
    `parts` had their ETag compared with an MD5 of the bytes sent. `md5` is that of the whole file, in hex,
    where it was found to be the source's own checksum; else None.
    """

    size: int
    crc32: int
    etag: str
    parts: int
    checked: int
    level: str
    md5: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """The same as a journal keeps it; what is None is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "TransferResult":
        """Read it back; what an older version did not keep has its default."""
        return cls(**{name: facts[name] for name in cls.__slots__ if name in facts})
