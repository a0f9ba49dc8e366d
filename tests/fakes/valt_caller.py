"""An emulated VALT on loopback, and a plain client that speaks to it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import Fault, FaultScript
from pipelines.sandbox.origin import Origin
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.valt import Valt
from pipelines.sandbox.valt.login import Account
from pipelines.sandbox.valt.model import Recurrence, Room, Schedule
from pipelines.sandbox.valt.seeds import Seeds

ACCOUNT = Account("ferry", "pass & word")
NOW = 1_790_000_000
"""A Monday: 21 September 2026, 13:33:20 UTC."""
DAY = 86_400
HOUR = 3600
ROOMS = (Room(39, "Theatre 3"), Room(41, "Theatre B"), Room(17, "Seminar Room 17"))
WEEKLY = Recurrence("weekly", weekdays=(2,))
"""Every Tuesday."""
SCHEDULES = (
    Schedule(1, "Booking", (39,), NOW + DAY, HOUR, booked=1),
    Schedule(2, "Weekly", (41,), NOW + DAY - 7 * DAY, HOUR, WEEKLY, booked=2),
    Schedule(3, "Running", (17,), NOW - 60, HOUR, booked=3),
    Schedule(4, "Open day", (41, 17), NOW + 10 * DAY, HOUR, booked=4),
    Schedule(5, "Over", (39,), NOW - 2 * DAY, HOUR, booked=5),
)
SEEDS = Seeds(ROOMS, SCHEDULES, [], [])


@dataclass
class Clock:
    """A clock that stands until it is set on."""

    now: float = NOW

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass
class Caller:
    """Calls one VALT, with a token of the account."""

    http: aiohttp.ClientSession
    valt: Valt
    audit: Audit
    clock: Clock
    url: str
    token: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the last answer."""

    async def ask(self, method: str, path: str, **arguments: Any) -> tuple[int, Any]:
        """Call below /api/v3 as it is: the status, and the JSON that came."""
        async with self.http.request(method, f"{self.url}/api/v3/{path}", **arguments) as reply:
            self.headers = reply.headers
            return reply.status, await reply.json()

    async def get(self, path: str) -> tuple[int, Any]:
        """GET with the token."""
        return await self.ask("GET", path, params={"access_token": self.token})

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """POST JSON with the token."""
        return await self.ask("POST", path, params={"access_token": self.token}, json=body)

    async def sign_in(self) -> None:
        """Get a token."""
        credentials = {"username": ACCOUNT.username, "password": ACCOUNT.password}
        _, body = await self.ask("POST", "login", json=credentials)
        self.token = body["data"]["access_token"]

    async def read(self, schedule_id: int) -> dict[str, Any]:
        """One schedule as VALT has it now."""
        status, body = await self.get(f"schedule/{schedule_id}")
        assert status == 200
        found: dict[str, Any] = body["data"]
        return found

    async def overlapping(self) -> tuple[list[int], list[int]]:
        """The ids in schedule/blocked and in schedule/conflict."""
        _, blocked = await self.get("schedule/blocked")
        _, conflict = await self.get("schedule/conflict")
        return blocked["data"]["blocked_schedules"], conflict["data"]["conflict_schedules"]


@asynccontextmanager
async def served(
    switches: Switches | None = None, faults: Sequence[Fault] = (), seeds: Seeds = SEEDS
) -> AsyncIterator[Caller]:
    """A VALT on a free port, and a caller that is signed in; the clock stands still."""
    clock, audit, origin = Clock(), Audit(), Origin()
    valt = Valt(switches or Switches(), audit, FaultScript(faults), ACCOUNT, seeds, clock)
    await origin.serve(valt.app)
    try:
        async with aiohttp.ClientSession() as http:
            http._retry_connection = False
            caller = Caller(http, valt, audit, clock, origin.url)
            await caller.sign_in()
            yield caller
    finally:
        await origin.close()
