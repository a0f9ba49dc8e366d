"""Both ends of a migration in memory: events at one, session uploads at the other, and an engine between.

A site outlives the processes that work at it: `process` gives what a run is made of, as after a start.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import anyio
import anyio.lowlevel
from lxml import etree

from engine import Blob, FerryError, Interrupted, Refused, Source, Transfer, TransferResult
from engine import Record as JournalRecord
from fakes.memory_journal import Killed, MemoryJournal
from pipelines import items
from pipelines.items import ItemState
from pipelines.migration.external_ids import ExternalIds
from pipelines.migration.finish import Finisher
from pipelines.migration.folders import Folders
from pipelines.migration.furnish.folder import Folder as OwnFolder
from pipelines.migration.furnish.furnisher import Furnisher
from pipelines.migration.onward import Onward
from pipelines.migration.pipeline import Migration
from pipelines.migration.ship import Ship
from pipelines.opencast.model import Event, Publication, Track
from pipelines.panopto.aspects import Access, Level
from pipelines.panopto.manifest import NAMESPACE
from pipelines.panopto.model import Folder, Session, SessionUpload, State

HOME = "home"
WHEN = datetime(2020, 1, 1, 9, tzinfo=UTC)
TARGET = "https://s3.example.org/bucket/"


def lecture(identifier: str, **fields: Any) -> Event:
    """Return an event of two streams of 9 s."""
    presenter, slides = (
        Track(flavor, f"https://f/{flavor}.mp4", "video/mp4", f"{flavor}/delivery", has_video=True,
              has_audio=True, duration_ms=9000)
        for flavor in ("presenter", "presentation")
    )  # fmt: skip
    published = (Publication("p", "engage-player", (presenter, slides)),)
    facts = {"title": f"Lecture {identifier}", "start": WHEN, "status": "PROCESSED"}
    return Event(identifier, **{**facts, "publications": published, **fields})


@dataclass
class Fuse:
    """Counts the moments of a process, before and after each effect on the outside, and may end it at one."""

    at: int | None = None
    count: int = 0

    async def moment(self) -> None:
        """Let one moment pass."""
        await anyio.lowlevel.checkpoint()
        self.count += 1
        if self.at is not None and self.count >= self.at:
            raise Killed


class Opencast:
    """Reads events, or raises what stands for them in `failures`."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = {event.identifier: event for event in events}
        self.failures: dict[str, FerryError] = {}
        self.read: Counter[str] = Counter()

    async def event(self, event_id: str) -> Event:
        """Return the event as it is now."""
        await anyio.lowlevel.checkpoint()
        self.read[event_id] += 1
        if event_id in self.failures:
            raise self.failures[event_id]
        return self.events[event_id]


@dataclass
class Upload:
    """A session upload as Panopto holds it."""

    id: str
    folder_id: str
    state: State = State.UPLOADING
    session_id: str | None = None
    objects: dict[str, bytes] = field(default_factory=dict)

    @property
    def seen(self) -> SessionUpload:
        """What a look shows."""
        target = f"{TARGET}prefix-{self.id}"
        return SessionUpload(
            self.id, self.folder_id, self.session_id, target, self.state, raw={"ID": self.id}
        )


