"""Calls to VALT's API v3: its rooms, its schedules, and the two writes that book a recording.

Sources: IVS wiki, API_List_Schedules, API_Schedule_Details, API_Update_Schedule, API_Create_Schedule,
API_List_Schedule_Conflicts, API_List_Rooms, API_List_Templates and API_List_Template_Fields;
IntelligentVideoSolutions/ivs-valt-python 35f843f. Every write is a POST, and an overlap is no refusal: it is
read elsewhere.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine import AccountRefused, Answer, RetryPolicy, Unreadable
from pipelines.rest import Judge, decode, path_of
from pipelines.valt.answers import is_fine, is_missing, judge_write, refusal
from pipelines.valt.auth import Calls, Login, Token
from pipelines.valt.model import Booking, Listing, Overlaps, Room, Schedule, Template
from pipelines.valt.payload import (
    body_of,
    body_of_booking,
    holds,
    read_created,
    read_listing,
    read_one_schedule,
    read_overlaps,
    read_rooms,
    read_version,
)
from pipelines.valt.template import read_fields, read_templates

Fact = TypeVar("Fact")

ONCE = RetryPolicy(attempts=1)


class Valt:
    """One VALT with one account.

    Every call may raise AccountRefused, Refused, SettingsError where the address is wrong, or a Transient
    error. After a Transient error of a write nobody knows whether it was made: read before it is sent again.
    """

    def __init__(
        self, rest: Calls, username: str, password: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._rest = rest
        self._clock = clock
        self._login = Login(rest, username, password, clock=clock)

    @property
    def skew(self) -> float:
        """VALT's clock minus ours in seconds, as of the last login; 0 before the first call."""
        return self._login.skew

    def now(self) -> float:
        """Tell the time by VALT's clock, in epoch seconds: it is the one that says what is in the future."""
        return self._clock() + self.skew

    async def version(self) -> str:
        """Tell VALT's version ("6.5.1"), or nothing where it does not tell this account."""
        endpoint = "GET admin/general"
        answer, _ = await self._ask("GET", endpoint, _path("admin", "general"))
        return self._read(answer, endpoint, lambda json, _: read_version(json)) if is_fine(answer) else ""

    async def rooms(self) -> Mapping[str, Room]:
        """Read all rooms by id: from the list of the administrators, or else from that of everybody."""
        endpoint = "GET admin/rooms"
        answer, _ = await self._ask("GET", endpoint, _path("admin", "rooms"))
        if not is_fine(answer):
            endpoint = "GET rooms/info"
            answer = await self._get(endpoint, _path("rooms", "info"), "does not list its rooms")
        return self._read(answer, endpoint, read_rooms)

    async def templates(self) -> tuple[Template, ...] | None:
        """Read what each template asks for, or None where this account may not look."""
        endpoint = "GET admin/templates"
        answer, _ = await self._ask("GET", endpoint, _path("admin", "templates"))
        if not is_fine(answer):
            return None
        found = []
        for identifier in self._read(answer, endpoint, read_templates):
            endpoint = "GET admin/templates/{id}/fields"
            answer, _ = await self._ask("GET", endpoint, _path("admin", "templates", identifier, "fields"))
            if not is_fine(answer):
                return None
            found.append(Template(identifier, self._read(answer, endpoint, read_fields)))
        return tuple(found)

    async def schedules(self) -> Listing:
        """Read all schedules by id, and which overlap. One that makes no sense is told apart."""
        endpoint = "GET schedule"
        answer = await self._get(endpoint, _path("schedule"), "does not list its schedules")
        return self._read(answer, endpoint, read_listing)

    async def schedule(self, identifier: str) -> Schedule | None:
        """Read one schedule, or None where this account sees none by that id. Raises Unreadable."""
        endpoint = "GET schedule/{id}"
        answer, token = await self._ask("GET", endpoint, _one(identifier))
        if is_missing(answer):
            return None
        self._require(answer, token, endpoint, f"does not show schedule {identifier}")
        return self._read(answer, endpoint, read_one_schedule)

    async def overlaps(self) -> Overlaps:
        """Read which schedules another one covers, wholly or in part."""
        return Overlaps(await self._overlapping("blocked"), await self._overlapping("conflict"))

    async def edit(self, identifier: str, changes: Mapping[str, Any]) -> Schedule | None:
        """Change these members of a schedule (name, room, start_at, duration, ...) in one try.

        Return the schedule as VALT tells it, or None where the answer tells none: then read it. Members that
        are not given stay. Raises Refused with VALT's own words; also after a 500, where a look shows that
        nothing was changed.
        """
        body = body_of(changes)
        endpoint = "POST schedule/{id}/edit"
        answer, token = await self._ask("POST", endpoint, _one(identifier, "edit"), body)
        if answer.status == 500:
            seen = await self.schedule(identifier)
            if seen is not None and holds(seen, body):
                return seen
        self._require(answer, token, endpoint, f"does not change schedule {identifier}")
        return self._told(answer, endpoint)

    async def create(self, booking: Booking) -> str:
        """Create a schedule in one try and return its id. Only who has looked that none is there may call.

        Raises Refused with VALT's own words; also after a 500, where a look shows no such schedule, or
        several.
        """
        body = body_of_booking(booking)
        endpoint = "POST schedule"
        answer, token = await self._ask("POST", endpoint, _path("schedule"), body)
        if answer.status == 500:
            listing = await self.schedules()
            there = [one.id for one in listing.schedules.values() if holds(one, body)]
            if len(there) == 1:
                return there[0]
        self._require(answer, token, endpoint, f"does not create a schedule in room {booking.room_id}")
        return self._read(answer, endpoint, read_created)

    async def _overlapping(self, how: str) -> frozenset[str]:
        endpoint = f"GET schedule/{how}"
        answer = await self._get(endpoint, _path("schedule", how), f"does not list what is {how}")
        return self._read(
            answer, endpoint, lambda json, where: read_overlaps(json, f"{how}_schedules", where)
        )

    def _told(self, answer: Answer, endpoint: str) -> Schedule | None:
        """Read the schedule that an edit answers. It is changed by now, whatever was answered."""
        if not answer.body.strip():
            return None
        try:
            return self._read(answer, endpoint, read_one_schedule)
        except Unreadable:
            return None

    async def _get(self, endpoint: str, path: str, what: str) -> Answer:
        answer, token = await self._ask("GET", endpoint, path)
        self._require(answer, token, endpoint, what)
        return answer

    async def _ask(self, method: str, endpoint: str, path: str, json: Any = None) -> tuple[Answer, Token]:
        """Call, and once more with a new token where the first was refused (then nothing was done)."""
        token = await self._login.token()
        answer = await self._once(method, endpoint, path, token, json)
        if answer.status == 401:
            token = await self._login.renew(token)
            answer = await self._once(method, endpoint, path, token, json)
        return answer, token

    async def _once(self, method: str, endpoint: str, path: str, token: Token, json: Any) -> Answer:
        policy: RetryPolicy | None = None
        judge: Judge | None = None
        if method != "GET":
            policy, judge = ONCE, judge_write
        return await self._rest.call(
            method,
            path,
            endpoint=endpoint,
            query={"access_token": token.value},
            json=json,
            policy=policy,
            judge=judge,
        )

    def _require(self, answer: Answer, token: Token, endpoint: str, what: str) -> None:
        """Raise where the answer is no yes."""
        where = self._where(endpoint)
        if answer.status == 401:
            raise AccountRefused(
                "refuses the account although its token is new",
                where=where,
                advice="check that the VALT user is enabled and may see schedules",
            )
        if not is_fine(answer):
            raise refusal(answer, what, where, secret=token.value)

    def _read(self, answer: Answer, endpoint: str, read: Callable[[Any, str], Fact]) -> Fact:
        where = self._where(endpoint)
        return read(decode(answer, where), where)

    def _where(self, endpoint: str) -> str:
        return f"{self._rest.where} {endpoint}"


def _path(*segments: str) -> str:
    return path_of("api", "v3", *segments)


def _one(identifier: str, *more: str) -> str:
    if not identifier:
        raise ValueError("an empty id would mean the list")
    return _path("schedule", identifier, *more)
