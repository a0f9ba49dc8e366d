"""What Panopto answers, as frozen facts: session uploads, sessions, folders, and where an upload's files go.

The upload API and the REST API are two: the one writes `ID` and `SessionId`, the other `Id` and `Folder`
(Panopto/SessionUploadExample 9fcd510; Panopto's Swagger of /Panopto/api/v1). Reading is tolerant: what is
missing is empty or None, and who needs it asks for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from engine import ServerFault, Target
from pipelines.secrecy import redacted


class State(IntEnum):
    """How a session upload stands (Panopto/SessionUploadExample, REST/UploadStatus.cs)."""

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
class SessionUpload:
    """An open upload: it becomes a session once Panopto processes it.

    `id`, the GUID in `upload_target` and `session_id` are three different GUIDs. `upload_target` is the right
    to write and is kept out of repr; so is `raw`, the object as it came, which goes back whole on completing.
    A state whose number is not known stays that number.
    """

    id: str
    folder_id: str
    session_id: str | None
    upload_target: str = field(repr=False)
    state: State | int
    message: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A recording at Panopto. `duration` is in seconds; the REST API tells no state."""

    id: str
    name: str
    description: str
    start_time: datetime | None
    duration: float | None
    folder_id: str
    viewer_url: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder at Panopto: what a series becomes; `parent_id` is where it lies, empty at the top."""

    id: str
    name: str
    parent_id: str = ""


def read_session_upload(json: Any, where: str = "") -> SessionUpload:
    """Read a SessionUpload object; raises ServerFault where it is none."""
    if not isinstance(json, Mapping) or not _text(json.get("ID")):
        raise ServerFault("answers without the ID of a session upload", where=where)
    return SessionUpload(
        id=_text(json["ID"]),
        folder_id=_text(json.get("FolderId")),
        session_id=_text(json.get("SessionId")) or None,
        upload_target=_text(json.get("UploadTarget")),
        state=state_of(json.get("State"), where),
        message=redacted(_text(json.get("Message"))),
        raw=json,
    )


def read_session(json: Any, where: str = "") -> Session:
    """Read a Session object of the REST API; raises ServerFault where it is none."""
    if not isinstance(json, Mapping) or not _text(json.get("Id")):
        raise ServerFault("answers without the Id of a session", where=where)
    urls = json.get("Urls")
    return Session(
        id=_text(json["Id"]),
        name=_text(json.get("Name")),
        description=_text(json.get("Description")),
        start_time=_moment(json.get("StartTime")),
        duration=_number(json.get("Duration")),
        folder_id=_text(json.get("Folder")),
        viewer_url=_text(urls.get("ViewerUrl")) if isinstance(urls, Mapping) else "",
    )


def read_page(json: Any, where: str = "") -> tuple[Session, ...]:
    """Read one page of a list of sessions; raises ServerFault where it is none."""
    return tuple(read_session(result, where) for result in _results(json, where, "sessions"))


def read_folders(json: Any, where: str = "") -> tuple[Folder, ...]:
    """Read one page of a list of folders; raises ServerFault where it is none."""
    return tuple(read_folder(result, where) for result in _results(json, where, "folders"))


def _results(json: Any, where: str, what: str) -> list[Any]:
    results = json.get("Results") if isinstance(json, Mapping) else None
    if not isinstance(results, list):
        raise ServerFault(f"answers a list of {what} without Results", where=where)
    return results


def read_folder(json: Any, where: str = "") -> Folder:
    """Read a Folder object of the REST API; raises ServerFault where it is none."""
    if not isinstance(json, Mapping) or not _text(json.get("Id")):
        raise ServerFault("answers without the Id of a folder", where=where)
    above = json.get("ParentFolder")
    parent_id = _text(above.get("Id")) if isinstance(above, Mapping) else ""
    return Folder(_text(json["Id"]), _text(json.get("Name")), parent_id)


def split_target(upload_target: str, where: str = "") -> tuple[str, str, str]:
    """Cut an upload target into S3 endpoint, bucket and key prefix.

    Bucket and prefix are the last two segments, as in Panopto/upload-python-sample 2e2c7f8; the host need not
    be the server's own. Raises ServerFault, without naming the target, where it has no such form.
    """
    endpoint, bucket, prefix = ["", "", "", *upload_target.rstrip("/").rsplit("/", 2)][-3:]
    if not (endpoint.partition("://")[2] and bucket and prefix):
        raise ServerFault("gives an upload target that is not a folder below an address", where=where)
    return endpoint, bucket, prefix


def target_of(upload_target: str, name: str) -> Target:
    """Return where the file `name` of an upload goes; keys are flat, so it must be a bare name."""
    if not name or "/" in name:
        raise ValueError(f"not a bare file name: {name!r}")
    endpoint, bucket, prefix = split_target(upload_target)
    return Target(endpoint, bucket, f"{prefix}/{name}")


def state_of(value: Any, where: str) -> State | int:
    """Read the state of an upload: one whose number is not known stays that number."""
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise ServerFault("answers a session upload without a state", where=where) from error
    try:
        return State(number)
    except ValueError:
        return number


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(value: Any) -> datetime | None:
    """Read an ISO moment; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
