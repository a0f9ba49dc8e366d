"""Panopto's two APIs in memory, behind `Http.call`: what our own client, its tokens and its retries speak to.

A session exists from Processing on, some seconds after an upload was completed. An upload that timed out is
cancelled, and its folder at the S3 takes nothing any more.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import unquote

import anyio
import anyio.lowlevel
import orjson
from lxml import etree
from multidict import CIMultiDict

from engine import Answer, TimedOut, Unreachable
from pipelines.panopto.manifest import NAMESPACE, event_of
from pipelines.panopto.model import State

URL: Final = "https://panopto.example"
BUCKET: Final = "https://s3.example/bucket/"

PROCESSING_FROM: Final = 2.0
DONE_FROM: Final = 12.0
"""Seconds from completing an upload to its session, and to the end of processing."""

LANGUAGE: Final = re.compile(r'name="language"\r\n\r\n([A-Za-z_]+)')

Call = Literal[
    "token", "create", "get", "submit", "cancel", "session", "folder", "sessions", "captions", "tags"
]
Trouble = Literal["unheard", "unanswered", "silence", "page", "401", "403", "429", "500", "503"]
"""What becomes of a call: it does not arrive, its answer does not, nothing comes, a web page; a status."""

_ROUTES: tuple[tuple[str, str, Call], ...] = (
    ("POST", r"/Panopto/oauth2/connect/token", "token"),
    ("POST", r"/Panopto/PublicAPI/REST/sessionUpload", "create"),
    ("GET", r"/Panopto/PublicAPI/REST/sessionUpload/([^/]+)", "get"),
    ("PUT", r"/Panopto/PublicAPI/REST/sessionUpload/([^/]+)", "submit"),
    ("DELETE", r"/Panopto/PublicAPI/REST/sessionUpload/([^/]+)", "cancel"),
    ("GET", r"/Panopto/api/v1/sessions/([^/]+)", "session"),
    ("POST", r"/Panopto/api/v1/sessions/([^/]+)/captions", "captions"),
    ("PUT", r"/Panopto/api/v1/sessions/([^/]+)/tags", "tags"),
    ("GET", r"/Panopto/api/v1/folders/([^/]+)", "folder"),
    ("GET", r"/Panopto/api/v1/folders/([^/]+)/sessions", "sessions"),
)


@dataclass
class Upload:
    """A session upload; `completed` is when Panopto was told that all is there, `fails` how it ends then."""

    id: str
    folder_id: str
    state: State = State.UPLOADING
    completed: float | None = None
    fails: bool = False

    @property
    def prefix(self) -> str:
        """Its folder at the S3."""
        return f"prefix-{self.id}"

    @property
    def session_id(self) -> str | None:
        """Its session, from Processing on."""
        return f"s-{self.id}" if self.state in {State.PROCESSING, State.COMPLETE} else None

    @property
    def shown(self) -> dict[str, Any]:
        """As the upload API shows it."""
        return {
            "ID": self.id,
            "FolderId": self.folder_id,
            "SessionId": self.session_id,
            "UploadTarget": BUCKET + self.prefix,
            "State": int(self.state),
        }


class PanoptoInMemory:
    """Answers `Http.call`. `objects` gives what lies in a folder of the S3, `made` hears of each session.

    `heard` is told of each call when it arrives, with the id in its path. `troubles` has what becomes of the
    next calls of a name, in turn; `spoilt` counts completed uploads that will not be processed.
    """

    def __init__(
        self,
        objects: Callable[[str], Mapping[str, bytes]],
        made: Callable[[str], object],
        heard: Callable[[Call, str], None],
    ) -> None:
        self.uploads: dict[str, Upload] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.captions: dict[str, list[str]] = defaultdict(list)
        self.tags: dict[str, tuple[str, ...]] = {}
        self.submits: Counter[str] = Counter()
        self.troubles: dict[str, list[Trouble]] = defaultdict(list)
        self.spoilt = 0
        self.token = 0
        self._objects = objects
        self._made = made
        self._heard = heard

    def revoke(self) -> None:
        """Know the present token no longer."""
        self.token += 1

    def forget(self) -> list[Upload]:
        """Give up the uploads that are open; return them."""
        found = [one for one in self.uploads.values() if one.state is State.UPLOADING]
        for upload in found:
            upload.state = State.UPLOAD_CANCELLED
        return found

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Answer:
        """Answer a call, or do not."""
        await anyio.lowlevel.checkpoint()
        call, name = _route(method, url.removeprefix(URL).partition("?")[0])
        trouble = self.troubles[call].pop(0) if self.troubles[call] else ""
        self._heard(call, name)
        if trouble == "silence":
            await anyio.sleep(deadline)
            raise TimedOut("no answer in time", where="panopto")
        if trouble == "unheard":
            raise Unreachable("the connection was refused", where="panopto")
        if trouble == "page":
            return _answer(200, b"<html>Sign in</html>", "text/html")
        if trouble.isdigit():
            return _answer(int(trouble), b"{}")
        answer = self._answer(call, name, headers, body)
        if trouble == "unanswered":
            raise Unreachable("the connection broke", where="panopto")
        await anyio.lowlevel.checkpoint()
        return answer

    def _answer(self, call: Call, name: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if call == "token":
            return _json({"access_token": f"token-{self.token}", "expires_in": 3600})
        if headers.get("Authorization") != f"Bearer token-{self.token}":
            return _answer(403 if call in {"create", "get", "submit", "cancel"} else 401, b"{}")
        self._process()
        match call:
            case "create":
                return self._create(orjson.loads(body or b""))
            case "get" | "submit" | "cancel":
                return self._of_upload(call, name)
            case "session":
                return self._session(name)
            case "captions":
                self.captions[name] += LANGUAGE.findall((body or b"").decode())
                return _answer(200, b"")
            case "tags":
                self.tags[name] = tuple(orjson.loads(body or b"")["Tags"])
                return _json({"Results": []})
            case "folder":
                return _json({"Id": name, "Name": name})
            case _:
                return _json({"Results": [one for one in self.sessions.values() if one["Folder"] == name]})

    def _session(self, session_id: str) -> Answer:
        found = self.sessions.get(session_id)
        address = f"{URL}/captions" if self.captions[session_id] else None
        return _json({**found, "Urls": {"CaptionDownloadUrl": address}}) if found else _answer(404, b"{}")

    def _create(self, wanted: Mapping[str, Any]) -> Answer:
        upload = Upload(f"u{len(self.uploads) + 1}", wanted["FolderId"])
        self.uploads[upload.id] = upload
        return _json(upload.shown)

    def _of_upload(self, call: Call, name: str) -> Answer:
        upload = self.uploads.get(name)
        if upload is None:
            return _answer(404, b"{}")
        if call == "cancel":
            upload.state = State.UPLOAD_CANCELLED
        if call == "submit":
            if upload.state is not State.UPLOADING:
                return _answer(400, b"{}")
            self.submits[name] += 1
            upload.state, upload.completed = State.UPLOAD_COMPLETE, anyio.current_time()
            upload.fails, self.spoilt = self.spoilt > 0, max(self.spoilt - 1, 0)
        return _json(upload.shown)

    def _process(self) -> None:
        """Let what was completed come to what the time that has passed makes of it."""
        for upload in self.uploads.values():
            since = anyio.current_time() - (upload.completed if upload.completed is not None else 1e12)
            if upload.state is State.UPLOAD_COMPLETE and since >= PROCESSING_FROM:
                upload.state = State.PROCESSING_ERROR if upload.fails else State.PROCESSING
                if upload.state is State.PROCESSING:
                    self._make(upload)
            if upload.state is State.PROCESSING and since >= DONE_FROM:
                upload.state = State.COMPLETE

    def _make(self, upload: Upload) -> None:
        manifest = etree.fromstring(self._objects(upload.prefix)["manifest.xml"])
        title, description, date = (
            manifest.findtext(f"{{{NAMESPACE}}}{name}") or "" for name in ("Title", "Description", "Date")
        )
        session_id = upload.session_id or ""
        self.sessions[session_id] = {
            "Id": session_id,
            "Name": title,
            "Description": description,
            "StartTime": date,
            "Duration": 9.0,
            "Folder": upload.folder_id,
        }
        self._made(session_id)

    def by_event(self) -> Mapping[str, list[str]]:
        """Return the sessions of each event, by the marker in their descriptions."""
        found: dict[str, list[str]] = defaultdict(list)
        for session_id, session in self.sessions.items():
            found[event_of(session["Description"]) or ""].append(session_id)
        return found


def _route(method: str, path: str) -> tuple[Call, str]:
    for verb, pattern, call in _ROUTES:
        if verb == method and (match := re.fullmatch(pattern, path)):
            return call, unquote("".join(match.groups()))
    raise AssertionError(f"{method} {path} is no call of Panopto's")


def _json(value: Any) -> Answer:
    return _answer(200, orjson.dumps(value))


def _answer(status: int, body: bytes, kind: str = "application/json") -> Answer:
    headers = {"Content-Type": kind} | ({"Retry-After": "7"} if status == 429 else {})
    return Answer(status, CIMultiDict(headers), body)