class Panopto:
    """Session uploads and what came of them. `ends` are the states of completed uploads, in turn, else 4;
    those that are `unknown` are not shown any more.

    `fault` is asked at each call, by its name and the upload's or folder's id, for an error to raise.
    `levels` are those of folders, which their sessions have.
    """

    def __init__(self) -> None:
        self.fuse = Fuse()
        self.uploads: dict[str, Upload] = {}
        self.sessions: dict[str, Session] = {}
        self.submits: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.ends: list[State] = []
        self.folders = {HOME}
        self.levels: dict[str, Level] = {}
        self.made: list[Folder] = []
        self.unknown: set[str] = set()
        self.fault: Callable[[str, str], FerryError | None] = lambda call, subject: None

    async def _called(self, call: str, subject: str) -> None:
        self.calls[call] += 1
        await self.fuse.moment()
        if (error := self.fault(call, subject)) is not None:
            raise error

    def _seen(self, upload_id: str) -> SessionUpload | None:
        upload = self.uploads.get(upload_id)
        return upload.seen if upload and upload_id not in self.unknown else None

    async def create(self, folder_id: str) -> SessionUpload:
        """Open a session upload."""
        await self._called("create", folder_id)
        upload = Upload(f"u{len(self.uploads) + 1}", folder_id)
        self.uploads[upload.id] = upload
        await self.fuse.moment()
        return upload.seen

    async def get(self, upload_id: str) -> SessionUpload | None:
        """Show a session upload."""
        await self._called("get", upload_id)
        return self._seen(upload_id)

    async def look(self, upload_id: str) -> SessionUpload | None:
        """Show a session upload."""
        await self._called("look", upload_id)
        return self._seen(upload_id)

    async def submit(self, upload: SessionUpload) -> SessionUpload | None:
        """Take a session upload as complete, and make a session of it."""
        await self._called("submit", upload.id)
        held = self.uploads.get(upload.id)
        if held is None or held.state is not State.UPLOADING:
            return self._seen(upload.id)
        self.submits[upload.id] += 1
        held.state = self.ends.pop(0) if self.ends else State.COMPLETE
        if held.state is State.COMPLETE:
            held.session_id = f"s-{held.id}"
            self.sessions[held.session_id] = _session(held)
        await self.fuse.moment()
        return held.seen

    async def cancel(self, upload_id: str) -> None:
        """Give a session upload up."""
        await self._called("cancel", upload_id)
        self.uploads[upload_id].state = State.UPLOAD_CANCELLED

    async def session(self, session_id: str) -> Session | None:
        """Show a session."""
        await self._called("session", session_id)
        return self.sessions.get(session_id)

    async def move_session(self, session_id: str, folder_id: str) -> None:
        """Put a session into another folder."""
        await self._called("move_session", folder_id)
        self.sessions[session_id] = replace(self.sessions[session_id], folder_id=folder_id)
        await self.fuse.moment()

    async def access(self, session_id: str) -> Access:
        """Tell the level that a session has of its folder."""
        await self._called("access", session_id)
        level = self.levels.get(self.sessions[session_id].folder_id, Level.RESTRICTED)
        return Access(level, inherited=True)

    async def sessions_of(self, folder_id: str) -> AsyncIterator[Session]:
        """Show all sessions of a folder."""
        await self._called("sessions_of", folder_id)
        for session in list(self.sessions.values()):
            if session.folder_id == folder_id:
                yield session

    async def folder(self, folder_id: str) -> Folder | None:
        """Show a folder."""
        await self._called("folder", folder_id)
        return Folder(folder_id, folder_id) if folder_id in self.folders else None

    async def create_folder(self, parent_id: str, name: str) -> Folder:
        """Make a folder, whatever there is of that name."""
        await self._called("create_folder", name)
        folder = Folder(f"f{len(self.made) + 1}", name, parent_id)
        self.made.append(folder)
        self.folders.add(folder.id)
        await self.fuse.moment()
        return folder

    async def children(self, folder_id: str) -> AsyncIterator[Folder]:
        """Show the folders in a folder."""
        await self._called("children", folder_id)
        for folder in [one for one in self.made if one.parent_id == folder_id]:
            yield folder

    async def folders_named(self, name: str) -> AsyncIterator[Folder]:
        """Show the folders of a name."""
        await self._called("folders_named", name)
        for folder in [one for one in self.made if one.name == name]:
            yield folder

    def states(self) -> list[State]:
        """Return the states of all session uploads, in their order."""
        return [upload.state for upload in self.uploads.values()]


def _session(upload: Upload) -> Session:
    manifest = etree.fromstring(upload.objects["manifest.xml"])
    title, description, date = (
        manifest.findtext(f"{{{NAMESPACE}}}{name}") or "" for name in ("Title", "Description", "Date")
    )
    return Session(
        f"s-{upload.id}", title, description, datetime.fromisoformat(date), 9.0, upload.folder_id
    )  # fmt: skip


