"""The sandbox's Opencast on loopback, with our client and locator before it and one clock for all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine import Answer, Http, Location, Network, open_http
from pipelines.opencast.client import Opencast
from pipelines.opencast.locate import EventLocator
from pipelines.rest import Rest
from pipelines.sandbox import Fault, Switches, World
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.bandwidth import Bandwidth
from pipelines.sandbox.faults import FaultScript
from pipelines.sandbox.opencast import Opencast as Emulated
from pipelines.sandbox.origin import Origin


class Clock:
    """Seconds since the epoch, which stand until they are set on."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@dataclass(frozen=True)
class Site:
    """An Opencast that is served, and what asks it."""

    emulated: Emulated
    client: Opencast
    locator: EventLocator
    audit: Audit
    clock: Clock
    http: Http
    calls: Http

    async def first_byte(self, location: Location) -> Answer:
        """Ask for the first byte of a file, as a transfer does to learn its size."""
        return await self.http.call(
            "GET", location.url, headers={**dict(location.headers), "Range": "bytes=0-0"}
        )

    async def size(self, location: Location) -> int:
        """Return the size of a file, as its server tells it."""
        answer = await self.first_byte(location)
        assert answer.status == 206
        return int(answer.headers["Content-Range"].rpartition("/")[2])


@asynccontextmanager
async def serving(
    world: World,
    switches: Switches | None = None,
    faults: Sequence[Fault] = (),
    *,
    password: str | None = None,
    file_credentials: bool = False,
) -> AsyncIterator[Site]:
    """Serve a world; the client waits for nothing between its tries."""

    async def at_once(_: float) -> None: ...

    api, files, audit, clock = Origin(), Origin(), Audit(), Clock()
    emulated = Emulated(
        world, switches or Switches(), audit, FaultScript(faults), Bandwidth(None), clock=clock
    )
    emulated.bind(api.url, files.url)
    try:
        await api.serve(emulated.api)
        await files.serve(emulated.files)
        async with open_http(Network(cookies=True)) as calls, open_http(Network()) as http:
            account = emulated.account
            rest = Rest(calls, api.url, sleep=at_once)
            client = Opencast(rest, account.username, password or account.password)
            locator = EventLocator(client, file_credentials=file_credentials, clock=clock)
            yield Site(emulated, client, locator, audit, clock, http, calls)
    finally:
        await api.close()
        await files.close()
