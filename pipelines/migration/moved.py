"""Says what of an event Panopto is given, and what the event has that stays behind.

Panopto takes a title, a date and a description (`panopto.manifest`); what has no field there is told by the
description, as far as the operator's template asks for it. Aspects that are wished (captions, slides) have
outcomes of their own and are not told here. Everything else that an event has is named, so that nobody
finds out by missing it. The flavors are those of Opencast's own workflows.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pipelines.config.template import DESCRIPTION, FIELD
from pipelines.migration.select import Selected
from pipelines.opencast.model import Event, Track
from pipelines.opencast.usable import is_usable

ACCESS = "access list"
"""What is said of an access control list: `ferry access` carries it, and no run does."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What is `taken` to Panopto and what is `left`, each a few plain words; the order is always the same."""

    taken: tuple[str, ...]
    left: tuple[str, ...]


_EXTRAS = (
    ("captions/*", "captions", "captions"),
    ("mpeg-7/*", "chapters and the text of slides", "chapters"),
    ("*/segment?preview", "previews of slides", "slides"),
    ("*/timeline?preview", "preview of the timeline", ""),
    ("*?preview", "thumbnails", "thumbnail"),
    ("security/*", ACCESS, ""),
    ("smil/*", "", ""),
    ("dublincore/*", "", ""),
)
"""What attachments and catalogues are, by flavor, the first that fits, and the aspect that carries them.

What has no words is told by the event. The plus of a preview is a space in some answers."""

_CAPTIONS = frozenset({"text/vtt", "application/x-subrip", "application/ttml+xml"})

_TOLD = {
    "description": "description",
    "presenters": "presenters",
    "contributors": "contributors",
    "location": "location",
    "language": "language",
    "license": "license",
    "rightsholder": "rightsholder",
    "source": "source",
    "series": "name of the series",
}
"""Fields of the template, and what is said of them."""


def moved(
    event: Event, selected: Selected, wished: Collection[str] = (), template: str = DESCRIPTION
) -> Moved:
    """Return what of an event is moved by `selected`, and what it has besides.

    `wished` are the aspects that have outcomes of their own, `template` words the description.
    """
    told = set(FIELD.findall(template))
    return Moved(
        tuple(_taken(event, selected, told)),
        tuple(dict.fromkeys(_left(event, selected, frozenset(wished), told))),
    )


def _taken(event: Event, selected: Selected, told: Collection[str]) -> Iterator[str]:
    if event.title.strip():
        yield "title"
    if event.recorded:
        yield "date"
    for field, words in _fields(event):
        if field in told:
            yield words if field == "description" else f"{words} (in the description)"
    count = len(selected.streams)
    yield f"{count} stream" if count == 1 else f"{count} streams"


def _fields(event: Event) -> Iterator[tuple[str, str]]:
    """Give the fields that an event has of those that a description can tell."""
    given = {
        "description": event.description.strip(),
        "presenters": event.presenters,
        "contributors": event.contributors,
        "location": event.location.strip(),
        "language": event.language.strip(),
        "license": event.license.strip(),
        "rightsholder": event.rightsholder.strip(),
        "source": event.source.strip(),
        "series": event.series_title.strip(),
    }
    yield from ((field, words) for field, words in _TOLD.items() if given[field])


def _left(event: Event, selected: Selected, wished: Collection[str], told: Collection[str]) -> Iterator[str]:
    """Name what is left, the most missed first."""
    tracks = [track for one in event.public for track in one.tracks]
    if "captions" not in wished and any(map(_is_caption, tracks)):
        yield "captions"
    yield from _extras((flavor for one in event.public for flavor in one.extras), wished)
    yield from _streams(tracks, selected)
    if event.acl:
        yield ACCESS
    if event.subjects and not {"tags"} & set(wished) and "subjects" not in told:
        yield "subjects"
    yield from (words for field, words in _fields(event) if field not in told)


def _extras(flavors: Iterable[str], wished: Collection[str]) -> Iterator[str]:
    """Name attachments and catalogues in the order of the table, what it does not know at the end."""
    met = set(flavors)
    for pattern, words, aspect in _EXTRAS:
        fitting = {flavor for flavor in met if fnmatchcase(flavor, pattern)}
        met -= fitting
        if fitting and words and aspect not in wished:
            yield words
    if "attachments" not in wished:
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
