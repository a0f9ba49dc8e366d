"""Reads of a source, prepared and judged: size and validator by a probe, then ranges under that validator.

Facts of the wire, measured on Opencast's StaticResourceServlet (opencast/opencast 436e9532, Jetty 9.4):
HEAD is refused, so the probe is a GET of the first bytes; ETags are unquoted decimal numbers, and a quoted
copy in If-Range gives the whole file; a 416 has no Content-Range; a range of an empty file is a 200; 410
means that the URL's signature ran out (UrlSigningFilter), 403 and 400 that it is wrong; several ranges come
as multipart/byteranges. `/assets` has no ranges. Who is not signed in is redirected to a login page.
"""

import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import anyio
import yarl

from engine.errors import (
    Changed,
    Empty,
    FerryError,
    Gone,
    LocationExpired,
    LocationRefused,
    ServerFault,
    Unreadable,
)
from engine.http import Http, host_of, ours, passing_fault, start_of_body
from engine.looks import FIRST, what_else
from engine.model import ByteRange, Location, Source, Validator
from engine.retry import retry_after
from engine.wire import BytesGet, Head, Probe, RangedGet, Request

HOPS = 3
"""Redirects that are followed (faults.md F38)."""

LOOK_LIMIT = 5.0
"""Seconds that the first bytes may take after their head."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
LOGIN = re.compile(r"/[^/]*(log-?in|sign-?in|j_spring)[^/]*(/|$)", re.IGNORECASE)
CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
IDENTITY = (("Accept-Encoding", "identity"),)
SIGN_IN = "give an account that may read the file, or have its URL signed"


async def probe(http: Http, source: Source, location: Location, deadline: float) -> Probe:
    """Ask for the first bytes, and take size and validator from the answer's head; nothing is drained.

    They are looked at: a page or JSON is no recording, whatever its type, and is Unreadable.
    Follows at most three redirects, never from https to http; `location.headers` go to the first origin only,
    and each hop must be allowed by itself. `deadline` is in seconds for all of it. Raises Gone, Unreadable,
    NotAllowed, Empty, LocationExpired, LocationRefused, Throttled, ServerFault, Unreachable, TimedOut.
    """
    async with answered(http, source, location, deadline, _PROBE) as (response, location, where):
        validator, ranged = _probed(Head(response.status, response.headers), where)
        await _look_at(response, where)
        return Probe(validator, ranged, location)


_PROBE = (("Range", ByteRange(0, FIRST).header),)


@asynccontextmanager
async def answered(
    http: Http, source: Source, location: Location, deadline: float, wanted: tuple[tuple[str, str], ...]
) -> AsyncIterator[tuple[aiohttp.ClientResponse, Location, str]]:
    """Give the answer of a source after its redirects, where it came from, and that in words."""
    host = host_of(location.url)
    where = f"{source.group}/{source.name} at {host}"
    with ours(host), anyio.fail_after(deadline):
        for _ in range(HOPS + 1):
            request = Request("GET", location.url, (*location.headers, *IDENTITY, *wanted))
            async with http.answer(request) as response:
                head = Head(response.status, response.headers)
                if head.status not in REDIRECTS:
                    yield response, location, where
                    return
            location = redirected(location, head, where)
    raise Unreadable(f"redirects more than {HOPS} times", where=where)


async def _look_at(response: aiohttp.ClientResponse, where: str) -> None:
    """Raise Unreadable where the first bytes are a page's; where they do not come soon, parts will tell."""
    with anyio.move_on_after(LOOK_LIMIT):
        if (found := what_else(await start_of_body(response, FIRST))) is not None:
            raise Unreadable(f"answers with {found}, not with media", where=where, advice=SIGN_IN)


