"""What a session has besides its films, as its manifest says it, and what of that viewers get.

Not established and chosen here: what lies past the end of the session, or in a cut of it (so a published
sample's own words), is not there afterwards, and nobody is told; a cut of one video leaves the session as
long as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents of a video (the name of its file), at seconds of the session."""

    video: str
    time: float
    title: str
    description: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch that is left out, in seconds: of one video, or of the session where `video` is None."""

    start: float
    duration: float
    video: str | None = None

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True)
class Transcript:
    """Captions that a manifest names; `language` is its LCID, None where there is none."""

    file: str
    video: str
    language: str | None = None
    source: str = ""
    visible: bool = True
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, at seconds of the session."""

    file: str
    time: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to be downloaded."""

    file: str
    mediatype: str


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything of it; `thumbnail` is the name of a file."""

    entries: tuple[Entry, ...] = ()
    cuts: tuple[Cut, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    thumbnail: str | None = None

    @property
    def session_cuts(self) -> list[Cut]:
        """The cuts of the whole session, in order."""
        return sorted((cut for cut in self.cuts if cut.video is None), key=lambda cut: cut.start)


def shown(contents: Contents, length: float) -> Contents:
    """What viewers get of it in a session of so many seconds (uncut); 0 where nobody knows."""
    cuts = contents.session_cuts

    def seen(time: float) -> bool:
        return (not length or time < length) and not any(cut.start <= time < cut.end for cut in cuts)

    return replace(
        contents,
        entries=tuple(one for one in contents.entries if seen(one.time)),
        images=tuple(one for one in contents.images if seen(one.time)),
    )


def edited(length: float, cuts: Iterable[Cut]) -> float:
    """How long a session is without its cuts, which come in order and may overlap or go beyond its end."""
    left, at = 0.0, 0.0
    for cut in cuts:
        left += max(min(cut.start, length) - at, 0.0)
        at = max(at, min(cut.end, length))
    return left + length - at
