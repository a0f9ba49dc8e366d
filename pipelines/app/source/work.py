"""Opens what a verb of `ferry source` works with: the checkpoint, joined with a report, and the services."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine import open_http
from pipelines.app.reconciliation import Books, open_books
from pipelines.app.services import Services, network, open_services, policy
from pipelines.app.source.asked import Asked, Fate, Told, asked_for
from pipelines.app.source.mark import AT_ONCE, Marker
from pipelines.app.source.retract import WANTED, Retracter
from pipelines.config import Settings, SettingsError
from pipelines.opencast.marks import Mark
from pipelines.opencast.writing import Writing
from pipelines.report.listed import Reported
from pipelines.rest import Rest


@dataclass(frozen=True, slots=True)
class Retraction:
    """What is to be retracted: by which report, losing what; waiting how many seconds for each event.

    `events` is how many are to be gone in the end; None only looks.
    """

    report: Reported
    losing: frozenset[str] = frozenset()
    wait: float = 600.0
    events: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """All that a verb works with."""

    books: Books
    asked: Asked
    services: Services
    writing: Writing


async def marked(settings: Settings, report: Reported, mark: Mark, *, apply: bool) -> list[Told]:
    """Mark the events of a report, or say which would be."""
    async with open_work(settings, report, apply=apply) as work:
        return await marker(settings, work, mark).mark_all(work.asked)


async def unmarked(settings: Settings, report: Reported, mark: Mark, *, apply: bool) -> list[Told]:
    """Take the mark of the events of a report away, or say of which it would be."""
    async with open_work(settings, report, apply=apply) as work:
        return await marker(settings, work, mark).unmark_all(work.asked)


async def retracted(settings: Settings, asked: Retraction) -> list[Told]:
    """Delete the events of a report, or say which would be.

    Raises SettingsError where other than the number of events that was said are to be gone in the end.
    """
    apply = asked.events is not None
    async with open_work(settings, asked.report, apply=apply) as work:
        retracter = Retracter(
            work.services.opencast, work.writing, work.services.panopto, work.books, policy(settings),
            losing=may_be_lost(settings, asked.losing), wait=asked.wait,
        )  # fmt: skip
        found = await retracter.look_at_all(work.asked)
        if asked.events is not None:
            check(asked.events, found)
            found = await retracter.retract_all(work.asked, found)
    return sorted(found, key=lambda one: one.event_id)


def may_be_lost(settings: Settings, losing: Collection[str]) -> frozenset[str]:
    """Return which aspects may be lost: an access list is needed where a table says who is to have what."""
    return frozenset(losing) | (frozenset() if settings.session.roles else frozenset({"access"}))


def check(said: int, looked: Sequence[Told]) -> None:
    """Refuse a number that is not that of the events which are to be gone in the end."""
    count = to_be_gone(looked)
    if said != count:
        raise SettingsError(
            f"{count} events are to be retracted, and not {said}",
            where="--events",
            advice="look again without --apply; nothing was deleted",
        )


def to_be_gone(looked: Sequence[Told]) -> int:
    """Count the events that are to be gone in the end, those that are gone already among them.

    So the number stays the same where a command that was stopped is given once more.
    """
    return sum(one.fate in {*WANTED, Fate.ALREADY} for one in looked)


@asynccontextmanager
async def open_work(settings: Settings, report: Reported, *, apply: bool) -> AsyncIterator[Work]:
    """Open everything; without `apply` the checkpoint is only looked into.

    Raises what opening the checkpoint raises, and SettingsError where the report is not of it.
    """
    async with (
        open_books(settings, dry_run=not apply) as books,
        open_services(settings) as services,
        open_http(network(settings, connections=AT_ONCE, cookies=True)) as http,
    ):
        asked = asked_for(report, books)
        rest = Rest(http, settings.opencast.url, service="Opencast", policy=policy(settings))
        yield Work(books, asked, services, Writing(rest, services.opencast))


def marker(settings: Settings, work: Work, mark: Mark) -> Marker:
    """Return what sets a mark, or takes it away."""
    return Marker(work.services.opencast, work.writing, mark, work.books, policy(settings))
