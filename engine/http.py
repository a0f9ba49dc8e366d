"""HTTP to the outside: connections, TLS, proxy; no redirect followed; foreign exceptions made ours."""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import yarl

from engine.errors import FerryError, LocalResource, ServerFault, ShortBody, TimedOut, Unreachable

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of an answer read whole (faults.md F9): more is an error, and memory stays bounded."""

USER_AGENT = "lecture-ferry"


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the outside. `ca_file` adds to the system's authorities; nothing turns checking off.

    `connect` is in seconds; `connections` bounds the pool. `buffer` is what one answer may hold unread.
    """

    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    connect: float = 15.0
    connections: int = 100
    buffer: int = 64 * 1024
    cookies: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer read whole. `url` is without its query; `headers` are read without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = ""


@contextmanager
def ours(where: str) -> Iterator[None]:
    """Turn what aiohttp, ssl and the sockets raise into our errors; no URL's query gets into a message."""
    try:
        yield
    except FerryError:
        raise
    except TimeoutError as error:
        raise TimedOut("no answer in time", where=where) from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise Unreachable(
            "its certificate is not trusted",
            where=where,
            advice="name the authority's file as network.ca_file",
        ) from error
    except aiohttp.ClientConnectorDNSError as error:
        raise Unreachable("its name is not found", where=where, advice="check the address") from error
    except aiohttp.ClientPayloadError as error:
        raise ShortBody("its answer broke off", where=where) from error
    except (aiohttp.ClientConnectionError, ssl.SSLError) as error:
        raise Unreachable(f"the connection failed ({type(error).__name__})", where=where) from error
    except aiohttp.InvalidURL as error:
        raise Unreachable("the address is not a URL", where=where, advice="check the settings") from error
    except aiohttp.ClientError as error:
        raise ServerFault(f"its answer makes no sense ({type(error).__name__})", where=where) from error
    except OSError as error:
        raise as_resource(error, where) from error


def as_resource(error: OSError, where: str) -> FerryError:
    """Tell what this machine lacks (too many files, no memory) from what the network does."""
    if error.errno in _EXHAUSTED:
        return LocalResource(f"this machine cannot open another connection ({error.strerror})", where=where)
    return Unreachable(f"the connection failed ({error.strerror or type(error).__name__})", where=where)


_EXHAUSTED = frozenset({12, 23, 24, 105})  # ENOMEM, ENFILE, EMFILE, ENOBUFS


def trust(network: Network) -> ssl.SSLContext:
    """Return a TLS context that trusts the system's authorities and the operator's."""
    context = ssl.create_default_context()
    if network.ca_file is not None:
        context.load_verify_locations(cafile=network.ca_file)
    return context


def host_of(url: str) -> str:
    """Return host and port of a URL: what limits and messages call a host."""
    parsed = yarl.URL(url, encoded=True)
    return f"{parsed.host}:{parsed.port}" if parsed.port else str(parsed.host)


def without_query(url: str) -> str:
    """Return a URL that may be shown: a query may be a signature."""
    return url.split("?", 1)[0]


class Http:
    """A pool of connections. Nothing is followed, decoded or retried here."""

    def __init__(self, session: aiohttp.ClientSession, network: Network) -> None:
        self.session = session
        self._network = network

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

        A call without a body says Content-Length: 0 where its method usually has one (IIS answers 411
        otherwise). Raises Unreachable, TimedOut, ShortBody, ServerFault, LocalResource.
        """
        where = host_of(url)
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        if body is None and method in {"POST", "PUT", "PATCH", "DELETE"}:
            sent["Content-Length"] = "0"
        with ours(where):
            async with self.session.request(
                method,
                yarl.URL(url, encoded=True),
                headers=sent,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=deadline, sock_connect=self._network.connect),
            ) as response:
                content = await self._read(response, where, largest)
        return Answer(response.status, response.headers, content, without_query(url))

    async def _read(self, response: aiohttp.ClientResponse, where: str, largest: int) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > largest:
                raise ServerFault(f"its answer is longer than {largest} bytes", where=where)
        return bytes(content)


@asynccontextmanager
async def open_http(network: Network) -> AsyncIterator[Http]:
    """Open a pool of connections; it closes with the block."""
    connector = aiohttp.TCPConnector(
        ssl=trust(network), limit=network.connections, ttl_dns_cache=60, enable_cleanup_closed=False
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
    ) as session:
        yield Http(session, network)
