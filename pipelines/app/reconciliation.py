"""Takes into the checkpoint what Panopto holds of the events that the settings select."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from engine import FerryError, Journal, Record, Refused, open_checkpoint
from pipelines import items
from pipelines.app.books import contents_of, identity
from pipelines.app.furnishing import external_ids_of
from pipelines.app.reading import wanted_events
from pipelines.app.rules import rules
from pipelines.app.services import open_services
from pipelines.config import Settings
from pipelines.items import ItemState
from pipelines.migration.discover import Found
from pipelines.migration.external_ids import ExternalIds
from pipelines.migration.folder_paths import FolderPaths, NoSuchFolder
from pipelines.migration.place import Placed
from pipelines.migration.planning import Row, Rules, decide
from pipelines.migration.select import Selected, select
from pipelines.opencast.model import Event
from pipelines.panopto.client import Panopto
from pipelines.panopto.manifest import event_of
from pipelines.panopto.model import Session
from pipelines.recheck.each import each
from pipelines.recheck.found import Unread
from pipelines.reconcile.join import Joined, Verdict, failed, is_failed, joined, meant
from pipelines.reconcile.release import HELD_BACK
from pipelines.reconcile.sighted import Sighted, owners_of, sighted, unseen

TOGETHER = 200
"""Events whose records are appended at once: they share one write to the disk."""

SURE = frozenset({Verdict.KNOWN, Verdict.ADOPTED, Verdict.TO_MOVE, Verdict.RELEASED})
"""What the list of a folder is believed; anything else is asked of the session itself."""

Wanted = tuple[Row, Mapping[str, Any]]
"""An event of the plan, and what its session is meant to be."""

Marked = Mapping[str, Sequence[Session]]
"""Sessions by the event in their marker, or in their external id."""


@dataclass(slots=True)
class Reconciled:
    """What became of the events of the plan; `others` count sessions of events that are not in it.

    `unread` are folders whose sessions were not listed: what lies there is not taken in. `unasked` says why
    nobody may ask for external ids; it is empty where that was asked, or is not wanted.
    """

    joined: list[Joined] = field(default_factory=list)
    others: int = 0
    unread: list[Unread] = field(default_factory=list)
    unasked: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """The checkpoint: what it says, and where more is written; nowhere at a dry run."""

    subjects: Sequence[str]
    history: Callable[[str], Sequence[Record]]
    journal: Journal | None = None

    def state(self, event_id: str) -> ItemState:
        """Return the state of an item."""
        return items.fold(self.history(event_id))

    @property
    def folders(self) -> Iterator[str]:
        """The folders that items were moved to, whatever the settings say now."""
        for name in filter(items.is_item, self.subjects):
            state = self.state(name)
            for facts in (state.upload, state.planned, state.ended):
                if facts and facts.get("folder_id"):
                    yield facts["folder_id"]


async def reconciliation_of(settings: Settings, *, dry_run: bool) -> Reconciled:
    """Join events with sessions, and write into the checkpoint what it does not know.

    Raises what opening the checkpoint raises, AccountRefused, or a Transient error where a list came to no
    end; nothing was written then.
    """
    decided = rules(settings)
    async with open_books(settings, dry_run) as books, open_services(settings) as services:
        found = Reconciled()
        places = Places(FolderPaths(services.panopto, books.history), found.unread)
        wanted = await _wanted(wanted_events(settings, services.opencast, decided.wanted), decided, places)
        by_id = await _by_external_id(external_ids_of(settings, services), wanted, found)
        await _find(services.panopto, decided, wanted, books, by_id, found)
        if books.journal is not None:
            await _write(books.journal, found.joined)
    return found


@asynccontextmanager
async def open_books(settings: Settings, dry_run: bool) -> AsyncIterator[Books]:
    """Open the checkpoint, or look into it: nothing is begun by a dry run."""
    if not dry_run:
        async with open_checkpoint(
            settings.checkpoint.path, identity(settings), allow_network=settings.checkpoint.allow_network
        ) as checkpoint:
            yield Books(checkpoint.subjects(), checkpoint.history, checkpoint)
    elif settings.checkpoint.path.exists():
        with contents_of(settings) as contents:
            yield Books(contents.subjects(), contents.history)
    else:
        yield Books((), lambda _: ())


@dataclass(frozen=True, slots=True)
class Places:
    """Which folders places are; those of which that cannot be told are `unread`, each once."""

    paths: FolderPaths
    unread: list[Unread]
    told: set[Placed] = field(default_factory=set)

    async def folder_of(self, place: Placed) -> str:
        """Return the id of a folder; empty where it is not there, or cannot be told."""
        if not place.path:
            return place.folder_id
        try:
            return await self.paths.find(place) or ""
        except (NoSuchFolder, Refused) as error:
            if place not in self.told:
                self.told.add(place)
                self.unread.append(Unread(f"folder {place}", str(error)))
            return ""


async def _wanted(events: AsyncIterator[Found], decided: Rules, places: Places) -> list[Wanted]:
    """Return the events that a run would move, as it decides about them."""
    found: list[Wanted] = []
    async for event in events:
        decision = decide(event, decided, len(found))
        if not (isinstance(decision, Row) and isinstance(event, Event)):
            continue
        selected = select(event, decided.wanted, decided.channels)
        if isinstance(selected, Selected):
            found.append((decision, meant(selected, await places.folder_of(decision.place))))
    return found


async def _by_external_id(
    external_ids: ExternalIds | None, wanted: Sequence[Wanted], found: Reconciled
) -> Marked:
    """Return the sessions that have the events' ids as their external ids, wherever they lie."""
    if external_ids is None:
        return {}
    external_ids.follow([row.event_id for row, _ in wanted])
    by_id = {row.event_id: await external_ids.of(row.event_id) for row, _ in wanted}
    found.unasked = external_ids.refused
    return {event_id: sessions for event_id, sessions in by_id.items() if sessions}


