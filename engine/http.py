"""HTTP to the outside: connections, TLS, proxy; no redirect followed; foreign exceptions made ours."""

import errno
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from engine.allowed import Allowed, place_of
from engine.errors import (
    AnswerTooLong,
    FerryError,
    LocalResource,
    NotAllowed,
    ServerFault,
    ShortBody,
    Throttled,
    TimedOut,
    Transient,
    Unreachable,
    Untrusted,
)
from engine.wire import Request

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of an answer read whole (faults.md F9): more is an error, and memory stays bounded."""

USER_AGENT = "lecture-ferry"

WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods that say Content-Length: 0 where they have no body; IIS answers 411 otherwise
(Panopto/upload-c-sharp-sample, OpenUpload)."""


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the outside. `ca_file` adds to the system's authorities; nothing turns checking off.

    `connect` is in seconds; `connections` bounds the pool. `buffer` is what one answer may hold unread.
    `allowed` are the hosts that may be spoken to; None is any.
    """

    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    connect: float = 15.0
    connections: int = 100
    buffer: int = 64 * 1024
    cookies: bool = False
    allowed: Allowed | None = None

    def check(self, url: str) -> None:
        """Raise NotAllowed where a URL leads to a host that is not allowed, or nowhere that HTTP goes to."""
        if self.allowed is None:
            return
        place = place_of(url)
        if place is None:
            raise NotAllowed("an address is not one of HTTP, and is not followed")
        self.allowed.check(place)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer read whole. `url` is without its query; `headers` are read without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = ""


@contextmanager
def ours(where: str) -> Iterator[None]:
    """Turn what aiohttp, ssl and the sockets raise into our errors, and leave theirs out of the traceback:
    aiohttp's texts hold whole URLs, and a query or an upload's path is a secret."""
    try:
        yield
    except FerryError:
        raise
    except TimeoutError:
        raise TimedOut("no answer in time", where=where) from None
    except aiohttp.ClientResponseError as error:
        raise _misspoken(error, where) from None
    except aiohttp.InvalidURL:
        raise Unreachable("the address is not a URL", where=where, advice="check the settings") from None
    except aiohttp.ClientPayloadError:
        raise ShortBody("its answer broke off", where=where) from None
    except OSError as error:
        raise _unconnected(error, where) from None
    except aiohttp.ClientConnectionError as error:
        raise Unreachable(f"the connection failed ({type(error).__name__})", where=where) from None
    except aiohttp.ClientError as error:
        raise ServerFault(f"its answer makes no sense ({type(error).__name__})", where=where) from None


def _misspoken(error: aiohttp.ClientResponseError, where: str) -> FerryError:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        said = f"the proxy answers HTTP {error.status}"
        return Unreachable(said, where=where, advice="check network.proxy")
    return ServerFault("its answer is not HTTP", where=where)


def _unconnected(error: OSError, where: str) -> FerryError:
    if error.errno in _EXHAUSTED:
        return LocalResource(
            f"this machine cannot open another connection ({error.strerror})",
            where=where,
            advice="raise its limit of open files, or lower the number of parts in flight",
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        return Untrusted(
            "its certificate is not trusted",
            where=where,
            advice="name the authority's file as network.ca_file",
        )
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return Unreachable("the proxy cannot be reached", where=where, advice="check network.proxy")
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror):
        return Unreachable("its name is not found", where=where)
    return Unreachable(f"the connection failed ({_cause(error)})", where=where)


def _cause(error: OSError) -> str:
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        return "TLS"
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


_EXHAUSTED = frozenset({errno.ENOMEM, errno.ENFILE, errno.EMFILE, errno.ENOBUFS})


def passing_fault(status: int, wait: float | None, where: str) -> Transient | None:
    """Return what a status says that may be otherwise later (429, 408, 5xx but 501 and 505), or None.

    `wait` is the answer's Retry-After in seconds, or None where it has none.
    """
    if status == 429 or (status == 503 and wait is not None):
        return Throttled(f"asks for fewer calls (HTTP {status})", where=where, retry_after=wait)
    if (status >= 500 and status not in {501, 505}) or status in {408, 425}:
        return ServerFault(f"answers HTTP {status}", where=where, retry_after=wait)
    return None


def trust(network: Network) -> ssl.SSLContext:
    """Return a TLS context that trusts the system's authorities and the operator's."""
    context = ssl.create_default_context()
    if network.ca_file is not None:
        context.load_verify_locations(cafile=network.ca_file)
    return context


_ORIGIN = re.compile(r"https?://[^/?#@\\]+(?=/)")


def host_of(url: str) -> str:
    """Return host and port of a URL: what limits and messages call a host."""
    origin = _ORIGIN.match(url)
    return _host_of_origin(origin[0]) if origin else _host_of(url)


@lru_cache(maxsize=256)
def _host_of_origin(origin: str) -> str:
    """Remember hosts: they are few and asked for often. What may be a secret is not part of an origin."""
    return _host_of(origin)


def _host_of(url: str) -> str:
    try:
        parsed = yarl.URL(url, encoded=True)
        return f"{parsed.host}:{parsed.port}" if parsed.port else str(parsed.host)
    except ValueError:
        return "an address that is not a URL"


def without_query(url: str) -> str:
    """Return a URL that may be shown: a query may be a signature."""
    return url.split("?", 1)[0]


async def one_attempt(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request once. aiohttp by itself sends a PUT or DELETE again where a kept connection broke.

    It knows its own exceptions only, so making them ours here ends that: the peer may have done what it was
    asked, and who called decides what follows.
    """
    with ours(host_of(str(request.url))):
        return await send(request)


