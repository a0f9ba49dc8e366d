"""A whole sandbox: every server of it on a port of its own, in the loop that enters it, until it is left."""

import math
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
import anyio.to_thread
from aiohttp import web

from pipelines.sandbox import audit, certificate, faults, front
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.bandwidth import Bandwidth
from pipelines.sandbox.claim import claimed
from pipelines.sandbox.faults import Fault, FaultScript
from pipelines.sandbox.handout import (
    CA,
    FOLDERS,
    MODULES,
    OBJECTS,
    READY,
    ROOMS,
    SCHEDULES,
    SETTINGS,
    Handout,
)
from pipelines.sandbox.luminus import Luminus, modules
from pipelines.sandbox.luminus.credentials import Account as LuminusAccount
from pipelines.sandbox.opencast import Opencast
from pipelines.sandbox.origin import Origin
from pipelines.sandbox.panopto import Panopto
from pipelines.sandbox.panopto.oauth import Account, Client
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.valt import Valt, seeds
from pipelines.sandbox.valt.login import Account as ValtAccount
from pipelines.sandbox.world import World

MIB = 1 << 20
USERNAME = "ferry"
SERVERS = ("opencast", "files", "panopto", "luminus", "valt", "audit")
"""Each has an origin of its own; Panopto's speaks TLS."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the command `ferry sandbox` is told. `bandwidth` in MiB a second; `faults` is a JSON file."""

    out: Path
    events: int = 16
    media: Path | None = None
    seed: int = 7
    bandwidth: float | None = None
    faults: Path | None = None
    switches: tuple[str, ...] = ()
    bookings: int = 2

    def sandbox(self) -> "Sandbox":
        """The sandbox that is meant. Raises ValueError with one sentence where something is wrong."""
        if self.bandwidth is not None and not 0 < self.bandwidth < math.inf:
            raise ValueError(f"A bandwidth of {self.bandwidth:g} MiB a second is none; it is more than 0.")
        switches = Switches()
        for setting in self.switches:
            switches = switches.parse(setting)
        if self.media is not None:
            world = World.from_folder(self.media)
        else:
            world = World.seeded(self.seed, self.events, switches.largest, switches.typical, self.bookings)
        script = faults.read(self.faults) if self.faults else ()
        return Sandbox(world, switches, script, self.bandwidth, self.out, seed=self.seed)


async def serve(standing: Standing, ready: Callable[["Sandbox"], None] = lambda _: None) -> None:
    """Serve until cancelled; `ready` is told once everything is in place.

    Raises ValueError with one sentence where something that was asked for is wrong.
    """
    sandbox = await anyio.to_thread.run_sync(standing.sandbox)
    async with sandbox:
        ready(sandbox)
        await anyio.sleep_forever()


