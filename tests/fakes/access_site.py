"""Moved sessions whose access is looked at and granted: both sides of the sandbox, our clients, a journal."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fakes.emulated_opencast import Site, serving
from fakes.memory_journal import MemoryJournal
from fakes.panopto_caller import Caller, served
from fakes.panopto_client import aspects_at
from pipelines import items
from pipelines.access.grant import Granter, Told
from pipelines.access.look import Look
from pipelines.access.report import AccessReport, Line
from pipelines.access.roles import RoleTable, read_roles
from pipelines.app.access import fold_up, moved, seen_of
from pipelines.app.reconciliation import Books
from pipelines.items import Outcome
from pipelines.panopto.aspects import Aspects
from pipelines.sandbox import Fault, Switches, World

WORLD = World.seeded(7, 3, largest=1000, typical=1000)
TABLE = """role,grant,principal
ROLE_ADMIN,nothing,
ROLE_MIGRATION,nothing,
ROLE_ANYBODY,level,Public
ROLE_USER,level,Organization
ROLE_STAFF,viewer,group:All staff
ROLE_ADA,viewer,user:lovelace
ROLE_ADA,creator,user:lovelace
ROLE_GONE,viewer,user:nobody
ROLE_TWICE,viewer,group:Physics I
"""


@dataclass
class AccessSite:
    """Everything; `roles` is the table."""

    opencast: Site
    panopto: Caller
    aspects: Aspects
    roles: RoleTable
    sessions: Mapping[str, str]
    journal: MemoryJournal = field(default_factory=MemoryJournal)

    @property
    def names(self) -> list[str]:
        """The events that were moved."""
        return [one.identifier for one in WORLD.events]

    def allow(self, name: str, *roles: str, writes: Sequence[str] = (), denies: Sequence[str] = ()) -> None:
        """Let roles read an event at Opencast from now on, besides the migration's own account."""
        holdings = self.opencast.emulated._holdings
        event = holdings.event(name)
        assert event is not None
        grants = tuple((one, "write") for one in writes)
        readers = ("ROLE_MIGRATION", *roles)
        holdings.put(replace(event, readers=readers, denied=tuple(denies), grants=grants))

    def books(self) -> Books:
        """The checkpoint."""
        return Books(self.journal.subjects(), self.journal.history, self.journal)

    async def look(self) -> AccessReport:
        """A report of all sessions."""
        look = Look(self.opencast.client, self.aspects, self.roles)
        found = moved(self.books())
        seen = await seen_of(look, [one.event_id for one in found])
        lines = [await look.line(one, seen.wanted[one.event_id], seen.people) for one in found]
        return AccessReport({}, tuple(lines))

    async def grant(self, report: AccessReport) -> dict[str, Told]:
        """Do what a report says, one session after the other."""
        look = Look(self.opencast.client, self.aspects, self.roles)
        there = {one.event_id: one for one in moved(self.books())}
        seen = await seen_of(look, list(there))
        granter, found = Granter(look, self.aspects, self.journal), {}
        for line in report.lines:
            name = line.event_id
            found[name] = await granter.do(line, there[name], seen.wanted[name], seen.people)
            await fold_up(self.books(), name)
        return found

    def audited(self, name: str) -> tuple[str, list[tuple[str, str]]]:
        """The level of an event's session that counts, and what was granted on it, by Panopto's books."""
        rows = self.panopto.audit.sessions()
        row = next(one for one in rows if one["session_id"] == self.sessions[name])
        people = {one.id: one.username for one in self.panopto.site.people.users}
        people |= {one.id: one.name for one in self.panopto.site.people.groups.values()}
        granted = [(one["role"], people[one["principal_id"]]) for one in row["permissions"]]
        return row["access"]["level"], sorted(granted)

    def aspect(self, name: str) -> Mapping[str, Any]:
        """What is on record of an event's access."""
        return items.fold(self.journal.history(name)).aspects.get("access", {})


def line_of(report: AccessReport, name: str) -> Line:
    """The line of an event."""
    return next(one for one in report.lines if one.event_id == name)


@asynccontextmanager
async def access_site(
    folder: Path, faults: Sequence[Fault] = (), table: str = TABLE, **switches: Any
) -> AsyncIterator[AccessSite]:
    """Serve a world all of whose events are on record as verified, and readable by nobody but us."""
    chosen = Switches(rate_limit="off", jitter=0, **switches)
    place = folder / secrets.token_hex(4)
    place.mkdir()
    path = place / "roles.csv"
    path.write_text(table, encoding="utf-8")
    ours = [one for one in faults if one.operation.startswith("panopto.")]
    theirs = [one for one in faults if one not in ours]
    async with (
        serving(WORLD, chosen, theirs) as opencast,
        served(place, chosen, ours) as panopto,
        aspects_at(panopto) as aspects,
    ):
        sessions = {one.identifier: await panopto.empty_session(one.identifier) for one in WORLD.events}
        site = AccessSite(opencast, panopto, aspects, read_roles(path), sessions)
        for name, session_id in sessions.items():
            site.allow(name)
            right = {"session_id": session_id}
            await site.journal.append(
                items.ended(name, Outcome.VERIFIED, session_id=session_id, right=right, title="Analysis")
            )
        yield site
