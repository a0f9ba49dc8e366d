"""An Opencast whose moved events are marked or deleted: the sandbox's, our clients, and a journal."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine import RetryPolicy
from fakes.emulated_opencast import Site, serving
from fakes.memory_journal import MemoryJournal
from pipelines import items
from pipelines.app.reconciliation import Books
from pipelines.app.source.asked import Asked, Told
from pipelines.app.source.mark import Marker
from pipelines.app.source.retract import Retracter
from pipelines.items import Outcome
from pipelines.opencast.marks import Mark
from pipelines.opencast.model import Event
from pipelines.opencast.writing import Writing
from pipelines.panopto.model import Session, SessionUpload
from pipelines.rest import Rest
from pipelines.sandbox import Fault, Switches, World

WORLD = World.seeded(7, 3, largest=1000, typical=1000)
WHEN = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
PATIENCE = RetryPolicy(attempts=3)
EVERYTHING = ("captions", "chapters", "slides", "thumbnail", "attachments", "tags", "access")
CARRIED = {"outcome": "carried"}


class Sessions:
    """A Panopto with a session of each event, as it was meant."""

    def __init__(self, names: Sequence[str]) -> None:
        self.sessions = {
            f"s-{one}": Session(f"s-{one}", "Analysis", f"Opencast: {one}", WHEN, 60.0, "f") for one in names
        }
        self.asked: list[str] = []

    async def get(self, upload_id: str) -> SessionUpload | None:
        """No session upload is known any more."""
        return None

    async def session(self, session_id: str) -> Session | None:
        """A session by its id."""
        self.asked.append(session_id)
        return self.sessions.get(session_id)

    async def sessions_of(self, folder_id: str) -> AsyncIterator[Session]:
        """No folder is listed for one session."""
        raise AssertionError(folder_id)
        yield


@dataclass
class SourceSite:
    """Everything, and how long was slept."""

    opencast: Site
    writing: Writing
    journal: MemoryJournal
    panopto: Sessions
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Let the sandbox's clock go on by that time."""
        self.slept.append(seconds)
        self.opencast.clock.now += seconds

    @property
    def names(self) -> list[str]:
        """The events that were moved."""
        return [one.identifier for one in WORLD.events]

    def books(self, *, dry: bool) -> Books:
        """The checkpoint."""
        return Books(self.journal.subjects(), self.journal.history, None if dry else self.journal)

    def asked(self) -> Asked:
        """All events, with what is on record of them now."""
        return Asked({name: self.journal.history(name) for name in self.names}, ())

    def marker(self, mark: Mark, *, dry: bool = False) -> Marker:
        """What sets a mark."""
        return Marker(self.opencast.client, self.writing, mark, self.books(dry=dry), PATIENCE, self.sleep)

    def retracter(self, *, dry: bool = False, **more: Any) -> Retracter:
        """What deletes events."""
        return Retracter(
            self.opencast.client, self.writing, self.panopto, self.books(dry=dry), PATIENCE,
            sleep=self.sleep, **more,
        )  # fmt: skip

    def rows(self) -> Mapping[str, Any]:
        """The sandbox's own books of its events."""
        return {one["event_id"]: one for one in self.opencast.emulated.rows()}

    def kinds(self, name: str) -> list[str]:
        """The kinds of all records that were ever kept of an event."""
        return [one.kind for one in self.journal.log if one.subject == name]


@asynccontextmanager
async def source_site(
    switches: Switches | None = None, faults: Sequence[Fault] = ()
) -> AsyncIterator[SourceSite]:
    """Serve a world all of whose events are on record as verified."""
    switches = switches or Switches(opencast_account="editor", retraction_seconds=5.0)
    async with serving(WORLD, switches, faults) as opencast:
        journal, names = MemoryJournal(), [one.identifier for one in WORLD.events]
        for name in names:
            event = await opencast.client.event(name)
            await journal.append(ended(event))
        url = opencast.client.base
        site = SourceSite(opencast, None, journal, Sessions(names))  # type: ignore[arg-type]
        site.writing = Writing(Rest(opencast.calls, url, sleep=site.sleep), opencast.client)
        yield site


def ended(event: Event) -> Any:
    """The end of an item as a run writes it."""
    track = event.public[0].tracks[0].key
    receipt = {
        "name": "a.mp4", "track": track, "size": 1, "crc32": 1, "level": "spot", "parts": 1, "checked": 1
    }  # fmt: skip
    return items.ended(
        event.identifier, Outcome.VERIFIED, session_id=f"s-{event.identifier}", folder_id="f",
        title="Analysis", date=WHEN.isoformat(), duration=60.0, files=["a.mp4"], receipts=[receipt],
        right={"session_id": f"s-{event.identifier}"}, aspects=dict.fromkeys(EVERYTHING, CARRIED),
    )  # fmt: skip


def fates(found: Sequence[Told]) -> dict[str, int]:
    """How many events have which fate."""
    told = [one.fate.value for one in found]
    return {one: told.count(one) for one in sorted(set(told))}