class Sandbox:
    """All emulated servers, as a context: `async with Sandbox(...) as sandbox`.

    `bandwidth` is in MiB a second over all media that Opencast serves. Without a `folder` everything lies in
    a temporary one. The URLs have no slash at the end; `details` is what sandbox.json holds.
    """

    audit_url: str
    opencast_url: str
    files_url: str
    panopto_url: str
    luminus_url: str
    valt_url: str
    details: dict[str, Any]

    def __init__(
        self,
        world: World | None = None,
        switches: Switches | None = None,
        faults: Iterable[Fault] = (),
        bandwidth: float | None = None,
        folder: Path | None = None,
        *,
        seed: int = 7,
    ) -> None:
        self.switches = switches or Switches()
        self.world = world or World.seeded(seed, 16, self.switches.largest, self.switches.typical)
        self.faults = FaultScript(faults)
        self.bandwidth = Bandwidth(bandwidth * MIB if bandwidth else None)
        self.audit = Audit(keep_log=self.switches.log == "on")
        self._seed = seed
        self._given = folder
        self._stack = AsyncExitStack()

    @property
    def ca_file(self) -> Path:
        """The CA that signed Panopto's certificate."""
        return self.folder / CA

    @property
    def settings_file(self) -> Path:
        """The settings that every verb of the command takes."""
        return self.folder / SETTINGS

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.folder = self._given or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self, stack: AsyncExitStack) -> None:
        stack.enter_context(claimed(self.folder))
        tls = certificate.issue()
        origins = [Origin(tls.context if name == "panopto" else None) for name in SERVERS]
        for origin in origins:
            stack.push_async_callback(origin.close)
        stack.callback(shutil.rmtree, self.folder / OBJECTS, ignore_errors=True)
        stack.callback((self.folder / READY).unlink, missing_ok=True)
        urls = [origin.url for origin in origins]
        (
            self.opencast_url,
            self.files_url,
            self.panopto_url,
            self.luminus_url,
            self.valt_url,
            self.audit_url,
        ) = urls
        apps = self._systems()
        self._check()
        for origin, app in zip(origins, apps, strict=True):
            await origin.serve(app)
        Handout(self.details, tls.ca, self._tables()).write(self.folder)

    def _systems(self) -> tuple[web.Application, ...]:
        """Make every system, and return the applications in the order of SERVERS."""
        client = Client(secrets.token_hex(8), secrets.token_urlsafe(24), self.switches.client_type)
        account = Account(USERNAME, secrets.token_urlsafe(12), secrets.token_hex(16))
        booker = ValtAccount(USERNAME, secrets.token_urlsafe(12))
        self.opencast = Opencast(self.world, self.switches, self.audit, self.faults, self.bandwidth)
        self.opencast.bind(self.opencast_url, self.files_url)
        self.panopto = self._panopto(account, client)
        self.luminus = self._luminus()
        self._bookings = seeds.seeded(self.world.bookings, time.time())
        self.valt = Valt(self.switches, self.audit, self.faults, booker, self._bookings)
        self.audit.lists("events", self.opencast.rows)
        self.audit.lists("lecture-items", self.luminus.rows)
        self.audit.lists("schedules", self.valt.rows)
        self.audit.lists("faults", self.faults.statistics)
        self.details = self._details(account, client, booker)
        books = audit.application(self.audit)
        self.opencast.republishing(books)
        return (
            self.opencast.api, self.opencast.files, self.panopto.app, self.luminus.app, self.valt.app,
            books,
        )  # fmt: skip

    def _panopto(self, account: Account, client: Client) -> Panopto:
        series = [(one.identifier, one.title) for one in self.world.series]
        other = replace(client, id=f"{client.id}-other", type="web" if client.type == "user" else "user")
        return Panopto(
            self.panopto_url, self.folder / OBJECTS, series, self.switches, self.audit, self.faults, account,
            (client, other), seed=self._seed,
        )  # fmt: skip

    def _luminus(self) -> Luminus:
        series, folders = self.world.series, self._folders
        cross_listed = self.switches.cross_listed == "on"
        self._modules = modules.tabled(series, folders, self._seed, cross_listed=cross_listed)
        held = (*self._modules.values(), *modules.others(series, folders, self._seed))
        issued = LuminusAccount.issued(USERNAME, self.switches.luminus_token_life, time.time())
        return Luminus(self.panopto.site, held, self.switches, self.audit, self.faults, issued)

    @property
    def _folders(self) -> dict[str, str]:
        """The Panopto folder of each series."""
        return {series: folder.id for series, folder in self.panopto.series_folders.items()}

    def _tables(self) -> dict[str, list[tuple[object, ...]]]:
        tabled = [one.identifier for one in self.world.series if one.tabled]
        return {
            FOLDERS: [(series, self._folders[series]) for series in tabled],
            MODULES: [(series, module.id) for series, module in self._modules.items()],
            ROOMS: list(self._bookings.rooms_table),
            SCHEDULES: list(self._bookings.schedules_table),
        }

    def _check(self) -> None:
        """Refuse faults whose operation no server has."""
        apps = (self.opencast.api, self.opencast.files, self.luminus.app, self.valt.app)
        known = {name for app in apps for name in front.operations(app)}
        self.faults.check({*known, *self.panopto.operations})

    def _details(self, account: Account, client: Client, booker: ValtAccount) -> dict[str, Any]:
        return {
            "opencast": {
                "url": self.opencast_url,
                "files_url": self.files_url,
                "username": self.opencast.account.username,
                "password": self.opencast.account.password,
            },
            "panopto": {
                "url": self.panopto_url,
                "client_id": client.id,
                "client_secret": client.secret,
                "username": account.username,
                "password": account.password,
                "folder_id": self.panopto.default_folder.id,
            },
            "luminus": {
                "url": self.luminus_url,
                "token": self.luminus.account.token,
                "subscription_key": self.luminus.account.subscription_key,
            },
            "valt": {"url": self.valt_url, "username": booker.username, "password": booker.password},
            "audit": {"url": self.audit_url},
            "pid": os.getpid(),
        }
