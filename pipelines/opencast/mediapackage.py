"""Reads media packages: what the search service and the archive tell of an event, as publications of ours.

Sources: opencast/opencast, MediaPackageParser.java, SearchRestService.java, EventsEndpoint.java (/media),
AbstractAssetManagerRestEndpoint.java, and recorded answers. The search service's JSON is made of XML by rule:
what is there once is an object, what is there more often a list, what is empty a text; and a title that looks
like a number is one. The archive's package is XML itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from lxml import etree

from engine import Unreadable
from pipelines.opencast.model import ARCHIVE, SEARCH, Element, Publication, Track
from pipelines.opencast.payload import md5_of
from pipelines.opencast.table import Table, is_list

Kind = Literal["attachment", "catalogue"]

_RESOLUTION = re.compile(r"(\d{1,6})x(\d{1,6})")
_KINDS: Mapping[str, Kind] = {"attachment": "attachment", "catalog": "catalogue"}


def read_search(json: Any, identifier: str) -> Publication | None:
    """Read what the search service tells of one event, or None where that is nothing.

    A hit counts by its own id: a service that passes over the question answers other events. Raises
    Unreadable, which names the event and the field.
    """
    where = f"event {identifier}, search"
    reply = Table(json, where)
    if (old := reply.raw("search-results")) is not None:
        reply = Table(old, where)
    hits = (Table(hit, where) for hit in _several(reply.raw("result")))
    packages = (Table(hit.raw("mediapackage") or {}, where) for hit in hits)
    found = next((one for one in packages if one.text("id") == identifier), None)
    if found is None:
        return None
    tracks = tuple(_track(one) for one in _members(found, "media", "track", where))
    elements = (
        *(_element(one, "attachment") for one in _members(found, "attachments", "attachment", where)),
        *(_element(one, "catalogue") for one in _members(found, "metadata", "catalog", where)),
    )
    return Publication("", SEARCH, tracks, elements)


def read_archive(media: Any, package: bytes, identifier: str) -> Publication:
    """Read the archive's tracks (the API's /media) and what its media package has besides.

    Raises Unreadable: without the package nobody knows whether there is a cut list.
    """
    where = f"event {identifier}, archive"
    if not is_list(media):
        raise Unreadable("is no list where its tracks were expected", where=where)
    tracks = tuple(_archived(Table(one, where)) for one in media)
    return Publication("", ARCHIVE, tracks, tuple(_elements(_root(package, where))))


def _several(value: Any) -> Iterable[Any]:
    """Return the members of what is a list where there are several; none is nothing or an empty text."""
    if value is None or value == "":
        return ()
    return value if is_list(value) else (value,)


def _members(package: Table, group: str, member: str, where: str) -> list[Table]:
    held = package.raw(group)
    if not isinstance(held, Mapping):
        return []
    return [Table(one, f"{where}, {group}") for one in _several(held.get(member))]


def _tags(json: Table) -> tuple[str, ...]:
    held = json.raw("tags")
    return tuple(str(one) for one in _several(held.get("tag"))) if isinstance(held, Mapping) else ()


def _element(json: Table, kind: Kind) -> Element:
    return Element(
        json.text("id"),
        kind,
        json.text("url"),
        flavor=json.text("type").lower(),
        mediatype=json.text("mimetype"),
        ref=json.text("ref"),
        tags=_tags(json),
        size=json.known("size"),
    )


def _track(json: Table) -> Track:
    track = Track(
        json.text("id"),
        json.text("url"),
        json.text("mimetype"),
        flavor=json.text("type").lower(),
        size=json.known("size"),
        md5=_md5(json.raw("checksum")),
        tags=_tags(json),
        has_audio=any(_several(json.raw("audio"))),
        duration_ms=json.duration("duration"),
        is_master_playlist=json.flag("master"),
        is_live=json.flag("live"),
    )
    videos = [one for one in _several(json.raw("video")) if isinstance(one, Mapping)]
    return _with_picture(track, Table(videos[0], "a video stream")) if videos else track


def _with_picture(track: Track, video: Table) -> Track:
    size = _RESOLUTION.fullmatch(video.text("resolution"))
    width, height = (int(size[1]) or None, int(size[2]) or None) if size else (None, None)
    return replace(track, has_video=True, bitrate=video.known("bitrate"), width=width, height=height)


def _md5(checksum: Any) -> str | None:
    match checksum:
        case {"type": "md5", "$": str(digest)}:
            return md5_of(f"{digest} (md5)")
        case _:
            return None


def _archived(json: Table) -> Track:
    """Read a track of the archive; before API 1.7 only its streams tell what it has.

    In recorded answers of another endpoint it has the names of a media package.
    """
    held = json.raw("streams")
    streams = {name: one for name, one in held.items() if one} if isinstance(held, Mapping) else {}
    videos = sorted(name for name in streams if name.startswith("video"))
    has_audio = any(name.startswith("audio") for name in streams)
    video = Table(streams[videos[0]], "a video stream") if videos else None
    return Track(
        json.text("identifier") or json.text("id"),
        json.text("uri") or json.text("url"),
        json.text("mimetype"),
        flavor=(json.text("flavor") or json.text("type")).lower(),
        size=json.known("size"),
        md5=md5_of(json.text("checksum")),
        tags=json.texts("tags"),
        has_audio=json.flag("has_audio", has_audio),
        has_video=json.flag("has_video", video is not None),
        duration_ms=json.duration("duration"),
        bitrate=video.known("bitrate") if video else None,
        width=video.known("framewidth") if video else None,
        height=video.known("frameheight") if video else None,
        is_master_playlist=json.flag("is_master_playlist"),
        is_live=json.flag("is_live"),
    )


def _root(package: bytes, where: str) -> etree._Element:
    """Parse a media package. Nothing that has a DTD is read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(package, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("is no media package: it is no XML", where=where) from error
    if root.getroottree().docinfo.internalDTD is not None or _name(root) != "mediapackage":
        raise Unreadable("is no media package", where=where)
    return root


def _elements(root: etree._Element) -> Iterator[Element]:
    """Yield the attachments and catalogues of a package, its publications' left out."""
    for group in root.iterchildren(etree.Element):
        if _name(group) not in {"attachments", "metadata"}:
            continue
        for one in group.iterchildren(etree.Element):
            if kind := _KINDS.get(_name(one)):
                yield _of_xml(one, kind)


def _of_xml(element: etree._Element, kind: Kind) -> Element:
    texts = {_name(one): (one.text or "").strip() for one in element.iterchildren(etree.Element)}
    size = Table(texts, "an element").known("size")
    return Element(
        element.get("id") or "",
        kind,
        texts.get("url", ""),
        flavor=(element.get("type") or "").lower(),
        mediatype=texts.get("mimetype", ""),
        ref=element.get("ref") or "",
        tags=tuple(one.text for one in element.iter("{*}tag") if one.text),
        size=size,
    )


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname
