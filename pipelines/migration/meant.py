"""What the session of an event is meant to be: its manifest, and what is kept to verify it by."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine import Level, TransferResult, Unreadable
from pipelines.config.template import DESCRIPTION
from pipelines.migration.gather import Gathered
from pipelines.migration.verify import fingerprint
from pipelines.opencast.model import Event
from pipelines.panopto.description import Facts, describe
from pipelines.panopto.manifest import Cut, Manifest, Video, VideoType, title_of
from pipelines.panopto.schema import InvalidManifest


def recorded(event: Event) -> datetime:
    """Return when an event was recorded. Raises Unreadable where nobody knows."""
    if event.recorded is None:
        raise Unreadable(
            "Opencast does not say when it was recorded",
            where=event.identifier,
            advice="a date cannot be set at Panopto later: give the event one at the source",
        )
    return event.recorded


def manifest_of(
    event: Event,
    files: tuple[Mapping[str, Any], ...],
    results: Mapping[str, TransferResult],
    template: str = DESCRIPTION,
    gathered: Gathered | None = None,
) -> Manifest:
    """Return the manifest of an event whose files have been moved; `template` words its description.

    Captions and the table of contents are the first stream's, as their times are. Raises InvalidManifest for
    what Panopto would not take, such as two files of one name.
    """
    date, beside = recorded(event), gathered or Gathered()
    videos = [Video(file["name"], results[file["name"]].crc32, VideoType(file["role"])) for file in files]
    first = replace(videos[0], entries=beside.entries, transcripts=beside.transcripts)
    try:
        return Manifest(
            title=title_of(event.title, event.identifier),
            description=describe(told(event), event.identifier, template),
            date=date,
            videos=(first, *videos[1:]),
            images=beside.images,
            attachments=beside.attachments,
            cuts=beside.cuts,
            tags=beside.tags,
            thumbnail=beside.thumbnail,
        )
    except ValueError as error:
        raise InvalidManifest(f"its manifest would not be taken: {error}", where=event.identifier) from None


def told(event: Event) -> Facts:
    """Return what a description can tell of an event."""
    return {
        "description": event.description,
        "presenters": event.presenters,
        "contributors": event.contributors,
        "location": event.location,
        "language": event.language,
        "rightsholder": event.rightsholder,
        "license": event.license,
        "source": event.source,
        "series": event.series_title,
        "subjects": event.subjects,
        "creator": event.creator,
    }


def meant(
    manifest: Manifest, files: tuple[Mapping[str, Any], ...], results: Mapping[str, TransferResult]
) -> dict[str, Any]:
    """Return what the checkpoint keeps of a session to be: what to verify by, and how it was moved."""
    durations = [file["duration_ms"] for file in files if file["duration_ms"]]
    moved = list(results.values())
    names = {file["name"] for file in files}
    media = [results[name] for name in names]
    return {
        "title": manifest.title,
        "described": fingerprint(manifest.description),
        "date": manifest.date.isoformat(),
        "duration": shown_ms(max(durations), manifest.cuts) / 1000 if durations else None,
        "files": [file["name"] for file in files],
        "beside": sorted(file.file for file in manifest.files if file.file not in names),
        "bytes": sum(result.size for result in moved),
        "parts": sum(result.parts for result in moved),
        "checked": sum(result.checked for result in moved),
        "level": min((Level(one.level) for one in media), key=list(Level).index).value,
    }


def shown_ms(length_ms: int, cuts: Iterable[Cut]) -> int:
    """Return what is left of a length without its cuts, which may overlap and lie beyond its end."""
    left, past = length_ms, 0
    for cut in sorted(cuts, key=lambda one: one.start_ms):
        begin = max(cut.start_ms, past)
        past = max(past, min(cut.start_ms + cut.duration_ms, length_ms))
        left -= max(past - begin, 0)
    return left
