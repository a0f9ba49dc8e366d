"""The things that Panopto holds: folders, sessions, uploads and stored objects."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Literal

from pipelines.sandbox.container import Container
from pipelines.sandbox.panopto.contents import Contents

StreamType = Literal["PrimaryVideo", "SecondaryVideo", "SecondaryPresentation"]


class State(IntEnum):
    """State of an upload (Panopto/SessionUploadExample REST/UploadStatus.cs)."""

    UPLOADING = 0
    UPLOAD_COMPLETE = 1
    UPLOAD_CANCELLED = 2
    PROCESSING = 3
    COMPLETE = 4
    PROCESSING_ERROR = 5
    DELETING_FILES = 6
    DELETED = 7
    DELETING_ERROR = 8


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` (seconds of the site's clock) on an upload is in this state."""

    at: float
    state: State
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that a user or a group has: Viewer, Creator or Publisher."""

    principal_id: str
    principal_type: str
    role: str


@dataclass(slots=True)
class Access:
    """What a session or folder was given itself; without a level it inherits."""

    level: str | None = None
    grants: list[Grant] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; `owner` may create sessions in it, everybody may see it where it is public.

    Lists tell of it from `listed_from` on.
    """

    id: str
    name: str
    description: str = ""
    parent: str | None = None
    owner: str | None = None
    public: bool = False
    listed_from: float = 0.0
    access: Access = field(default_factory=Access, compare=False)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A whole object in an upload's target.

    `segments` are its files in order, none where its bytes were dropped after they were hashed; `container`
    is what the bytes were seen to be.
    """

    key: str
    size: int
    etag: str
    sha256: str
    crc32: int
    parts: int
    container: Container | None
    segments: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Availability:
    """One end of the time in which a session can be watched; a date with SpecificDate alone."""

    setting: Literal["Immediately", "WithItsFolder", "SpecificDate", "Never", "Forever"] = "WithItsFolder"
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Caption:
    """Captions of a session; `language` is one of Panopto's, None for its "Default" ones.

    They are there from `since` on, in seconds of the site's clock; the session tells of them some time later.
    """

    language: str | None
    sha256: str
    size: int
    came: Literal["upload", "manifest", "soap"]
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A file that an upload added to a session; it is there from `since` on and ends at `end` seconds."""

    type: StreamType
    upload_id: str
    since: float
    end: float


@dataclass(slots=True)
class Session:
    """A session; it exists from `exists_from` on. `start_time` is the recording date.

    `files` and `duration` are the manifest's, `added` the streams that came later, by their files' names.
    `owner` is the key of a user ("ferry", "idp\\name"); `external_id` is empty where there is none.
    """

    id: str
    folder_id: str
    name: str
    description: str
    start_time: datetime
    created: datetime
    duration: float = 0.0
    exists_from: float = 0.0
    upload_id: str | None = None
    files: tuple[str, ...] = ()
    manifest: str | None = None
    manifest_key: str | None = None
    owner: str = ""
    external_id: str = ""
    availability_start: Availability = Availability()
    availability_end: Availability = Availability()
    captions: list[Caption] = field(default_factory=list)
    tags: tuple[str, ...] = ()
    access: Access = field(default_factory=Access)
    added: dict[str, Stream] = field(default_factory=dict)
    contents: Contents = field(default_factory=Contents)

    def all_files(self, now: float) -> list[str]:
        """The names of its files, each once."""
        added = (name for name, stream in self.added.items() if stream.since <= now)
        return list(dict.fromkeys((*self.files, *added)))

    def whole_duration(self, now: float) -> float:
        """Until its last stream ends, in seconds."""
        return max(self.duration, *(one.end for one in self.added.values() if one.since <= now), 0.0)


@dataclass(slots=True)
class Upload:
    """An open or finished upload: of a session (sessionUpload), or of a stream to one (upload).

    `id`, `target` and the session's id are three different GUIDs; `target` opens the S3 side to whoever has
    it. `steps` tell the states to come as well as the past ones; nothing happens between them.
    """

    id: str
    target: str
    kind: Literal["session", "stream"]
    folder_id: str
    steps: Sequence[Step]
    session: Session | None = None
    objects: dict[str, StoredObject] = field(default_factory=dict)
    completions: int = 0
    reads_complete: int = 0
    stream_type: StreamType = "PrimaryVideo"
    stream_start: datetime | None = None

    def step(self, now: float) -> Step:
        """The step that the upload is in."""
        return [one for one in self.steps if one.at <= now][-1]

    def state(self, now: float) -> State:
        """The state that the upload is in."""
        return self.step(now).state