class Engine:
    """Moves files at once, as the journal lets it. `failures` are raised in turn, by file name.

    A transfer of a name in `slow` has a part in flight until its event; drained, it ends after that part.
    """

    def __init__(
        self, panopto: Panopto, journal: MemoryJournal, failures: dict[str, list[FerryError]]
    ) -> None:
        self.slow: dict[str, anyio.Event] = {}
        self.waiting: set[str] = set()
        self.parts_ended: list[str] = []
        self.measured: set[tuple[str, str]] = set()
        self._panopto = panopto
        self._journal = journal
        self._failures = failures
        self.again: dict[str, bool] = {}
        self.small: dict[str, bytes] = {}
        self._draining = False

    async def measure(self, subject: str, name: str, source: Source) -> None:
        """Keep that a source was probed."""
        await anyio.lowlevel.checkpoint()
        self._fail(f"measure {name.partition('/')[2]}")
        await self._journal.append(JournalRecord(subject, "transfer.probed", {"name": name}))
        self.measured.add((subject, name))

    async def read(self, source: Source, largest: int) -> bytes:
        """Give the bytes of a small source, by its key."""
        await anyio.lowlevel.checkpoint()
        self._fail(f"read {source.name}")
        return self.small[source.name]

    def forget(self, subject: str) -> None:
        """Drop what was measured of a subject."""
        self.measured = {one for one in self.measured if one[0] != subject}

    def slow_down(self, *names: str) -> None:
        """Have parts of these files in flight until they are released."""
        self.slow.update({name: anyio.Event() for name in names})

    def release(self, *names: str) -> None:
        """Let the parts of these files end."""
        for name in names:
            self.slow[name].set()

    def drain(self) -> None:
        """Begin no new part."""
        self._draining = True

    @property
    def draining(self) -> bool:
        """Whether nothing new is to begin."""
        return self._draining

    async def transfer(self, transfer: Transfer) -> TransferResult:
        """Put a file where it belongs, unless the journal says that it is there."""
        self.measured.discard((transfer.subject, transfer.name))
        name = transfer.target.key.rpartition("/")[2]
        self.again[name] = transfer.again
        data = transfer.source.data if isinstance(transfer.source, Blob) else name.encode()
        result = TransferResult(len(data), crc32(data), "etag", 1, 1, "spot")
        if self._is_done(transfer):
            return result
        await anyio.lowlevel.checkpoint()
        self._fail(name)
        if self._draining:
            raise Interrupted("drained")
        await self._flow(name)
        prefix, _, key = transfer.target.key.partition("/")
        upload = self._panopto.uploads.get(prefix.removeprefix("prefix-"))
        if upload is None or upload.state is not State.UPLOADING:
            raise Refused("the target is closed")
        upload.objects[key] = data
        await self._panopto.fuse.moment()
        await self._journal.append(
            JournalRecord(transfer.subject, "transfer.completed", {"name": transfer.name, **asdict(result)})
        )
        return result

    def _is_done(self, transfer: Transfer) -> bool:
        done = ("transfer.completed", transfer.name)
        return any(
            (one.kind, one.facts.get("name")) == done for one in self._journal.history(transfer.subject)
        )

    async def _flow(self, name: str) -> None:
        if name in self.slow:
            self.waiting.add(name)
            await self.slow[name].wait()
            self.parts_ended.append(name)
            if self._draining:
                raise Interrupted("drained")

    def _fail(self, name: str) -> None:
        if self._failures.get(name):
            raise self._failures[name].pop(0)


@dataclass
class Process:
    """What one run is made of, and what was told of it."""

    ship: Ship
    migration: Migration
    engine: Engine
    told: list[object]


class Site:
    """Opencast, Panopto and a checkpoint, over several processes.

    `refused_folder_id` is the operator's folder for what its own does not take, `table` that of folders.
    """

    def __init__(self, *events: Event) -> None:
        self.refused_folder_id: str | None = None
        self.table: dict[str, str] = {}
        self.opencast = Opencast(events)
        self.panopto = Panopto()
        self.journal = MemoryJournal()
        self.failures: dict[str, list[FerryError]] = {}
        self.now = 0.0

    async def planned(self, folder_id: str = HOME) -> list[str]:
        """Put all events into the plan."""
        for name in self.opencast.events:
            await self.journal.append(items.planned(name, estimate=None, series="", folder_id=folder_id))
        return list(self.opencast.events)

    def process(
        self,
        *,
        in_flight: int = 4,
        finishing: int = 4,
        limit: float = 600.0,
        onward: Onward | None = None,
        external_ids: ExternalIds | None = None,
    ) -> Process:
        """Begin a process, at whose start nothing is known but the checkpoint."""

        async def sleep(seconds: float) -> None:
            self.now += seconds
            await anyio.lowlevel.checkpoint()

        told: list[object] = []
        panopto: Any = self.panopto
        observer: Any = told.append
        engine: Any = Engine(self.panopto, self.journal, self.failures)
        channels = ("engage-player",)
        folders = Folders(panopto, self.journal, sleep)
        refused = self.refused_folder_id
        ship = Ship(
            engine, panopto, self.opencast, folders, self.journal, channels, refused_folder_id=refused,
            sleep=sleep,
        )  # fmt: skip
        own = OwnFolder(panopto, panopto, folders, self.table, self.journal)
        finisher = Finisher(panopto.look, limit=limit, clock=lambda: self.now, sleep=sleep)
        migration = Migration(
            engine, ship, finisher, panopto, self.journal,
            in_flight=in_flight, finishing=finishing, onward=onward, external_ids=external_ids,
            refused_folder_id=refused, furnisher=Furnisher([own], self.journal), observer=observer,
            sleep=sleep,
        )  # fmt: skip
        return Process(ship, migration, engine, told)

    async def run(self, **settings: Any) -> Process:
        """Run over all events that are not done, in a process of its own."""
        process = self.process(**settings)
        carries = settings.get("onward") is not None
        due = [name for name in self.opencast.events if not self.state(name).settled(carries)]
        await process.migration.run(due)
        return process

    def state(self, event_id: str) -> ItemState:
        """Return the state of an item."""
        return items.fold(self.journal.history(event_id))

    def outcomes(self) -> dict[str, tuple[str, str | None]]:
        """Return outcome and reason of each item."""
        states = {name: self.state(name) for name in self.opencast.events}
        return {name: (state.outcome.value, state.reason) for name, state in states.items()}
