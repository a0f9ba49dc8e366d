"""What a session is to get that no manifest says, kept in the checkpoint so that Opencast is asked once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipelines.opencast.model import Event


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """Captions of one language: the key of their file within the event, how it is written, and its language.

    `sent` is whether the manifest named them, so that Panopto should have them already.
    """

    key: str
    form: Literal["vtt", "dfxp", "srt", "unknown"]
    language: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Wants:
    """What is wanted of one event. `cut` is whether the session has cuts, so that its times are others.

    `unread` tells why `tags` are not of all subjects, or none yet, as the aspect stands then.
    """

    event_id: str
    series: str = ""
    presenters: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    captions: tuple[CaptionFile, ...] = ()
    cut: bool = False
    unread: Mapping[str, Any] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """The same as the checkpoint keeps it; what is empty is left out."""
        found = {name: value for name, value in asdict(self).items() if value and name != "event_id"}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def wants_of(
    event: Event,
    tags: Sequence[str],
    captions: Sequence[CaptionFile] = (),
    *,
    cut: bool = False,
    unread: Mapping[str, Any] | None = None,
) -> Wants:
    """Return what an event's session is to get."""
    people, files = tuple(event.presenters), tuple(captions)
    return Wants(event.identifier, event.series, people, tuple(tags), files, cut=cut, unread=unread or {})


def kept_in(facts: Mapping[str, Any], event_id: str) -> Wants | None:
    """Return what an item's facts tell; None where an older version wrote them, or nobody moved it."""
    told = facts.get("wants")
    if told is None:
        return None
    captions = tuple(CaptionFile(**one) for one in told.get("captions", ()))
    texts = {name: tuple(told.get(name, ())) for name in ("presenters", "tags")}
    cut, unread = told.get("cut", False), told.get("unread", {})
    return Wants(event_id, told.get("series", ""), **texts, captions=captions, cut=cut, unread=unread)
