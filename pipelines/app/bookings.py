"""Builds what carries future bookings over, and finds out what it would do."""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace

from engine import Breaker, Clocks, Drain, Observer, Record, about_clock, open_checkpoint, open_http, silence
from pipelines.app.books import contents_of, identity
from pipelines.app.rules import schedule_rules, wanted
from pipelines.app.services import Ways, breaker_of, network
from pipelines.config import Settings
from pipelines.migration.discover import discover
from pipelines.migration.select import Wanted
from pipelines.opencast.client import Opencast
from pipelines.opencast.model import Event, Unread
from pipelines.schedules.events import ScheduledLists
from pipelines.schedules.pipeline import Schedules
from pipelines.schedules.planner import SchedulePlan, SchedulePlanner
from pipelines.valt.client import Valt


@asynccontextmanager
async def open_booking(
    settings: Settings, observer: Observer, drain: Drain, clocks: Clocks, breaker: Breaker | None = None
) -> AsyncIterator[tuple[Opencast, Valt]]:
    """Connect to Opencast's API and to VALT's. Without a `breaker` neither is waited for."""
    async with (
        open_http(network(settings, connections=8, cookies=True)) as source,
        open_http(network(settings, connections=2)) as target,
    ):
        ways = Ways(settings, observer, drain, breaker, clocks)
        yield ways.opencast(source), ways.valt(target)


@asynccontextmanager
async def open_schedules(settings: Settings, observer: Observer = silence) -> AsyncIterator[Schedules]:
    """Open the checkpoint, then connect: what carries future bookings over. Raises as `open_application`."""
    decided = schedule_rules(settings)
    chosen = wanted(settings)
    drain = Drain()
    async with (
        open_checkpoint(
            settings.checkpoint.path,
            identity(settings),
            allow_network=settings.checkpoint.allow_network,
        ) as checkpoint,
        open_booking(settings, observer, drain, Clocks(observer), breaker_of(settings, observer, drain)) as (
            opencast,
            valt,
        ),
    ):
        yield Schedules(
            valt,
            decided,
            checkpoint,
            lambda: scheduled(opencast, chosen, acl=decided.tables.shares is not None),
            whole=chosen.everything,
            drain=drain,
            tries=settings.transfer.attempts,
            observer=observer,
        )


async def schedules_preview(settings: Settings) -> SchedulePlan:
    """Find out what a run would book. Reads both systems and the checkpoint, and writes nothing."""
    decided = schedule_rules(settings)
    chosen = wanted(settings)
    with ExitStack() as stack:
        known = stack.enter_context(contents_of(settings)) if settings.checkpoint.path.exists() else None

        def history(subject: str) -> Sequence[Record]:
            return known.history(subject) if known else ()

        clocks = Clocks()
        async with open_booking(settings, silence, Drain(), clocks) as (opencast, valt):
            planner = SchedulePlanner(valt, decided, history)
            found = scheduled(opencast, chosen, acl=decided.tables.shares is not None)
            seen = await planner.plan(found, whole=chosen.everything)
            differing = (about_clock(*one) for one in clocks.differing.items())
            return replace(seen, problems=(*seen.problems, *differing))


async def scheduled(opencast: Opencast, wanted: Wanted, *, acl: bool) -> AsyncIterator[Event | Unread]:
    """Yield the wanted events with their scheduling and, with `acl`, who may read them."""
    async for one in discover(ScheduledLists(opencast, acl=acl), wanted):
        if isinstance(one, Unread) or wanted.covers(one):
            yield one