def redirected(location: Location, head: Head, where: str) -> Location:
    """Return where a redirect leads. Raises Unreadable where that is a login page, or http after https.

    Opencast answers 302 to /login.html without credentials; two-node sites redirect files to another host.
    """
    here = yarl.URL(location.url, encoded=True)
    onward = _plain(head, "Location")
    try:
        there = here.join(yarl.URL(onward, encoded=True)) if onward else None
    except ValueError:
        there = None
    if there is None:
        raise Unreadable("redirects to nowhere", where=where)
    if LOGIN.search(there.raw_path):
        raise Unreadable("redirects to a login page", where=where, advice=SIGN_IN)
    if there.scheme not in {"http", "https"} or not there.raw_host:
        raise Unreadable("redirects to something that is not HTTP", where=where)
    if here.scheme == "https" and there.scheme != "https":
        raise Unreadable("redirects from https to http, which is not followed", where=where)
    same = here.origin() == there.origin()
    return Location(str(there), location.expires, location.headers if same else ())


def _probed(head: Head, where: str) -> tuple[Validator, bool]:
    if head.status == 416:
        raise _empty(where)
    refuse_status(head, where, {200, 206})
    refuse_form(head, where)
    if head.status == 206:
        first, last, size = _content_range(head, where)
        if first != 0 or last >= FIRST:
            raise ServerFault("answers with another range than was asked for", where=where)
        return _validator(head, size), True
    size = _declared_size(head, where)
    if size == 0:
        raise _empty(where)
    return _validator(head, size), False


def _declared_size(head: Head, where: str) -> int:
    size = content_length(head.headers)
    if size is None:
        raise Unreadable("does not tell its size", where=where, advice="serve it with a Content-Length")
    return size


def _empty(where: str) -> Empty:
    return Empty("the source has no bytes", where=where, advice="nothing was sent")


def ranged_get(location: Location, span: ByteRange, validator: Validator) -> RangedGet:
    """Prepare a GET of exactly `span`, under If-Range where the ETag is a strong one.

    The judge raises Changed where the source is another one, ServerFault where the answer is not what was
    asked for, and what `probe` raises for other statuses. Servers judge If-Range only when a request starts,
    so a source is probed once more before an upload is completed.
    """
    headers = (*location.headers, *IDENTITY, ("Range", span.header), *_if_range(validator))
    where = host_of(location.url)

    def judge(head: Head) -> None:
        if head.status == 416:
            raise _changed(where)
        refuse_status(head, where, {200, 206})
        refuse_form(head, where)
        if head.status == 200:
            _judge_whole(head, validator, where)
            if span != ByteRange(0, validator.size):
                raise ServerFault("answers with the whole file where a range was asked for", where=where)
            return
        _judge_partial(head, span, validator, where)

    return RangedGet(Request("GET", location.url, headers), span, judge)


def whole_get(location: Location, validator: Validator) -> RangedGet:
    """Prepare a GET of the whole file, for a server without ranges; raises as `ranged_get`'s does."""
    where = host_of(location.url)

    def judge(head: Head) -> None:
        refuse_status(head, where, {200})
        refuse_form(head, where)
        _judge_whole(head, validator, where)

    request = Request("GET", location.url, (*location.headers, *IDENTITY))
    return RangedGet(request, ByteRange(0, validator.size), judge)


def begins_at(start: int, get: RangedGet | BytesGet) -> RangedGet | BytesGet:
    """Return a GET that gives a file from byte `start` on; raises ServerFault where it begins elsewhere.

    Nothing later would tell: bytes of another place have the right length, and the MD5 of what was sent.
    """
    if isinstance(get, RangedGet) and get.span.start != start:
        where = host_of(get.request.url)
        raise ServerFault("is read from another place than where its parts begin", where=where)
    return get


def _if_range(validator: Validator) -> tuple[tuple[str, str], ...]:
    """Send a strong ETag back byte for byte; a weak one never matches (RFC 9110, 13.1.5)."""
    if validator.etag is None or validator.etag.startswith("W/"):
        return ()
    return (("If-Range", validator.etag),)


