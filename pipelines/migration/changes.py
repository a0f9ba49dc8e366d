"""What of an event has changed since its session was made, by digests and without a call.

The archive version rises with every write, also with those that change nothing which a session shows (a
mark of `ferry source`, an access list), so it is a hint and decides nothing. Two digests decide: one of the
films that are moved, one of the words that a session shows and of what its aspects carry. Both are of what
Opencast's lists tell. Of subjects these tell the first alone: where the version has risen, or subjects could
not be read, the others are asked for (pipelines.migration.subjects), of that event once.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from pipelines.config.template import DESCRIPTION, FIELD
from pipelines.items import ItemState
from pipelines.migration.aspects.captions import captions_of
from pipelines.migration.aspects.tags import tags_of
from pipelines.migration.films import sums_of
from pipelines.migration.meant import told
from pipelines.migration.select import Selected, Stream
from pipelines.opencast.model import Event
from pipelines.panopto.description import describe
from pipelines.panopto.manifest import title_of

MEDIA = "media_changed"
"""Why an item begins anew whose films are others, and what is told of it where it is only reported."""

DATE = "date_changed"
"""Why an aspect is told: a session keeps the date that it was made with."""

Seen = Mapping[str, Any]
"""What was seen of an event: `version` of its archive, digests of its `media` and `metadata`, the MD5 `sums`
of its films as far as they are told, and whether `subjects` are shown of which its list may not tell all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What sessions show of an event: the template of their descriptions, and the aspects that are wanted."""

    description: str = DESCRIPTION
    aspects: frozenset[str] = frozenset()

    @property
    def subjects(self) -> bool:
        """Whether subjects are among it, as tags or in the description."""
        return "tags" in self.aspects or "subjects" in FIELD.findall(self.description)


@dataclass(frozen=True, slots=True)
class Change:
    """What has changed of an event; nothing where all are false.

    `subjects` is that they may have, which nobody knows before they are read. `date` is that the session has
    another date than the event, and nothing is on record of it yet, or the other way round.
    """

    media: bool = False
    metadata: bool = False
    subjects: bool = False
    date: bool = False

    def __bool__(self) -> bool:
        """Whether anything has, or may have."""
        return self.media or self.metadata or self.subjects or self.date

    @property
    def words(self) -> tuple[str, ...]:
        """The names of what has, for all that is known."""
        return tuple(name for name in ("media", "metadata", "date") if getattr(self, name))


UNCHANGED = Change()


def change_of(seen: Seen, date: str, state: ItemState) -> Change | None:
    """Hold what is seen of an event now against its item; None where an older version kept nothing of it.

    `date` is when it was recorded (ISO 8601), empty where nobody knows any more. Films that look otherwise
    may be the same (pipelines.migration.films).
    """
    before = state.seen
    if before is None:
        return None
    return Change(
        media=before["media"] != seen["media"],
        metadata=before["metadata"] != seen["metadata"],
        subjects=seen["subjects"] and (_has_risen(before, seen) or is_unread(state)),
        date=bool(date) and date_told(state) != (date if is_another_date(date, state) else ""),
    )


def _has_risen(before: Seen, seen: Seen) -> bool:
    """Tell whether Opencast has kept another version of an event; some tell no version."""
    return seen["version"] is not None and before.get("version") != seen["version"]


def is_unread(state: ItemState) -> bool:
    """Tell whether subjects of an item could not be read, and the next run is to try again."""
    wants = (state.ended or state.earlier).get("wants") or {}
    return bool(wants.get("unread")) and "tags" in state.lacking


def is_another_date(date: str, state: ItemState) -> bool:
    """Tell whether the session was made with another date than the event has now, to the second."""
    made = (state.ended or state.earlier).get("date")
    if not made or not date:
        return False
    return abs(datetime.fromisoformat(made) - datetime.fromisoformat(date)) >= timedelta(seconds=1)


def date_told(state: ItemState) -> str:
    """Return which other date of the event is on record, empty where none is."""
    note = state.aspects.get("date", {})
    return note.get("value") or ""


def seen_of(selected: Selected, shown: Shown) -> Seen:
    """Return what is seen of an event now."""
    return {
        "version": selected.event.archive_version,
        "media": media_of(map(film_of, selected.streams)),
        "sums": sums_of(selected.streams),
        "metadata": metadata_of(selected, shown),
        "subjects": shown.subjects and bool(selected.event.subjects),
    }


def film_of(stream: Stream) -> str:
    """Return what tells a film from another one: its MD5, or else its key, its size and its length.

    With an MD5 its key says nothing: a publication that is made again has other keys, and the same films.
    """
    told = [stream.md5] if stream.md5 else [stream.track, stream.estimate, stream.duration_ms]
    return digest([stream.role, *told])


def media_of(films: Iterable[str]) -> str:
    """Return the digest of films, in the order in which they are moved."""
    return digest(list(films))


def metadata_of(selected: Selected, shown: Shown) -> str:
    """Return the digest of what a session shows in words, and of what its aspects carry.

    Of captions it is their languages: Panopto does not tell what becomes of a second file in one language.
    """
    event = selected.event
    carried: dict[str, Any] = {
        "tags": sorted(tags_of(event.subjects)),
        "owner": list(event.presenters),
        "captions": sorted(one.language for one in captions_of(selected.publication)),
    }
    return digest(
        [
            title_of(event.title, event.identifier),
            description_of(event, shown),
            {name: value for name, value in carried.items() if name in shown.aspects},
        ]
    )


def description_of(event: Event, shown: Shown) -> str:
    """Return the description that a session of an event has."""
    return describe(told(event), event.identifier, shown.description)


def digest(value: Any) -> str:
    """Return 16 hex digits: enough to tell two states of one event apart."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