async def _find(
    panopto: Panopto,
    decided: Rules,
    wanted: Sequence[Wanted],
    books: Books,
    by_id: Marked,
    found: Reconciled,
) -> None:
    folders = {*(facts["folder_id"] for _, facts in wanted), *decided.folders.values(), *books.folders}
    folders |= {one for one in (decided.default_folder, decided.refused_folder) if one}
    marked = await _marked(panopto, sorted(folders - {""}), found.unread)

    owners = owners_of(by_id)

    async def join(one: Wanted) -> None:
        row, facts = one
        state, carries = books.state(row.event_id), row.series in decided.modules
        there, known = marked.get(row.event_id, ()), by_id.get(row.event_id, ())
        seen = await _shown(
            panopto, sighted(row.event_id, there, known, owners, state.earlier_sessions), there
        )
        sessions, facts = seen.sessions, {**facts, **seen.facts}
        elsewhere = decided.refused_folder
        result = joined(row, facts, state, sessions, carries=carries, refused_folder=elsewhere)
        if result.verdict not in SURE and len(sessions) == 1 and not seen.against:
            now = await panopto.session(sessions[0].id)
            shown = [now] if now else []
            result = joined(row, facts, state, shown, carries=carries, refused_folder=elsewhere)
        if await _is_failed(panopto, state, sessions):
            result = failed(row.event_id, sessions)
        if result.verdict is Verdict.HELD and not found.unread and await _lost(panopto, state):
            result = joined(row, facts, state, [], lost=True)
        found.joined.append(result)

    await each(wanted, join)
    planned = {row.event_id for row, _ in wanted}
    found.others = sum(len(held) for name, held in marked.items() if name not in planned)
    found.joined.sort(key=lambda one: one.event_id)


async def _shown(panopto: Panopto, seen: Sighted, marked: Sequence[Session]) -> Sighted:
    """Ask for the sessions that no list showed: a run looks at what the newer API tells of them."""
    listed = {one.id.lower() for one in marked}
    sessions, against = [], seen.against
    for one in seen.sessions:
        now = one if one.id.lower() in listed else await panopto.session(one.id)
        sessions.append(now or one)
        against = against or ("" if now else unseen(one.id))
    return replace(seen, sessions=tuple(sessions), against=against)


async def _is_failed(panopto: Panopto, state: ItemState, sessions: Sequence[Session]) -> bool:
    """Ask after the session upload of an item that Panopto could not process."""
    upload_id = (state.ended or {}).get("upload_id")
    if state.reason != HELD_BACK or not sessions:
        return False
    return is_failed(state, await panopto.get(upload_id) if upload_id else None, sessions)


async def _lost(panopto: Panopto, state: ItemState) -> bool:
    """Ask whether the session upload of an item is unknown: of one that is known a session may still come."""
    return state.upload is not None and await panopto.get(state.upload["id"]) is None


async def _marked(panopto: Panopto, folders: Iterable[str], unread: list[Unread]) -> Marked:
    """List folders, and keep the sessions that carry a marker. Raises but where a folder is not shown."""
    marked: dict[str, list[Session]] = defaultdict(list)

    async def read(folder_id: str) -> None:
        try:
            async for session in panopto.sessions_of(folder_id):
                if (event_id := event_of(session.description)) is not None:
                    marked[event_id].append(session)
        except Refused as error:
            unread.append(Unread(f"folder {folder_id}", str(error)))

    await each(folders, read)
    return marked


async def _write(journal: Journal, found: Sequence[Joined]) -> None:
    """Append the records, those of an event in their order. Raises what the first that failed raised."""
    failed: list[FerryError] = []

    async def append(records: Sequence[Record]) -> None:
        try:
            for record in records:
                await journal.append(record)
        except FerryError as error:
            failed.append(error)

    for start in range(0, len(found), TOGETHER):
        async with anyio.create_task_group() as group:
            for one in found[start : start + TOGETHER]:
                group.start_soon(append, one.records)
        if failed:
            raise failed[0]
