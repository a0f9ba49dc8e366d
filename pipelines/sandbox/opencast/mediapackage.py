"""A media package as Opencast writes it: XML, and the JSON that a converter makes of that XML.

Source: opencast/opencast, MediaPackageParser.java; the JSON is as recorded. The converter knows no lists:
what is there once is an object, what is there more often an array, what is empty the empty text. The text of
an element becomes a number or a truth where it looks like one; an attribute stays a text.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from pipelines.sandbox.opencast.listing import date
from pipelines.sandbox.recordings import Element, Event, Streams

NAMESPACE = "http://mediapackage.opencastproject.org"


@dataclass(frozen=True, slots=True)
class Shown:
    """The elements that a media package has, and how their addresses and checksums are told."""

    elements: tuple[Element, ...]
    address: Callable[[Element], str]
    checksum: Callable[[Element], str]


def package(event: Event, shown: Shown) -> Any:
    """The media package of an event, as an XML element."""
    length = max((one.streams.duration or 0 for one in shown.elements if one.streams), default=0)
    attributes = {"id": event.identifier, "start": date(event.start), "duration": str(length)}
    names: Any = {None: NAMESPACE}
    root = etree.Element(f"{{{NAMESPACE}}}mediapackage", attributes, nsmap=names)
    _text(root, "title", event.title)
    if event.series:
        _text(root, "series", event.series.identifier)
        _text(root, "seriestitle", event.series.title)
    creators = _node(root, "creators")
    for creator in event.presenters:
        _text(creators, "creator", creator)
    tracks = [one for one in shown.elements if one.streams is not None]
    others = [one for one in shown.elements if one.streams is None]
    _group(root, "media", "track", tracks, shown)
    _group(root, "metadata", "catalog", [one for one in others if is_catalogue(one)], shown)
    _group(root, "attachments", "attachment", [one for one in others if not is_catalogue(one)], shown)
    _node(root, "publications")
    return root


def is_catalogue(element: Element) -> bool:
    """Whether a media package lists an element as a catalogue; what is none is an attachment."""
    return element.flavor.startswith(("dublincore/", "mpeg-7/", "smil/", "captions/dfxp"))


def to_xml(root: Any) -> bytes:
    """The media package as a document."""
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return document


def to_json(element: Any) -> Any:
    """An XML element as the converter has it: without its own name, which is its parent's key."""
    found: dict[str, Any] = dict(element.attrib)
    for child in element:
        name, value = etree.QName(child).localname, to_json(child)
        if name in found:
            several = found[name]
            found[name] = [*several, value] if isinstance(several, list) else [several, value]
        else:
            found[name] = value
    text = (element.text or "").strip()
    if not found:
        return _plain(text)
    return found | ({"$": text} if text else {})


def _plain(text: str) -> Any:
    """A truth or a number where a text looks like one: a title that is "2020" is a number."""
    if text in {"true", "false"}:
        return text == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def _group(root: Any, name: str, member: str, elements: Iterable[Element], shown: Shown) -> None:
    group = _node(root, name)
    for element in elements:
        attributes = {"id": element.identifier, "type": element.flavor}
        attributes |= {"ref": element.ref} if element.ref else {}
        _describe(_node(group, member, **attributes), element, shown)


def _describe(node: Any, element: Element, shown: Shown) -> None:
    _text(node, "mimetype", element.mediatype)
    tags = _node(node, "tags")
    for tag in element.tags:
        _text(tags, "tag", tag)
    _text(node, "url", shown.address(element))
    if element.size >= 0:
        _text(node, "size", str(element.size))
    digest, _, kind = shown.checksum(element).partition(" ")
    if digest:
        _text(node, "checksum", digest, type=kind.strip("()"))
    if element.streams is not None:
        _streams(node, element.streams)


def _streams(node: Any, streams: Streams) -> None:
    if streams.duration is not None:
        _text(node, "duration", str(streams.duration))
    if streams.audio:
        audio = _node(node, "audio", id="audio-1")
        _text(audio, "channels", "2")
        _text(audio, "samplingrate", "44100")
    if streams.video:
        video = _node(node, "video", id="video-1")
        for name, value in (("bitrate", streams.bitrate), ("framerate", streams.framerate)):
            if value is not None:
                _text(video, name, str(float(value)))
        if streams.width and streams.height:
            _text(video, "resolution", f"{streams.width}x{streams.height}")
    _text(node, "live", str(streams.live).lower())


def _text(node: Any, name: str, text: str, **attributes: str) -> None:
    _node(node, name, **attributes).text = text


def _node(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
