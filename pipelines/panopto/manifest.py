"""What the manifest of a session says: which uploaded files it has, what they are, and what goes with them.

`document` has it as XML. Source: Panopto/universal-content-library-specification 7f5f856,
universal-capture-2.1.xsd, of which nothing is used that 2.0 lacks. The recording date can be set here only:
no call of Panopto changes it later. Times are whole milliseconds.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import quote, unquote

NAMESPACE = "http://tempuri.org/UniversalCaptureSpecification/v1"
"""It says v1 in every 2.x schema."""

MARKER = "Opencast: "
"""How the last line of a session's description begins; the event's id follows."""

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_MEDIATYPE = re.compile(r"[A-Za-z0-9.+_\-]+/[A-Za-z0-9.+_\-]+")
_CHARACTERS = r"([A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*"
_ADDRESS = re.compile(
    rf"https?://[A-Za-z0-9.\-]+(:[0-9]{{1,5}})?(/{_CHARACTERS})?(\?{_CHARACTERS})?(#{_CHARACTERS})?"
)


class VideoType(StrEnum):
    """Where a stream is shown: Primary left and smaller, Secondary right and larger, Audio not at all."""

    PRIMARY = "Primary"
    SECONDARY = "Secondary"
    AUDIO = "Audio"


class File(Protocol):
    """An uploaded file: its name there, in plain ASCII, and its CRC-32 where it is known."""

    @property
    def file(self) -> str:
        """Return the name, without a folder."""
        ...

    @property
    def crc32(self) -> int | None:
        """Return the CRC-32 of its bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Transcript:
    """Captions of a stream. `language` is a tag such as en-US, empty where it is not known.

    Those that are not `visible` serve the search alone; `source` says who made them.
    """

    file: str
    crc32: int | None
    language: str
    source: str = ""
    visible: bool = True

    def __post_init__(self) -> None:
        _check_file(self)
        _check(not self.language or _LANGUAGE.fullmatch(self.language), "a language is a tag such as en-US")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents at a time of its stream. `url` is an http address in ASCII or empty."""

    title: str
    time_ms: int
    description: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        _check(legal(self.title).strip(), "a line of the table of contents needs a title")
        _check(self.time_ms >= 0, "a time lies before the beginning")
        _check(not self.url or _ADDRESS.fullmatch(self.url), "an address begins with http and is in ASCII")


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch that viewers do not see."""

    start_ms: int
    duration_ms: int

    def __post_init__(self) -> None:
        _check(self.start_ms >= 0, "a cut begins before the beginning")
        _check(self.duration_ms > 0, "a cut has no duration")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that is shown from a time of the session on."""

    file: str
    crc32: int | None
    time_ms: int
    title: str = ""

    def __post_init__(self) -> None:
        _check_file(self)
        _check(self.time_ms >= 0, "a time lies before the beginning")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that viewers can download. `mediatype` is bare, such as application/pdf."""

    file: str
    crc32: int | None
    mediatype: str

    def __post_init__(self) -> None:
        _check_file(self)
        _check(_MEDIATYPE.fullmatch(self.mediatype), "a media type is two words and a slash")


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """The picture that stands for the session."""

    file: str
    crc32: int | None

    def __post_init__(self) -> None:
        _check_file(self)


@dataclass(frozen=True, slots=True)
class Video:
    """One stream, with its table of contents, what is cut out of it alone, and its captions."""

    file: str
    crc32: int | None
    type: VideoType
    title: str = ""
    entries: tuple[Entry, ...] = ()
    cuts: tuple[Cut, ...] = ()
    transcripts: tuple[Transcript, ...] = ()

    def __post_init__(self) -> None:
        _check_file(self)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A session to be. `cuts` are cut out of all its streams.

    Raises ValueError, as all that it is made of does, for what Panopto would not take or nobody could mean:
    a date without a zone, a blank title or tag, two files of which the names are the same but for case.
    """

    title: str
    description: str
    date: datetime
    videos: tuple[Video, ...]
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    cuts: tuple[Cut, ...] = ()
    tags: tuple[str, ...] = ()
    thumbnail: Thumbnail | None = None

    def __post_init__(self) -> None:
        _check(self.date.utcoffset() is not None, "the date of a recording needs a zone")
        _check(legal(self.title).strip(), "a session needs a title")
        _check(all(legal(tag).strip() for tag in self.tags), "a tag is blank")
        names = Counter(one.file.lower() for one in self.files)
        _check(names.total() == len(names), "two files have one name")

    @property
    def files(self) -> tuple[File, ...]:
        """Every file that it names, in order."""
        captions = (caption for video in self.videos for caption in video.transcripts)
        thumbnail = () if self.thumbnail is None else (self.thumbnail,)
        return (*self.videos, *captions, *self.images, *self.attachments, *thumbnail)


def legal(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("", text)


def title_of(title: str, event_id: str) -> str:
    """Return the title that a session gets: the event's own, or its id where that one is blank."""
    cleaned = legal(title)
    return cleaned if cleaned.strip() else event_id


def spelled(event_id: str) -> str:
    """Return an event's id as Panopto is given it, for an id of Opencast is any text.

    A character that no line or no XML holds, or %, is written as %1B; ordinary ids stay as they are.
    """
    spaced = event_id != " ".join(event_id.split())
    return "".join(
        quote(one, safe="", errors="surrogatepass")
        if one == "%" or not one.isprintable() or (one == " " and spaced)
        else one
        for one in event_id
    )


def marker_of(event_id: str) -> str:
    """Return the line by which the session of an event is known."""
    return MARKER + spelled(event_id)


def event_of(description: str) -> str | None:
    """Return the event's id that a description's last line carries, or None.

    Only the last line counts: the words above it are anybody's.
    """
    last = description.rstrip().rpartition("\n")[2].strip()
    if not last.startswith(MARKER):
        return None
    return unquote(last.removeprefix(MARKER).strip(), errors="surrogatepass") or None


def _check_file(file: File) -> None:
    _check(_NAME.fullmatch(file.file), "a file's name is letters, digits, dots and dashes, 64 at most")
    _check(not file.file.lower().endswith(".xml"), "a file's name ends like a manifest's")
    _check(file.crc32 is None or 0 <= file.crc32 <= 0xFFFFFFFF, "a CRC-32 has 32 bits")


def _check(holds: object, otherwise: str) -> None:
    """Raise ValueError with a sentence, which quotes nothing of the value, where something does not hold."""
    if not holds:
        raise ValueError(otherwise)
