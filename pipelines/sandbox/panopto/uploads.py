"""The upload API under PublicAPI/REST: sessionUpload, upload (StreamUpload) and session.

Sources: Panopto/upload-python-sample 2e2c7f8, Panopto/SessionUploadExample 9fcd510 (Common.cs, README),
Panopto/WatchFolderService 960dabd (UploadAPIWrapper.cs). Not established and chosen here: an unknown folder
is a 404 and one without the right to create a 403; the PUT must carry the object's own ID, FolderId (or
SessionID) and UploadTarget and the state 1, else 400; a second such PUT is taken only while the upload is in
state 1 or 3 and changes nothing; only an open upload can be cancelled. A StreamType goes by its name or by
its number in the order of the README; a StreamStartTime without a zone is UTC. A stream joins its session
with state 4, in place of a file of the same name; one that ends in 5 leaves all as it was.
"""

from datetime import UTC, datetime
from typing import Any, get_args

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.panopto.answers import (
    PUBLIC_API,
    Refused,
    answer,
    caller,
    checked_guid,
    document,
    route,
    user,
)
from pipelines.sandbox.panopto.model import Folder, Session, State, StreamType, Upload
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.site import Site

COMPLETED = {State.UPLOAD_COMPLETE, State.PROCESSING}
CANCELLED = {State.UPLOAD_CANCELLED, State.DELETING_FILES, State.DELETED, State.DELETING_ERROR}
CREATED = 201
STREAM_TYPES: tuple[StreamType, ...] = get_args(StreamType)


