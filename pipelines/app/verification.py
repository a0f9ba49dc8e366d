"""Holds what was moved, carried and booked against the services."""

from contextlib import AsyncExitStack

from engine import Drain, open_http, silence
from pipelines.app.books import contents_of
from pipelines.app.services import network, open_services, valt_of
from pipelines.config import Settings
from pipelines.recheck.found import Found
from pipelines.recheck.lecture_items import recheck_lecture_items
from pipelines.recheck.remembered import remembered
from pipelines.recheck.schedules import recheck_schedules
from pipelines.recheck.sessions import recheck_sessions
from pipelines.tables import read_modules


async def verification_of(settings: Settings) -> Found:
    """Hold what the checkpoint says was moved, carried and booked against the services. Writes nothing.

    Raises Stopping errors of Panopto; what LumiNUS or VALT do not tell is named as unread.
    """
    modules = read_modules(settings.luminus.modules) if settings.luminus else {}
    with contents_of(settings) as contents:
        at = settings.valt.url if settings.valt else None
        known = remembered(contents.each(), at)
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings))
        http = await stack.enter_async_context(open_http(network(settings, connections=4)))
        valt = valt_of(settings, http, silence, Drain()) if settings.valt else None
        found = Found(waiting=tuple(known.waiting))
        found += await recheck_sessions(known.sessions, services.panopto)
        found += await recheck_lecture_items(known.states, services.luminus, modules)
        found += await recheck_schedules(known.schedules, valt)
    return found.in_order()
