"""All that a migration stands between, in memory, over processes that are killed at any round of their loop.

Everything of ours is real: pipeline, carrying stage, engine, Panopto's client with its tokens, the file code
of the checkpoint and its lock. What is at the other ends outlives the processes, and watches them: each call
is held against what is durable on record when it arrives.
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import anyio
import anyio.lowlevel

from engine import (
    FerryError,
    Location,
    Pace,
    Record,
    Refused,
    RetryPolicy,
    Source,
    Target,
    Unreachable,
    host_of,
)
from engine.breaker import Breaker, Patience
from engine.checkpoint.line import Header
from engine.checkpoint.lock import held
from engine.checkpoint.store import Store, open_store
from engine.checks import Checks
from engine.drain import Drain
from engine.engine import Engine
from engine.integrity import Level, Spot
from engine.journal import TransferState
from engine.journal import fold as fold_transfer
from engine.limits import Slots
from engine.parts import PartLimits
from engine.ports import Ports
from engine.wire import Head, PartReceipt, Probe, Request
from fakes.carry_site import POLICY, READABLE
from fakes.crashing_disk import CrashingDisk, Stopped
from fakes.later_captions import LaterCaptions, captions_of, furnisher
from fakes.memory_journal import Killed
from fakes.memory_luminus import MemoryLuminus, MemoryOpencast
from fakes.memory_relay import MemoryRelay
from fakes.memory_site import File, MemoryFiles, MemoryTarget
from fakes.migration_site import HOME, Fuse, Opencast, lecture
from fakes.panopto_in_memory import URL, Call, PanoptoInMemory
from fakes.stepping_loop import SteppingLoop
from fakes.store_journal import Died, StoreJournal
from pipelines import items
from pipelines.items import ItemState
from pipelines.migration.carry.stage import Carry
from pipelines.migration.finish import Finisher
from pipelines.migration.folders import Folders
from pipelines.migration.pipeline import Migration
from pipelines.migration.planning import Planner, Rules, decisions
from pipelines.migration.sending import Sending
from pipelines.migration.ship import Ship
from pipelines.opencast.model import Event
from pipelines.panopto.aspects import Aspects
from pipelines.panopto.auth import Account, Tokens
from pipelines.panopto.calls import Calls
from pipelines.panopto.client import Panopto
from pipelines.rest import Rest

HEADER = Header({"opencast": "https://oc.example", "panopto": URL}, "2025")
RULES = Rules(channels=("engage-player",), default_folder=HOME, modules={"s1": "m1"})
POLITE = RetryPolicy(total=300.0, longest_asked=60.0)

LEVEL = Level.ETAG
PART = 1000
IN_FLIGHT = 4
SIZES = (3500, 1200)
"""Bytes of the two streams of an event: four parts and two."""

QUIET = 120.0
"""Seconds of virtual time without a sign of life, at most: twice the longest deadline (60 s)."""


class Life:
    """Tells the world's parts whether the process that calls them is still there, and notes signs of life."""

    def __init__(self) -> None:
        self.dead = False
        self.last: float | None = None
        self.longest_quiet = 0.0
        self.down_until: dict[str, float] = {}

    def sign(self, *_: object) -> None:
        """Take note of something that happens. Raises Killed where the process is gone."""
        if self.dead:
            raise Killed
        now = asyncio.get_running_loop().time()
        if self.last is not None:
            self.longest_quiet = max(self.longest_quiet, now - self.last)
        self.last = now

    def reach(self, system: str, host: str) -> None:
        """Let a call to a system arrive. Raises Unreachable, naming the host, while the system is down."""
        self.sign()
        if asyncio.get_running_loop().time() < self.down_until.get(system, 0.0):
            raise Unreachable("the connection was refused", where=host)


