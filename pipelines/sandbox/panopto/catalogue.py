"""Sessions and folders under /api/v1.

Sources: Panopto's Swagger 2.0 (field names, statuses, order), panopto-api-python-examples; that children may
be missing from lists is told from the field. Not established and chosen here: a search does not see a session
until the index has caught up, nor does any list a folder that was just made; names are trimmed and otherwise
kept.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.panopto import documents
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
from pipelines.sandbox.panopto.documents import Told
from pipelines.sandbox.panopto.lists import Key, ordered, page, wanted
from pipelines.sandbox.panopto.model import Access, Folder, Grant, Session
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.reach import Reach
from pipelines.sandbox.panopto.site import Site, guid

NOWHERE = "00000000-0000-0000-0000-000000000000"
SESSION_FIELDS: Mapping[str, Key[Session]] = {
    "Name": lambda one: (one.name, one.id),
    "CreatedDate": lambda one: (one.created, one.id),
    "Relevance": lambda one: (one.created, one.id),
}
CHILD_FIELDS: Mapping[str, Key[Folder]] = {"Name": lambda one: (one.name, one.id)}
FOLDER_FIELDS: Mapping[str, Key[Folder]] = {**CHILD_FIELDS, "Relevance": lambda one: (one.name, one.id)}


class Catalogue:
    """The handlers of sessions and folders."""

    def __init__(self, site: Site, tokens: Tokens) -> None:
        self._site = site
        self._tokens = tokens
        self._reach = Reach(site, tokens)

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
        return answer(documents.session(self._site, self._reach.session(request), "whole"))

    async def update_session(self, request: web.Request) -> web.Response:
        """PUT /sessions/{id} with Name, Description or Folder; nothing else can be changed."""
        session = self._reach.own_session(request)
        asked = await document(request)
        if asked.get("Folder") is not None:
            who = user(request, self._tokens)
            session.folder_id = self._reach.writable(checked_guid(asked["Folder"], "Folder"), who).id
        session.name = str(asked.get("Name") or session.name)
        if asked.get("Description") is not None:
            session.description = str(asked["Description"])
        return answer(documents.session(self._site, session, "whole"))

    async def delete_session(self, request: web.Request) -> web.Response:
        """DELETE /sessions/{id}: 200 and its id."""
        session = self._reach.own_session(request)
        self._site.labels.replace(session, (), self._site.now())
        del self._site.sessions[session.id]
        return answer(session.id)

    async def search_sessions(self, request: web.Request) -> web.Response:
        """GET /sessions/search: words by their beginnings, * for all; an empty query is a 400."""
        who = caller(request, self._tokens).user
        is_wanted = wanted(request)
        indexed = self._site.clock() - self._site.switches.search_lag
        found = [
            session
            for session in self._site.existing()
            if session.exists_from <= indexed and is_wanted(f"{session.name} {session.description}")
            and self._site.may_see(self._site.folders[session.folder_id], who)
        ]  # fmt: skip
        return self._sessions(request, found, "found")

    async def folder_sessions(self, request: web.Request) -> web.Response:
        """GET /folders/{id}/sessions: every session that exists in the folder."""
        folder = self._reach.folder(request, missing=400)
        held = [one for one in self._site.existing() if one.folder_id == folder.id]
        return self._sessions(request, held, "listed")

    async def get_folder(self, request: web.Request) -> web.Response:
        """GET /folders/{id}."""
        return answer(documents.folder(self._site, self._reach.folder(request)))

    async def folder_children(self, request: web.Request) -> web.Response:
        """GET /folders/{id}/children; the zero GUID is the top."""
        who = caller(request, self._tokens).user
        at_top = request.match_info["id"] == NOWHERE
        parent = None if at_top else self._reach.folder(request, missing=400).id
        children = [one for one in self._site.folders.values() if one.parent == parent]
        seen = [one for one in children if self._site.may_see(one, who)]
        return self._folders(request, seen, "Name", CHILD_FIELDS)

    async def search_folders(self, request: web.Request) -> web.Response:
        """GET /folders/search."""
        who = caller(request, self._tokens).user
        is_wanted = wanted(request)
        seen = [one for one in self._site.folders.values() if self._site.may_see(one, who)]
        return self._folders(request, [one for one in seen if is_wanted(one.name)])

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
        name = str(asked.get("Name") or "").strip()
        if not name:
            raise Refused(400, "Name is missing.", "Name")
        parent, description = asked.get("Parent"), str(asked.get("Description") or "")
        if parent in (None, NOWHERE):
            above = None
            creator = Grant(self._site.people.signed_in(who).id, "User", "Creator")
            access = Access("Restricted", [creator])
        else:
            above, access = self._reach.writable(checked_guid(parent, "Parent"), who).id, Access()
        listed_from = self._site.clock() + self._site.switches.folder_lag
        folder = Folder(guid(), name, description, above, who, listed_from=listed_from, access=access)
        self._site.folders[folder.id] = folder
        front.concerns(request, folder.id)
        return answer(documents.folder(self._site, folder))

    def _sessions(self, request: web.Request, found: Iterable[Session], told: Told) -> web.Response:
        held = ordered(request, found, SESSION_FIELDS, "Name")
        return page(request, (documents.session(self._site, one, told) for one in held))

    def _folders(
        self,
        request: web.Request,
        found: Iterable[Folder],
        default: str = "Relevance",
        fields: Mapping[str, Key[Folder]] = FOLDER_FIELDS,
    ) -> web.Response:
        """Folders, but for those that were just made."""
        listed = [one for one in found if one.listed_from <= self._site.clock()]
        if request.query.get("canCreate", "").lower() == "true":
            who = caller(request, self._tokens).user
            listed = [one for one in listed if self._site.may_create(one, who)]
        held = ordered(request, listed, fields, default)
        return page(request, (documents.folder(self._site, one) for one in held))
