"""An emulated Opencast on two loopback ports, for the tests of this folder."""

import base64
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from yarl import URL

from pipelines.sandbox.audit import Audit
from pipelines.sandbox.bandwidth import Bandwidth
from pipelines.sandbox.faults import Fault, FaultScript
from pipelines.sandbox.opencast import Opencast
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.world import World

SMALL = World.seeded(7, 18, largest=300_000, typical=20_000)


@dataclass
class Reply:
    """What came back: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool = True

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass
class Running:
    """A served Opencast and a client that changes nothing of what it is given."""

    opencast: Opencast
    audit: Audit
    api_url: str
    files_url: str
    http: aiohttp.ClientSession
    now: list[float]
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, method: str = "GET", data: Any = None, **headers: str) -> Reply:
        """Ask with the account's credentials; `path` is encoded already. No redirect is followed."""
        return await self.bare(self.api_url + path, method, data, **(self.headers | headers))

    async def bare(self, url: str, method: str = "GET", data: Any = None, **headers: str) -> Reply:
        """Ask for a whole URL with no headers but these (underscores for hyphens)."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(
            method, URL(url, encoded=True), headers=sent, data=data, allow_redirects=False
        ) as response:
            body, complete = bytearray(), True
            try:
                async for chunk in response.content.iter_any():
                    body += chunk
            except aiohttp.ClientPayloadError:
                complete = False
            return Reply(response.status, response.headers, bytes(body), complete)

    async def films(self, number: int, query: str = "") -> list[dict[str, Any]]:
        """The tracks of event `number` (from 1) that lie on the file server."""
        event = SMALL.events[number - 1].identifier.replace("+", "%2B")
        reply = await self.get(f"/api/events/{event}/publications{query}")
        return [
            track for one in reply.json for track in one["media"] if track["url"].startswith(self.files_url)
        ]


Serve = Callable[..., AbstractAsyncContextManager[Running]]


@asynccontextmanager
async def serving(
    switches: Switches | None = None,
    faults: Sequence[Fault] = (),
    world: World = SMALL,
    rate: float | None = None,
) -> AsyncIterator[Running]:
    """An Opencast on two ports, its clock in `now[0]`."""
    now, audit = [1_700_000_000.0], Audit()
    opencast = Opencast(
        world, switches or Switches(), audit, FaultScript(faults), Bandwidth(rate), clock=lambda: now[0]
    )
    urls: list[str] = []
    runners = [
        web.AppRunner(app, access_log=None, shutdown_timeout=0.1) for app in (opencast.api, opencast.files)
    ]
    try:
        for runner in runners:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        opencast.bind(*urls)
        pair = f"{opencast.account.username}:{opencast.account.password}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        plain = {"skip_auto_headers": ("Accept", "Accept-Encoding"), "cookie_jar": aiohttp.DummyCookieJar()}
        async with aiohttp.ClientSession(**plain) as http:
            yield Running(opencast, audit, urls[0], urls[1], http, now, headers)
    finally:
        for runner in runners:
            await runner.cleanup()


@pytest.fixture
def serve() -> Serve:
    """`async with serve(...) as running`: an Opencast for one test."""
    return serving
