"""Builds what carries future bookings over, and finds out what it would do."""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager

from engine import Drain, Observer, Record, open_checkpoint, open_http, silence
from pipelines.app.books import contents_of, identity
from pipelines.app.rules import schedule_rules, wanted
from pipelines.app.services import network, opencast_of, valt_of
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
    settings: Settings, observer: Observer, drain: Drain
) -> AsyncIterator[tuple[Opencast, Valt]]:
    """Connect to Opencast's API and to VALT's."""
    async with (
        open_http(network(settings, connections=8, cookies=True)) as source,
        open_http(network(settings, connections=2)) as target,
    ):
        yield opencast_of(settings, source, observer, drain), valt_of(settings, target, observer, drain)


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
        open_booking(settings, observer, drain) as (opencast, valt),
    ):
        yield Schedules(
            valt,
            decided,
            checkpoint,
            lambda: scheduled(opencast, chosen),
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

        async with open_booking(settings, silence, Drain()) as (opencast, valt):
            planner = SchedulePlanner(valt, decided, history)
            return await planner.plan(scheduled(opencast, chosen), whole=chosen.everything)


async def scheduled(opencast: Opencast, wanted: Wanted) -> AsyncIterator[Event | Unread]:
    """Yield the wanted events with their scheduling."""
    async for one in discover(ScheduledLists(opencast), wanted):
        if isinstance(one, Unread) or wanted.covers(one):
            yield one
