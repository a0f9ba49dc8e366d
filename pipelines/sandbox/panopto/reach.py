"""The session or folder that a request to /api/v1 names, and whether its user may see or change it."""

from dataclasses import dataclass

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.panopto.answers import Refused, caller, checked_guid, user
from pipelines.sandbox.panopto.model import Folder, Session
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.site import Site


@dataclass(frozen=True, slots=True)
class Reach:
    """Looks things up for their handlers.

    Everything raises Refused; `missing` is the status of what is not there.
    """

    site: Site
    tokens: Tokens

    def session(self, request: web.Request, missing: int = 404) -> Session:
        """The session, which may be seen."""
        who = caller(request, self.tokens).user
        session = self.site.session(checked_guid(request.match_info["id"], "id"))
        if session is None:
            raise Refused(missing, "The requested session was not found.", "id")
        if not self.site.may_see(self.site.folders[session.folder_id], who):
            raise Refused(403, "No permission.")
        return session

    def folder(self, request: web.Request, missing: int = 404) -> Folder:
        """The folder, which may be seen."""
        who = caller(request, self.tokens).user
        folder = self.site.folders.get(checked_guid(request.match_info["id"], "id"))
        if folder is None:
            raise Refused(missing, "The requested folder was not found.", "id")
        if not self.site.may_see(folder, who):
            raise Refused(403, "No permission.")
        return folder

    def own_session(self, request: web.Request, missing: int = 404) -> Session:
        """The session, which may be changed; the log is told of it."""
        who = user(request, self.tokens)
        session = self.session(request, missing)
        front.concerns(request, session.id)
        self.writable(session.folder_id, who)
        return session

    def own_folder(self, request: web.Request, missing: int = 404) -> Folder:
        """The folder, which may be changed; the log is told of it."""
        who = user(request, self.tokens)
        folder = self.folder(request, missing)
        front.concerns(request, folder.id)
        return self.writable(folder.id, who)

    def writable(self, folder_id: str, who: str) -> Folder:
        """The folder of that id, in which this user may create sessions."""
        folder = self.site.folders.get(folder_id)
        if folder is None:
            raise Refused(400, "The folder was not found.", "Folder")
        if not self.site.may_create(folder, who):
            raise Refused(403, "No permission.")
        return folder