class LivingFuse(Fuse):
    """The moments of a process that may be gone."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    async def moment(self) -> None:
        """Let a moment pass."""
        await anyio.lowlevel.checkpoint()
        self._life.sign()


class WatchedFiles(MemoryFiles):
    """Files that are edited while they are moved; `versions` are all that each has ever been.

    `troubles` are raised in turn by locating and probing.
    """

    def __init__(self, life: Life, files: dict[Source, File]) -> None:
        super().__init__(files)
        self.versions = {source: [file.data] for source, file in files.items()}
        self.troubles: list[FerryError] = []
        self._life = life

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Give an address."""
        self._life.reach("source", source.group)
        if self.troubles:
            raise self.troubles.pop(0)
        return await super().locate(source, refused)

    async def probe(self, source: Source, location: Location, deadline: float) -> Probe:
        """Tell size and validator."""
        self._life.reach("source", source.group)
        if self.troubles:
            raise self.troubles.pop(0)
        return await super().probe(source, location, deadline)

    async def get(self, request: Request) -> tuple[Head, AsyncIterator[bytes]]:
        """Answer a GET."""
        self._life.reach("source", host_of(request.url))
        return await super().get(request)

    def edit(self, source: Source, data: bytes) -> None:
        """Have other bytes there, under another validator."""
        file = self.files[source]
        file.data, file.etag = data, str(int(file.etag) + 1)
        self.versions[source].append(data)

    def expire(self) -> None:
        """Let all addresses run out."""
        for file in self.files.values():
            file.version += 1