class Http:
    """A pool of connections. Nothing is followed, decoded or sent twice here.

    `network` and `tls` are what it was opened with: the relay opens connections of its own alike.
    """

    def __init__(self, session: aiohttp.ClientSession, network: Network, tls: ssl.SSLContext) -> None:
        self.session = session
        self.network = network
        self.tls = tls

    async def begin(
        self,
        request: Request,
        *,
        body: bytes | aiohttp.Payload | None = None,
        deadline: float | None = None,
        buffer: int | None = None,
    ) -> aiohttp.ClientResponse:
        """Send a request and return its answer when the head is there; the caller reads or closes it.

        `deadline` is in seconds, the body of the answer included; `buffer` is how many bytes may lie unread.
        """
        self.network.check(request.url)
        headers = {"Accept-Encoding": "identity", **dict(request.headers)}
        if body is None and request.method in WITH_BODY:
            headers["Content-Length"] = "0"
        with ours(host_of(request.url)):
            return await self.session.request(
                request.method,
                _parsed(request.url),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=deadline, sock_connect=self.network.connect),
                read_bufsize=buffer or self.network.buffer,
            )

    @asynccontextmanager
    async def answer(
        self,
        request: Request,
        *,
        body: bytes | aiohttp.Payload | None = None,
        deadline: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and give its answer for the block, the body unread.

        The connection is kept only where the answer was read to its end: nothing is drained. Errors of the
        block are made ours as well.
        """
        with ours(host_of(request.url)):
            async with await self.begin(request, body=body, deadline=deadline) as response:
                yield response

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline: float = 60.0,
        largest: int = LARGEST_ANSWER,
    ) -> Answer:
        """Make one call and read its answer whole, whatever its status, within `deadline` seconds.

        Raises Unreachable, TimedOut, ShortBody, ServerFault, NotAllowed, LocalResource.
        """
        request = Request(method, url, tuple((headers or {}).items()))
        async with self.answer(request, body=body, deadline=deadline) as response:
            content = await whole_body(response, largest)
        return Answer(response.status, response.headers, content, without_query(url))


def _parsed(url: str) -> yarl.URL:
    try:
        return yarl.URL(url, encoded=True)
    except ValueError:
        raise aiohttp.InvalidURL("") from None


async def whole_body(response: aiohttp.ClientResponse, largest: int) -> bytes:
    """Read a body to its end, in the block of `Http.answer`; raises AnswerTooLong beyond `largest` bytes."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > largest:
            where = host_of(str(response.url))
            raise AnswerTooLong(f"its answer is longer than {largest} bytes", where=where)
    return bytes(content)


async def start_of_body(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read at most about `most` bytes of a body that only explains; where it breaks off, what came counts."""
    content = bytearray()
    try:
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) >= most:
                break
    except (aiohttp.ClientError, OSError):
        pass
    return bytes(content[:most])


class CheckedResolver(AbstractResolver):
    """Resolves names to addresses that may be connected to; the proxy's is the operator's own word."""

    def __init__(self, allowed: Allowed, proxy: str | None) -> None:
        self._allowed = allowed
        self._proxy = place_of(proxy) if proxy else None
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a name. Raises NotAllowed where it stands for no address that may be connected to."""
        found = await self._resolver.resolve(host, port, family)
        if self._proxy is not None and (host, port) == (self._proxy.host, self._proxy.port):
            return found
        good = self._allowed.checked(host, [one["host"] for one in found])
        return [one for one in found if one["host"] in good]

    async def close(self) -> None:
        """Nothing is held."""


def _resolver(network: Network) -> AbstractResolver | None:
    return None if network.allowed is None else CheckedResolver(network.allowed, network.proxy)


@asynccontextmanager
async def open_http(network: Network) -> AsyncIterator[Http]:
    """Open a pool of connections; it closes with the block."""
    tls = trust(network)
    connector = aiohttp.TCPConnector(
        ssl=tls, limit=network.connections, ttl_dns_cache=60, resolver=_resolver(network)
    )
    jar = aiohttp.CookieJar(unsafe=True) if network.cookies else aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=jar,
        auto_decompress=False,
        read_bufsize=network.buffer,
        proxy=network.proxy,
        headers={"User-Agent": USER_AGENT},
        skip_auto_headers={"Content-Type"},
        middlewares=(one_attempt,),
    ) as session:
        yield Http(session, network, tls)
