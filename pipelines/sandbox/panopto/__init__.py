"""Emulated Panopto: OAuth2, the upload API, /api/v1, SOAP and S3, all of one https origin.

The application stands behind three layers: what the front logs and strikes, IIS's demand for a length, and
the call rates of all but S3.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import FaultScript
from pipelines.sandbox.panopto import s3
from pipelines.sandbox.panopto.answers import (
    API,
    PUBLIC_API,
    Refused,
    answer,
    is_legacy,
    principal,
    refusal,
)
from pipelines.sandbox.panopto.books import Books
from pipelines.sandbox.panopto.captions import Captions
from pipelines.sandbox.panopto.catalogue import Catalogue
from pipelines.sandbox.panopto.directory import Directory
from pipelines.sandbox.panopto.disk import Disk
from pipelines.sandbox.panopto.model import Access, Folder, Grant
from pipelines.sandbox.panopto.oauth import Account, Client, Tokens
from pipelines.sandbox.panopto.people import fixed_guid, seeded
from pipelines.sandbox.panopto.rates import Rates
from pipelines.sandbox.panopto.s3 import S3
from pipelines.sandbox.panopto.sharing import Sharing
from pipelines.sandbox.panopto.signin import SignIn
from pipelines.sandbox.panopto.site import PROCESS, Site
from pipelines.sandbox.panopto.soap import endpoint as soap
from pipelines.sandbox.panopto.tagging import Tagging
from pipelines.sandbox.panopto.uploads import UploadApi
from pipelines.sandbox.switches import Switches

SERVICE = "panopto"
NEEDS_LENGTH = "HTTP Error 411. The request must be chunked or have a content length."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Panopto:
    """A Panopto site with one account, its folders, and an application that serves it at `url`.

    `series` are (identifier, title) of the series that have a folder.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        series: Iterable[tuple[str, str]],
        switches: Switches,
        audit: Audit,
        faults: FaultScript,
        account: Account,
        clients: tuple[Client, ...],
        *,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        people = seeded(account.username, seed)

        def own(name: str, title: str) -> Folder:
            """A folder of the account's."""
            creator = Grant(people.signed_in(account.username).id, "User", "Creator")
            access = Access(switches.folder_access, [creator])
            return Folder(fixed_guid(name, seed), title, owner=account.username, access=access)

        def of_series(identifier: str, title: str) -> Folder:
            """The folder of a series, whoever's it is."""
            mine, whose = own(f"series/{identifier}", title), switches.series_folders
            if whose == "own":
                return mine
            somebody = people.signed_in("somebody")
            level = "Organization" if whose == "foreign" else "Restricted"
            access = Access(level, [Grant(somebody.id, "User", "Creator")])
            return replace(mine, owner=somebody.username, access=access)

        self.default_folder = own("default", f"Uploads of {account.username}")
        self.series_folders = {one: of_series(one, title) for one, title in series}
        self.public_folder = Folder(
            fixed_guid("public", seed), "Public lectures of others",
            owner=people.signed_in("somebody").username, public=True, access=Access("Public"),
        )  # fmt: skip
        everything = [self.default_folder, self.public_folder, *self.series_folders.values()]
        self.tokens = Tokens(clients, account, switches.expires_in, clock, switches.legacy_cookie_life)
        self.site = Site(
            url,
            Disk(folder),
            switches,
            faults,
            {one.id: one for one in everything},
            Random(seed),  # noqa: S311 - jitter, no secret
            clock,
            people=people,
        )
        self._rates = Rates(clock)
        self._s3 = S3(self.site)
        self.app = self._application(audit, faults)
        books = Books(self.site)
        audit.keeps(books)
        audit.lists("folders", books.folders)
        audit.lists("stream-uploads", books.stream_uploads)

    @property
    def operations(self) -> frozenset[str]:
        """Everything that a fault can strike here."""
        named = {name for name in front.operations(self.app) if not name.startswith(f"{SERVICE}.s3")}
        calls = (*self._s3.names, *soap.names())
        return frozenset({*named, *(f"{SERVICE}.{name}" for name in calls), PROCESS})

    def _application(self, audit: Audit, faults: FaultScript) -> web.Application:
        app = front.application(
            SERVICE,
            audit,
            faults,
            name=_call,
            middlewares=(_lengths, self._limited, _refusals),
            skew=self.site.switches.panopto_skew,
            client_max_size=0,
        )
        SignIn(self.tokens, self.site.url).register(app.router)
        UploadApi(self.site, self.tokens).register(app.router)
        Catalogue(self.site, self.tokens).register(app.router)
        Captions(self.site, self.tokens).register(app.router)
        Sharing(self.site, self.tokens).register(app.router)
        Tagging(self.site, self.tokens).register(app.router)
        Directory(self.site.people, self.tokens).register(app.router)
        soap.Endpoint(self.site, self.tokens).register(app.router)
        self._s3.register(app.router)
        return app

    @web.middleware
    async def _limited(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 429 to calls beyond the rates; also the moment to sweep what was given up."""
        if not _is_counted(request):
            return await handler(request)
        await self.site.sweep()
        who = principal(request, self.tokens)
        excess = None
        if self.site.switches.rate_limit == "on":
            excess = self._rates.count((_call(request), who.client_id if who else request.remote))
        if excess is not None:
            return answer({"Message": "Too many requests."}, 429, excess.headers)
        return await handler(request)


@web.middleware
async def _lengths(request: web.Request, handler: Handler) -> web.StreamResponse:
    """http.sys refuses a POST or PUT that has neither a length nor chunks."""
    framed = "Content-Length" in request.headers or "Transfer-Encoding" in request.headers
    if request.method in {"POST", "PUT"} and not framed:
        return web.Response(status=411, text=NEEDS_LENGTH, content_type="text/html")
    return await handler(request)


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return refusal(refused, is_legacy(request))


def _call(request: web.Request) -> str:
    name = front.route_name(request)
    if name == soap.ROUTE:
        return soap.call_name(request)
    return s3.call_name(request) if name in {s3.ROUTE, "s3_bucket"} else name


def _is_counted(request: web.Request) -> bool:
    """Whether a call is one of REST or SOAP; SOAP's are chosen to be, by operation and address."""
    if front.route_name(request) == soap.ROUTE:
        return True
    path = request.path.lower()
    return path.startswith((f"/{PUBLIC_API}/".lower(), f"/{API}/".lower()))
