"""Tells which tracks are whole films or sounds that can be read as one file, and which are streams."""

from posixpath import splitext
from urllib.parse import urlsplit

from pipelines.opencast.model import Event, Track

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


def is_playlist(track: Track) -> bool:
    """Tell whether a track is a list of pieces, or a stream, by media type, ending or scheme.

    Neither is_master_playlist nor has_video tells: Wowza's clones have neither, FFmpeg's variants the latter.
    """
    scheme, path = address_of(track)
    if mediatype_of(track) in _PLAYLISTS or (track.url and scheme not in {"http", "https"}):
        return True
    return any(splitext(step)[1] in _PLAYLIST_ENDINGS for step in path.split("/"))


def is_usable(track: Track) -> bool:
    """Tell whether a track is a whole film or sound that can be read as one file."""
    if not track.url or track.is_live or track.flavor.startswith("captions/") or is_playlist(track):
        return False
    return track.has_video or track.has_audio


def is_live(event: Event) -> bool:
    """Tell whether an event is a stream that goes on: by its channels, or as all its tracks are live."""
    if event.public and all(one.is_live for one in event.public):
        return True
    tracks = [track for one in event.public for track in one.tracks]
    return bool(tracks) and all(track.is_live for track in tracks)


def mediatype_of(track: Track) -> str:
    """Return a track's media type without its parameters, in lower case."""
    return track.mediatype.partition(";")[0].strip().lower()


def address_of(track: Track) -> tuple[str, str]:
    """Return scheme and path of a track's URL in lower case; what is no URL has no scheme."""
    try:
        address = urlsplit(track.url.lower())
    except ValueError:
        return "", ""
    return address.scheme, address.path
