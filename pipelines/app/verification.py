"""Holds what was moved, carried and booked against the services, and files against their sources."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from engine import (
    HttpReads,
    Locator,
    ReadLimits,
    RemoteReader,
    Rereads,
    Source,
    Summed,
    Validator,
    open_http,
    open_rereads,
)
from pipelines.app.books import contents_of
from pipelines.app.limits import RunLimits
from pipelines.app.reading import locator_of
from pipelines.app.services import Services, Ways, network, open_services, policy
from pipelines.config import Settings
from pipelines.recheck.depth import Depth, Level
from pipelines.recheck.found import Found
from pipelines.recheck.lecture_items import recheck_lecture_items
from pipelines.recheck.remembered import Remembered, remembered
from pipelines.recheck.schedules import recheck_schedules
from pipelines.recheck.sessions import recheck_sessions
from pipelines.recheck.sources import ReadSoFar, Sums, recheck_sources, sent_files, unrecorded
from pipelines.tables import read_modules

QUICKLY = Depth()


async def verification_of(
    settings: Settings, depth: Depth = QUICKLY, so_far: ReadSoFar | None = None
) -> Found:
    """Hold what the checkpoint says was moved, carried and booked against the services. Writes nothing.

    As deep as is asked for, files are read again at their source; `so_far` hears how far that is. Raises
    Stopping errors of Panopto and of that reading; what LumiNUS or VALT do not tell is named as unread.
    """
    modules = read_modules(settings.luminus.modules) if settings.luminus else {}
    with contents_of(settings) as contents:
        at = settings.valt.url if settings.valt else None
        known = remembered(contents.each(), at)
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings))
        http = await stack.enter_async_context(open_http(network(settings, connections=4)))
        valt = Ways(settings).valt(http) if settings.valt else None
        found = Found(waiting=tuple(known.waiting))
        found += await recheck_sessions(known.sessions, services.panopto)
        found += await recheck_lecture_items(known.states, services.luminus, modules)
        found += await recheck_schedules(known.schedules, valt)
        if depth.level is not Level.QUICK:
            found += await sources_of(settings, known, depth, services, so_far or ReadSoFar())
    return found.in_order()


async def sources_of(
    settings: Settings, known: Remembered, depth: Depth, services: Services, so_far: ReadSoFar
) -> Found:
    """Read files again at their source, as deep as is asked for, and compare them with what was sent."""
    files = depth.chosen([(one.name, one) for one in sent_files(known.sessions)])
    found = Found(unrecorded=unrecorded(known.sessions))
    limits = RunLimits(settings)
    async with open_sums(settings, services, limits, so_far) as sums:
        return found + await recheck_sources(files, sums, so_far, at_once=limits.most_parts)


@asynccontextmanager
async def open_sums(
    settings: Settings, services: Services, limits: RunLimits, so_far: ReadSoFar
) -> AsyncIterator[Sums]:
    """Connect to Opencast's file server, under the limits of the settings."""
    locator = locator_of(settings, services.opencast)
    reading = ReadLimits(
        limits.slots,
        limits.bandwidth,
        policy(settings),
        least_rate=settings.transfer.least_rate_kib * 1024,
        flowed=so_far.flowed,
    )
    async with (
        open_http(network(settings, connections=2 * limits.most_parts)) as http,
        open_rereads(http, reading) as rereads,
    ):
        yield SourceSums(rereads, locator, HttpReads(http))


@dataclass(frozen=True, slots=True)
class SourceSums:
    """Reads tracks again, each located late."""

    rereads: Rereads
    locator: Locator
    reads: HttpReads

    async def sum(self, source: Source, validator: Validator, *, md5: bool) -> Summed:
        """Return what a track in that state comes to."""
        reader = RemoteReader(source, self.locator, self.reads)
        return await self.rereads.sum(reader, validator, f"{source.group}/{source.name}", md5=md5)
