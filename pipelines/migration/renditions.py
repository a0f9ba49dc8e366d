"""Compares the tracks of a publication: which rendition is the best, and what its file is called."""

import re
from collections.abc import Iterable
from posixpath import splitext

from pipelines.opencast.model import Track
from pipelines.opencast.usable import address_of, mediatype_of

_ENDINGS = {
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/x-m4v": ".m4v",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
    "video/x-ms-wmv": ".wmv",
    "video/mpeg": ".mpg",
    "audio/mp4": ".m4a",
    "audio/x-m4a": ".m4a",
    "audio/aac": ".aac",
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
}
_KNOWN_ENDINGS = frozenset(_ENDINGS.values())
_QUALITY = re.compile(r"(\d{2,4})p-quality")


def best(tracks: Iterable[Track]) -> list[Track]:
    """Return the best rendition of each kind of flavor (presenter, presentation, ...), by the kind's name."""
    kinds: dict[str, Track] = {}
    for track in sorted(tracks, key=_worth):
        kinds[track.flavor.partition("/")[0]] = track
    return [kinds[kind] for kind in sorted(kinds)]


def _worth(track: Track) -> tuple[bool, int, int, int, str]:
    """Order renditions of one kind; the key comes last, so that each run chooses the same one."""
    delivered = track.flavor.partition("/")[2] == "delivery"
    return delivered, _pixels(track), track.bitrate or 0, track.size or 0, track.key


def _pixels(track: Track) -> int:
    if track.width and track.height:
        return track.width * track.height
    heights = [int(found[1]) for tag in track.tags if (found := _QUALITY.fullmatch(tag.lower()))]
    return max(heights, default=0) ** 2 * 16 // 9


def file_name(stem: str, track: Track) -> str:
    """Return the name of a file in plain ASCII: the stem, and the ending that the track's content has."""
    _, ending = splitext(address_of(track)[1].rstrip("/"))
    if ending not in _KNOWN_ENDINGS:
        ending = _ENDINGS.get(mediatype_of(track), ".mp4" if track.has_video else ".m4a")
    return stem + ending
