"""Looks who may see the sessions of a checkpoint, and lets those see them who are to, as a report says."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pipelines import items
from pipelines.access.decide import Wanted
from pipelines.access.difference import Missing, People
from pipelines.access.grant import Fate, Granter, Told
from pipelines.access.look import Look
from pipelines.access.records import Verified, verified
from pipelines.access.report import AccessReport, Line
from pipelines.access.roles import RoleTable, Who, read_roles
from pipelines.app.books import identity
from pipelines.app.reconciliation import Books, open_books
from pipelines.app.services import Services, open_services
from pipelines.app.source.asked import close
from pipelines.config import Settings, SettingsError
from pipelines.opencast.client import BATCH
from pipelines.panopto.aspects import Principal
from pipelines.recheck.each import each

KEPT = frozenset({Fate.DONE, Fate.ALREADY, Fate.IN_PART, Fate.BY_HAND, Fate.REFUSED})
"""What became of a session that is on record then."""

NAMED = 5
"""So many events are named where a report is refused."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is wanted of some events, and who the people are that are named there."""

    wanted: Mapping[str, Wanted | None]
    people: People


async def difference_of(settings: Settings) -> AccessReport:
    """Hold every verified session of the checkpoint against its access list. Only reads.

    Raises what opening the checkpoint raises, SettingsError where there is no table of roles, AccountRefused,
    or a Transient error where access lists, or the people of Panopto, cannot be read.
    """
    async with open_look(settings, dry_run=True) as (look, books, _):
        found = moved(books)
        seen = await seen_of(look, [one.event_id for one in found])
        lines: list[Line] = []

        async def compare(item: Verified) -> None:
            lines.append(await look.line(item, seen.wanted[item.event_id], seen.people))

        await each(found, compare)
    return AccessReport(identity(settings), tuple(sorted(lines, key=lambda one: one.event_id)))


async def granted(settings: Settings, report: AccessReport, where: str) -> list[Told]:
    """Do what a report says, session by session, where it is still so.

    Raises SettingsError where the report is of another checkpoint; what was done until a Stopping error is on
    record.
    """
    async with open_look(settings, dry_run=False) as (look, books, services):
        if books.journal is None:
            return []
        there = {one.event_id: one for one in moved(books)}
        check(report, books, identity(settings), where)
        lines = [one for one in report.lines if can_be_done(one, there)]
        seen = await seen_of(look, [one.event_id for one in lines])
        granter = Granter(look, services.aspects, books.journal)
        found = [left(one, there) for one in report.lines if not can_be_done(one, there)]

        async def do(line: Line) -> None:
            wanted = seen.wanted[line.event_id]
            told = await granter.do(line, there[line.event_id], wanted, seen.people)
            if told.fate in KEPT:
                await fold_up(books, line.event_id)
            found.append(told)

        await each(lines, do)
    return sorted(found, key=lambda one: one.event_id)


@asynccontextmanager
async def open_look(settings: Settings, *, dry_run: bool) -> AsyncIterator[tuple[Look, Books, Services]]:
    """Open the checkpoint and the services. Raises SettingsError where there is no table of roles."""
    roles = roles_of(settings)
    async with open_books(settings, dry_run) as books, open_services(settings) as services:
        yield Look(services.opencast, services.aspects, roles), books, services


def roles_of(settings: Settings) -> RoleTable:
    """Read the table of roles. Raises SettingsError."""
    if settings.session.roles is None:
        advice = "name a table in session.roles: what a role of Opencast may at Panopto"
        raise SettingsError("the settings have no table of roles", advice=advice)
    return read_roles(settings.session.roles)


def moved(books: Books) -> list[Verified]:
    """Return the verified items of a checkpoint."""
    found = (verified(name, books.history(name)) for name in sorted(books.subjects) if items.is_item(name))
    return [one for one in found if one is not None]


async def seen_of(look: Look, events: Sequence[str]) -> Seen:
    """Read access lists, and look everybody up once who is to see something."""
    wanted: dict[str, Wanted | None] = {}
    for start in range(0, len(events), BATCH):
        wanted |= await look.wanted(events[start : start + BATCH])
    people: dict[Who, Principal | Missing] = {}

    async def find(who: Who) -> None:
        people[who] = await look.person(who)

    await each(sorted(named(wanted.values())), find)
    return Seen(wanted, people)


def named(wanted: Iterable[Wanted | None]) -> set[Who]:
    """Return everybody who is to see something."""
    return {may.who for one in wanted if one is not None for may in one.grants}


def check(report: AccessReport, books: Books, ours: Mapping[str, str], where: str) -> None:
    """Refuse a report that is not of this checkpoint."""
    known = {name for name in books.subjects if items.is_item(name)}
    foreign = [
        one.event_id
        for one in report.lines
        if one.event_id not in known or books.state(one.event_id).session_id != one.session_id
    ]
    if dict(report.checkpoint) == dict(ours) and not foreign:
        return
    names = f" ({', '.join(foreign[:NAMED])})" if foreign else ""
    raise SettingsError(
        f"is not a report of this checkpoint: it tells otherwise of {len(foreign) or 'all'} events{names}",
        where=where,
        advice="look again with `ferry access`",
    )


def can_be_done(line: Line, there: Mapping[str, Verified]) -> bool:
    """Whether a report knows enough of a session, and it is still verified."""
    return line.known and line.event_id in there


def left(line: Line, there: Mapping[str, Verified]) -> Told:
    """Say why nothing is done of what a report says of a session."""
    why = line.unread if line.event_id in there else "it is not verified any more"
    return Told(line.event_id, Fate.UNDECIDED if line.passing else Fate.LEFT, why)


async def fold_up(books: Books, event_id: str) -> None:
    """Close an item again: what was kept of it stays in its end."""
    history = books.history(event_id)
    if books.journal is not None and history[-1].kind != items.ENDED:
        await close(books.journal, event_id, history)
