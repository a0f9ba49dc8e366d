"""Says what of an event Panopto is given, and what the event has that stays behind.

Panopto takes a title, a date and a description (`panopto.manifest`); the description holds presenters and
location, for which it has no field. Everything else that an event has is named, so that nobody finds out
by missing it. The flavors are those of Opencast's own workflows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pipelines.migration.select import Selected
from pipelines.opencast.model import Event, Track
from pipelines.opencast.usable import is_usable


@dataclass(frozen=True, slots=True)
class Moved:
    """What is `taken` to Panopto and what is `left`, each a few plain words; the order is always the same."""

    taken: tuple[str, ...]
    left: tuple[str, ...]


_EXTRAS = (
    ("captions/*", "captions"),
    ("mpeg-7/*", "chapters and the text of slides"),
    ("*/segment?preview", "previews of slides"),
    ("*/timeline?preview", "preview of the timeline"),
    ("*?preview", "thumbnails"),
    ("security/*", "access list"),
    ("dublincore/*", ""),
)
"""What attachments and catalogues are, by flavor, the first that fits; what is empty is told by the event.

The plus of a preview is a space in some answers."""

_CAPTIONS = frozenset({"text/vtt", "application/x-subrip", "application/ttml+xml"})


def moved(event: Event, selected: Selected) -> Moved:
    """Return what of an event is moved by `selected`, and what it has besides."""
    return Moved(tuple(_taken(event, selected)), tuple(dict.fromkeys(_left(event, selected))))


def _taken(event: Event, selected: Selected) -> Iterator[str]:
    texts = (
        (event.title.strip(), "title"),
        (event.recorded, "date"),
        (event.description.strip(), "description"),
        (event.presenters, "presenters, in the description"),
        (event.location.strip(), "location, in the description"),
    )
    yield from (words for given, words in texts if given)
    count = len(selected.streams)
    yield f"{count} stream" if count == 1 else f"{count} streams"


def _left(event: Event, selected: Selected) -> Iterator[str]:
    """Name what is left, the most missed first."""
    tracks = [track for one in event.public for track in one.tracks]
    if any(map(_is_caption, tracks)):
        yield "captions"
    yield from _extras(flavor for one in event.public for flavor in one.extras)
    yield from _streams(tracks, selected)
    if event.acl:
        yield "access list"
    texts = (
        (event.series_title, "name of the series"),
        (event.contributors, "contributors"),
        (event.language, "language"),
        (event.license, "license"),
        (event.rightsholder, "rightsholder"),
    )
    yield from (words for given, words in texts if given)


def _extras(flavors: Iterable[str]) -> Iterator[str]:
    """Name attachments and catalogues in the order of the table, what it does not know at the end."""
    met = set(flavors)
    for pattern, words in _EXTRAS:
        fitting = {flavor for flavor in met if fnmatchcase(flavor, pattern)}
        met -= fitting
        if fitting and words:
            yield words
    yield from (f"attachment {flavor}" for flavor in sorted(met))


def _streams(tracks: Iterable[Track], selected: Selected) -> Iterator[str]:
    """Name the kinds of film of which no rendition is moved."""
    keys = {stream.track for stream in selected.streams}
    films = [(_kind(track), track.key in keys) for track in tracks if is_usable(track) and track.has_video]
    gone = {kind for kind, taken in films if taken}
    yield from (f"stream {kind}" for kind in sorted({kind for kind, _ in films} - gone))


def _is_caption(track: Track) -> bool:
    mediatype = track.mediatype.partition(";")[0].strip().lower()
    return track.flavor.startswith("captions/") or mediatype in _CAPTIONS


def _kind(track: Track) -> str:
    return track.flavor.partition("/")[0]
