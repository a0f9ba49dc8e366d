"""The sandbox's own books as frozen rows: what each server holds, and every request that reached it.

Nothing of ours is in them: neither checkpoint nor report, neither engine nor pipeline.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

MARKER = "Opencast: "
"""What stands before an event's id in the description of its session."""

Row = Mapping[str, Any]
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class File:
    """A file that Opencast serves."""

    event_id: str
    url: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event of Opencast that there was, as it is now."""

    event_id: str
    metadata: Row

    @property
    def subjects(self) -> frozenset[str]:
        """What it is about, in lower case."""
        return frozenset(str(one).strip().lower() for one in self.metadata.get("subjects") or ())


@dataclass(frozen=True, slots=True)
class Object:
    """A whole object at Panopto."""

    session_upload_id: str
    key: str
    size: int
    sha256: str

    @property
    def media(self) -> bool:
        """Whether it is a file of an event as it was there: manifest and captions are written by us."""
        return not self.key.lower().endswith((".xml", ".vtt"))


@dataclass(frozen=True, slots=True)
class Session:
    """A session at Panopto; `state` is that of its upload."""

    session_id: str
    session_upload_id: str | None
    folder_id: str
    title: str
    description: str
    state: int | None
    files: Sequence[str]
    external_id: str | None = None
    captions: Sequence[Row] = ()
    images: Sequence[Row] = ()
    attachments: Sequence[Row] = ()
    thumbnail: str | None = None
    tags: Sequence[str] = ()
    owner: str | None = None

    @property
    def event_id(self) -> str:
        """The event that it says it is of, else that of its external id; nothing where it has neither."""
        return (
            self.description.rpartition(MARKER)[2] if MARKER in self.description else self.external_id or ""
        )


@dataclass(frozen=True, slots=True)
class SessionUpload:
    """A session upload at Panopto; `completions` counts the PUTs that completed it."""

    session_upload_id: str
    session_id: str | None
    state: int
    completions: int
    folder_id: str = ""


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """A multipart upload that is neither completed nor aborted."""

    session_upload_id: str | None
    key: str
    upload_id: str


@dataclass(frozen=True, slots=True)
class LectureItem:
    """A lecture item of LumiNUS; `patches` counts those that were applied."""

    lecture_item_id: str
    session_id: str
    patches: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule of VALT; `edits` counts those that were applied."""

    schedule_id: int
    name: str
    room_ids: Sequence[int]
    start_at: int
    stop_at: int
    edits: int
    created_by: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a server saw it; seconds from the sandbox's start, and how long it took."""

    number: int
    at: float
    seconds: float
    service: str
    call: str
    about: str
    path: str
    headers: Mapping[str, str]
    status: int | None
    done: int | None
    fault: str | None
    bytes_in: int
    bytes_out: int

    @property
    def applied(self) -> bool:
        """Whether the operation was done, whatever was told of it."""
        return self.done is not None and self.done < 300


@dataclass(frozen=True, slots=True)
class Count:
    """How often a call was made, and the bytes of its bodies; kept also where the log is not."""

    service: str
    call: str
    count: int
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, slots=True)
class Books:
    """All of them, at one moment."""

    sources: Sequence[File] = ()
    objects: Sequence[Object] = ()
    sessions: Sequence[Session] = ()
    session_uploads: Sequence[SessionUpload] = ()
    multipart_uploads: Sequence[OpenUpload] = ()
    lecture_items: Sequence[LectureItem] = ()
    schedules: Sequence[Schedule] = ()
    requests: Sequence[Count] = ()
    log: Sequence[Request] = ()
    events: Sequence[Event] = ()

    def received(self) -> int:
        """Return the bytes of files and parts that Panopto's S3 received, whole or not."""
        return sum(one.bytes_in for one in self.requests if one.call in {"upload_part", "put_object"})

    def sent_again(self) -> int:
        """Return those beyond the bytes of its objects."""
        return self.received() - sum(one.size for one in self.objects)

    def calls(self, call: str) -> int:
        """Return how often a call arrived."""
        return sum(one.count for one in self.requests if one.call == call)

    def struck(self) -> list[str]:
        """Return the actions of the faults that did strike, in order."""
        return [one.fault for one in self.log if one.fault]


class Audited(Protocol):
    """A sandbox that is asked for its books."""

    def audit(self, name: str) -> Any:
        """Return a list of the audit by its path."""
        ...


def read(stand: Audited) -> Books:
    """Read the books of a sandbox as they are now."""

    def all_of(kind: Callable[..., One], name: str) -> list[One]:
        return rows(kind, stand.audit(name))

    return Books(
        sources=all_of(File, "sources"),
        objects=all_of(Object, "objects"),
        sessions=all_of(Session, "sessions"),
        session_uploads=all_of(SessionUpload, "session-uploads"),
        multipart_uploads=all_of(OpenUpload, "multipart-uploads"),
        lecture_items=all_of(LectureItem, "lecture-items"),
        schedules=all_of(Schedule, "schedules"),
        requests=all_of(Count, "requests"),
        log=all_of(Request, "log"),
        events=all_of(Event, "events"),
    )


def rows(kind: Callable[..., One], told: Iterable[Row]) -> list[One]:
    """Make rows of one kind of what the audit tells. Raises KeyError where it does not tell all of a row."""
    names = [one.name for one in fields(kind)]
    return [kind(**{name: row[name] for name in names}) for row in told]
