"""A whole migration in memory over a real engine and a real checkpoint file on a disk that may stop.

Plan, files, sessions, lecture items: only the systems at the other ends are fakes, and they outlive the
processes that work at them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import anyio

from engine.checkpoint.files import Files
from engine.checkpoint.line import Header
from engine.checkpoint.store import open_store
from engine.checks import Checks
from engine.engine import Engine
from engine.integrity import Level, Spot
from engine.limits import Slots
from engine.model import Source
from engine.parts import PartLimits
from engine.ports import Ports
from engine.wire import Head, Request
from fakes.carry_site import POLICY, READABLE
from fakes.memory_luminus import MemoryLuminus, MemoryOpencast
from fakes.memory_relay import MemoryRelay
from fakes.memory_site import File, MemoryFiles, MemoryPut, MemoryTarget
from fakes.migration_site import HOME, Opencast, Panopto, lecture
from fakes.store_journal import StoreJournal
from pipelines import items
from pipelines.items import ItemState
from pipelines.migration.carry.stage import Carry
from pipelines.migration.finish import Finisher
from pipelines.migration.folders import Folders
from pipelines.migration.furnish.furnisher import Furnisher
from pipelines.migration.pipeline import Migration
from pipelines.migration.planning import Planner, Rules, decisions
from pipelines.migration.sending import Sending
from pipelines.migration.ship import Ship
from pipelines.opencast.model import Event
from pipelines.panopto.model import Session, SessionUpload

PATH = Path("/disk/migration.checkpoint")
HEADER = Header({"opencast": "https://oc.example", "panopto": "https://pa.example"}, "2025")
RULES = Rules(channels=("engage-player",), default_folder=HOME, modules={"s1": "m1"})

PART = 1000
IN_FLIGHT = 4
SIZES = (2500, 1200)
"""Bytes of the two streams of an event: three parts and two."""


class CountedTarget(MemoryTarget):
    """An S3 in memory that counts the bytes of the parts which it took whole."""

    received = 0

    def put(self, request: Request) -> MemoryPut:
        """Begin to take a PUT."""
        put = super().put(request)
        return CountedPut(self, put._number, put._upload)


class CountedPut(MemoryPut):
    """One PUT of a part, which is counted once it is whole."""

    _target: CountedTarget

    async def answer(self) -> tuple[Head, bytes]:
        """Store the part, count it and answer."""
        answer = await super().answer()
        self._target.received += len(self._data)
        return answer


class _Imported(dict[str, Session]):
    """Sessions, each of which LumiNUS imports as soon as it is there, whoever lives to see it."""

    def __init__(self, luminus: MemoryLuminus) -> None:
        super().__init__()
        self._luminus = luminus

    def __setitem__(self, session_id: str, session: Session) -> None:
        super().__setitem__(session_id, session)
        self._luminus.lecture("m1", session_id)


class SweptPanopto(Panopto):
    """Makes sessions of what lies at the target; LumiNUS has a lecture item for each at once."""

    def __init__(self, target: MemoryTarget, luminus: MemoryLuminus) -> None:
        super().__init__()
        self._target = target
        self.sessions = _Imported(luminus)

    async def submit(self, upload: SessionUpload) -> SessionUpload | None:
        """Take a session upload as complete."""
        held, prefix = self.uploads[upload.id], f"prefix-{upload.id}/"
        held.objects = {
            key.removeprefix(prefix): data
            for key, (data, _) in self._target.objects.items()
            if key.startswith(prefix)
        }
        return await super().submit(upload)


class SweptSite:
    """Opencast, Panopto, its S3 and LumiNUS, with events of two streams each."""

    def __init__(self, events: int = 3, *, lists: bool = False) -> None:
        names = [f"event-{number}" for number in range(1, events + 1)]
        facts: dict[str, Any] = {"series": "s1", "presenters": ("Ada",), "acl": READABLE}
        self.events = {name: lecture(name, **facts) for name in names}
        self.luminus = MemoryLuminus(now=anyio.current_time)
        self.luminus.module("m1")
        self.target = CountedTarget(lists=lists, heads=lists)
        self.panopto = SweptPanopto(self.target, self.luminus)
        self.files = {
            Source(name, track.key): File(Random(f"{name} {size}").randbytes(size))
            for name, event in self.events.items()
            for track, size in zip(event.publications[0].tracks, SIZES, strict=True)
        }

    async def run(self, disk: Files) -> None:
        """Run once, in a process that knows nothing but what the disk holds. Raises Died, or Stopped."""
        store = open_store(PATH, disk, HEADER)
        try:
            await self._process(StoreJournal(store))
        finally:
            store.close()

    async def _process(self, journal: StoreJournal) -> None:
        panopto: Any = self.panopto
        engine = Engine(self._ports(journal), files := MemoryFiles(self.files), files)
        events: Any = Opencast(list(self.events.values()))
        channels = ("engage-player",)
        folders, sending = Folders(panopto, journal), self._sending(engine, journal)
        ship = Ship(engine, panopto, events, folders, journal, channels, sending=sending)
        finisher = Finisher(panopto.look, limit=600, clock=anyio.current_time)
        onward = Carry(
            self.luminus,
            MemoryOpencast(*self.events.values()),
            panopto,
            journal,
            modules={"s1": "m1"},
            policy=POLICY,
            presenter="",
            wait=60.0,
            clock=anyio.current_time,
            chance=lambda: 0.5,
        )
        migration = Migration(
            engine,
            ship,
            finisher,
            panopto,
            journal,
            in_flight=2,
            finishing=2,
            furnisher=self._furnisher(engine, journal),
            onward=onward,
        )
        planner = Planner(journal, modules=RULES.modules)
        plan = await planner.plan(decisions(self._listed(), RULES), journal.subjects(), whole=True)
        await migration.run(plan.order)

    def _sending(self, engine: Engine, journal: StoreJournal) -> Sending | None:
        return None

    def _furnisher(self, engine: Engine, journal: StoreJournal) -> Furnisher | None:
        return None

    async def _listed(self) -> AsyncIterator[Event]:
        for event in self.events.values():
            yield event

    def _ports(self, journal: StoreJournal) -> Ports:
        return Ports(
            journal=journal,
            relay=MemoryRelay(MemoryFiles(self.files), self.target),
            uploads=self.target,
            slots=Slots(IN_FLIGHT, IN_FLIGHT, IN_FLIGHT),
            checks=Checks(Level.ETAG, Spot()),
            limits=PartLimits(1, 100_000, 100),
            preferred_part=PART,
            clock=lambda: asyncio.get_running_loop().time(),
            chance=lambda: 0.5,
        )

    def end(self) -> dict[str, Any]:
        """Return what the systems hold at an end: sessions with their files, lecture items, and how often."""
        sessions = Counter(
            (one.name, one.description, one.start_time, one.duration, one.folder_id, *self._hashes(one.id))
            for one in self.panopto.sessions.values()
        )
        lectures = [replace(held.item, id="", session_id="") for held in self.luminus.held.values()]
        return {
            "sessions": sessions,
            "lecture items": {one.name: one for one in lectures},
            "patches": sorted(self.luminus.applications().values()),
            "submits": sorted(self.panopto.submits.values()),
        }

    def _hashes(self, session_id: str) -> list[tuple[str, bytes]]:
        prefix = f"prefix-{session_id.removeprefix('s-')}/"
        held = self.target.objects.items()
        return sorted((key.removeprefix(prefix), data) for key, (data, _) in held if key.startswith(prefix))

    def is_whole(self, event_id: str) -> bool:
        """Tell whether an event has a session, and that its lecture item."""
        found = [one for one in self.panopto.sessions.values() if one.description.endswith(f": {event_id}")]
        return len(found) == 1 and any(found[0].name == one.name for one in self.luminus.applied)

    @property
    def sent_again(self) -> int:
        """The bytes of parts that the target took beyond those of its objects."""
        return self.target.received - sum(len(data) for data, _ in self.target.objects.values())

    def states(self, disk: Files) -> dict[str, ItemState]:
        """Return how the items stand by what the disk holds."""
        store = open_store(PATH, disk, HEADER)
        found = {name: items.fold(records) for name, records in store.contents.each()}
        store.close()
        return found
