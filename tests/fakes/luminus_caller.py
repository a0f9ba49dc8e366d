"""An emulated LumiNUS on loopback, over a Panopto site that nobody serves, and a plain client of it."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from yarl import URL

from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import Fault, FaultScript
from pipelines.sandbox.luminus import Luminus
from pipelines.sandbox.luminus.credentials import Account
from pipelines.sandbox.luminus.model import Module, WebLecture
from pipelines.sandbox.origin import Origin
from pipelines.sandbox.panopto.disk import Disk
from pipelines.sandbox.panopto.model import Folder, Session
from pipelines.sandbox.panopto.site import Site
from pipelines.sandbox.switches import Switches

NOW = 1_790_000_000.0
PANOPTO = "https://panopto.sandbox.invalid"
START = datetime(2019, 9, 2, 8, 15, tzinfo=UTC)


def numbered(number: int) -> str:
    """A GUID with a number at its end."""
    return f"00000000-0000-4000-8000-{number:012d}"


FOLDER, OTHER_FOLDER = Folder(numbered(1), "Physics"), Folder(numbered(2), "Statics")
MODULE = Module(numbered(11), "PC1141", "Physics I", web_lecture=WebLecture(numbered(21), FOLDER.id))
BARE = Module(numbered(12), "GER1000", "Reasoning")
READ_ONLY = Module(
    numbered(13),
    "LAJ2201",
    "Japanese",
    may_update=False,
    web_lecture=WebLecture(numbered(23), OTHER_FOLDER.id),
)
MODULES = (MODULE, BARE, READ_ONLY)


@dataclass
class Clock:
    """One clock for everything, which stands until it is set on."""

    now: float = NOW

    def __call__(self) -> float:
        """The time in epoch seconds."""
        return self.now


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def document(self) -> Any:
        """The body as JSON; raises ValueError where it is none."""
        return json.loads(self.text)


@dataclass
class Caller:
    """Calls one LumiNUS with both credentials unless other headers are given."""

    http: aiohttp.ClientSession
    url: str
    luminus: Luminus
    site: Site
    audit: Audit
    clock: Clock

    def credentials(self) -> dict[str, str]:
        """The two headers that every call needs."""
        account = self.luminus.account
        return {
            "Authorization": f"Bearer {account.token}",
            "Ocp-Apim-Subscription-Key": account.subscription_key,
        }

    async def call(self, method: str, path: str, **arguments: Any) -> Reply:
        """Call a path that is encoded already."""
        headers = self.credentials() | arguments.pop("headers", {})
        return await self.bare(method, path, headers, **arguments)

    async def bare(self, method: str, path: str, headers: Mapping[str, str], **arguments: Any) -> Reply:
        """Call with these headers alone."""
        url = URL(self.url + path, encoded=True)
        async with self.http.request(method, url, headers=headers, **arguments) as reply:
            return Reply(reply.status, reply.headers.copy(), await reply.text())

    async def patch(self, body: Any, content_type: str = "application/json-patch+json") -> Reply:
        """PATCH a lecture item with this body, as JSON unless it is bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.call(
            "PATCH", "/weblecture/session", data=data, headers={"Content-Type": content_type}
        )

    async def items(self, web_lecture: str = numbered(21), query: str = "") -> list[dict[str, Any]]:
        """The lecture items on one page of a web lecture."""
        reply = await self.call("GET", f"/weblecture/{web_lecture}/sessions/{query}")
        assert reply.status == 200, reply.text
        found: list[dict[str, Any]] = reply.document["data"]
        return found

    def record(
        self, number: int, folder: Folder = FOLDER, start: datetime = START, after: float = -10.0
    ) -> Session:
        """Have Panopto know a session from so many seconds after now on."""
        session = Session(
            numbered(100 + number), folder.id, f"Lecture {number}", "", start, START, 90.5,
            exists_from=self.clock.now + after,
        )  # fmt: skip
        self.site.sessions[session.id] = session
        return session

    async def lecture_item(self) -> dict[str, Any]:
        """A lecture item that is there."""
        self.record(1)
        return (await self.items())[0]


def members(item: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The six members of a PATCH for an item."""
    given = {
        "id": item["id"], "name": "A title", "presenter": "Ada Brennan", "publish": True,
        "startDate": (START + timedelta(hours=1)).isoformat(), "description": "About it",
    }  # fmt: skip
    return given | changes


@asynccontextmanager
async def served(
    folder: Path,
    switches: Switches | None = None,
    faults: Sequence[Fault] = (),
    modules: Sequence[Module] = MODULES,
) -> AsyncIterator[Caller]:
    """Serve a LumiNUS for these modules; `folder` is where its Panopto would keep objects."""
    switches = switches or Switches()
    clock, audit, script = Clock(), Audit(), FaultScript(faults)
    folders = {one.id: one for one in (FOLDER, OTHER_FOLDER)}
    site = Site(PANOPTO, Disk(folder), switches, script, folders, Random(7), clock)
    account = Account.issued("ferry", switches.luminus_token_life, clock.now)
    luminus = Luminus(site, modules, switches, audit, script, account, clock=clock)
    origin = Origin()
    await origin.serve(luminus.app)
    try:
        async with aiohttp.ClientSession() as http:
            yield Caller(http, origin.url, luminus, site, audit, clock)
    finally:
        await origin.close()
