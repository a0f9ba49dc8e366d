"""Opencast's External API, as far as a reader needs it: events, their scheduling, series and the account.

Sources: opencast/opencast, EventsEndpoint.java, SeriesEndpoint.java, BaseEndpoint.java, SecurityEndpoint.java
and ApiMediaType.java. Lists are bare arrays without a total. Whoever is not logged in gets a redirect to a
page, not a 401, so an answer that is not JSON means the account. Two services beside the API are asked for
what it does not tell: search (SearchRestService.java) and archive (AbstractAssetManagerRestEndpoint.java).
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import anyio

from engine import Answer, Gone, Refused, RetryPolicy, ServerFault, Transient, Unreadable
from pipelines.config import SettingsError
from pipelines.opencast.account import judge_account
from pipelines.opencast.catalogue import EPISODE, read_subjects
from pipelines.opencast.filters import by, can_filter
from pipelines.opencast.mediapackage import read_archive, read_search
from pipelines.opencast.model import Event, Me, Publication, Scheduling, Series, Unread
from pipelines.opencast.payload import read_event, read_listed, read_scheduling, read_series
from pipelines.opencast.version import WITH_SCHEDULING, Version, choose, media_type
from pipelines.rest import decode, path_of

BATCH = 50
"""Events asked for by name in one call, so that its address stays short."""

SOON = RetryPolicy(attempts=2)
"""How long to go on with a list that answers 5xx: one event may break it, and a shorter one may work."""


class Calls(Protocol):
    """The way to make calls of one service (pipelines.rest.Rest is one)."""

    base: str
    where: str

    async def call(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        policy: RetryPolicy | None = None,
    ) -> Answer:
        """Call until an answer comes that is not a passing fault."""
        ...


class Opencast:
    """One Opencast with one account. Every call may raise AccountRefused or a Transient error."""

    def __init__(self, rest: Calls, username: str, password: str) -> None:
        self.base = rest.base
        self._rest = rest
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._basic = {"Authorization": f"Basic {token}"}
        self._chosen: Version | None = None
        self._choosing = anyio.Lock(fast_acquire=True)

    @property
    def credentials(self) -> tuple[tuple[str, str], ...]:
        """The headers that log in, sent with every call: Opencast does not ask for them."""
        return tuple(self._basic.items())

    async def page(
        self,
        offset: int,
        limit: int,
        *,
        series: str = "",
        publications: bool = True,
        scheduling: bool = False,
        acl: bool = False,
    ) -> list[Event | Unread]:
        """Read `limit` events from the place `offset` on, oldest first, of one series or of all.

        The order has ties, and places shift when events come and go. A page that keeps answering 5xx
        raises ServerFault soon. With `scheduling`, an event whose scheduling cannot be understood is unread,
        and SettingsError is raised where Opencast is too old to tell. Raises ValueError for a series that
        cannot be filtered by.
        """
        if scheduling:
            await self._require_scheduling()
        # Without a limit Opencast answers everything, and with an offset besides a 500.
        query = {"limit": str(limit), "offset": str(offset), "sort": "start_date:ASC"}
        query |= _flags(withpublications=publications, withscheduling=scheduling, withacl=acl)
        if series:
            query["filter"] = by("series", [series])
        try:
            return await self._list(query, SOON)
        except ServerFault:
            raise
        except Transient:
            return await self._list(query)

    async def event(self, identifier: str, *, sign: bool = False, acl: bool = False) -> Event:
        """Read one event with its publications. Raises Gone or Unreadable."""
        query = _flags(withpublications=True, sign=sign, withacl=acl)
        endpoint = "GET /api/events/{id}"
        answer = await self._get(_path("events", identifier), endpoint, query=query)
        if answer.status == 404:
            raise _gone(identifier)
        return read_event(self._json(answer, endpoint))

    async def read(self, identifier: str, *, sign: bool = False, acl: bool = False) -> Event | Unread:
        """Read one event; what stands against it alone is an answer, and no error."""
        try:
            return await self.event(identifier, sign=sign, acl=acl)
        except Gone as error:
            return Unread(identifier, "gone", str(error))
        except Unreadable as error:
            return Unread(identifier, "unreadable", str(error))
        except ServerFault as error:
            await self.me()  # Raises where it is not the event, but the server as a whole.
            return Unread(identifier, "unreadable", str(error))

    async def batch(
        self, identifiers: Iterable[str], *, sign: bool = True, acl: bool = False
    ) -> list[Event | Unread]:
        """Read events by name, in the order asked for: many a call, one by one where that fails."""
        asked = [one for one in dict.fromkeys(identifiers) if one]
        flags = _flags(withpublications=True, sign=sign, withacl=acl)
        found: dict[str, Event] = {}
        for start in range(0, len(asked), BATCH):
            found |= await self._filtered(asked[start : start + BATCH], flags)
        return [found.get(one) or await self.read(one, sign=sign, acl=acl) for one in asked]

    async def scheduling(self, identifier: str) -> Scheduling | None:
        """Tell what a capture agent was told to record of an event, or None where that is nothing.

        It stays when the recording is made: what is still to come is told by the event's status. Raises Gone;
        Unreadable where it makes no sense; Refused without ROLE_API_EVENTS_SCHEDULING_VIEW; SettingsError
        where Opencast is too old to tell.
        """
        await self._require_scheduling()
        endpoint = "GET /api/events/{id}/scheduling"
        path = _path("events", identifier, "scheduling")
        answer = await self._granted(path, endpoint, "ROLE_API_EVENTS_SCHEDULING_VIEW")
        if answer.status == 404:
            raise _gone(identifier)
        return None if answer.status == 204 else read_scheduling(self._json(answer, endpoint), identifier)

    async def subjects(self, identifier: str) -> tuple[str, ...]:
        """Return all subjects of an event: the event itself tells the first alone, parted at commas.

        Raises Gone, Unreadable, or Refused without ROLE_API_EVENTS_METADATA_VIEW.
        """
        endpoint, role = "GET /api/events/{id}/metadata", "ROLE_API_EVENTS_METADATA_VIEW"
        where, query = _path("events", identifier, "metadata"), {"type": EPISODE}
        answer = await self._granted(where, endpoint, role, query)
        if answer.status == 404:
            raise _gone(identifier)
        return read_subjects(self._array(answer, endpoint), identifier)

    async def series(self, identifier: str) -> Series | None:
        """Read a series, or None where there is none: an event may name one that is gone.

        Raises Unreadable, or Refused without ROLE_API_SERIES_VIEW, which an account may well lack.
        """
        endpoint = "GET /api/series/{id}"
        answer = await self._granted(_path("series", identifier), endpoint, "ROLE_API_SERIES_VIEW")
        return None if answer.status == 404 else read_series(self._json(answer, endpoint), identifier)

    async def searched(self, identifier: str) -> Publication | None:
        """Return what the search service has of an event, its addresses unsigned, or None for nothing.

        Raises Unreadable, or Refused where that service does not answer this account.
        """
        path = "/search/episode.json"
        answer = await self._beside(path, f"GET {path}", "application/json", {"id": identifier})
        return read_search(self._json(answer, f"GET {path}"), identifier)

    async def archived(self, identifier: str) -> Publication | None:
        """Return what the archive has of an event, the cut list too, or None where it has no track.

        Raises Gone, Unreadable, or Refused where the account may read the tracks or the cut list not.
        """
        endpoint, role = "GET /api/events/{id}/media", "ROLE_API_EVENTS_MEDIA_VIEW"
        answer = await self._granted(_path("events", identifier, "media"), endpoint, role)
        if answer.status == 404:
            raise _gone(identifier)
        if not (media := self._array(answer, endpoint)):
            return None
        where = path_of("assets", "episode", identifier)
        package = await self._beside(where, "GET /assets/episode/{id}", "text/xml")
        return read_archive(media, package.body, identifier)

    async def sign(self, url: str) -> str:
        """Return a file's address with a signature, or as it is where no signature is made for it.

        Raises Refused without ROLE_API_SECURITY_EDIT.
        """
        endpoint, path = "POST /api/security/sign", "/api/security/sign"
        headers = {**self._basic, "Accept": media_type(await self.version())}
        answer = await self._rest.call("POST", path, endpoint=endpoint, form={"url": url}, headers=headers)
        where = f"{self._rest.where} {endpoint}"
        if answer.status == 403:
            raise _refused(where, "ROLE_API_SECURITY_EDIT")
        judge_account(answer, path, where)
        signed = self._object(answer, endpoint).get("url")
        return signed if isinstance(signed, str) and signed.startswith(url) else url

    async def me(self) -> Me:
        """Tell who the account is and which roles it has."""
        path = "/api/info/me"
        me = self._object(await self._get(path, f"GET {path}"), f"GET {path}")
        roles = self._array(await self._get(f"{path}/roles", f"GET {path}/roles"), f"GET {path}/roles")
        return Me(str(me.get("username", "")), tuple(str(role) for role in roles))

    async def _filtered(self, identifiers: Sequence[str], flags: Mapping[str, str]) -> dict[str, Event]:
        """Return those of the events that one filtered list tells; what it does not tell is read by name."""
        names = [one for one in identifiers if can_filter(one)]
        if not names:
            return {}
        query = {"filter": by("identifier", names), "limit": str(len(names)), **flags}
        try:
            events = await self._list(query, SOON)
        except (ServerFault, Unreadable):
            return {}
        # API 1.0 does not know this filter and answers other events.
        return {one.identifier: one for one in events if isinstance(one, Event) and one.identifier in names}

    async def _list(
        self, query: Mapping[str, str], policy: RetryPolicy | None = None
    ) -> list[Event | Unread]:
        endpoint = "GET /api/events"
        answer = await self._get("/api/events", endpoint, query=query, policy=policy)
        return [read_listed(one) for one in self._array(answer, endpoint)]

    async def _get(
        self,
        path: str,
        endpoint: str,
        *,
        query: Mapping[str, str] | None = None,
        policy: RetryPolicy | None = None,
    ) -> Answer:
        answer = await self._ask(path, endpoint, query, policy)
        judge_account(answer, path, f"{self._rest.where} {endpoint}")
        return answer

    async def _granted(
        self, path: str, endpoint: str, role: str, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Like `_get`, for what has a role of its own: without it this call is refused, and no other."""
        answer = await self._ask(path, endpoint, query)
        where = f"{self._rest.where} {endpoint}"
        if answer.status == 403:
            raise _refused(where, role)
        judge_account(answer, path, where)
        return answer

    async def _beside(
        self, path: str, endpoint: str, accept: str, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask a service beside the API: that it refuses this account says nothing of other calls."""
        headers = {**self._basic, "Accept": accept}
        answer = await self._rest.call("GET", path, endpoint=endpoint, query=query, headers=headers)
        is_page = "html" in answer.headers.get("Content-Type", "").lower()
        if answer.status == 401:
            judge_account(answer, path, f"{self._rest.where} {endpoint}")
        if answer.status == 200 and not is_page:
            return answer
        await self.me()  # Raises where the account is not let in at all.
        what = "a web page" if is_page and answer.status == 200 else f"HTTP {answer.status}"
        raise Refused(f"answers this account {what}", where=f"{self._rest.where} {endpoint}")

    async def _ask(
        self,
        path: str,
        endpoint: str,
        query: Mapping[str, str] | None = None,
        policy: RetryPolicy | None = None,
    ) -> Answer:
        headers = {**self._basic, "Accept": media_type(await self.version())}
        return await self._rest.call(
            "GET", path, endpoint=endpoint, query=query, headers=headers, policy=policy
        )

    async def _require_scheduling(self) -> None:
        """Ask nothing of a version that passes over the question: its silence would look like a no."""
        if await self.version() < WITH_SCHEDULING:
            raise SettingsError(
                "does not tell what is scheduled: that came with Opencast 6 (API 1.1.0)",
                where=self._rest.where,
                advice="schedules can only be read from a newer Opencast",
            )

    async def version(self) -> Version:
        """Choose the version once, and say it in every call: Opencast would take its newest otherwise."""
        async with self._choosing:
            if self._chosen is None:
                path = "/api/version"
                headers = {**self._basic, "Accept": "application/json"}
                answer = await self._rest.call("GET", path, endpoint=f"GET {path}", headers=headers)
                judge_account(answer, path, f"{self._rest.where} GET {path}")
                if answer.status == 404:
                    raise SettingsError(
                        "has no External API", where=self._rest.where, advice="check opencast.url"
                    )
                offered = self._json(answer, f"GET {path}")
                self._chosen = choose(offered, self._rest.where)
        return self._chosen

    def _json(self, answer: Answer, endpoint: str) -> Any:
        where = f"{self._rest.where} {endpoint}"
        if answer.status != 200:
            raise Unreadable(f"answers HTTP {answer.status}", where=where)
        return decode(answer, where)

    def _array(self, answer: Answer, endpoint: str) -> list[Any]:
        found = self._json(answer, endpoint)
        if not isinstance(found, list):
            raise ServerFault("answers no list", where=f"{self._rest.where} {endpoint}")
        return found

    def _object(self, answer: Answer, endpoint: str) -> dict[str, Any]:
        found = self._json(answer, endpoint)
        if not isinstance(found, dict):
            raise ServerFault("answers no object", where=f"{self._rest.where} {endpoint}")
        return found


def _path(kind: str, identifier: str, *more: str) -> str:
    if not identifier:
        raise ValueError("an empty identifier would ask for the list")
    return path_of("api", kind, identifier, *more)


def _flags(**wanted: bool) -> dict[str, str]:
    return {name: "true" for name, is_wanted in wanted.items() if is_wanted}


def _refused(where: str, role: str) -> Refused:
    return Refused("Opencast does not let this account do that", where=where, advice=f"give it {role}")


def _gone(identifier: str) -> Gone:
    return Gone("Opencast has no such event (any more)", where=f"event {identifier}")
