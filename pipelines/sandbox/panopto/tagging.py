"""The tags of sessions under /api/v1: read, and replaced as a whole.

Source: Panopto's Swagger 2.0. Not established and chosen here: a tag is trimmed and cannot be empty.
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from pipelines.sandbox.panopto import documents
from pipelines.sandbox.panopto.answers import API, Refused, answer, document, moment, route
from pipelines.sandbox.panopto.labels import Label
from pipelines.sandbox.panopto.lists import Key, ordered
from pipelines.sandbox.panopto.model import Session
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.reach import Reach
from pipelines.sandbox.panopto.site import Site

FIELDS: Mapping[str, Key[Label]] = {
    "CreateDate": lambda one: (one.created, one.id),
    "UsageCount": lambda one: (one.uses, one.id),
    "Content": lambda one: (one.content, one.id),
    "Creator": lambda one: (one.creator, one.id),
    "MostRecentUseDate": lambda one: (one.used, one.id),
}


class Tagging:
    """The handlers of tags."""

    def __init__(self, site: Site, tokens: Tokens) -> None:
        self._site = site
        self._reach = Reach(site, tokens)

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        at = route(API, "/sessions/{id}/tags")
        router.add_get(at, self.get, name="get_session_tags", allow_head=False)
        router.add_put(at, self.put, name="update_session_tags")

    async def get(self, request: web.Request) -> web.Response:
        """GET /sessions/{id}/tags: all of them, on one page."""
        return self._told(request, self._reach.session(request))

    async def put(self, request: web.Request) -> web.Response:
        """PUT /sessions/{id}/tags {"Tags"}: the session has these and no others."""
        session = self._reach.own_session(request)
        asked = (await document(request)).get("Tags")
        if not isinstance(asked, list) or not all(isinstance(one, str) and one.strip() for one in asked):
            raise Refused(400, "Tags is no list of texts.", "Tags")
        self._site.labels.replace(session, [one.strip() for one in asked], self._site.now())
        return self._told(request, session)

    def _told(self, request: web.Request, session: Session) -> web.Response:
        labels = ordered(request, self._site.labels.of(session), FIELDS, "CreateDate")
        return answer({"Results": [self._tag(one) for one in labels]})

    def _tag(self, label: Label) -> dict[str, Any]:
        return {
            "Id": label.id,
            "Content": label.content,
            "UsageCount": label.uses,
            "CreateDate": moment(label.created),
            "MostRecentUseDate": moment(label.used),
            "CreatedBy": documents.user(self._site, label.creator),
        }
