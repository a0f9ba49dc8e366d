"""Decides what of an event is moved: which publication, which streams, or why nothing.

The rules follow what Opencast's workflows publish: all renditions of a flavor show the same, streaming
formats stand beside the files they were made from, and the internal publication shows the uncut film.
The archive has the uncut film too: what is taken from there goes with its cut list and with a warning.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipelines.migration.renditions import best, file_name
from pipelines.opencast.model import ARCHIVE, TOO_LARGE, Element, Event, Publication, Track
from pipelines.opencast.usable import is_live, is_playlist, is_usable

Reason = Literal["not_ready", "live", "nothing_published", "no_media", "playlist_only", "not_selected"]
Role = Literal["Primary", "Secondary", "Audio"]

CHANNELS = ("engage-player", "api")
CUTS = "smil/cutting"
"""The flavor of the cut list."""

_BROKEN = frozenset({"PROCESSING_FAILURE", "PROCESSING_CANCELLED", "RECORDING_FAILURE"})
_FLAVORS = ("presenter", "presentation")
_CUT = frozenset({"delivery", "trimmed", "themed"})
"""What is made after the cut, by the second half of its flavor."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a run moves: those of `series` and those named in `events`, or all where both are empty.

    `limit` is the most events that are to be moved; who takes the events in counts them.
    """

    series: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    limit: int | None = None

    def covers(self, event: Event) -> bool:
        """Tell whether the event is among them, whatever the limit."""
        return self.everything or event.identifier in self.events or event.series in self.series

    @property
    def everything(self) -> bool:
        """Whether no event is left out."""
        return not self.series and not self.events


@dataclass(frozen=True, slots=True)
class Stream:
    """One file to move. `estimate` in bytes orders and never decides; None is not known.

    `track` is the key of the track within its event, `file_name` a generated name in plain ASCII.
    """

    role: Role
    track: str
    file_name: str
    estimate: int | None = None
    duration_ms: int | None = None
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """An event that is moved: its streams, the primary one first, and what the operator should know.

    `publication` is the one that they are of; all that belongs to them is taken from there. `cuts_from` is
    the cut list of streams that are uncut, None where there is none, and of streams that are cut already.
    """

    event: Event
    streams: tuple[Stream, ...]
    publication: Publication
    warnings: tuple[str, ...] = ()
    cuts_from: Element | None = None

    @property
    def estimate(self) -> int | None:
        """About how many bytes; None where that is not known of every stream."""
        sizes = [one.estimate for one in self.streams]
        return None if None in sizes else sum(size or 0 for size in sizes)


@dataclass(frozen=True, slots=True)
class Skip:
    """An event that is not moved in this run, and a sentence that says why."""

    reason: Reason
    why: str


def select(
    event: Event, wanted: Wanted | None = None, channels: tuple[str, ...] = CHANNELS
) -> Selected | Skip:
    """Decide about one event. `channels` are preferred in their order; any other public one comes after."""
    if wanted is not None and not wanted.covers(event):
        return Skip("not_selected", "it is not among the series and events of [select]")
    candidates = [(one, _chosen(one)) for one in _in_order(event.public, channels)]
    candidates = [(one, tracks) for one, tracks in candidates if tracks]
    if not candidates:
        return _nothing(event)
    if event.under_way:
        return Skip("not_ready", f"it is {_state(event)}: what it publishes may still be replaced")
    # A channel that holds the sound alone (a podcast) comes after one that shows the film.
    chosen, tracks = next((pair for pair in candidates if pair[1][-1].has_video), candidates[0])
    cuts = _cuts(chosen) if _is_uncut(chosen, tracks) else None
    warnings = (
        *_of_state(event),
        *_of_cut(chosen, tracks, cuts),
        *_left_behind(chosen, tracks, candidates),
        *_of_date(event),
    )
    return Selected(event, _streams(tracks, event), chosen, warnings, cuts)


def _in_order(publications: Iterable[Publication], channels: tuple[str, ...]) -> list[Publication]:
    rank = {channel: place for place, channel in enumerate(channels)}
    shown = (one for one in publications if not one.is_live)
    return sorted(shown, key=lambda one: (one.channel == ARCHIVE, rank.get(one.channel, len(rank))))


def _chosen(publication: Publication) -> tuple[Track, ...]:
    """Return the best film of each flavor, the first with sound, or else a sound and the silent films."""
    usable = _of_one_cut(publication, [one for one in publication.tracks if is_usable(one)])
    films = sorted(best(one for one in usable if one.has_video), key=_flavor_rank)
    if any(one.has_audio for one in films):
        # Panopto plays the primary stream's sound.
        return tuple(sorted(films, key=lambda one: not one.has_audio))
    sound = sorted(best(one for one in usable if not one.has_video), key=_flavor_rank)[:1]
    return (*sound, *films)


def _of_one_cut(publication: Publication, tracks: list[Track]) -> list[Track]:
    """Return of the archive's tracks those that are cut, or else those that are not: never some of both."""
    if publication.channel != ARCHIVE:
        return tracks
    return [one for one in tracks if _is_cut(one)] or tracks


