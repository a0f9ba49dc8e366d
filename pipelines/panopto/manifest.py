"""The manifest: one XML file that tells Panopto what the uploaded files are, in Universal Capture 2.x.

Source: Panopto/universal-content-library-specification 7f5f856, universal-capture-2.0.xsd. The order of a
Video's children matters. The recording date can be set here only: no call of Panopto changes it later.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from lxml import etree

from pipelines.panopto.schema import check

NAMESPACE = "http://tempuri.org/UniversalCaptureSpecification/v1"
"""It says v1 in every 2.x schema."""

MARKER = "Opencast: "
"""How the last line of a session's description begins; the event's id follows."""

_PREFIXES: Any = {None: NAMESPACE}
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class VideoType(StrEnum):
    """Where a stream is shown: Primary left and smaller, Secondary right and larger, Audio not at all."""

    PRIMARY = "Primary"
    SECONDARY = "Secondary"
    AUDIO = "Audio"


@dataclass(frozen=True, slots=True)
class Video:
    """One stream: the name of its uploaded file, and the CRC-32 of that file where it is known."""

    file: str
    crc32: int | None
    type: VideoType
    title: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A session to be. `date` has a zone, or ValueError; a blank title is refused in the same way."""

    title: str
    description: str
    date: datetime
    videos: tuple[Video, ...]

    def __post_init__(self) -> None:
        if self.date.tzinfo is None or self.date.utcoffset() is None:
            raise ValueError("the date of a recording needs a zone")
        if not legal(self.title).strip():
            raise ValueError("a session needs a title")


def legal(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("", text)


def title_of(title: str, event_id: str) -> str:
    """Return the title that a session gets: the event's own, or its id where that one is blank."""
    cleaned = legal(title)
    return cleaned if cleaned.strip() else event_id


def describe(description: str, presenters: Sequence[str], location: str, event_id: str) -> str:
    """Return the description of a session, whose last line is the marker `Opencast: <event id>`.

    Presenter and location have no field at Panopto and get a line each before it. A character of the id that
    no line or no XML holds, or %, is written as %1B: ids of Opencast are any text.
    """
    words = legal(description).replace("\r\n", "\n").replace("\r", "\n").strip()
    tail = "\n".join([*_details(presenters, location), MARKER + _marked(event_id)])
    return f"{words}\n\n{tail}" if words else tail


def event_of(description: str) -> str | None:
    """Return the event's id that a description's last line carries, or None.

    Only the last line counts: the words above it are anybody's.
    """
    last = description.rstrip().rpartition("\n")[2].strip()
    if not last.startswith(MARKER):
        return None
    return unquote(last.removeprefix(MARKER).strip(), errors="surrogatepass") or None


def write(manifest: Manifest) -> bytes:
    """Return the manifest as UTF-8 with a declaration; everything escaped, illegal characters dropped.

    The date is written in UTC, to the second. What is returned has been read back and held against a schema;
    raises InvalidManifest where it does not hold.
    """
    root = etree.Element(_name("Session"), nsmap=_PREFIXES)
    _add(root, "Title", manifest.title)
    _add(root, "Description", manifest.description)
    _add(root, "Date", _instant(manifest.date))
    videos = etree.SubElement(root, _name("Videos"))
    for video in manifest.videos:
        _add_video(videos, video)
    document = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    check(document)
    return document


def _add_video(videos: etree._Element, video: Video) -> None:
    element = etree.SubElement(videos, _name("Video"))
    if video.title:
        _add(element, "Title", video.title)
    _add(element, "Start", "PT0S")
    file = _add(element, "File", video.file)
    if video.crc32 is not None:
        file.set("Checksum", f"{video.crc32:08x}")
    _add(element, "Type", video.type.value)


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, _name(name))
    element.text = legal(text)
    return element


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _details(presenters: Sequence[str], location: str) -> list[str]:
    names = [name for name in map(_line, presenters) if name]
    label = "Presenter" if len(names) == 1 else "Presenters"
    lines = [f"{label}: {', '.join(names)}"] if names else []
    return [*lines, f"Location: {_line(location)}"] if _line(location) else lines


def _marked(event_id: str) -> str:
    """Return an id for a line of its own; what would not come back from there is written as in an address."""
    spaced = event_id != " ".join(event_id.split())
    return "".join(
        quote(one, safe="", errors="surrogatepass")
        if one == "%" or not one.isprintable() or (one == " " and spaced)
        else one
        for one in event_id
    )


def _line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(legal(text).split())