class UploadApi:
    """The handlers of the upload API."""

    def __init__(self, site: Site, tokens: Tokens) -> None:
        self._site = site
        self._tokens = tokens

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        for kind, name in (("sessionUpload", "session_upload"), ("upload", "stream_upload")):
            base = f"{PUBLIC_API}/{kind}"
            create = self.create_session_upload if kind == "sessionUpload" else self.create_stream_upload
            router.add_post(route(base), create, name=f"create_{name}")
            router.add_get(route(base, "/{id}"), self.get, name=f"get_{name}", allow_head=False)
            router.add_put(route(base, "/{id}"), self.put, name=f"put_{name}")
            router.add_delete(route(base, "/{id}"), self.delete, name=f"delete_{name}")
        base = f"{PUBLIC_API}/session"
        router.add_post(route(base), self.create_session, name="create_session")
        router.add_get(route(base, "/{id}"), self.get_session, name="get_legacy_session", allow_head=False)

    async def create_session_upload(self, request: web.Request) -> web.Response:
        """POST /sessionUpload {"FolderId"}: 201 and a SessionUpload in state 0."""
        asked = await self._asked(request)
        folder = self._folder(asked.get("FolderId"), "FolderId", request)
        upload = self._site.open_session_upload(folder)
        front.concerns(request, upload.id)
        return answer(self._shown(upload), CREATED)

    async def create_stream_upload(self, request: web.Request) -> web.Response:
        """POST /upload {"SessionID", "UploadTarget", ...}: 201 and a StreamUpload."""
        asked = await self._asked(request)
        session = self._site.session(checked_guid(asked.get("SessionID"), "SessionID"))
        if session is None:
            raise Refused(404, "The session does not exist.")
        self._folder(session.folder_id, "FolderId", request)
        kind, start = _stream_type(asked.get("StreamType")), _stream_start(asked.get("StreamStartTime"))
        upload = self._site.open_stream_upload(session, kind, start)
        front.concerns(request, upload.id)
        return answer(self._shown(upload), CREATED)

    async def create_session(self, request: web.Request) -> web.Response:
        """POST /session {"Name", "ParentFolderID"}: 201 and an empty session, visible at once."""
        asked = await self._asked(request)
        folder = self._folder(asked.get("ParentFolderID"), "ParentFolderID", request)
        if not asked.get("Name"):
            raise Refused(400, "Name is missing.")
        session = self._site.add_session(folder, str(asked["Name"]))
        front.concerns(request, session.id)
        return answer(_session(session), CREATED)

    async def get_session(self, request: web.Request) -> web.Response:
        """GET /session/{id}."""
        caller(request, self._tokens)
        session = self._site.session(checked_guid(request.match_info["id"], "ID"))
        if session is None:
            raise Refused(404, "The session does not exist.")
        return answer(_session(session))

    async def get(self, request: web.Request) -> web.Response:
        """GET /{kind}/{id}: the upload as it is now."""
        user(request, self._tokens)
        upload = self._upload(request)
        if upload.state(self._site.clock()) is State.COMPLETE:
            upload.reads_complete += 1
        return answer(self._shown(upload))

    async def put(self, request: web.Request) -> web.Response:
        """PUT /{kind}/{id}: the whole object back with state 1 completes the upload."""
        asked = await self._asked(request)
        upload = self._upload(request)
        shown = self._shown(upload)
        for name in ("ID", "FolderId" if upload.kind == "session" else "SessionID", "UploadTarget"):
            if str(asked.get(name)).lower() != str(shown[name]).lower():
                raise Refused(400, f"{name} is not that of the upload.")
        if asked.get("State") != State.UPLOAD_COMPLETE:
            raise Refused(400, "Only the state 1 can be set.")
        if upload.state(self._site.clock()) not in {State.UPLOADING, *COMPLETED}:
            raise Refused(400, "The upload is not open.")
        await self._site.complete(upload)
        return answer(self._shown(upload))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /{kind}/{id}: cancels an open upload; a cancelled one is answered as it is."""
        user(request, self._tokens)
        upload = self._upload(request)
        state = upload.state(self._site.clock())
        if state is State.UPLOADING:
            fault = front.fault(request)
            end = fault.number("state", State.DELETED) if fault and fault.action == "state" else State.DELETED
            self._site.cancel(upload, State(int(end)))
        elif state not in CANCELLED:
            raise Refused(400, "The upload is completed and cannot be cancelled.")
        return answer(self._shown(upload))

    async def _asked(self, request: web.Request) -> dict[str, Any]:
        user(request, self._tokens)
        return await document(request)

    def _folder(self, folder_id: object, name: str, request: web.Request) -> Folder:
        folder = self._site.folders.get(checked_guid(folder_id, name))
        if folder is None:
            raise Refused(404, "The folder does not exist.")
        if not self._site.may_create(folder, user(request, self._tokens)):
            raise Refused(403, "No permission to create sessions in the folder.")
        return folder

    def _upload(self, request: web.Request) -> Upload:
        kind = "session" if "sessionupload" in request.path.lower() else "stream"
        upload = self._site.uploads.get(request.match_info["id"].lower())
        if upload is None or upload.kind != kind:
            raise Refused(404, "The upload does not exist.")
        front.concerns(request, upload.id)
        return upload

    def _shown(self, upload: Upload) -> dict[str, Any]:
        step = upload.step(self._site.clock())
        shown: dict[str, Any] = {"ID": upload.id}
        if upload.kind == "session":
            shown |= {"FolderId": upload.folder_id, "SessionId": self._session_id(upload)}
        else:
            shown |= {"SessionID": upload.session.id if upload.session else None}
        message = {"MessageID": 1 if step.message else 0, "Message": step.message}
        return {**shown, "UploadTarget": self._site.target_url(upload), "State": int(step.state), **message}

    def _session_id(self, upload: Upload) -> str | None:
        """The session's id, once it exists; with the switch only from the second look at state 4 on."""
        session = upload.session
        if session is None or session.exists_from > self._site.clock():
            return None
        late = self._site.switches.session_id_late == "on" and upload.reads_complete <= 1
        return None if late else session.id


def _session(session: Session) -> dict[str, Any]:
    return {"ID": session.id, "Name": session.name, "ParentFolderID": session.folder_id}


def _stream_type(asked: object) -> StreamType:
    if asked is None:
        return STREAM_TYPES[0]
    for number, name in enumerate(STREAM_TYPES):
        if asked == name or (asked == number and not isinstance(asked, bool)):
            return name
    raise Refused(400, f"StreamType is none of {', '.join(STREAM_TYPES)}.")


def _stream_start(asked: object) -> datetime | None:
    if asked is None:
        return None
    try:
        start = datetime.fromisoformat(str(asked))
    except ValueError as error:
        raise Refused(400, "StreamStartTime is no time.") from error
    return start if start.tzinfo else start.replace(tzinfo=UTC)
