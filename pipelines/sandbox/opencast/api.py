"""Opencast's External API as far as a reader needs it.

Source: opencast/opencast, module external-api (EventsEndpoint, SeriesEndpoint, BaseEndpoint,
SecurityEndpoint). Lists are bare arrays, refusals are plain text or HTML, and one event that cannot be
rendered makes the whole page a 500.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import FaultScript
from pipelines.sandbox.opencast import pages, render
from pipelines.sandbox.opencast.accounts import Answer, Door
from pipelines.sandbox.opencast.files import Files
from pipelines.sandbox.opencast.holdings import Holdings
from pipelines.sandbox.opencast.index import Index
from pipelines.sandbox.opencast.listing import ListError, date, list_events, list_series
from pipelines.sandbox.opencast.mediapackage import Shown, package, to_xml
from pipelines.sandbox.opencast.render import Flags, Links, asset_path
from pipelines.sandbox.opencast.search import Search
from pipelines.sandbox.opencast.signing import Signer
from pipelines.sandbox.opencast.versions import Version, negotiate, spoken
from pipelines.sandbox.recordings import Element, Event

SERVICE = "opencast"
JSON = "application/json"
RELEASES = ("2.3", "6", "7", "8", "9", "9", "10", "11", "12", "13", "15", "17", "18")
"""The Opencast release that first spoke API 1.0, 1.1, ..."""


@dataclass(frozen=True, slots=True)
class Server:
    """What calls answer from. `newest` is the newest version spoken, `lifetime` of signatures in seconds."""

    holdings: Holdings
    door: Door
    signer: Signer
    newest: Version
    lifetime: float
    clock: Callable[[], float]
    chance: random.Random


class Api:
    """The handlers of the External API."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._index = Index(server.holdings, server.door.account)
        self._search = Search(server.holdings, server.door, server.newest, self._json)
        self._origin = ""
        self._files = ""

    def application(
        self, audit: Audit, faults: FaultScript, files: Files, skew: float = 0.0
    ) -> web.Application:
        """The API server, with the archive's files; its Date is ahead by `skew` seconds."""
        inner = (self._server.door.guard(), refusals)
        app = front.application(SERVICE, audit, faults, middlewares=inner, skew=skew)
        for path, handler in {
            "/api": self.base, "/api/version": self.version, "/api/version/default": self.default_version,
            "/api/info/me": self.me, "/api/info/me/roles": self.roles,
            "/api/info/organization": self.organization,
            "/api/events": self.list_events, "/api/events/{id}": self.get_event,
            "/api/events/{id}/publications": self.get_publications,
            "/api/events/{id}/publications/{publication}": self.get_publication,
            "/api/events/{id}/media": self.get_media, "/api/events/{id}/metadata": self.get_metadata,
            "/api/events/{id}/acl": self.get_acl, "/api/events/{id}/scheduling": self.get_scheduling,
            "/api/series": self.list_series, "/api/series/{id}": self.get_series,
            "/api/series/{id}/acl": self.get_series_acl,
            "/search/episode.json": self._search.episodes, "/assets/episode/{id}": self.episode,
            "/sysinfo/bundles/version": self.bundles_version, "/assets/{path:.*}": files.get_asset,
        }.items():  # fmt: skip
            app.router.add_get(path, handler, name=handler.__name__, allow_head=False)
        app.router.add_get(pages.LOGIN, pages.login, name="login", allow_head=False)
        app.router.add_post("/api/security/sign", self.sign, name="sign")
        return app

    def bind(self, origin: str, files: str) -> None:
        """Take note of the origins that URLs in replies begin with."""
        self._origin, self._files = origin, files
        self._search.bind(files)

    async def base(self, _request: web.Request) -> web.Response:
        """Where the API is, and its newest version."""
        return self._json({"url": f"{self._origin}/api", "version": str(self._server.newest)}, JSON)

    async def version(self, _request: web.Request) -> web.Response:
        """All versions spoken."""
        versions = [str(one) for one in spoken(self._server.newest)]
        return self._json({"versions": versions, "default": str(self._server.newest)}, JSON)

    async def default_version(self, _request: web.Request) -> web.Response:
        """The version that is spoken when nobody asks for one."""
        return self._json({"default": str(self._server.newest)}, JSON)

    async def me(self, _request: web.Request) -> web.Response:
        """The account that asks."""
        name = self._server.door.account.username
        me = {"provider": "opencast", "name": name, "username": name, "email": f"{name}@example.org"}
        return self._json({**me, "userrole": f"ROLE_USER_{name.upper()}"}, JSON)

    async def roles(self, _request: web.Request) -> web.Response:
        """The roles of the account that asks."""
        return self._json(list(self._server.door.account.roles), JSON)

    async def organization(self, _request: web.Request) -> web.Response:
        """The tenant, which is chosen by the host's name."""
        names = {"id": render.ORGANISATION, "name": "Opencast Project"}
        return self._json({**names, "adminRole": "ROLE_ADMIN", "anonymousRole": "ROLE_ANONYMOUS"}, JSON)

    async def bundles_version(self, _request: web.Request) -> web.Response:
        """The server's release; anybody may ask."""
        release = RELEASES[self._server.newest.minor]
        return self._json({"version": f"{release}.0.0", "consistent": True}, JSON)

    async def list_events(self, request: web.Request) -> web.Response:
        """A page of events. A write-access filter counts only where there is no other filter."""
        version = self._negotiated(request)
        query = {name: request.query.getall(name) for name in request.query}
        readable = self._index.readable()
        writes_only = request.query.get("onlyWithWriteAccess") == "true" and not request.query.get("filter")
        if writes_only and not self._server.door.account.has("ROLE_ADMIN"):
            readable = []
        found = list_events(readable, query, version, self._index.in_order)
        flags = render.flags(request.query)
        self._refuse_broken(found, flags)
        links = await self._links(_files(found) if flags.publications else [], flags.sign)
        return self._json(
            [render.event_json(one, version, flags, links) for one in found], version.media_type
        )

    async def get_event(self, request: web.Request) -> web.Response:
        """One event with whatever is asked for."""
        version, event = self._negotiated(request), self._event(request)
        flags = render.flags(request.query)
        self._refuse_broken([event], flags)
        links = await self._links(event.files if flags.publications else [], flags.sign)
        return self._json(render.event_json(event, version, flags, links), version.media_type)

    async def get_publications(self, request: web.Request) -> web.Response:
        """The publications of an event."""
        version, event = self._negotiated(request), self._event(request)
        flags = render.flags(request.query)
        self._refuse_broken([event], Flags(publications=True))
        links = await self._links(event.files, flags.sign)
        internal = flags.internal and version >= (1, 11)
        found = render.publications_json(event, version, links, internal=internal)
        return self._json(found, version.media_type)

    async def get_publication(self, request: web.Request) -> web.Response:
        """One publication; from 1.11 on the internal one too, unasked."""
        version, event = self._negotiated(request), self._event(request)
        self._refuse_broken([event], Flags(publications=True))
        links = await self._links(event.files, render.flags(request.query).sign)
        wanted = request.match_info["publication"]
        for found in render.publications_json(event, version, links, internal=version >= (1, 11)):
            if found["id"] == wanted:
                return self._json(found, version.media_type)
        return pages.plain(404, f"Unable to find publication with id '{wanted}'")

    async def get_media(self, request: web.Request) -> web.Response:
        """The archived tracks."""
        version, event = self._negotiated(request), self._event(request)
        links = await self._links(event.originals, sign=False)
        return self._json(render.media_json(event, version, links), version.media_type)

    async def episode(self, request: web.Request) -> web.Response:
        """The media package of an event's latest snapshot, as XML: all that the archive has of it."""
        event, holdings = self._event(request), self._server.holdings
        await holdings.inspect(event.archive)
        shown = Shown(event.archive, lambda one: self._origin + asset_path(event, one), holdings.checksum)
        return web.Response(body=to_xml(package(event, shown)), content_type="text/xml", charset="utf-8")

    async def get_metadata(self, request: web.Request) -> web.Response:
        """The metadata catalogues; one of them by its type is a bare array of fields."""
        version, event = self._negotiated(request), self._event(request)
        self._refuse_broken([event], Flags(metadata=True))
        wanted = request.query.get("type", "")
        if wanted in {"", "dublincore/episode"}:
            fields = render.metadata_fields(event, combined=False)
            found = fields if wanted else render.metadata_json(event, combined=False)
            return self._json(found, version.media_type)
        return pages.plain(404, f"Cannot find a catalog with type '{wanted}' for event")

    async def get_acl(self, request: web.Request) -> web.Response:
        """The active access control list."""
        version, event = self._negotiated(request), self._event(request)
        return self._json(render.acl_json(event.readers, event.denied, event.grants), version.media_type)

    async def get_scheduling(self, request: web.Request) -> web.Response:
        """What a capture agent was told: 204 where nothing was, 406 in 1.0."""
        version = self._negotiated(request, oldest=Version(1, 1))
        found = render.scheduling_json(self._event(request))
        return self._json(found, version.media_type) if found else web.Response(status=204)

    async def list_series(self, request: web.Request) -> web.Response:
        """A page of series; the endpoint writes 100 where nobody says how many."""
        version = self._negotiated(request)
        query = {name: request.query.getall(name) for name in request.query}
        account, acl = self._server.door.account, render.flags(request.query).acl and version >= (1, 5)
        readable = [one for one in self._server.holdings.series.values() if account.reads(one.readers)]
        found = list_series(readable, query)
        return self._json(
            [render.series_json(one, single=False, acl=acl) for one in found], version.media_type
        )

    async def get_series(self, request: web.Request) -> web.Response:
        """One series; an event may name one that is gone or that may not be read, which is a 404."""
        version = self._negotiated(request)
        series = self._server.holdings.series.get(request.match_info["id"])
        if series is None or not self._server.door.account.reads(series.readers):
            return pages.plain(404, f"Cannot find a series with id '{request.match_info['id']}'.")
        acl = render.flags(request.query).acl and version >= (1, 5)
        return self._json(render.series_json(series, single=True, acl=acl), version.media_type)

    async def get_series_acl(self, request: web.Request) -> web.Response:
        """A series' access control list."""
        version = self._negotiated(request)
        series = self._server.holdings.series.get(request.match_info["id"])
        if series is None:
            return pages.plain(404, f"Cannot find a series with id '{request.match_info['id']}'.")
        return self._json(render.acl_json(series.readers), version.media_type)

    async def sign(self, request: web.Request) -> web.Response:
        """A signed URL; one that is not ours to sign is an error in a 200."""
        version = self._negotiated(request)
        form = await request.post()
        url, source = str(form.get("url", "")), form.get("valid-source")
        if not urlsplit(url).scheme:
            return pages.plain(400, "The given URL is not valid.")
        until = self._until()
        if form.get("valid-until"):
            try:
                until = int(datetime.fromisoformat(str(form["valid-until"])).timestamp() * 1000)
            except ValueError:
                return pages.plain(400, "The given date is not valid.")
        if not url.startswith(f"{self._files}/"):
            return self._json({"error": "Given URL cannot be signed"}, version.media_type)
        signed = self._server.signer.sign(url, until, address=str(source) if source else None)
        shown = date(datetime.fromtimestamp(until / 1000, UTC))
        return self._json({"url": signed, "valid-until": shown}, version.media_type)

    def _negotiated(self, request: web.Request, oldest: Version | None = None) -> Version:
        version = negotiate(request.headers.get("Accept"), self._server.newest)
        if version is None or (oldest is not None and version < oldest):
            raise pages.RefusedError(pages.html(406))
        return version

    def _event(self, request: web.Request) -> Event:
        event = self._server.holdings.event(request.match_info["id"])
        if event is None or not self._reads(event):
            raise pages.RefusedError(
                pages.plain(404, f"Cannot find an event with id '{request.match_info['id']}'.")
            )
        return event

    def _reads(self, event: Event) -> bool:
        return self._server.door.account.reads(event.readers)

    def _refuse_broken(self, events: Iterable[Event], flags: Flags) -> None:
        asked = {name for name in ("publications", "metadata") if getattr(flags, name)}
        if any(self._server.holdings.broken(one.identifier) & asked for one in events):
            raise pages.RefusedError(pages.html(500))

    async def _links(self, elements: Iterable[Element], sign: bool) -> Links:
        holdings, until = self._server.holdings, self._until()
        await holdings.inspect(elements)
        if not sign:
            return Links(self._origin, self._files, holdings.checksum)
        return Links(
            self._origin, self._files, holdings.checksum, lambda url: self._server.signer.sign(url, until)
        )

    def _until(self) -> int:
        return int((self._server.clock() + self._server.lifetime) * 1000)

    def _json(self, value: Any, media_type: str) -> web.Response:
        body = render.encode(value, self._server.chance)
        return web.Response(body=body, headers={"Content-Type": media_type})


def _files(events: Iterable[Event]) -> list[Element]:
    return [element for event in events for element in event.files]


@web.middleware
async def refusals(request: web.Request, handler: Answer) -> web.StreamResponse:
    """Turn what refuses a call, wherever that was found out, into its reply."""
    try:
        return await handler(request)
    except pages.RefusedError as refused:
        return refused.response
    except ListError as error:
        return pages.plain(400, error.text) if error.status == 400 else pages.html(error.status)
