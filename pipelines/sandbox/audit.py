"""What each server truly holds and was asked, told from the servers' own books."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

import orjson
from aiohttp import web

BLANK = "***"
SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "ocp-apim-subscription-key", "proxy-authorization", "set-cookie"}
)
SECRET_PARAMETERS = frozenset(
    {
        "access_token", "assertion", "awsaccesskeyid", "client_secret", "code", "keyid", "password", "policy",
        "refresh_token", "signature", "subscription-key", "token", "x-amz-credential",
        "x-amz-security-token", "x-amz-signature",
    }
)  # fmt: skip
ROWS = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
UPLOAD_TARGET = re.compile(r"(/Panopto/Upload/)[^/?]+", re.IGNORECASE)

Row = dict[str, Any]
Rows = Callable[[], list[Row]]
Digest = Callable[[], Awaitable[str]]


class Holdings(Protocol):
    """What the target of the uploads holds; each row is a plain dict."""

    def objects(self) -> list[Row]:
        """Every whole object."""

    def session_uploads(self) -> list[Row]:
        """Every session upload ever opened."""

    def sessions(self) -> list[Row]:
        """The sessions that exist."""

    def multipart_uploads(self) -> list[Row]:
        """The multipart uploads that are still open."""


@dataclass(slots=True)
class Request:
    """One request as a server saw it; secrets are blanked.

    `status` is what went out, None where nothing was answered; `done` is what the operation itself came to,
    whether or not anybody was told, None where it was not begun. `about` is the id of what it concerns: a
    session upload, an event.
    """

    number: int
    at: float
    service: str
    call: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    status: int | None = None
    done: int | None = None
    about: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A file of Opencast's file server; `url` carries no signature, `sha256` computes in a thread."""

    event_id: str
    url: str
    size: int
    sha256: Digest


class Audit:
    """The books of all servers of one sandbox. The log is in the order in which requests arrived."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, keep_log: bool = True) -> None:
        self.log: list[Request] = []
        self._keep_log = keep_log
        self._counts: dict[tuple[str, str], Row] = {}
        self._opened = 0
        self._clock = clock
        self._begun = clock()
        self._served: dict[str, Served] = {}
        self._digests: dict[str, str] = {}
        self._digesting = asyncio.Lock()
        self._holdings: Holdings | None = None
        self._lists: dict[str, Rows] = {}

    def opens(
        self, service: str, call: str, method: str, path: str, query: str, headers: Iterable[tuple[str, str]]
    ) -> Request:
        """Enter a request at its arrival; its end is filled in by who answers it."""
        self._opened += 1
        self._count(service, call)["count"] += 1
        entry = Request(
            number=self._opened,
            at=self._clock() - self._begun,
            service=service,
            call=call,
            method=method,
            path=UPLOAD_TARGET.sub(rf"\g<1>{BLANK}", path),
            query=blank_query(query),
            headers={name: blank_header(name, value) for name, value in headers},
        )
        if self._keep_log:
            self.log.append(entry)
        return entry

    def closes(self, entry: Request, status: int | None, bytes_in: int, bytes_out: int) -> None:
        """Fill in how a request ended, with the body bytes that were really received and sent."""
        entry.status, entry.bytes_in, entry.bytes_out = status, bytes_in, bytes_out
        entry.seconds = self._clock() - self._begun - entry.at
        line = self._count(entry.service, entry.call)
        line["bytes_in"] += bytes_in
        line["bytes_out"] += bytes_out

    def _count(self, service: str, call: str) -> Row:
        empty = {"service": service, "call": call, "count": 0, "bytes_in": 0, "bytes_out": 0}
        return self._counts.setdefault((service, call), empty)

    def serves(self, event_id: str, url: str, size: int, sha256: Digest) -> None:
        """Enter a file of the file server, in place of one at that URL; it is hashed when asked for."""
        self._served[url] = Served(event_id, url, size, sha256)
        self._digests.pop(url, None)

    def forgets(self, url: str) -> None:
        """The file server has this file no more."""
        self._served.pop(url, None)
        self._digests.pop(url, None)

    def keeps(self, holdings: Holdings) -> None:
        """Ask this for what the target holds."""
        self._holdings = holdings

    def lists(self, name: str, rows: Rows) -> None:
        """Ask this for one more list, told at the path /name."""
        self._lists[name] = rows

    def listed(self, name: str) -> list[Row] | None:
        """A list of another server by its name; None where no server keeps one of that name."""
        rows = self._lists.get(name)
        return rows() if rows is not None else None

    async def sources(self) -> list[Row]:
        """Every file that the file server serves, with the SHA-256 of what it would send now."""
        return [
            {"event_id": one.event_id, "url": one.url, "size": one.size, "sha256": await self._digest(one)}
            for one in list(self._served.values())
        ]

    def objects(self) -> list[Row]:
        """Every whole object that Panopto's S3 holds; manifests end in .xml."""
        return self._holdings.objects() if self._holdings else []

    def session_uploads(self) -> list[Row]:
        """Every session upload ever opened."""
        return self._holdings.session_uploads() if self._holdings else []

    def sessions(self) -> list[Row]:
        """The sessions that exist at Panopto."""
        return self._holdings.sessions() if self._holdings else []

    def multipart_uploads(self) -> list[Row]:
        """The multipart uploads that are neither completed nor aborted."""
        return self._holdings.multipart_uploads() if self._holdings else []

    def requests(self) -> list[Row]:
        """How often each call was made, and the body bytes that it received and sent."""
        return [dict(line) for line in self._counts.values()]

    def entries(self) -> list[Row]:
        """Every request in the order of arrival."""
        return [asdict(entry) for entry in self.log]

    async def _digest(self, one: Served) -> str:
        async with self._digesting:
            if one.url not in self._digests:
                self._digests[one.url] = await one.sha256()
            return self._digests[one.url]


def application(audit: Audit) -> web.Application:
    """The audit over HTTP: each list at the path of its name, as JSON."""

    async def sources(_request: web.Request) -> web.Response:
        return _answer(await audit.sources())

    app = web.Application()
    app.router.add_get("/sources", sources)

    async def listed(request: web.Request) -> web.Response:
        rows = audit.listed(request.match_info["name"])
        if rows is None:
            raise web.HTTPNotFound
        return _answer(rows)

    lists: Mapping[str, Rows] = {
        "/objects": audit.objects,
        "/session-uploads": audit.session_uploads,
        "/sessions": audit.sessions,
        "/multipart-uploads": audit.multipart_uploads,
        "/requests": audit.requests,
        "/log": audit.entries,
    }
    for path, rows in lists.items():
        app.router.add_get(path, _lister(rows))
    app.router.add_get("/{name}", listed)
    return app


def _lister(rows: Rows) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def listed(_request: web.Request) -> web.Response:
        return _answer(rows())

    return listed


def _answer(rows: list[Row]) -> web.Response:
    return web.Response(
        body=orjson.dumps(rows, option=ROWS), content_type="application/json", charset="utf-8"
    )


def blank_header(name: str, value: str) -> str:
    """A header's value as it may be shown; aiohttp tells bytes that are no UTF-8 as surrogates."""
    shown = BLANK if name.lower() in SECRET_HEADERS else value
    return shown.encode(errors="surrogateescape").decode(errors="replace")


def blank_query(query: str) -> str:
    """A query string with the values of its secrets blanked."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(name.lower() in SECRET_PARAMETERS for name, _ in pairs):
        return query
    shown = [(name, BLANK if name.lower() in SECRET_PARAMETERS else value) for name, value in pairs]
    return urlencode(shown, safe="*:/,")