class WatchedTarget(MemoryTarget):
    """An S3 that holds each call against what is on record when it arrives; `closed` folders take nothing."""

    def __init__(self, site: "WholeSite", *, tells: bool) -> None:
        super().__init__(lists=tells, heads=tells)
        self.closed: set[str] = set()
        self.created: Counter[str] = Counter()
        self.heard = lambda _: site.life.reach("target", "s3.example")
        self._site = site

    def close(self, prefix: str) -> None:
        """Take nothing more in a folder, as Panopto does with an upload that timed out."""
        self.closed.add(prefix)
        for upload, one in list(self.uploads.items()):
            if one.key.startswith(f"{prefix}/"):
                del self.uploads[upload]

    async def create(self, target: Target) -> str:
        """Open an upload."""
        state = self._site.transfers_at(target.key)[0]
        assert state.create_intended, "Create before its intent was durable"
        if target.key.partition("/")[0] in self.closed:
            raise Refused("this folder is closed", where="target")
        self.created[target.key] += 1
        return await super().create(target)

    async def complete(self, target: Target, upload: str, receipts: Sequence[PartReceipt]) -> str:
        """Make the parts one object."""
        state = self._site.transfers_at(target.key)[0]
        assert state.complete_intended, "Complete before its intent was durable"
        assert state.upload == upload, "Complete of another upload than the one on record"
        assert set(state.parts) == {one.number for one in receipts}, "Complete with parts not on record"
        return await super().complete(target, upload, receipts)

    async def abort(self, target: Target, upload: str) -> None:
        """Give an upload up: not the one that goes on. A manifest with other words was another transfer."""
        state = self._site.transfers_at(target.key)[0]
        assert upload != state.upload or state.completed, "Abort of an upload that is in use"
        await super().abort(target, upload)

    @property
    def sent_again(self) -> int:
        """How many parts were taken whole beyond those of the objects that there are."""
        return len(self.puts) - sum(-(-len(data) // PART) for data, _ in self.objects.values())


class LivingJournal(StoreJournal):
    """The checkpoint of a process that may be gone: then nothing more reaches the disk."""

    def __init__(self, store: Store, life: Life) -> None:
        super().__init__(store)
        self._life = life

    async def append(self, record: Record) -> None:
        """Return when the record is durable."""
        self._life.sign()
        await super().append(record)

    def _commit(self) -> None:
        waiting = [durable for _, durable in self._queue]
        try:
            if not self._life.dead:
                super()._commit()
        finally:
            for durable in waiting:
                if not durable.done():
                    durable.set_exception(Killed())


class WholeSite:
    """Opencast, Panopto, its S3 and LumiNUS, and the process that works at them, if there is one.

    `folder` is where the lock lies. `ends` are what the processes ended with that were not killed; None is a
    run that came through. `may_be_sent_again` counts parts.
    """

    def __init__(self, folder: Path, events: int = 2, *, tells: bool = False, seed: int = 0) -> None:
        names = [f"event-{number}" for number in range(1, events + 1)]
        facts: dict[str, Any] = {"series": "s1", "presenters": ("Ada",), "acl": READABLE}
        self.life = Life()
        self.chance = Random(seed)
        self.now = 1000.0
        self.events = {name: lecture(name, **facts) for name in names}
        self.titles = {name: {event.title} for name, event in self.events.items()}
        self.tracks = {name: [one.key for one in self.events[name].publications[0].tracks] for name in names}
        self.files = WatchedFiles(self.life, self._files())
        self.target = WatchedTarget(self, tells=tells)
        self.luminus = MemoryLuminus(now=anyio.current_time, fuse=LivingFuse(self.life))
        self.luminus.module("m1")
        self.panopto = PanoptoInMemory(
            self.objects_of, lambda one: self.luminus.lecture("m1", one), self._panopto_hears
        )
        self.luminus.fault = self._luminus_hears
        self.luminus_troubles: dict[str, list[FerryError]] = defaultdict(list)
        self.disk = CrashingDisk(self.chance)
        self.path = folder / "migration.checkpoint"
        self.ends: list[BaseException | None] = []
        self.kills = 0
        self.may_be_sent_again = 0
        self._process: _Process | None = None

    def _files(self) -> dict[Source, File]:
        return {
            Source(name, track): File(self.chance.randbytes(size))
            for name, tracks in self.tracks.items()
            for track, size in zip(tracks, SIZES, strict=True)
        } | {source: file for name in self.tracks for source, file in captions_of(name).items()}

    @property
    def runs(self) -> bool:
        """Whether a process is there."""
        return self._process is not None

    def start(self) -> None:
        """Begin a process, which knows nothing but what the disk holds. Raises CheckpointInUse."""
        with ExitStack() as undo:
            undo.enter_context(held(self.path))
            try:
                store = open_store(self.path, self.disk, HEADER)
            except Stopped:
                self.kill()
                return
            undo.callback(store.close)
            self.life.last = None
            self._process = _Process(self, store, undo.pop_all())

    def go(self, rounds: int = 1 << 60, seconds: float = 1e9) -> bool:
        """Let the process go on so far; tell whether it is still there."""
        process = self._process
        if process is None:
            return False
        try:
            done = process.loop.go(process.task, rounds, process.loop.time() + seconds)
        except Died:
            self.kill()
            return False
        self.now = process.loop.time()
        if done:
            self.ends.append(None if process.task.cancelled() else process.task.exception())
            self._leave(killed=self.ends[-1] is not None)
        return not done

    def drain(self) -> None:
        """Ask the process to stop."""
        if self._process is not None:
            self._process.drain()

    def kill(self, *, power: bool = False) -> None:
        """End the process between two rounds of its loop; with the power goes what is not flushed."""
        self.kills += 1
        self._leave()
        self.disk.crash(power=power)

    def _leave(self, *, killed: bool = True) -> None:
        """Take the process away. What it had in flight, or completed unheard, may be sent again."""
        process = self._process
        if process is None:
            return
        if killed:
            self.may_be_sent_again += IN_FLIGHT + self._in_doubt()
        self._process, self.life.dead = None, True
        process.end()
        self.life.dead = False

    @property
    def under_way(self) -> int:
        """How many parts were taken of uploads that are no objects yet."""
        return sum(len(one.parts) for one in self.target.uploads.values())

    def _in_doubt(self) -> int:
        """Return the parts of the files whose Complete is intended and not answered."""
        parts = 0
        for subject in self.journal.subjects():
            history = self.journal.history(subject)
            for name in {one.facts["name"] for one in history if one.kind == "transfer.complete"}:
                state = fold_transfer(history, name)
                parts += len(state.parts) if state.complete_intended and not state.completed else 0
        return parts

    @property
    def journal(self) -> StoreJournal:
        """What the process that is there has on record."""
        assert self._process is not None
        return self._process.journal

    def states(self) -> dict[str, ItemState]:
        """Return how the items stand by what the disk holds."""
        store = open_store(self.path, self.disk, HEADER)
        found = {name: items.fold(records) for name, records in store.contents.each()}
        store.close()
        return found

    def objects_of(self, prefix: str) -> dict[str, bytes]:
        """Return what lies in a folder of the S3, by name."""
        held = self.target.objects.items()
        return {key.partition("/")[2]: data for key, (data, _) in held if key.startswith(f"{prefix}/")}

    def _event_of(self, upload_id: str) -> str | None:
        for name in self.journal.subjects():
            if (items.fold(self.journal.history(name)).upload or {}).get("id") == upload_id:
                return name
        return None

    def transfers_at(self, key: str) -> list[TransferState]:
        """Return what is on record of the transfers to a key, the latest first."""
        prefix, _, file_name = key.partition("/")
        event = self._event_of(prefix.removeprefix("prefix-"))
        assert event is not None, "a file goes to a session upload that is not on record"
        history = self.journal.history(event)
        names = dict.fromkeys(str(one.facts["name"]) for one in reversed(history) if "name" in one.facts)
        generation = items.fold(history).generation
        wanted = re.compile(rf"{generation}/{re.escape(file_name)}(@.*)?")
        return [fold_transfer(history, name) for name in names if wanted.fullmatch(name)]

    def _panopto_hears(self, call: Call, upload_id: str) -> None:
        self.life.reach("panopto", host_of(URL))
        histories = [self.journal.history(name) for name in self.journal.subjects()]
        if call == "create":
            last = (one[-1].kind for one in histories)
            assert "item.upload" in last, "POST sessionUpload before its intent was durable"
        if call == "submit":
            states = map(items.fold, histories)
            meant = [one.meant for one in states if (one.upload or {}).get("id") == upload_id]
            assert meant, "a session upload is completed that is not on record"
            assert all(meant), "a session upload is completed before its intent was durable"

    def _luminus_hears(self, call: str, subject: str) -> FerryError | None:
        if call == "patch":
            states = (items.fold(self.journal.history(name)) for name in self.journal.subjects())
            assert any(subject in one.patches for one in states), "PATCH before its intent was durable"
        troubles = self.luminus_troubles[call]
        return troubles.pop(0) if troubles else None

    def rename(self, name: str) -> None:
        """Give an event another title at Opencast."""
        title = f"{self.events[name].title}'"
        self.events[name] = replace(self.events[name], title=title)
        self.titles[name].add(title)

    def rewrite(self, name: str, stream: int) -> None:
        """Have another film there."""
        source = Source(name, self.tracks[name][stream])
        self.files.edit(source, self.chance.randbytes(len(self.files.files[source].data) + 7))

    def versions(self, name: str) -> list[list[bytes]]:
        """Return for each stream of an event what its film has ever been."""
        return [self.files.versions[Source(name, track)] for track in self.tracks[name]]

    def forget(self) -> int:
        """Let open session uploads time out; tell how many."""
        found = self.panopto.forget()
        for upload in found:
            self.target.close(upload.prefix)
        return len(found)

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        self.life.down_until.clear()
        self.files.breaks.clear()
        self.files.troubles.clear()
        self.target.faults.clear()
        self.target.flips.clear()
        self.panopto.troubles.clear()
        self.panopto.spoilt = 0
        self.luminus.lost.clear()
        self.luminus_troubles.clear()


class _Process:
    """One run, in a loop of its own."""

    def __init__(self, site: WholeSite, store: Store, held_open: ExitStack) -> None:
        self.loop = SteppingLoop(site.now)
        self.journal = LivingJournal(store, site.life)
        self._held_open = held_open
        self._migration: Migration | None = None
        self.task = self.loop.create_task(self._run(site))

    def drain(self) -> None:
        """Begin nothing new; before there is a plan, end at once."""
        self.loop.call_soon(self._migration.drain if self._migration else self.task.cancel)

    def end(self) -> None:
        """Leave nothing behind but what the disk holds."""
        self.loop.end(self.task)
        self._held_open.close()

    async def _run(self, site: WholeSite) -> None:
        drain = Drain()
        sign: Any = site.life.sign
        clock = asyncio.get_running_loop().time
        breaker = Breaker(Patience(), clock=clock, sleep=drain.before_another_try, observer=sign)
        panopto, aspects = self._panopto(site, drain, breaker)
        engine = Engine(self._ports(site, drain, breaker), site.files, site.files)
        opencast, batches = Opencast([]), MemoryOpencast()
        opencast.events = batches.events = site.events
        carry = Carry(
            site.luminus,
            batches,
            panopto,
            self.journal,
            modules={"s1": "m1"},
            policy=POLICY,
            presenter="",
            wait=60.0,
            observer=sign,
            clock=clock,
            chance=lambda: 0.5,
        )
        folders = Folders(panopto, self.journal)
        sending = Sending(engine, self.journal, RULES.channels, gatherer=LaterCaptions(engine))
        self._migration = Migration(
            engine,
            Ship(engine, panopto, opencast, folders, self.journal, RULES.channels, sending=sending),
            Finisher(panopto.look, limit=600, clock=clock),
            panopto,
            self.journal,
            in_flight=2,
            finishing=2,
            furnisher=furnisher(aspects, engine, self.journal),
            onward=carry,
            observer=sign,
        )
        planner = Planner(self.journal, modules=RULES.modules)
        plan = await planner.plan(decisions(_each(site.events), RULES), self.journal.subjects(), whole=True)
        await self._migration.run(plan.order)

    def _panopto(self, site: WholeSite, drain: Drain, breaker: Breaker) -> tuple[Panopto, Aspects]:
        http: Any = site.panopto
        sign: Any = site.life.sign
        clock = asyncio.get_running_loop().time
        facts: dict[str, Any] = {
            "policy": POLITE,
            "observer": sign,
            "sleep": drain.before_another_try,
            "clock": clock,
            "chance": lambda: 0.5,
            "breaker": breaker,
        }
        tokens = Tokens(Rest(http, URL, **facts), Account("client", "secret", "user", "word"), clock=clock)
        rest = Rest(http, URL, pace=Pace(clock=clock), headers=tokens.headers, **facts)
        patience: dict[str, Any] = {"policy": POLITE, "sleep": drain.before_another_try}
        return Panopto(rest, tokens, **patience), Aspects(Calls(rest, tokens), **patience)

    def _ports(self, site: WholeSite, drain: Drain, breaker: Breaker) -> Ports:
        sign: Any = site.life.sign
        return Ports(
            journal=self.journal,
            relay=MemoryRelay(site.files, site.target),
            uploads=site.target,
            slots=Slots(IN_FLIGHT, IN_FLIGHT, IN_FLIGHT),
            checks=Checks(LEVEL, Spot(), observer=sign),
            limits=PartLimits(1, 100_000, 100),
            preferred_part=PART,
            policy=POLITE,
            observer=sign,
            clock=asyncio.get_running_loop().time,
            chance=lambda: 0.5,
            drain=drain,
            breaker=breaker,
        )


async def _each(events: dict[str, Event]) -> AsyncIterator[Event]:
    for event in list(events.values()):
        yield event
