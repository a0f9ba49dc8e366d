"""What the emulated Opencast holds: series, events, publications and the files in them, as plain facts.

The words are Opencast's own. How they look on the wire, which depends on the version of the API, is told by
`opencast.render` alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

from pipelines.sandbox.media import Media

Checksum = Literal["none", "md5", "wrong"]


@dataclass(frozen=True, slots=True)
class Streams:
    """What the inspector found in a track. `duration` in milliseconds, `bitrate` in bits a second."""

    duration: int | None = None
    audio: bool = False
    video: bool = False
    width: int | None = None
    height: int | None = None
    framerate: float | None = None
    bitrate: float | None = None
    live: bool = False
    master_playlist: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """One file of a publication: a track where `streams` is there, else an attachment or a catalogue.

    Its bytes are `media`; without them it lies elsewhere, at `url`, or at a path of the file server's where
    nothing is. The API tells `size_told` where that is
    given (-1 and 0 mean unknown, a playlist's is copied from its film), else the truth. `modified` is in
    seconds since 1970. A `signed` file is served against a signature only.
    """

    identifier: str
    flavor: str
    mediatype: str
    name: str
    media: Media | None
    modified: int
    url: str = ""
    tags: tuple[str, ...] = ()
    size_told: int | None = None
    checksum: Checksum = "none"
    signed: bool = False
    ref: str = ""
    streams: Streams | None = None

    @property
    def size(self) -> int:
        """The size in bytes that the API tells."""
        if self.size_told is not None:
            return self.size_told
        return self.media.size if self.media else -1


@dataclass(frozen=True, slots=True)
class Publication:
    """One channel's publication. `url` is a player page's path, or a whole URL elsewhere.

    What is in one that is not `listed` is told by the search service alone, as before Opencast 11.3.
    """

    identifier: str
    channel: str
    mediatype: str = "text/html"
    url: str = ""
    media: tuple[Element, ...] = ()
    attachments: tuple[Element, ...] = ()
    catalogues: tuple[Element, ...] = ()
    listed: bool = True

    @property
    def as_told(self) -> Self:
        """The publication as the External API tells it."""
        return self if self.listed else replace(self, media=(), attachments=(), catalogues=())

    @property
    def elements(self) -> tuple[Element, ...]:
        """Everything in it that has a URL."""
        return (*self.media, *self.attachments, *self.catalogues)


@dataclass(frozen=True, slots=True)
class Series:
    """A series. `tabled` is whether the operator's table maps it to a folder."""

    identifier: str
    title: str
    created: datetime
    description: str = ""
    creator: str = "Opencast Project Administrator"
    subjects: tuple[str, ...] = ()
    organizers: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    language: str = ""
    license: str = ""
    rightsholder: str = ""
    readers: tuple[str, ...] = ("ROLE_MIGRATION",)
    tabled: bool = True


@dataclass(frozen=True, slots=True)
class Scheduling:
    """What a capture agent was told to record."""

    agent: str
    start: datetime
    end: datetime
    inputs: tuple[str, ...] = ("default",)


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `duration` (milliseconds) is that of its metadata, which is often None or 0.

    `status` is without its prefix "EVENTS.EVENTS.STATUS."; `readers` are the roles that its ACL lets read,
    `denied` those that it forbids to; `grants` are what else it allows, each a role and an action.
    """

    identifier: str
    title: str
    start: datetime
    created: datetime
    duration: int | None = None
    series: Series | None = None
    description: str = ""
    location: str = ""
    creator: str = "Opencast Project Administrator"
    presenters: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    language: str = ""
    rightsholder: str = ""
    license: str = ""
    source: str = ""
    status: str = "PROCESSED"
    processing_state: str = "SUCCEEDED"
    archive_version: int | None = 3
    has_previews: bool = True
    readers: tuple[str, ...] = ("ROLE_MIGRATION",)
    denied: tuple[str, ...] = ()
    grants: tuple[tuple[str, str], ...] = ()
    publications: tuple[Publication, ...] = ()
    archive: tuple[Element, ...] = ()
    scheduling: Scheduling | None = None

    @property
    def is_booking(self) -> bool:
        """Whether it is still to be recorded."""
        return self.status == "SCHEDULED" and self.scheduling is not None

    @property
    def originals(self) -> tuple[Element, ...]:
        """The tracks of its archive; what else is there is told by its media package alone."""
        return tuple(one for one in self.archive if one.streams is not None)

    @property
    def files(self) -> tuple[Element, ...]:
        """Every element of its publications."""
        return tuple(one for publication in self.publications for one in publication.elements)

    def with_element(self, element: Element, old: str = "") -> Self:
        """This event with an element in place of the `old` one, by its identifier, or that of the same one.

        Its archive has a new version.
        """
        publications = tuple(_replaced(one, element, old or element.identifier) for one in self.publications)
        return replace(self, publications=publications, archive_version=(self.archive_version or 0) + 1)


def _replaced(publication: Publication, element: Element, old: str) -> Publication:
    def new(elements: tuple[Element, ...]) -> tuple[Element, ...]:
        return tuple(element if one.identifier == old else one for one in elements)

    return replace(
        publication,
        media=new(publication.media),
        attachments=new(publication.attachments),
        catalogues=new(publication.catalogues),
    )
