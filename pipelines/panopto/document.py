"""The manifest as a document: its facts as XML in Universal Capture 2.x, and that XML as facts.

Source: Panopto/universal-content-library-specification 7f5f856. The order of a Video's children matters;
the rest could stand in any order and stands in one.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from lxml import etree

from pipelines.panopto.manifest import (
    NAMESPACE,
    Attachment,
    Cut,
    Entry,
    File,
    Image,
    Manifest,
    Thumbnail,
    Transcript,
    Video,
    VideoType,
    legal,
)
from pipelines.panopto.schema import InvalidManifest, check

_PREFIXES: Any = {None: NAMESPACE}
_Fact = TypeVar("_Fact")


def write(manifest: Manifest) -> bytes:
    """Return the manifest as UTF-8 with a declaration; everything escaped, illegal characters dropped.

    The date is written in UTC, to the second; what is empty is left out. What is returned has been read back
    and held against a schema; raises InvalidManifest where it does not hold.
    """
    root = etree.Element(_name("Session"), nsmap=_PREFIXES)
    _add(root, "Title", manifest.title)
    _add(root, "Description", manifest.description)
    _add(root, "Date", _instant(manifest.date))
    if manifest.thumbnail is not None:
        _add_file(root, "Thumbnail", manifest.thumbnail)
    _add_all(root, "Videos", "Video", manifest.videos, _fill_video)
    _add_all(root, "Images", "Image", manifest.images, _fill_image)
    _add_all(root, "Cuts", "Cut", manifest.cuts, _fill_cut)
    _add_all(root, "Tags", "Tag", manifest.tags, _fill_text)
    _add_all(root, "Attachments", "Attachment", manifest.attachments, _fill_attachment)
    document = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    check(document)
    return document


def read(document: bytes) -> Manifest:
    """Return what a manifest says that was written here. Raises InvalidManifest for any other document."""
    root = check(document)
    thumbnail = _at(root, "Thumbnail")
    try:
        return Manifest(
            title=_text(root, "Title"),
            description=_text(root, "Description"),
            date=datetime.fromisoformat(_text(root, "Date")),
            videos=_all(root, "Videos", _video),
            images=_all(root, "Images", _image),
            attachments=_all(root, "Attachments", _attachment),
            cuts=_all(root, "Cuts", _cut),
            tags=_all(root, "Tags", lambda tag: tag.text or ""),
            thumbnail=None if thumbnail is None else Thumbnail(*_named(thumbnail)),
        )
    except ValueError as error:
        raise InvalidManifest(f"its manifest says what cannot be: {error}") from None


def _fill_video(element: etree._Element, video: Video) -> None:
    _add_known(element, "Title", video.title)
    _add(element, "Start", _duration(0))
    _add_file(element, "File", video)
    _add_all(element, "Cuts", "Cut", video.cuts, _fill_cut)
    _add_all(element, "TableOfContents", "Entry", video.entries, _fill_entry)
    _add(element, "Type", video.type.value)
    _add_all(element, "Transcripts", "Transcript", video.transcripts, _fill_transcript)


def _fill_entry(element: etree._Element, entry: Entry) -> None:
    _add(element, "Title", entry.title)
    _add_known(element, "Description", entry.description)
    _add_known(element, "Url", entry.url)
    _add(element, "Time", _duration(entry.time_ms))


def _fill_cut(element: etree._Element, cut: Cut) -> None:
    _add(element, "Start", _duration(cut.start_ms))
    _add(element, "Duration", _duration(cut.duration_ms))


def _fill_transcript(element: etree._Element, transcript: Transcript) -> None:
    _add_file(element, "File", transcript)
    _add_known(element, "LCID", transcript.language)
    _add_known(element, "Source", transcript.source)
    if not transcript.visible:
        _add(element, "Visible", "false")


def _fill_image(element: etree._Element, image: Image) -> None:
    _add_file(element, "File", image)
    _add_known(element, "Title", image.title)
    _add(element, "Time", _duration(image.time_ms))


def _fill_attachment(element: etree._Element, attachment: Attachment) -> None:
    _add_file(element, "File", attachment)
    _add(element, "MimeType", attachment.mediatype)


def _fill_text(element: etree._Element, text: str) -> None:
    element.text = legal(text)


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, _name(name))
    _fill_text(element, text)
    return element


def _add_known(parent: etree._Element, name: str, text: str) -> None:
    """Add a text, unless nothing is left of it."""
    if legal(text):
        _add(parent, name, text)


def _add_file(parent: etree._Element, name: str, file: File) -> None:
    element = _add(parent, name, file.file)
    if file.crc32 is not None:
        element.set("Checksum", f"{file.crc32:08x}")


def _add_all(
    parent: etree._Element,
    container: str,
    name: str,
    facts: Iterable[_Fact],
    fill: Callable[[etree._Element, _Fact], None],
) -> None:
    """Add an element that holds one for each fact; none where there are no facts."""
    held = tuple(facts)
    if held:
        outer = etree.SubElement(parent, _name(container))
        for fact in held:
            fill(etree.SubElement(outer, _name(name)), fact)


def _video(element: etree._Element) -> Video:
    return Video(
        *_file(element),
        type=VideoType(_text(element, "Type")),
        title=_text(element, "Title"),
        entries=_all(element, "TableOfContents", _entry),
        cuts=_all(element, "Cuts", _cut),
        transcripts=_all(element, "Transcripts", _transcript),
    )


def _entry(element: etree._Element) -> Entry:
    texts = _text(element, "Description"), _text(element, "Url")
    return Entry(_text(element, "Title"), _milliseconds(element, "Time"), *texts)


def _cut(element: etree._Element) -> Cut:
    return Cut(_milliseconds(element, "Start"), _milliseconds(element, "Duration"))


def _transcript(element: etree._Element) -> Transcript:
    texts = _text(element, "LCID"), _text(element, "Source")
    return Transcript(*_file(element), *texts, visible=_at(element, "Visible") is None)


def _image(element: etree._Element) -> Image:
    return Image(*_file(element), _milliseconds(element, "Time"), _text(element, "Title"))


def _attachment(element: etree._Element) -> Attachment:
    return Attachment(*_file(element), _text(element, "MimeType"))


def _file(element: etree._Element) -> tuple[str, int | None]:
    found = _at(element, "File")
    if found is None:
        raise ValueError("a file has no name")
    return _named(found)


def _named(element: etree._Element) -> tuple[str, int | None]:
    """Return the name that a file's element holds, and its CRC-32."""
    checksum = element.get("Checksum")
    return element.text or "", None if checksum is None else int(checksum, 16)


def _all(
    parent: etree._Element, container: str, fact: Callable[[etree._Element], _Fact]
) -> tuple[_Fact, ...]:
    held = _at(parent, container)
    return () if held is None else tuple(map(fact, held))


def _text(element: etree._Element, name: str) -> str:
    return element.findtext(_name(name)) or ""


def _at(element: etree._Element, name: str) -> etree._Element | None:
    return element.find(_name(name))


def _milliseconds(element: etree._Element, name: str) -> int:
    """Return a duration of the only form that is written: PT, seconds, at most three decimals, S."""
    seconds, _, fraction = _text(element, name).removeprefix("PT").removesuffix("S").partition(".")
    return int(seconds) * 1000 + int(fraction.ljust(3, "0"))


def _duration(milliseconds: int) -> str:
    """Return an xs:duration in seconds: PT0S, PT1.041S, PT3600S."""
    seconds, rest = divmod(milliseconds, 1000)
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    return f"PT{seconds}{fraction}S"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
