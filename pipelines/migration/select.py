"""Decides what of an event is moved: which publication, which one or two streams, or why nothing.

The rules follow what Opencast's workflows publish: all renditions of a flavor show the same, streaming
formats stand beside the files they were made from, and the internal publication shows the uncut film.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipelines.migration.renditions import best, file_name, is_playlist, is_usable
from pipelines.opencast.model import TOO_LARGE, Event, Publication, Track

Reason = Literal["not_ready", "live", "nothing_published", "no_media", "playlist_only", "not_selected"]
Role = Literal["Primary", "Secondary", "Audio"]

CHANNELS = ("engage-player", "api")
LIVE_CHANNEL = "engage-live"

NOT_YET = frozenset({"SCHEDULED", "RECORDING", "INGESTING", "PENDING", "PROCESSING", "PAUSED"})
_WORKING = frozenset({"INSTANTIATED", "RUNNING", "PAUSED", "FAILING"})
_BROKEN = frozenset({"PROCESSING_FAILURE", "PROCESSING_CANCELLED", "RECORDING_FAILURE"})
_FLAVORS = ("presenter", "presentation")


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
    """An event that is moved: its streams, the primary one first, and what the operator should know."""

    event: Event
    streams: tuple[Stream, ...]
    warnings: tuple[str, ...] = ()

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
    candidates = [(one, _chosen(one.tracks)) for one in _in_order(event.public, channels)]
    candidates = [(one, tracks) for one, tracks in candidates if tracks]
    if not candidates:
        return _nothing(event)
    if _is_under_way(event):
        return Skip("not_ready", f"it is {_state(event)}: what it publishes may still be replaced")
    # A channel that holds the sound alone (a podcast) comes after one that shows the film.
    chosen, tracks = next((pair for pair in candidates if pair[1][-1].has_video), candidates[0])
    warnings = (*_of_state(event), *_left_behind(chosen, tracks, candidates), *_of_date(event))
    return Selected(event, _streams(tracks, event), warnings)


def _in_order(publications: Iterable[Publication], channels: tuple[str, ...]) -> list[Publication]:
    rank = {channel: place for place, channel in enumerate(channels)}
    shown = (one for one in publications if one.channel != LIVE_CHANNEL)
    return sorted(shown, key=lambda one: rank.get(one.channel, len(rank)))


def _chosen(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """Return the best film of each flavor, or a film and its sound: at most two, the first with sound."""
    usable = [one for one in tracks if is_usable(one)]
    films = sorted(best(one for one in usable if one.has_video), key=_flavor_rank)[:2]
    if any(one.has_audio for one in films):
        # Panopto plays the primary stream's sound.
        return tuple(sorted(films, key=lambda one: not one.has_audio))
    sound = sorted(best(one for one in usable if not one.has_video), key=_flavor_rank)[:1]
    return (*sound, *films)[:2]


def _flavor_rank(track: Track) -> int:
    kind = track.flavor.partition("/")[0]
    return _FLAVORS.index(kind) if kind in _FLAVORS else len(_FLAVORS)


def _streams(tracks: tuple[Track, ...], event: Event) -> tuple[Stream, ...]:
    roles: tuple[Role, ...] = ("Primary" if tracks[0].has_video else "Audio", "Secondary")
    return tuple(_stream(track, role, event) for track, role in zip(tracks, roles, strict=False))


def _stream(track: Track, role: Role, event: Event) -> Stream:
    kind = track.flavor.partition("/")[0]
    stem = kind if kind in _FLAVORS and role != "Audio" else role.lower()
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
    tracks = [track for one in event.public for track in one.tracks]
    if _is_live(event, tracks):
        return Skip("live", "it is a live stream, of which there is no file")
    if _is_under_way(event):
        return Skip("not_ready", f"it is {_state(event)}: a later run looks again")
    if not event.public:
        return Skip("nothing_published", "nothing of it is published for viewers")
    if any(is_playlist(track) for track in tracks):
        return Skip("playlist_only", "it is published as playlists only, without a file behind them")
    channels = ", ".join(sorted({one.channel for one in event.public}))
    return Skip("no_media", f"its publications ({channels}) hold no film and no sound")


def _is_live(event: Event, tracks: list[Track]) -> bool:
    if event.public and all(one.channel == LIVE_CHANNEL for one in event.public):
        return True
    return bool(tracks) and all(track.is_live for track in tracks)


def _is_under_way(event: Event) -> bool:
    # API 1.0 tells no status; an empty processing state means that workflows were cleaned away.
    return event.status in NOT_YET if event.status else event.processing_state in _WORKING


def _state(event: Event) -> str:
    return (event.status or event.processing_state).lower()


def _of_state(event: Event) -> tuple[str, ...]:
    if event.status in _BROKEN or event.processing_state in {"FAILED", "STOPPED"}:
        return (f"its latest workflow ended as {_state(event)}; what was published before is moved",)
    return ()


def _of_date(event: Event) -> tuple[str, ...]:
    return () if event.recorded else ("Opencast does not say when it was recorded",)


def _left_behind(
    chosen: Publication, tracks: tuple[Track, ...], candidates: list[tuple[Publication, tuple[Track, ...]]]
) -> tuple[str, ...]:
    """Say which films are not moved: more than two of a publication, or more of them in another channel."""
    kept = {one.flavor.partition("/")[0] for one in tracks}
    films = (one for one in chosen.tracks if is_usable(one) and one.has_video)
    more = sorted({one.flavor.partition("/")[0] for one in films} - kept)
    warnings = [f"of more than two streams {', '.join(more)} is left out"] if more else []
    richer = [one.channel for one, found in candidates if len(found) > len(tracks)]
    if richer:
        warnings.append(f"{chosen.channel} holds fewer streams than {richer[0]}")
    return tuple(warnings)
