"""Looks at both sides of one session after the other: its access list, the people, and what Panopto has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine import FerryError, Refused, Stopping, Transient
from pipelines.access.decide import Wanted, decide
from pipelines.access.difference import Missing, People, difference
from pipelines.access.records import Verified
from pipelines.access.report import Line
from pipelines.access.roles import RoleTable, Who
from pipelines.opencast.model import Event, Unread
from pipelines.panopto.aspects import Access, Permission, Principal

UNTOLD = "Opencast does not tell its access list, so nothing is changed"


class Lists(Protocol):
    """Access lists (pipelines.opencast.client.Opencast has them)."""

    async def batch(
        self, identifiers: Iterable[str], *, sign: bool = True, acl: bool = False
    ) -> list[Event | Unread]:
        """Read events by name."""
        ...


class Sessions(Protocol):
    """What is read of Panopto (pipelines.panopto.aspects.Aspects)."""

    async def access(self, session_id: str) -> Access:
        """Return who may see a session."""
        ...

    async def permissions(self, session_id: str) -> tuple[Permission, ...]:
        """Return what users and groups may do with it."""
        ...

    async def users(self, name: str) -> tuple[Principal, ...]:
        """Return the users of a name."""
        ...

    async def groups(self, name: str) -> tuple[Principal, ...]:
        """Return the groups of a name."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """Looks at sessions; it only reads."""

    opencast: Lists
    panopto: Sessions
    roles: RoleTable

    async def wanted(self, events: Sequence[str]) -> Mapping[str, Wanted | None]:
        """Return what the sessions of some events are to be, by event; None where nobody tells."""
        read = await self.opencast.batch(events, sign=False, acl=True)
        told = {one.identifier: decide(one.acl, self.roles) for one in read if isinstance(one, Event)}
        return {name: told.get(name) for name in events}

    async def person(self, who: Who) -> Principal | Missing:
        """Return the one user or group of a name; Missing where that is not one."""
        find = self.panopto.users if who.kind == "User" else self.panopto.groups
        try:
            found = await find(who.name)
        except Refused as error:
            return Missing(who, error.code, str(error))
        if len(found) == 1:
            return found[0]
        if not found:
            return Missing(who, "unknown_principal", f"Panopto finds no {who}")
        return Missing(who, "several_principals", f"Panopto has {len(found)} of the name: {who}")

    async def line(self, item: Verified, wanted: Wanted | None, people: People) -> Line:
        """Hold one session against what is wanted. Raises Stopping errors; any other is told."""
        try:
            access = await self.panopto.access(item.session_id)
            permissions = tuple(sorted(await self.panopto.permissions(item.session_id)))
        except Stopping:
            raise
        except FerryError as error:
            unread, passing = str(error), isinstance(error, Transient)
            return Line(item.event_id, item.session_id, wanted, unread=unread, passing=passing)
        if wanted is None:
            return Line(item.event_id, item.session_id, None, access, permissions, unread=UNTOLD)
        found = difference(wanted, access, permissions, item.granted, people)
        return Line(item.event_id, item.session_id, wanted, access, permissions, found)
