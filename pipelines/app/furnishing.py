"""Builds what gives a session more than its films: what goes into its manifest, and what comes after."""

from collections.abc import Awaitable, Callable

from engine import Engine, Journal, Observer, Source, silence
from pipelines.app.services import Services
from pipelines.config import Settings
from pipelines.migration.changes import Shown
from pipelines.migration.external_ids import ExternalIds
from pipelines.migration.folders import Folders
from pipelines.migration.furnish.aspects import Availability, ExternalId, Owner, SubjectTags
from pipelines.migration.furnish.captions import Captions
from pipelines.migration.furnish.folder import Folder
from pipelines.migration.furnish.furnisher import Aspect, Furnisher
from pipelines.migration.furnish.tables import read_owners, read_windows
from pipelines.migration.gather import Gatherer
from pipelines.migration.sending import Sending
from pipelines.migration.subjects import Learn, Subjects
from pipelines.tables import read_folders

Read = Callable[[Source, int], Awaitable[bytes]]

GATHERED = ("captions", "chapters", "slides", "thumbnail", "attachments", "tags")


def wished(settings: Settings) -> frozenset[str]:
    """Return which aspects the operator wants in manifests."""
    return frozenset(name for name in GATHERED if getattr(settings.session, name))


def shown(settings: Settings) -> Shown:
    """Return what sessions show of an event, and what they are furnished with."""
    owner = {"owner"} if settings.session.owners is not None else set[str]()
    return Shown(settings.session.description, wished(settings) | owner)


def check_tables(settings: Settings) -> None:
    """Raise SettingsError where a table cannot be used by which sessions that have arrived are furnished."""
    if settings.session.availability is not None:
        read_windows(settings.session.availability)
    if settings.session.owners is not None:
        read_owners(settings.session.owners)


def learn_of(settings: Settings, services: Services) -> Learn:
    """Build what learns the subjects of events."""
    return Subjects(services.opencast.subjects, shown(settings)).learn


def sending_of(settings: Settings, engine: Engine, journal: Journal, learn: Learn) -> Sending:
    """Build what sends an event's files."""
    return Sending(
        engine,
        journal,
        settings.opencast.publications,
        gatherer=Gatherer(engine.read, wished(settings)),
        shown=shown(settings),
        learn=learn,
    )


def aspects_of(
    settings: Settings, services: Services, read: Read, journal: Journal, folders: Folders
) -> list[Aspect]:
    """Return what sessions are furnished with, in this order. Raises SettingsError for a bad table."""
    session = settings.session
    table = read_folders(settings.panopto.folders) if settings.panopto.folders else {}
    found: list[Aspect] = [Folder(services.panopto, services.aspects, folders, table, journal)]
    if session.external_id:
        found.append(ExternalId(services.sessions))
    if session.tags:
        found.append(SubjectTags(services.aspects))
    if session.captions:
        found.append(Captions(services.aspects, read, journal))
    if session.availability is not None:
        found.append(Availability(services.sessions, read_windows(session.availability)))
    if session.owners is not None:  # Last: who gives a session away may not be let in any more.
        found.append(Owner(services.sessions, read_owners(session.owners)))
    return found


def furnisher_of(
    settings: Settings, services: Services, read: Read, journal: Journal, folders: Folders
) -> Furnisher:
    """Build what furnishes the sessions of a run; `read` gives the bytes of a small file of an event.

    `folders` are those of the run: of two that made folders each might make one of the same name.
    """
    return Furnisher(aspects_of(settings, services, read, journal, folders), journal)


def external_ids_of(
    settings: Settings, services: Services, observer: Observer = silence
) -> ExternalIds | None:
    """Build what looks for sessions by the id that they are furnished with; None where they are not."""
    return ExternalIds(services.sessions, observer) if settings.session.external_id else None
