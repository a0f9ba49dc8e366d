"""Compares the tracks of a publication: which can be moved as files, and which rendition is the best."""

import re
from collections.abc import Iterable
from posixpath import splitext
from urllib.parse import urlsplit

from pipelines.opencast.model import Track

_PLAYLISTS = frozenset(
    {
        "application/x-mpegurl",
        "application/vnd.apple.mpegurl",
        "audio/mpegurl",
        "audio/x-mpegurl",
        "application/dash+xml",
        "application/f4m+xml",
        "application/vnd.ms-sstr+xml",
    }
)
_PLAYLIST_ENDINGS = frozenset({".m3u8", ".m3u", ".mpd", ".f4m", ".ism", ".isml", ".smil"})
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


def is_playlist(track: Track) -> bool:
    """Tell whether a track is a list of pieces, or a stream, by media type, ending or scheme.

    Neither is_master_playlist nor has_video tells: Wowza's clones have neither, FFmpeg's variants the latter.
    """
    scheme, path = _address(track)
    if _mediatype(track) in _PLAYLISTS or (track.url and scheme not in {"http", "https"}):
        return True
    return any(splitext(step)[1] in _PLAYLIST_ENDINGS for step in path.split("/"))


def is_usable(track: Track) -> bool:
    """Tell whether a track is a whole film or sound that can be read as one file."""
    if not track.url or track.is_live or track.flavor.startswith("captions/") or is_playlist(track):
        return False
    return track.has_video or track.has_audio


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
    _, ending = splitext(_address(track)[1].rstrip("/"))
    if ending not in _KNOWN_ENDINGS:
        ending = _ENDINGS.get(_mediatype(track), ".mp4" if track.has_video else ".m4a")
    return stem + ending


def _mediatype(track: Track) -> str:
    return track.mediatype.partition(";")[0].strip().lower()


def _address(track: Track) -> tuple[str, str]:
    """Return scheme and path of a track's URL in lower case; what is no URL has no scheme."""
    try:
        address = urlsplit(track.url.lower())
    except ValueError:
        return "", ""
    return address.scheme, address.path
