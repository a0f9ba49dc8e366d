"""Builds what reads Opencast's events, with the files that their own publications do not name."""

from collections.abc import AsyncIterator

from pipelines.config import Settings
from pipelines.migration.again import IsGone
from pipelines.migration.discover import Found, discover
from pipelines.migration.select import Wanted
from pipelines.opencast.client import Opencast
from pipelines.opencast.fallback import Fallback
from pipelines.opencast.locate import EventLocator
from pipelines.opencast.model import Event, Unread


def fallback_of(settings: Settings, opencast: Opencast) -> Fallback:
    """Build what looks elsewhere for files, as far as the settings let it."""
    return Fallback(opencast, search=settings.opencast.search, archive=settings.opencast.archive)


def locator_of(settings: Settings, opencast: Opencast) -> EventLocator:
    """Build what tells late where a file can be read."""
    credentials = settings.opencast.credentials_for_files
    fallback = fallback_of(settings, opencast)
    return EventLocator(opencast, fallback=fallback, file_credentials=credentials)


def asking(opencast: Opencast) -> IsGone:
    """Build what asks after an event that no list has."""

    async def is_gone(event_id: str) -> bool:
        found = await opencast.read(event_id)
        return isinstance(found, Unread) and found.reason == "gone"

    return is_gone


async def wanted_events(settings: Settings, opencast: Opencast, wanted: Wanted) -> AsyncIterator[Found]:
    """Discover the wanted events, each completed; one that is not wanted after all costs no call."""
    fallback = fallback_of(settings, opencast)
    async for one in discover(opencast, wanted):
        covered = isinstance(one, Event) and wanted.covers(one)
        yield await fallback.whole(one) if covered else one