def _judge_partial(head: Head, span: ByteRange, validator: Validator, where: str) -> None:
    first, last, size = _content_range(head, where)
    if differs(validator, _validator(head, size)):
        raise _changed(where)
    if (first, last + 1) != (span.start, span.stop):
        raise ServerFault("answers with another range than was asked for", where=where)
    if content_length(head.headers) not in {None, span.length}:
        raise ServerFault("declares another length than its range has", where=where)


def _judge_whole(head: Head, validator: Validator, where: str) -> None:
    size = content_length(head.headers)
    if differs(validator, _validator(head, validator.size if size is None else size)):
        raise _changed(where)


def changed(where: str, *, stored: bool = False) -> Changed:
    """Say that a source is another one than when its transfer began; `stored` if an object was made of it."""
    left = "what lies under its key may be a mixture" if stored else "nothing of it was published"
    return Changed(
        "the source is another file than when its transfer began",
        where=where,
        advice=f"{left}; move it in a run of its own once it stays as it is",
    )


def differs(known: Validator, found: Validator) -> bool:
    """Tell whether two validators are of different states, as far as both of them say."""
    return known.size != found.size or any(
        before is not None and now is not None and before != now
        for before, now in ((known.etag, found.etag), (known.last_modified, found.last_modified))
    )


def _changed(where: str) -> Changed:
    return Changed("the source is not the one it was", where=where, advice="run again to begin it anew")


def _validator(head: Head, size: int) -> Validator:
    return Validator(size, _plain(head, "ETag"), _plain(head, "Last-Modified"))


def _plain(head: Head, name: str) -> str | None:
    """Return a header that can be kept and sent back byte for byte; one that is not ASCII cannot."""
    value = head.headers.get(name)
    return value if value is not None and value.isascii() else None


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the declared length of a body, or None where there is none."""
    value = headers.get("Content-Length", "").strip()
    return int(value) if value.isascii() and value.isdigit() else None


def _content_range(head: Head, where: str) -> tuple[int, int, int]:
    match = CONTENT_RANGE.fullmatch(head.headers.get("Content-Range", "").strip())
    if match is None:
        raise ServerFault("answers 206 without saying which range", where=where)
    if match[3] == "*":
        raise Unreadable("does not tell its size", where=where)
    return int(match[1]), int(match[2]), int(match[3])


def refuse_status(head: Head, where: str, good: set[int]) -> None:
    """Raise what a status other than the good ones says."""
    status = head.status
    if status in good:
        return
    wait = retry_after(head.headers.get("Retry-After"), time.time())
    if (passing := passing_fault(status, wait, where)) is not None:
        raise passing
    raise _status_error(status, where)


def _status_error(status: int, where: str) -> FerryError:
    match status:
        case 404:
            return Gone("the file is not there (HTTP 404)", where=where)
        case 410:
            return LocationExpired("its address no longer holds (HTTP 410)", where=where)
        case 412:
            return _changed(where)
        case _ if status in REDIRECTS:
            return LocationExpired(f"its address redirects by now (HTTP {status})", where=where)
        case 403:
            return LocationRefused("may not be read (HTTP 403)", where=where, advice=SIGN_IN)
        case 400 | 401:
            return Unreadable(f"may not be read (HTTP {status})", where=where, advice=SIGN_IN)
        case _ if status < 400:
            return ServerFault(f"answers HTTP {status} to a GET", where=where)
        case _:
            return Unreadable(f"answers HTTP {status}", where=where)


def refuse_form(head: Head, where: str) -> None:
    """Raise where a good status stands over something that is not the file's own bytes."""
    kind = head.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        raise Unreadable("answers with a page, not with media", where=where, advice=SIGN_IN)
    if kind == "multipart/byteranges":
        raise Unreadable("answers with several ranges where one was asked for", where=where)
    if head.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Unreadable("encodes the file although it was asked not to", where=where)
    if "Content-Length" in head.headers and "Transfer-Encoding" in head.headers:
        raise ServerFault("declares its length in two ways", where=where)
