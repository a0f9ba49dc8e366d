"""Says what of an event would be lost where it is deleted: what Panopto was not given of what it has now.

What is on record tells what became of each aspect; the event tells which aspects it has. An aspect that was
not wanted, or came after the move, is on no record. No call.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pipelines.items import ItemState
from pipelines.migration.again import is_media_told
from pipelines.migration.aspects.attachments import attachments_of
from pipelines.migration.aspects.captions import captions_of
from pipelines.migration.aspects.chapters import table_of
from pipelines.migration.aspects.slides import slides_of
from pipelines.migration.aspects.tags import tags_of
from pipelines.migration.aspects.thumbnail import thumbnail_of
from pipelines.migration.ends import known
from pipelines.opencast.model import Event, Publication
from pipelines.recheck.sessions import Kept
from pipelines.report.aspects import WORDS

STREAMS = "streams"
"""What may be lost by this name: films of which no rendition was moved."""


def lost(event: Event, state: ItemState, session: Kept, losing: Collection[str]) -> str:
    """Say in a sentence what would be lost; nothing where all was carried, or may be lost (`losing`)."""
    return (
        needed(state, losing)
        or published_anew(event, state, session)
        or next(_uncarried(event, state, session, losing), "")
    )


def needed(state: ItemState, losing: Collection[str]) -> str:
    """Say which aspect was tried and not carried."""
    for name, aspect in sorted(state.aspects.items()):
        outcome = aspect.get("outcome")
        if outcome == "carried" or (outcome == "permanent" and name in losing):
            continue
        because = aspect.get("reason") or outcome
        return f"not carried: its {WORDS.get(name, name)} ({because}), which the source alone has"
    return ""


def published_anew(event: Event, state: ItemState, session: Kept) -> str:
    """Say where it is not known that what is published is what was sent; nothing where it is."""
    if not session.receipts:
        return "what was sent of it is not on record, so nobody knows whether its source has changed since"
    tracks = {one.key: one for held in event.publications for one in held.tracks}
    there = {*tracks, *(one.key for held in event.publications for one in held.elements)}
    if any(one.track not in there for one in session.receipts):
        return (
            "what was sent is not among what it publishes now, so nobody knows whether it has changed since"
        )
    sums = (state.seen or {}).get("sums") or ()
    now = [tracks[one.track].md5 if one.track in tracks else None for one in session.receipts]
    if is_media_told(state) or any(a and b and a != b for a, b in zip(sums, now, strict=False)):
        return "its films have changed since they were sent"
    return ""


def _uncarried(event: Event, state: ItemState, session: Kept, losing: Collection[str]) -> Iterator[str]:
    """Give what it has by now that is on no record."""
    if STREAMS not in losing:
        films = [one for one in known(state).get("left") or () if one.startswith("stream ")]
        yield from (f"its {one} was not moved, and is at the source alone" for one in films)
    for name, parts in _parts(event, _published(event, session)).items():
        aspect = state.aspects.get(name)
        if name in losing or not parts:
            continue
        if aspect is None and name == "access":
            yield "its access list was never granted: `ferry access` first, for it is at the source alone"
        elif aspect is None:
            yield f"nothing was ever carried of its {name}, which the source alone has"
        elif (count := _count(aspect)) is not None and len(parts) > count:
            yield f"it has more {name} by now than were carried ({len(parts)}, not {count})"


def _published(event: Event, session: Kept) -> Publication | None:
    """Return the publication whose films were sent."""
    sent = {one.track for one in session.receipts}
    return next((one for one in event.public if sent & {track.key for track in one.tracks}), None)


def _parts(event: Event, published: Publication | None) -> dict[str, tuple[object, ...]]:
    """Return what an event has of each aspect that no person gives, in parts that can be counted."""
    told: dict[str, tuple[object, ...]] = {"tags": tuple(tags_of(event.subjects)), "access": event.acl or ()}
    if published is None:
        return told
    names = (table_of(published), thumbnail_of(published))
    chapters, thumbnail = (() if one is None else (one,) for one in names)
    return told | {
        "captions": tuple(captions_of(published)),
        "chapters": chapters,
        "slides": slides_of(published)[0],
        "thumbnail": thumbnail,
        "attachments": attachments_of(published),
    }


def _count(aspect: Mapping[str, Any]) -> int | None:
    """Return how many parts of an aspect were carried, where that is on record and can be compared."""
    value = aspect.get("value")
    return len(value) if isinstance(value, list) else None
