"""What Opencast tells of an event, as far as it is carried on: frozen facts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

INTERNAL = "internal"
"""The channel of the editor's previews, which show the uncut film."""

LIVE = "engage-live"
"""The channel of a live stream."""

SEARCH = "search"
"""The channel of ours for what the search service tells: the files behind engage-player."""

ARCHIVE = "archive"
"""The channel of ours for what the archive holds: the originals, which nobody has cut."""

_NOT_YET = frozenset({"SCHEDULED", "RECORDING", "INGESTING", "PENDING", "PROCESSING", "PAUSED"})
_WORKING = frozenset({"INSTANTIATED", "RUNNING", "PAUSED", "FAILING"})

TOO_LARGE = 2**53
"""A number from here on measures nothing, and not every reader of JSON keeps it whole (RFC 8259, 6)."""


@dataclass(frozen=True, slots=True)
class Track:
    """A file, playlist or stream of a publication. What is None is not known.

    `size` is what Opencast says, which orders and never decides: it is copied onto playlists. `bitrate` is
    in bits a second and that of the picture alone. The query of `url` may be a signature, so it is a secret.
    """

    id: str
    url: str = field(repr=False)
    mediatype: str = ""
    flavor: str = ""
    size: int | None = None
    md5: str | None = None
    tags: tuple[str, ...] = ()
    has_audio: bool = False
    has_video: bool = False
    duration_ms: int | None = None
    bitrate: int | None = None
    width: int | None = None
    height: int | None = None
    is_master_playlist: bool = False
    is_live: bool = False

    @property
    def key(self) -> str:
        """What tells the track apart within its event: its id or, where Opencast knows none, its address."""
        return self.id or self.url.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Element:
    """A file of a publication that is no track: an attachment or a catalogue.

    `ref` is what it belongs to ("track:<id>;time=T00:00:10:410F1000"), often a track of the archive. The
    query of `url` may be a signature, so it is a secret. `size` orders and never decides.
    """

    id: str
    kind: Literal["attachment", "catalogue"]
    url: str = field(repr=False)
    flavor: str = ""
    mediatype: str = ""
    ref: str = ""
    tags: tuple[str, ...] = ()
    size: int | None = None

    @property
    def key(self) -> str:
        """What tells the element apart within its event, as a track's does."""
        return self.id or self.url.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Publication:
    """An event as one channel shows it. `elements` are its attachments, then its catalogues.

    `refused` says why nothing can be told of it, where it was asked for and that is so.
    """

    id: str
    channel: str
    tracks: tuple[Track, ...] = ()
    elements: tuple[Element, ...] = ()
    refused: str = ""

    @property
    def is_live(self) -> bool:
        """Whether its channel is that of live streams."""
        return self.channel == LIVE

    @property
    def extras(self) -> tuple[str, ...]:
        """The flavors of its attachments and catalogues, each once."""
        return tuple(dict.fromkeys(one.flavor for one in self.elements if one.flavor))


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of an access control list: a role may do something, or (`allow` false) may not."""

    role: str
    action: str
    allow: bool


@dataclass(frozen=True, slots=True)
class Scheduling:
    """What a capture agent was told to record; times have a zone. Opencast tells no duration."""

    agent: str
    start: datetime
    end: datetime
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """A series: what it is, and who gives it. An empty text is one that nobody gave."""

    identifier: str
    title: str = ""
    creator: str = ""
    organizers: tuple[str, ...] = ()
    description: str = ""
    subjects: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    language: str = ""
    license: str = ""
    rightsholder: str = ""
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A recording with its metadata. `series` is the series' id; an empty text is one that nobody gave.

    `status` is the last word of Opencast's key (PROCESSED, SCHEDULED, ...), or empty; `processing_state` that
    of the latest workflow, or empty where workflows were cleaned away. `creator` is the technical one's
    name, not the presenter's. `channels` are those of publication_status, internal ones too. `acl` and
    `scheduling` are None where they were not asked for or not told; an event without a scheduling has none
    either.
    """

    identifier: str
    title: str = ""
    description: str = ""
    presenters: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()
    location: str = ""
    language: str = ""
    rightsholder: str = ""
    license: str = ""
    source: str = ""
    subjects: tuple[str, ...] = ()
    creator: str = ""
    series: str = ""
    series_title: str = ""
    start: datetime | None = None
    created: datetime | None = None
    duration_ms: int | None = None
    status: str = ""
    processing_state: str = ""
    archive_version: int | None = None
    channels: tuple[str, ...] = ()
    publications: tuple[Publication, ...] = ()
    acl: tuple[Grant, ...] | None = None
    scheduling: Scheduling | None = None

    @property
    def recorded(self) -> datetime | None:
        """When it was recorded, as far as Opencast knows."""
        return self.start or self.created

    @property
    def under_way(self) -> bool:
        """Whether it is still to come or worked on, so that what it publishes may yet change.

        API 1.0 tells no status; an empty processing state means that workflows were cleaned away.
        """
        return self.status in _NOT_YET if self.status else self.processing_state in _WORKING

    @property
    def public(self) -> tuple[Publication, ...]:
        """The publications that viewers see."""
        return tuple(one for one in self.publications if one.channel != INTERNAL)


@dataclass(frozen=True, slots=True)
class Unread:
    """An event that could not be read: `reason` is gone or unreadable, `why` a sentence.

    `identifier` is empty where not even that could be read.
    """

    identifier: str
    reason: str
    why: str


@dataclass(frozen=True, slots=True)
class Me:
    """The account as Opencast sees it."""

    username: str
    roles: tuple[str, ...] = ()
