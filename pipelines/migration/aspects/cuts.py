"""Cut lists: SMIL names the parts of a film that are kept, Panopto those that are removed.

Only the archive's films need this: a publication is cut already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from pipelines.migration.aspects.documents import named, root_of
from pipelines.migration.aspects.refusals import BadCuts, BadTimes
from pipelines.migration.aspects.times import clip_time
from pipelines.panopto.manifest import Cut

_MEDIA = ("video", "audio", "ref")
_CLIPS = 10_000
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """A part that is kept, in milliseconds of the uncut film; without a `kind` it holds for all tracks."""

    start_ms: int
    end_ms: int
    kind: str = ""


def read_smil(document: bytes) -> tuple[Kept, ...]:
    """Return the parts that a cut list keeps, in order; parts that touch are one.

    Kinds of tracks (presenter, presentation) are told apart only where their parts differ. Raises BadCuts.
    """
    root = root_of(document, BadCuts)
    kinds = _kinds(root)
    clips: dict[str, list[_Span]] = {}
    for number, clip in enumerate(named(root, *_MEDIA), 1):
        if number > _CLIPS:
            raise BadCuts(f"the cut list has more than {_CLIPS} parts")
        clips.setdefault(kinds.get(clip.get("paramGroup", ""), ""), []).append(_span(clip, number))
    if not clips:
        raise BadCuts("the cut list names no part that is kept")
    joined = {kind: _joined(spans) for kind, spans in clips.items()}
    if len({tuple(spans) for spans in joined.values()}) == 1:
        joined = {"": next(iter(joined.values()))}
    return tuple(Kept(start, end, kind) for kind, spans in joined.items() for start, end in spans)


def cuts_of(kept: Iterable[Kept], duration_ms: int, kind: str = "") -> tuple[Cut, ...]:
    """Return what is removed from a film of this length: all but the parts kept of a kind, or of all.

    Raises BadCuts where nothing of the film would be left.
    """
    parts = sorted((one.start_ms, min(one.end_ms, duration_ms)) for one in kept if one.kind in {"", kind})
    parts = [(start, end) for start, end in parts if start < end]
    if not parts:
        raise BadCuts("the cut list keeps nothing of the film")
    cuts, at = [], 0
    for start, end in parts:
        if start > at:
            cuts.append(Cut(at, start - at))
        at = max(at, end)
    return tuple(cuts) if at >= duration_ms else (*cuts, Cut(at, duration_ms - at))


def _kinds(root: etree._Element) -> dict[str, str]:
    """Return the kind of track by the id of its group of parameters."""
    found: dict[str, str] = {}
    for group in named(root, "paramGroup"):
        flavors = [one.get("value", "") for one in named(group, "param") if one.get("name") == "track-flavor"]
        ids = [value for name, value in group.attrib.items() if etree.QName(name).localname == "id"]
        if flavors and ids:
            found[str(ids[0])] = flavors[0].partition("/")[0]
    return found


def _span(clip: etree._Element, number: int) -> _Span:
    try:
        start, end = clip_time(clip.get("clipBegin", "")), clip_time(clip.get("clipEnd", ""))
    except BadTimes as fault:
        raise BadCuts(f"part {number} of the cut list: {fault.what}") from None
    if start > end:
        raise BadCuts(f"part {number} of the cut list ends before it begins")
    return start, end


def _joined(spans: Sequence[_Span]) -> list[_Span]:
    """Return the spans, touching ones as one. Raises BadCuts where they are out of order."""
    joined: list[_Span] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            raise BadCuts("the cut list shows parts twice, or not in their order")
        if joined and start == joined[-1][1]:
            joined[-1] = joined[-1][0], end
        elif start < end:
            joined.append((start, end))
    return joined
