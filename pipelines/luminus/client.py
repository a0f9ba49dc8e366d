"""Calls to LumiNUS: modules, their web lectures, and the lecture items that show recordings to students.

Sources: the LumiNUS portal, PatchSession; fluminurs 63a1b07 and fluminus 049c4fb for what is read. What an
answer means for all calls is told in answers.py; here is what it means for the one thing that was asked.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import anyio

from engine import (
    Answer,
    Observer,
    Refused,
    RetryPolicy,
    ServerFault,
    Throttled,
    Transient,
    retrying,
    silence,
)
from pipelines.luminus.answers import status_of
from pipelines.luminus.bodies import fields_of, is_explained, is_page, json_of, sentence_of
from pipelines.luminus.closed import Closed
from pipelines.luminus.model import LectureItem, Members, Module, WebLecture
from pipelines.luminus.payload import Page, read_item, read_module, read_page, read_web_lecture
from pipelines.luminus.refusals import Invalid, NoRight
from pipelines.rest import Rest, decode, path_of

Fact = TypeVar("Fact", Module, LectureItem)

ONCE = RetryPolicy(attempts=1)
PATIENT = RetryPolicy(first=1.0)

MOST_PAGES = 1000

PATCH_TYPES = ("application/json-patch+json", "application/json")
"""As the portal documents it, although the body is a plain object; and what such a body is."""


class Luminus:
    """LumiNUS with one user's token. `rest` judges by `answers.judge`; `tenant` is the host of our Panopto.

    Besides what each call says, all raise Closed where LumiNUS answers this account nothing more for now,
    Refused where it says no to what is asked (NoRight, Invalid), and a Transient error where trying again
    did not help. `policy`, `sleep` and `observer` are for a PATCH that is throttled.
    """

    def __init__(
        self,
        rest: Rest,
        *,
        token: str,
        subscription_key: str,
        tenant: str,
        policy: RetryPolicy = PATIENT,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        observer: Observer = silence,
    ) -> None:
        self._rest = rest
        self._credentials = {
            "Authorization": f"Bearer {token}",
            "Ocp-Apim-Subscription-Key": subscription_key,
        }
        self._tenant = tenant
        self._policy = policy
        self._sleep = sleep
        self._observer = observer

    async def modules(self) -> Mapping[str, Module]:
        """Return the modules that the account sees, by their ids in lower case.

        An account that is shown none at all is shown nothing: a refusal here is Closed.
        """
        try:
            return await self._list(path_of("module"), "GET /module", "its modules", {}, self._module)
        except Refused as error:
            advice = "check luminus.url, and which modules the token's user has"
            raise Closed(error.what, where=error.where, advice=advice) from error

    async def web_lecture(self, module_id: str) -> WebLecture | None:
        """Return a module's web lecture, or None where the module has no such tool (a 400 that says so)."""
        # Every known client sends the slash before the query.
        path, endpoint = path_of("weblecture", ""), "GET /weblecture/"
        answer = await self._get(path, endpoint, {"ParentID": module_id})
        if status_of(answer) == 400 and "no weblecture found" in sentence_of(answer.body).lower():
            return None
        if not _is_fine(answer):
            raise self._refusal(answer, f"does not show the web lecture of module {module_id}")
        return read_web_lecture(decode(answer, self._rest.where), self._rest.where)

    async def items(self, web_lecture_id: str) -> list[LectureItem]:
        """Return all lecture items of a web lecture, oldest first, each once.

        Raises ServerFault where the list does not come to the end that it announces.
        """
        path, endpoint = (
            path_of("weblecture", web_lecture_id, "sessions", ""),
            "GET /weblecture/{id}/sessions/",
        )
        what = f"the items of web lecture {web_lecture_id}"
        found = await self._list(path, endpoint, what, {"sortby": "createdDate"}, self._item)
        return list(found.values())

    async def patch(self, members: Members) -> LectureItem | None:
        """Set a lecture item's members; return it where LumiNUS answers with it, and else None: read it back.

        A throttle was not applied, and is waited out. Any other Transient error comes at once and leaves in
        doubt whether it was: read the item before sending again. Somebody's web page is such a doubt.
        """
        for kind in PATCH_TYPES:
            answer = await self._believed(partial(self._send, members, kind))
            if answer.status != 415:
                break
        if not _is_fine(answer) or is_page(answer.body):
            raise self._refusal(answer, f"does not change lecture item {members.id}")
        return self._item_of(answer, members.id)

    async def _send(self, members: Members, kind: str) -> Answer:
        """Send members until the answer is no throttle."""

        async def once() -> Answer | Transient:
            try:
                return await self._rest.call(
                    "PATCH",
                    path_of("weblecture", "session"),
                    endpoint="PATCH /weblecture/session",
                    json=members.body(),
                    headers={**self._credentials, "Content-Type": kind},
                    policy=ONCE,
                )
            except Throttled:
                raise
            except Transient as doubt:
                return doubt

        outcome = await retrying(once, policy=self._policy, sleep=self._sleep, note=self._observer)
        if isinstance(outcome, Transient):
            raise outcome
        return outcome

    def _item_of(self, answer: Answer, item_id: str) -> LectureItem | None:
        """Read the item that answers a PATCH. The portal promises one, and a number of records besides."""
        try:
            item = self._item(json_of(answer.body))
        except ServerFault:
            return None
        return item if item.id.lower() == item_id.lower() else None

    async def _list(
        self, path: str, endpoint: str, what: str, query: Mapping[str, str], read: Callable[[Any], Fact]
    ) -> dict[str, Fact]:
        """Read a list to its end, by ids in lower case.

        How long a page is, and whether there are pages, is documented nowhere: only the total is trusted,
        and where there is none, a page without anything new ends the list.
        """
        found: dict[str, Fact] = {}
        rows = 0
        for _ in range(MOST_PAGES):
            page = await self._page(path, endpoint, what, {**query, "offset": str(rows)} if rows else query)
            fresh = {fact.id.lower(): fact for fact in map(read, page.rows) if fact.id.lower() not in found}
            found |= fresh
            rows += len(page.rows)
            if page.total is None and not fresh:
                return found
            if page.total is not None and len(found) >= page.total:
                return found
            if not fresh:
                short = f"tells only {len(found)} of {page.total} when asked for {what}"
                raise ServerFault(short, where=self._rest.where)
        raise ServerFault(f"comes to no end when asked for {what}", where=self._rest.where)

    async def _page(self, path: str, endpoint: str, what: str, query: Mapping[str, str]) -> Page:
        answer = await self._get(path, endpoint, query)
        if not _is_fine(answer):
            raise self._refusal(answer, f"does not list {what}")
        return read_page(decode(answer, self._rest.where), self._rest.where)

    async def _get(self, path: str, endpoint: str, query: Mapping[str, str]) -> Answer:
        return await self._believed(
            lambda: self._rest.call("GET", path, endpoint=endpoint, query=query, headers=self._credentials)
        )

    async def _believed(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask, and exactly once more after a 400 without a reason: LumiNUS gives those to good calls too."""
        answer = await ask()
        if status_of(answer) == 400 and not is_explained(answer.body):
            return await ask()
        return answer

    def _module(self, row: Any) -> Module:
        return read_module(row, self._rest.where)

    def _item(self, row: Any) -> LectureItem:
        return read_item(row, self._tenant, self._rest.where)

    def _refusal(self, answer: Answer, what: str) -> Refused | ServerFault:
        """Return what an answer that is no yes means: LumiNUS's own no, or that somebody else answered."""
        status, where = status_of(answer), self._rest.where
        sentence = f"{what} ({sentence_of(answer.body) or f'HTTP {status}'})"
        if status == 403:
            return NoRight(sentence, where=where, advice="ask for this right in the module")
        if not 400 <= status < 500 or (status == 404 and is_page(answer.body)):
            return ServerFault(sentence, where=where)
        return Invalid(sentence, where=where) if fields_of(answer.body) else Refused(sentence, where=where)


def _is_fine(answer: Answer) -> bool:
    return 200 <= status_of(answer) < 300
