"""Stream uploads: how a file becomes a stream of a session that exists.

Source: Panopto/WatchFolderService 960dabd (UploadAPIWrapper.cs), Panopto/SessionUploadExample 9fcd510
(README). POST tells no state. What was uploaded under the same file name is
overwritten. `POST session`, which makes an empty session for this road, is called nowhere: a session that is
made so has no recording date.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import anyio

from engine import NotAllowed, RetryPolicy, ServerFault
from pipelines.config import SettingsError
from pipelines.panopto.calls import Calls, is_fine
from pipelines.panopto.client import anywhere
from pipelines.panopto.completing import completed, said
from pipelines.panopto.model import State, split_target, state_of
from pipelines.rest import path_of
from pipelines.secrecy import redacted


class StreamType(StrEnum):
    """Where a stream is shown; the names are the README's."""

    PRIMARY = "PrimaryVideo"
    SECONDARY = "SecondaryVideo"
    PRESENTATION = "SecondaryPresentation"

    @property
    def number(self) -> int:
        """How it is sent: the upload API writes its enumerations as numbers, in their order (inferred)."""
        return list(StreamType).index(self)


@dataclass(frozen=True, slots=True)
class StreamUpload:
    """An open upload into a session. `upload_target` is the right to write, `raw` goes back whole.

    A state that was not told is UPLOADING; one whose number is not known stays that number.
    """

    id: str
    session_id: str
    upload_target: str = field(repr=False)
    state: State | int = State.UPLOADING
    message: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


class Streams:
    """The calls. `check` raises NotAllowed where an upload target leads to a host that is not allowed.

    Besides what each call says, all raise AccountRefused, Refused where the account lacks a right, and a
    Transient error where trying again did not help. `policy` and `sleep` are for completing.
    """

    def __init__(
        self,
        calls: Calls,
        *,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        check: Callable[[str], None] = anywhere,
    ) -> None:
        self._calls = calls
        self._policy = policy or RetryPolicy()
        self._sleep = sleep
        self._check = check

    async def create(
        self, session_id: str, kind: StreamType, name: str, start: datetime | None = None
    ) -> StreamUpload:
        """Open an upload into a session; `name` is for people, `start` when the stream begins (else with it).

        Where the answer is lost another one is opened: Panopto gives the first up by itself, and nothing
        comes of it. Raises Refused where the session is not there or not ours to add to, SettingsError where
        the file would go to a host that is not allowed.
        """
        body = {"SessionID": session_id, "UploadTarget": name, "StreamType": kind.number}
        if start is not None:
            body["StreamStartTime"] = start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = await self._calls.call("POST", _path(), endpoint="POST upload", json=body)
        if not is_fine(answer):
            advice = "check that the session is there, and the account's right to edit it"
            raise self._calls.refusal(answer, f"opens no stream upload into session {session_id}", advice)
        upload = self._calls.read(read_stream_upload, answer)
        try:
            self._check(split_target(upload.upload_target, self._calls.where)[0])
        except NotAllowed as error:
            await self.cancel(upload.id)
            raise SettingsError(
                f"takes uploads at {error.where}, which is not allowed",
                where=self._calls.where,
                advice="if that host is Panopto's, name it in network.hosts",
            ) from None
        return upload

    async def get(self, upload_id: str) -> StreamUpload | None:
        """Return a stream upload as it stands, or None where Panopto knows none by that id."""
        answer = await self._calls.call("GET", _path(upload_id), endpoint="GET upload/{id}")
        if answer.status == 404:
            return None
        if not is_fine(answer):
            raise self._calls.refusal(answer, f"does not show stream upload {upload_id}")
        return self._calls.read(read_stream_upload, answer)

    async def submit(self, upload: StreamUpload) -> StreamUpload | None:
        """Say that the file is there; return how the upload stands, None where it is not known any more."""
        return await completed(
            lambda: said(
                self._calls,
                _path(upload.id),
                "PUT upload/{id}",
                upload.raw,
                read_stream_upload,
                f"does not complete stream upload {upload.id}",
            ),
            lambda: self.get(upload.id),
            lambda seen: seen.state == State.UPLOADING,
            policy=self._policy,
            sleep=self._sleep,
        )

    async def cancel(self, upload_id: str) -> None:
        """Give a stream upload up; one that Panopto does not know any more is none to give up."""
        answer = await self._calls.call("DELETE", _path(upload_id), endpoint="DELETE upload/{id}")
        if not is_fine(answer) and answer.status != 404:
            raise self._calls.refusal(answer, f"does not cancel stream upload {upload_id}")


def read_stream_upload(json: Any, where: str = "") -> StreamUpload:
    """Read a StreamUpload object; raises ServerFault where it is none. It writes SessionID, not SessionId."""
    if not isinstance(json, Mapping) or not isinstance(json.get("ID"), str) or not json["ID"]:
        raise ServerFault("answers without the ID of a stream upload", where=where)
    told = {
        name: one
        for name in ("SessionID", "UploadTarget", "Message")
        if isinstance(one := json.get(name), str)
    }
    return StreamUpload(
        id=json["ID"],
        session_id=told.get("SessionID", ""),
        upload_target=told.get("UploadTarget", ""),
        state=State.UPLOADING if json.get("State") is None else state_of(json["State"], where),
        message=redacted(told.get("Message", "")),
        raw=json,
    )


def _path(*segments: str) -> str:
    return path_of("Panopto", "PublicAPI", "REST", "upload", *segments)
