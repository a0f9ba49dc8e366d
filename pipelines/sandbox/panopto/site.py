"""One Panopto site: what it holds, and what comes of an upload opened, completed or cancelled."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from pipelines.sandbox.faults import Fault, FaultScript
from pipelines.sandbox.panopto import rights, subtitles, timeline
from pipelines.sandbox.panopto.contents import Transcript
from pipelines.sandbox.panopto.disk import Disk
from pipelines.sandbox.panopto.labels import Labels
from pipelines.sandbox.panopto.model import (
    Caption,
    Folder,
    Session,
    State,
    Step,
    StoredObject,
    Stream,
    StreamType,
    Upload,
)
from pipelines.sandbox.panopto.multipart import OpenUploads
from pipelines.sandbox.panopto.people import People
from pipelines.sandbox.panopto.processing import Verdict, is_text, judge, judge_stream
from pipelines.sandbox.switches import Switches

PROCESS = "panopto.process"
"""The operation whose faults processing plays; its subject is "ID title"."""
LARGEST_MANIFEST = 16 << 20
GIVEN_UP = frozenset({State.DELETING_FILES, State.DELETED, State.DELETING_ERROR})


def guid() -> str:
    """A fresh GUID."""
    return str(uuid4())


@dataclass(slots=True)
class Site:
    """Folders, sessions, uploads, objects and people.

    `clock` counts seconds, `now` tells the date of a creation.
    """

    url: str
    disk: Disk
    switches: Switches
    faults: FaultScript
    folders: dict[str, Folder]
    random: Random
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    uploads: dict[str, Upload] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    multiparts: OpenUploads = field(default_factory=OpenUploads)
    labels: Labels = field(default_factory=Labels)
    people: People = field(default_factory=People)
    _targets: dict[str, Upload] = field(default_factory=dict)
    _unfinished: dict[str, Upload] = field(default_factory=dict)

    def may_see(self, folder: Folder, user: str | None) -> bool:
        """Whether a token's user, or one without a user, sees a folder and what is in it.

        The folder's level may show it to everybody who signs in, else its owner and those whom it is granted
        to see it. Groups are not looked into.
        """
        if folder.public or user is None:
            return folder.public
        who = self.people.signed_in(user).id
        granted = (one.grant.principal_id for one in rights.permissions(folder, self.folders))
        everybody = rights.settings(folder, self.folders).level != rights.LEVELS[0]
        return everybody or folder.owner == user or who in granted

    def may_create(self, folder: Folder, user: str | None) -> bool:
        """Whether a user may create sessions in a folder."""
        return user is not None and folder.owner == user

    def existing(self) -> Iterable[Session]:
        """The sessions that exist by now."""
        now = self.clock()
        return [session for session in self.sessions.values() if session.exists_from <= now]

    def session(self, session_id: str) -> Session | None:
        """A session, if it exists by now."""
        session = self.sessions.get(session_id.lower())
        return session if session is not None and session.exists_from <= self.clock() else None

    def target(self, target: str) -> Upload | None:
        """The upload that an UploadTarget belongs to."""
        return self._targets.get(target.lower())

    def target_url(self, upload: Upload) -> str:
        """The UploadTarget of an upload: https://{host}/Panopto/Upload/{guid}."""
        return f"{self.url}/Panopto/Upload/{upload.target}"

    def open_session_upload(self, folder: Folder) -> Upload:
        """A new session upload in state 0."""
        return self._opened(Upload(guid(), guid(), "session", folder.id, self._opening()))

    def open_stream_upload(self, session: Session, kind: StreamType, start: datetime | None) -> Upload:
        """A new upload of streams to a session."""
        return self._opened(
            Upload(
                guid(), guid(), "stream", session.folder_id, self._opening(), session,
                stream_type=kind, stream_start=start,
            )
        )  # fmt: skip

    def add_session(self, folder: Folder, name: str) -> Session:
        """An empty session, which exists at once."""
        now = self.now()
        session = Session(guid(), folder.id, name, "", now, now, owner=folder.owner or "")
        self.sessions[session.id] = session
        return session

    async def complete(self, upload: Upload) -> None:
        """Process an upload: decide how it ends and when it passes which state.

        While it is completed already (state 1 or 3) this only counts.
        """
        upload.completions += 1
        if upload.state(self.clock()) is not State.UPLOADING:
            return
        self._unfinished.pop(upload.id, None)
        upload.steps = (Step(self.clock(), State.UPLOAD_COMPLETE),)  # so a second PUT does nothing meanwhile
        stream = upload.kind == "stream"
        verdict = judge_stream(upload.objects) if stream else await self._judge(upload.objects)
        title = verdict.manifest.title if verdict.manifest else ""
        fault = self.faults.take(PROCESS, f"{upload.id} {title}")
        state, message = _ending(verdict, fault)
        upload.steps = timeline.completed(self.clock(), state, message, self.switches, self.random)
        if stream and state is State.COMPLETE:
            await self._add(upload, verdict)
        elif not stream:
            self._make(upload, verdict, fault)

    def cancel(self, upload: Upload, end: State = State.DELETED) -> None:
        """Cancel an open upload: 2, 6, then `end`."""
        upload.steps = timeline.cancelled(self.clock(), end, self.switches, self.random)

    async def sweep(self) -> None:
        """Remove the bytes of uploads that were cancelled or timed out."""
        now = self.clock()
        for upload in list(self._unfinished.values()):
            if upload.state(now) in GIVEN_UP:
                self._unfinished.pop(upload.id, None)
                dropped = [path for held in upload.objects.values() for path in held.segments]
                upload.objects.clear()
                await self.disk.drop([*dropped, *self.multiparts.forget(upload.target)])

    def _opening(self) -> timeline.Steps:
        return timeline.opened(self.clock(), self.switches, self.random)

    def _opened(self, upload: Upload) -> Upload:
        self.uploads[upload.id] = upload
        self._targets[upload.target] = self._unfinished[upload.id] = upload
        return upload

    async def _judge(self, objects: Mapping[str, StoredObject]) -> Verdict:
        texts = {key: await self._text(held) for key, held in objects.items() if is_text(key)}
        checksums, captions = self.switches.checksum == "on", self.switches.manifest_captions == "take"
        return judge(objects, texts, checksums, captions)

    async def _text(self, held: StoredObject) -> bytes:
        return await self.disk.read(held.segments, LARGEST_MANIFEST)

    async def _add(self, upload: Upload, verdict: Verdict) -> None:
        """Add streams to their session; a file of the same name that was there is overwritten."""
        session = upload.session
        assert session is not None  # noqa: S101 - a stream is one of a session
        since = timeline.begins(upload.steps, State.COMPLETE)
        offset = (upload.stream_start - session.start_time).total_seconds() if upload.stream_start else 0.0
        for name in upload.objects:
            before = session.added.get(name)
            session.added[name] = Stream(upload.stream_type, upload.id, since, offset + verdict.duration)
            earlier = self.uploads.get(before.upload_id if before else session.upload_id or "")
            if earlier is not None and name in earlier.objects:
                await self.disk.drop(earlier.objects.pop(name).segments)

    def _make(self, upload: Upload, verdict: Verdict, fault: Fault | None) -> None:
        """Make the session that the manifest describes."""
        read = verdict.manifest
        if read is None:
            return
        now, ended = self.now(), max(one.at for one in upload.steps)
        session = Session(
            id=guid(),
            folder_id=upload.folder_id,
            name=read.title,
            description=read.description,
            start_time=read.date or now,
            created=now,
            duration=verdict.duration,
            exists_from=timeline.begins(upload.steps, State.PROCESSING),
            upload_id=upload.id,
            files=tuple(file.name for file in read.files if file.name in upload.objects),
            manifest=read.text,
            manifest_key=verdict.manifest_key,
            owner=self.folders[upload.folder_id].owner or "",
            captions=[_caption(one, upload.objects, ended) for one in verdict.contents.transcripts],
            tags=verdict.contents.tags if self.switches.manifest_tags == "keep" else (),
            contents=verdict.contents,
        )
        _alter(session, fault)
        self.sessions[session.id] = upload.session = session


def _caption(transcript: Transcript, objects: Mapping[str, StoredObject], since: float) -> Caption:
    held = objects[transcript.file]
    return Caption(subtitles.language(transcript.language), held.sha256, held.size, "manifest", since)


def _ending(verdict: Verdict, fault: Fault | None) -> tuple[State, str | None]:
    if fault is None or fault.action != "state":
        return verdict.state, verdict.message
    message = fault.arguments.get("message")
    return State(int(fault.number("state", State.PROCESSING_ERROR))), str(message) if message else None


def _alter(session: Session, fault: Fault | None) -> None:
    if fault is None or fault.action != "alter":
        return
    for name, value in fault.arguments.items():
        setattr(session, name, datetime.fromisoformat(value) if name == "start_time" else value)
