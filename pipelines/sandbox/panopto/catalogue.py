"""Sessions and folders under /api/v1.

Sources: Panopto's Swagger 2.0 (field names, statuses), panopto-api-python-examples. Lists come in pages of
25 from pageNumber 0 without a total; an empty page is the end; unknown parameters (maxNumberResults,
pageSize, startDate, endDate) are ignored. Not established and chosen here: lists are newest first unless
asked otherwise, and a search does not see a session until the index has caught up.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import web

from pipelines.sandbox.panopto.answers import (
    API,
    Refused,
    answer,
    caller,
    checked_guid,
    document,
    route,
    user,
)
from pipelines.sandbox.panopto.model import Folder, Session
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.site import Site, guid

PAGE = 25
NOWHERE = "00000000-0000-0000-0000-000000000000"

Item = TypeVar("Item")


class Catalogue:
    """The handlers of sessions and folders."""

    def __init__(self, site: Site, tokens: Tokens) -> None:
        self._site = site
        self._tokens = tokens

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes; those with a fixed last word come before the ids."""

        def get(tail: str, handler: Callable[[web.Request], Any], name: str) -> None:
            router.add_get(route(API, tail), handler, name=name, allow_head=False)

        get("/sessions/search", self.search_sessions, "search_sessions")
        get("/sessions/{id}", self.get_session, "get_session")
        router.add_put(route(API, "/sessions/{id}"), self.update_session, name="update_session")
        router.add_delete(route(API, "/sessions/{id}"), self.delete_session, name="delete_session")
        get("/folders/search", self.search_folders, "search_folders")
        get("/folders/creator", self.creator_folders, "creator_folders")
        get("/folders/{id}", self.get_folder, "get_folder")
        get("/folders/{id}/sessions", self.folder_sessions, "folder_sessions")
        get("/folders/{id}/children", self.folder_children, "folder_children")
        router.add_post(route(API, "/folders"), self.create_folder, name="create_folder")

    async def get_session(self, request: web.Request) -> web.Response:
        """GET /sessions/{id}."""
        return answer(self._shown(self._session(request), whole=True))

    async def update_session(self, request: web.Request) -> web.Response:
        """PUT /sessions/{id} with Name, Description or Folder; nothing else can be changed."""
        session = self._session(request)
        self._writable(session.folder_id, user(request, self._tokens))
        asked = await document(request)
        if asked.get("Folder") is not None:
            session.folder_id = self._writable(
                checked_guid(asked["Folder"], "Folder"), user(request, self._tokens)
            ).id
        session.name = str(asked.get("Name") or session.name)
        session.description = (
            str(asked["Description"]) if asked.get("Description") is not None else session.description
        )
        return answer(self._shown(session, whole=True))

    async def delete_session(self, request: web.Request) -> web.Response:
        """DELETE /sessions/{id}: 200 and its id."""
        session = self._session(request)
        self._writable(session.folder_id, user(request, self._tokens))
        del self._site.sessions[session.id]
        return answer(session.id)

    async def search_sessions(self, request: web.Request) -> web.Response:
        """GET /sessions/search: words by their beginnings, * for all; an empty query is a 400."""
        who = caller(request, self._tokens).user
        wanted = _wanted(request)
        indexed = self._site.clock() - self._site.switches.search_lag
        found = [
            session
            for session in self._site.existing()
            if session.exists_from <= indexed and wanted(f"{session.name} {session.description}")
            and self._site.may_see(self._site.folders[session.folder_id], who)
        ]  # fmt: skip
        return self._sessions(request, found)

    async def folder_sessions(self, request: web.Request) -> web.Response:
        """GET /folders/{id}/sessions: every session that exists in the folder."""
        folder = self._folder(request, missing=400)
        return self._sessions(request, [one for one in self._site.existing() if one.folder_id == folder.id])

    async def get_folder(self, request: web.Request) -> web.Response:
        """GET /folders/{id}."""
        return answer(self._shown_folder(self._folder(request)))

    async def folder_children(self, request: web.Request) -> web.Response:
        """GET /folders/{id}/children; the zero GUID is the top."""
        who = caller(request, self._tokens).user
        at_top = request.match_info["id"] == NOWHERE
        parent = None if at_top else self._folder(request, missing=400).id
        children = [one for one in self._site.folders.values() if one.parent == parent]
        return self._folders(request, [one for one in children if self._site.may_see(one, who)])

    async def search_folders(self, request: web.Request) -> web.Response:
        """GET /folders/search."""
        who = caller(request, self._tokens).user
        wanted = _wanted(request)
        seen = [one for one in self._site.folders.values() if self._site.may_see(one, who)]
        return self._folders(request, [one for one in seen if wanted(one.name)])

    async def creator_folders(self, request: web.Request) -> web.Response:
        """GET /folders/creator: the folders that the user may create sessions in."""
        who = user(request, self._tokens)
        return self._folders(
            request, [one for one in self._site.folders.values() if self._site.may_create(one, who)]
        )

    async def create_folder(self, request: web.Request) -> web.Response:
        """POST /folders {"Name", "Description", "Parent"}: 200; equal names are no error."""
        who = user(request, self._tokens)
        asked = await document(request)
        if not asked.get("Name"):
            raise Refused(400, "Name is missing.", "Name")
        parent = asked.get("Parent")
        under = (
            self._writable(checked_guid(parent, "Parent"), who).id if parent not in {None, NOWHERE} else None
        )
        folder = Folder(guid(), str(asked["Name"]), str(asked.get("Description") or ""), under, who)
        self._site.folders[folder.id] = folder
        return answer(self._shown_folder(folder))

    def _session(self, request: web.Request) -> Session:
        who = caller(request, self._tokens).user
        session = self._site.session(checked_guid(request.match_info["id"], "id"))
        if session is None:
            raise Refused(404, "The requested session was not found.", "id")
        if not self._site.may_see(self._site.folders[session.folder_id], who):
            raise Refused(403, "No permission.")
        return session

    def _folder(self, request: web.Request, missing: int = 404) -> Folder:
        who = caller(request, self._tokens).user
        folder = self._site.folders.get(checked_guid(request.match_info["id"], "id"))
        if folder is None:
            raise Refused(missing, "The requested folder was not found.", "id")
        if not self._site.may_see(folder, who):
            raise Refused(403, "No permission.")
        return folder

    def _writable(self, folder_id: str, who: str) -> Folder:
        folder = self._site.folders.get(folder_id)
        if folder is None:
            raise Refused(400, "The folder was not found.", "Folder")
        if not self._site.may_create(folder, who):
            raise Refused(403, "No permission.")
        return folder

    def _sessions(self, request: web.Request, found: Iterable[Session]) -> web.Response:
        by_name = request.query.get("sortField") == "Name"
        ascending = request.query.get("sortOrder", "Asc" if by_name else "Desc") == "Asc"
        key = (lambda one: (one.name, one.id)) if by_name else (lambda one: (one.created, one.id))
        ordered = sorted(found, key=key, reverse=not ascending)
        return _page(request, [self._shown(one, whole=False) for one in ordered])

    def _folders(self, request: web.Request, found: Iterable[Folder]) -> web.Response:
        if request.query.get("canCreate", "").lower() == "true":
            who = caller(request, self._tokens).user
            found = [one for one in found if self._site.may_create(one, who)]
        descending = request.query.get("sortOrder") == "Desc"
        ordered = sorted(found, key=lambda one: (one.name, one.id), reverse=descending)
        return _page(request, [self._shown_folder(one) for one in ordered])

    def _shown(self, session: Session, *, whole: bool) -> dict[str, Any]:
        """A session; lists leave out who made it and all URLs but one."""
        pages = f"{self._site.url}/Panopto/Pages"
        folder = self._site.folders[session.folder_id]
        urls = {"ViewerUrl": f"{pages}/Viewer.aspx?id={session.id}"}
        if whole:
            urls |= {
                "EmbedUrl": f"{pages}/Embed.aspx?id={session.id}",
                "EditorUrl": f"{pages}/Viewer.aspx?id={session.id}&edit=true",
                "DownloadUrl": "",
            }
        return {
            "Id": session.id,
            "Name": session.name,
            "Description": session.description,
            "StartTime": _time(session.start_time),
            "Duration": session.duration,
            "MostRecentViewPosition": 0.0,
            **({"CreatedBy": {"Id": NOWHERE, "Username": folder.owner}} if whole else {}),
            "Urls": urls,
            "Folder": folder.id,
            "FolderDetails": {"Id": folder.id, "Name": folder.name},
            "Context": [],
            "PercentCompleted": 0,
        }

    def _shown_folder(self, folder: Folder) -> dict[str, Any]:
        parent = self._site.folders.get(folder.parent) if folder.parent else None
        page = f"{self._site.url}/Panopto/Pages/Sessions/List.aspx#folderID={folder.id}"
        return {
            "Id": folder.id,
            "Name": folder.name,
            "Description": folder.description,
            "ParentFolder": {"Id": parent.id, "Name": parent.name} if parent else None,
            "Urls": {"FolderUrl": page, "EmbedUrl": f"{page}&embedded=1", "ShareSettingsUrl": ""},
        }


def _page(request: web.Request, ordered: Sequence[Item]) -> web.Response:
    text = request.query.get("pageNumber", "0")
    if not text.isdecimal():
        raise Refused(400, "pageNumber is no page number.", "pageNumber")
    start = int(text) * PAGE
    return answer({"Results": ordered[start : start + PAGE]})


def _wanted(request: web.Request) -> Callable[[str], bool]:
    query = request.query.get("searchQuery", "").strip()
    if not query:
        raise Refused(400, "The query cannot be empty.", "searchQuery")
    if query == "*":
        return lambda _: True
    asked = _words(query)
    return lambda text: all(any(word.startswith(one) for word in _words(text)) for one in asked)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _time(moment: datetime) -> str:
    """A time as .NET writes one in UTC: the fraction is left out or loses its zeros."""
    fraction = f"{moment.microsecond:06}".rstrip("0")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"
