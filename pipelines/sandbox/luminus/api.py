"""The calls of LumiNUS that have to do with web lectures.

Sources: fluminurs 63a1b07, fluminus 049c4fb and fluminus.dart 53d3200 (paths with their slashes, parameters,
envelope, the 400 of a module without a web lecture); the LumiNUS portal, PatchSession. Not established and
chosen here: what an id that is no GUID is answered with; a page size that also bounds `limit`; an order other
than by createdDate is not kept to.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from aiohttp import web

from pipelines.sandbox.luminus import binding, render
from pipelines.sandbox.luminus.answers import Invalid, Json, Refused, answer, envelope
from pipelines.sandbox.luminus.binding import GUID
from pipelines.sandbox.luminus.items import Items
from pipelines.sandbox.luminus.model import LectureItem, Module, WebLecture
from pipelines.sandbox.switches import Switches

PATCH_ANSWERS = ("item", "number", "nothing")
INT32 = re.compile(r"[+-]?\d{1,9}")


@dataclass(frozen=True, slots=True)
class Page:
    """Which entries of a list are asked for; `limit` is None where nobody named one."""

    offset: int
    limit: int | None


class Api:
    """The handlers, over modules and their items. `panopto` is the address of the site with the sessions."""

    def __init__(self, modules: Sequence[Module], items: Items, switches: Switches, panopto: str) -> None:
        self._modules = {one.id: one for one in modules}
        self._tools = {one.web_lecture.id: one.web_lecture for one in modules if one.web_lecture}
        self._items = items
        self._switches = switches
        self._panopto = panopto
        given = switches.patch_answer
        self._answers = cycle(PATCH_ANSWERS if given == "cycle" else (given,))

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""

        def get(path: str, handler: Callable[[web.Request], Any], name: str) -> None:
            router.add_get(path, handler, name=name, allow_head=False)

        get("/module", self.modules, "modules")
        get("/weblecture/", self.web_lecture, "weblecture")
        get("/weblecture/{id}/sessions/", self.sessions, "sessions")
        router.add_patch("/weblecture/session", self.patch_session, name="patch_session")

    async def modules(self, request: web.Request) -> web.Response:
        """GET /module: every module of the account."""
        listed = [render.module_json(one, may_update=self._may_update(one)) for one in self._modules.values()]
        return self._page(request, listed)

    async def web_lecture(self, request: web.Request) -> web.Response:
        """GET /weblecture/?ParentID={module}: the module's web lecture, without an envelope."""
        parent = next((value for name, value in request.query.items() if name.lower() == "parentid"), "")
        if not GUID.fullmatch(parent):
            raise Invalid({"parentID": [f"The value '{parent}' is not valid."]})
        module = self._modules.get(parent.lower())
        if module is None:
            raise Refused(404, "The module is not found.")
        if module.web_lecture is None:
            raise Invalid({"parentID": ["No weblecture found for this module."]})
        return answer(render.web_lecture_json(module, module.web_lecture, self._panopto))

    async def sessions(self, request: web.Request) -> web.Response:
        """GET /weblecture/{id}/sessions/: its lecture items, the oldest first unless sorted the other way."""
        items = self._items.of(self._tool(request.match_info["id"]))
        if re.fullmatch(r"createdDate\s+desc", request.query.get("sortby", ""), re.IGNORECASE):
            items.reverse()
        return self._page(request, [self._told(one) for one in items])

    async def patch_session(self, request: web.Request) -> web.Response:
        """PATCH /weblecture/session, which is answered by an item, a number or nothing."""
        patch = binding.bind(request.content_type, await request.read())
        item = self._items.get(patch.id)
        if item is None:
            raise Refused(404, "The session is not found.")
        if not self._may_update(item.module):
            raise Refused(403, "Login user not authorized to perform this action.")
        self._items.apply(item, patch)
        return self._patched(item)

    def _patched(self, item: LectureItem) -> web.Response:
        match next(self._answers):
            case "item":
                return answer(self._told(item))
            case "number":
                return answer(1)
            case _:
                return web.Response()

    def _told(self, item: LectureItem) -> Json:
        return render.item_json(item, self._panopto, self._switches.item_links)

    def _tool(self, web_lecture_id: str) -> WebLecture:
        if not GUID.fullmatch(web_lecture_id):
            raise Invalid({"id": [f"The value '{web_lecture_id}' is not valid."]})
        found = self._tools.get(web_lecture_id.lower())
        if found is None:
            raise Refused(404, "The weblecture is not found.")
        return found

    def _may_update(self, module: Module) -> bool:
        return module.may_update and self._switches.luminus_account == "manager"

    def _page(self, request: web.Request, entries: Sequence[Json]) -> web.Response:
        page = _asked(request)
        sizes = [size for size in (page.limit, self._switches.luminus_page or None) if size is not None]
        end = page.offset + min(sizes) if sizes else None
        return envelope(entries[page.offset : end], len(entries), page.offset, page.limit)


def _asked(request: web.Request) -> Page:
    """The page that a call asks for. Raises Invalid."""
    numbers = {name: request.query[name] for name in ("offset", "limit") if name in request.query}
    wrong = {
        name: [f"The value '{text}' is not valid."]
        for name, text in numbers.items()
        if not INT32.fullmatch(text) or int(text) < 0
    }
    if wrong:
        raise Invalid(wrong)
    return Page(int(numbers.get("offset", 0)), int(numbers["limit"]) if "limit" in numbers else None)
