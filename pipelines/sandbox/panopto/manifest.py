"""A manifest read as Panopto's server reads it: either root, held against a schema of this project's writing.

Sources: Panopto/universal-content-library-specification (2.x), Panopto/SessionUploadExample (1.0).
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from typing import Literal

from lxml import etree

from pipelines.sandbox.panopto.contents import Attachment, Contents, Cut, Entry, Image, Transcript

Kind = Literal["video", "presentation", "transcript", "image", "attachment", "thumbnail"]

ROOTS = {
    "{http://tempuri.org/UniversalCaptureSpecification/v1}Session": "session-2.xsd",
    "{http://panopto.com/PanoptoSession/v1}PanoptoSession": "session-1.xsd",
}
KINDS: dict[str, Kind] = {
    "Video": "video",
    "Rendition": "video",
    "Presentation": "presentation",
    "Transcript": "transcript",
    "Image": "image",
    "Attachment": "attachment",
    "Session": "thumbnail",
}
SITE_ZONE = timezone(timedelta(hours=-5))
"""The zone that a Date without one is read in; what the real server does is not established."""
DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d*)?)S)?)?"
)
UNITS = {"years": 31_536_000, "months": 2_592_000, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class NotAManifest(ValueError):
    """The bytes are no XML with one of the two roots."""


class ManifestError(ValueError):
    """A manifest that the server cannot process; the text says why."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a manifest names: what it is, from when on it plays (seconds), its CRC-32 if given."""

    name: str
    kind: Kind
    place: str | None = None
    start: float = 0.0
    crc32: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says. `date` is None where there is none; the text is the document as it came."""

    title: str
    description: str
    date: datetime | None
    files: tuple[NamedFile, ...]
    text: str
    contents: Contents = field(default_factory=Contents)


def parse(body: bytes) -> etree._Element:
    """The root of a manifest. Raises NotAManifest: no XML, a DTD, or another root."""
    try:
        root = etree.fromstring(body, PARSER)
    except etree.XMLSyntaxError as error:
        raise NotAManifest(f"The XML cannot be parsed: {error.msg}.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotAManifest("The XML holds a document type declaration.")
    if root.tag not in ROOTS:
        raise NotAManifest(f"The XML has the root {root.tag}.")
    return root


def read(root: etree._Element) -> Manifest:
    """What a parsed manifest says. Raises ManifestError where the schema forbids it."""
    try:
        _schema(ROOTS[str(root.tag)]).assertValid(root)
    except etree.DocumentInvalid as error:
        raise ManifestError(f"The manifest does not validate: {error}") from error
    date = root.findtext("{*}Date")
    return Manifest(
        title=root.findtext("{*}Title") or "",
        description=root.findtext("{*}Description") or "",
        date=_date(date) if date else None,
        files=tuple(_file(one) for one in root.iter("{*}File", "{*}Filename", "{*}Thumbnail")),
        text=etree.tostring(root, encoding="unicode"),
        contents=_contents(root),
    )


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring((files(__package__) / "schemas" / name).read_bytes()))


def _file(element: etree._Element) -> NamedFile:
    parent = element.getparent()
    assert parent is not None  # noqa: S101 - a file element is never the root
    checksum = element.get("Checksum")
    return NamedFile(
        name=element.text or "",
        kind=KINDS[etree.QName(parent).localname],
        place=parent.findtext("{*}Type"),
        start=seconds(parent.findtext("{*}Start") or "PT0S"),
        crc32=int(checksum, 16) if checksum else None,
    )


def _contents(root: etree._Element) -> Contents:
    videos = root.findall("{*}Videos/{*}Video")
    return Contents(
        entries=tuple(
            _entry(one, video) for video in videos for one in video.iterfind("{*}TableOfContents/{*}Entry")
        ),
        cuts=(
            *(_cut(one) for one in root.iterfind("{*}Cuts/{*}Cut")),
            *(_cut(one, _named(video)) for video in videos for one in video.iterfind("{*}Cuts/{*}Cut")),
        ),
        transcripts=tuple(
            _transcript(one, _named(video))
            for video in videos
            for one in video.iterfind("{*}Transcripts/{*}Transcript")
        ),
        images=tuple(
            Image(_named(one), _time(one, "Time"), one.findtext("{*}Title") or "")
            for one in root.iterfind("{*}Images/{*}Image")
        ),
        attachments=tuple(
            Attachment(_named(one), one.findtext("{*}MimeType") or "")
            for one in root.iterfind("{*}Attachments/{*}Attachment")
        ),
        tags=tuple(one.text or "" for one in root.iterfind("{*}Tags/{*}Tag")),
        thumbnail=root.findtext("{*}Thumbnail"),
    )


def _entry(element: etree._Element, video: etree._Element) -> Entry:
    return Entry(
        video=_named(video),
        time=seconds(video.findtext("{*}Start") or "PT0S") + _time(element, "Time"),
        title=element.findtext("{*}Title") or "",
        description=element.findtext("{*}Description") or "",
        url=element.findtext("{*}Url") or "",
    )


def _cut(element: etree._Element, video: str | None = None) -> Cut:
    return Cut(_time(element, "Start"), _time(element, "Duration"), video)


def _transcript(element: etree._Element, video: str) -> Transcript:
    return Transcript(
        file=_named(element),
        video=video,
        language=element.findtext("{*}LCID") or None,
        source=element.findtext("{*}Source") or "",
        visible=(element.findtext("{*}Visible") or "true").strip() in {"true", "1"},
    )


def _named(element: etree._Element) -> str:
    """The name of the file of an element, in either version."""
    return element.findtext("{*}File") or element.findtext("{*}Filename") or ""


def _time(element: etree._Element, name: str) -> float:
    time = seconds(element.findtext(f"{{*}}{name}") or "PT0S")
    if time < 0:
        raise ManifestError(f"A {etree.QName(element).localname} has the {name} {time:g}, which is below 0.")
    return time


def _date(text: str) -> datetime:
    try:
        date = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
    except ValueError as error:
        raise ManifestError(f"The date {text} is none that can be kept.") from error
    return (date if date.tzinfo else date.replace(tzinfo=SITE_ZONE)).astimezone(UTC)


def seconds(duration: str) -> float:
    """An xs:duration as seconds, months of 30 and years of 365 days."""
    found = DURATION.fullmatch(duration.strip())
    if found is None:
        raise ManifestError(f"{duration} is no duration.")
    total = sum(float(found[unit] or 0) * length for unit, length in UNITS.items())
    return -total if found["sign"] else total