def _is_cut(track: Track) -> bool:
    return track.flavor.partition("/")[2] in _CUT


def _is_uncut(chosen: Publication, tracks: tuple[Track, ...]) -> bool:
    return chosen.channel == ARCHIVE and not any(_is_cut(one) for one in tracks)


def _cuts(chosen: Publication) -> Element | None:
    return next((one for one in chosen.elements if one.flavor == CUTS and one.url), None)


def _flavor_rank(track: Track) -> int:
    kind = track.flavor.partition("/")[0]
    return _FLAVORS.index(kind) if kind in _FLAVORS else len(_FLAVORS)


def _streams(tracks: tuple[Track, ...], event: Event) -> tuple[Stream, ...]:
    """Return what is moved, each file under a name that no other one has."""
    streams: list[Stream] = []
    names: set[str] = set()
    for track in tracks:
        role: Role = "Secondary" if streams else "Primary" if track.has_video else "Audio"
        stem = _unused(_stem(track, role), names)
        names.add(stem)
        streams.append(_stream(track, role, stem, event))
    return tuple(streams)


def _stem(track: Track, role: Role) -> str:
    kind = track.flavor.partition("/")[0]
    return kind if kind in _FLAVORS and role != "Audio" else role.lower()


def _unused(stem: str, names: set[str]) -> str:
    """Return the stem, numbered from 2 on where it is one of `names`."""
    numbered = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(names) + 2))
    return next(one for one in numbered if one not in names)


def _stream(track: Track, role: Role, stem: str, event: Event) -> Stream:
    duration = track.duration_ms or event.duration_ms
    return Stream(
        role,
        track.key,
        file_name(stem, track),
        _estimate(track, duration),
        duration_ms=duration,
        md5=track.md5,
    )


def _estimate(track: Track, duration_ms: int | None) -> int | None:
    if track.size is not None:
        return track.size
    if not duration_ms or not track.bitrate:
        return None
    estimate = duration_ms * track.bitrate // 8000
    return estimate if estimate < TOO_LARGE else None


def _nothing(event: Event) -> Skip:
    """Say why an event has nothing to move: its publications first, then its state."""
    if is_live(event):
        return Skip("live", "it is a live stream, of which there is no file")
    if event.under_way:
        return Skip("not_ready", f"it is {_state(event)}: a later run looks again")
    told = [one for one in event.public if not one.refused]
    refused = "".join(f"; {one.refused}" for one in event.public if one.refused)
    if not told:
        return Skip("nothing_published", f"nothing of it is published for viewers{refused}")
    if any(is_playlist(track) for one in told for track in one.tracks):
        why = "it is published as playlists only, without a file behind them"
        return Skip("playlist_only", why + refused)
    channels = ", ".join(sorted({one.channel for one in told}))
    return Skip("no_media", f"its publications ({channels}) hold no film and no sound{refused}")


def _state(event: Event) -> str:
    return (event.status or event.processing_state).lower()


def _of_state(event: Event) -> tuple[str, ...]:
    if event.status in _BROKEN or event.processing_state in {"FAILED", "STOPPED"}:
        return (f"its latest workflow ended as {_state(event)}; what was published before is moved",)
    return ()


def _of_date(event: Event) -> tuple[str, ...]:
    return () if event.recorded else ("Opencast does not say when it was recorded",)


def _of_cut(chosen: Publication, tracks: tuple[Track, ...], cuts: Element | None) -> tuple[str, ...]:
    """Say that a film comes from the archive, and whether viewers were shown all of it."""
    if chosen.channel != ARCHIVE:
        return ()
    if not _is_uncut(chosen, tracks):
        return ("its films are taken out of the archive",)
    if cuts is None:
        return ("its films are taken out of the archive, and there is no cut list of them",)
    return ("its films are taken uncut out of the archive, and are to be cut by its cut list",)


def _left_behind(
    chosen: Publication, tracks: tuple[Track, ...], candidates: list[tuple[Publication, tuple[Track, ...]]]
) -> tuple[str, ...]:
    """Say where another channel holds more streams than the one that is moved."""
    richer = [one.channel for one, found in candidates if len(found) > len(tracks)]
    return (f"{chosen.channel} holds fewer streams than {richer[0]}",) if richer else ()
