"""Attachments: the files that a viewer could download beside a recording, and the names they get."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from posixpath import basename, splitext
from urllib.parse import unquote, urlsplit

from pipelines.opencast.model import Element, Publication

LENGTH = 48
"""Characters of a file's name before its ending."""

_MACHINERY = frozenset({"security", "caption", "captions", "dublincore", "smil", "mpeg-7", "chapters"})
_NOT_FILES = re.compile(r"preview|timeline|segment|manifest|playlist|hls|dash|smil|waveform")
_STREAMING = frozenset(
    {"application/x-mpegurl", "application/vnd.apple.mpegurl", "application/dash+xml", "application/smil",
     "application/f4m+xml", "application/vnd.ms-sstr+xml", "application/smil+xml", "text/vtt"}
)  # fmt: skip
_STREAMING_ENDINGS = frozenset({".m3u8", ".m3u", ".mpd", ".f4m", ".ism", ".smil", ".vtt", ".dfxp", ".srt"})
_ENDINGS = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/msword": ".doc",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/plain": ".txt",
}
_MEDIATYPES = {ending: mediatype for mediatype, ending in _ENDINGS.items()}
_PLAIN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, the name it is uploaded under (plain ASCII, its ending kept) and its media type."""

    element: Element
    file_name: str
    mediatype: str


def attachments_of(publication: Publication, taken: Iterable[str] = ()) -> tuple[Attachment, ...]:
    """Return what a viewer could download; no two have one name in any case, nor one that is `taken`."""
    names = {name.lower() for name in taken}
    found = []
    for element in publication.elements:
        if _is_download(element):
            name = _unique(_stem(element), _ending(element), names)
            names.add(name.lower())
            mediatype = _mediatype(element) or _MEDIATYPES.get(_ending(element), _PLAIN)
            found.append(Attachment(element, name, mediatype))
    return tuple(found)


def _is_download(element: Element) -> bool:
    """Tell a viewer's file from what players and Opencast itself need."""
    if element.kind != "attachment" or not element.url:
        return False
    kind, _, use = element.flavor.lower().partition("/")
    if kind == "attachment":
        return True
    if kind in _MACHINERY or _NOT_FILES.search(use) or element.flavor.lower() == "text/vtt":
        return False
    return _mediatype(element) not in _STREAMING and _ending(element) not in _STREAMING_ENDINGS


def _unique(stem: str, ending: str, names: set[str]) -> str:
    number, name = 1, stem + ending
    while name.lower() in names:
        number += 1
        name = f"{stem}-{number}{ending}"
    return name


def _stem(element: Element) -> str:
    """Return a name's letters, digits, dots and dashes; all else is one underscore."""
    plain = unicodedata.normalize("NFKD", splitext(_last(element.url))[0]).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9.-]+", "_", plain).strip("._-")[:LENGTH] or "attachment"


def _ending(element: Element) -> str:
    ending = splitext(_last(element.url))[1].lower()
    return ending if re.fullmatch(r"\.[a-z0-9]{1,8}", ending) else _ENDINGS.get(_mediatype(element), "")


def _last(url: str) -> str:
    """Return the last step of an address's path."""
    try:
        return basename(unquote(urlsplit(url).path))
    except ValueError:
        return ""


def _mediatype(element: Element) -> str:
    """Return the media type without its parameters, or an empty text where it is none."""
    told = element.mediatype.partition(";")[0].strip().lower()
    return told if re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", told) else ""
