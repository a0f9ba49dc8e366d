"""A checkpoint that holds every kind of record, and is damaged in every way: a safe prefix, or a refusal.

What the bytes say is told here by a reader of its own, line by line.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

import pytest
from fakes.crashing_disk import CrashingDisk
from fakes.swept_site import HEADER, PATH, SweptSite
from fakes.virtual_time import virtually

from engine import Record, journal
from engine.checkpoint.line import Header, entry_of
from engine.checkpoint.store import Store, open_store
from engine.errors import CheckpointDamaged, CheckpointForeign, FerryError
from pipelines import items, runs, sources
from pipelines.access import records as access
from pipelines.access.difference import Right
from pipelines.items import AspectOutcome, Outcome
from pipelines.migration import added, made
from pipelines.migration.place import Placed

pytestmark = [pytest.mark.fault(31), pytest.mark.slow]

FLIPS = 10_000
REST = [
    journal.abandoned("event-2", "1/presenter.mp4", "upload_gone"),
    journal.aborted("event-2", "1/presenter.mp4", "upload-1"),
    items.found("event-3", ["s"], {"folder_id": "f", "title": "t", "date": None, "duration": None}),
    items.delete("event-4", "s"),
    items.deleted("event-4", "s"),
    items.anew("event-4", "upload_timed_out"),
    items.aspect("event-5", "captions:de"),
    items.aspects("event-5", {"captions": {"outcome": "carried"}}),
    items.ended("event-5", Outcome.RETRYABLE, "unreachable", why="ä & b"),
    runs.began(runs.Run("1", "2026-03-01T08:00:00+00:00", "1.0")),
    sources.mark("event-6", {"role": "R", "action": "migrated"}),
    sources.marked("event-6", {"role": "R", "action": "migrated"}, 4),
    sources.unmark("event-6", {"role": "R", "action": "migrated"}),
    sources.unmarked("event-6", {"role": "R", "action": "migrated"}, 5),
    sources.retract("event-6", "s"),
    sources.retracted("event-6", "s"),
    access.grant("event-7", Right("Viewer", "User", "u", "ada")),
    added.open_("event-7", "primary-a.mp4", "s", "PrimaryVideo"),
    added.opened(
        "event-7", "primary-a.mp4", upload_id="u", session_id="s", kind="PrimaryVideo", target="https://h/u"
    ),
    added.submit("event-7", "primary-a.mp4"),
    added.submitted("event-7", "primary-a.mp4"),
    added.anew("event-7", "primary-a.mp4", "upload_timed_out"),
    added.ended("event-7", "primary-a.mp4", AspectOutcome.CARRIED, bytes=5, crc32=7),
    made.make(Placed("f", ("2026", "Heat")), "p"),
    made.made(Placed("f", ("2026", "Heat")), "p", "g"),
    made.refused(Placed("f", ("2026", "Light")), "no permission"),
    *(
        Record("schedule:event-1", f"schedule.{kind}", {"at": "https://valt", "before": {"name": "x"}})
        for kind in ("edit", "edited", "create", "created", "ended")
    ),
]
"""What a migration of one event has no need of."""


@cache
def whole() -> bytes:
    """Return a checkpoint with every kind of record, as a migration and what came after it wrote them."""
    disk = CrashingDisk(Random(1))
    virtually(SweptSite(1).run(disk))
    store = open_store(PATH, disk, HEADER)
    store.append([entry_of(record) for record in REST])
    store.close()
    return disk.content(PATH)


def kinds(data: bytes) -> set[str]:
    """Return the kinds of records in a file."""
    return {json.loads(line).get("k", "header") for line in data.splitlines()}


def told(lines: list[bytes]) -> dict[str, list[str]]:
    """Return the kinds that live of each subject: a record which closes replaces those before it."""
    alive: dict[str, list[str]] = {}
    for line in lines[1:]:
        record = json.loads(line)
        earlier = [] if record.get("x") else alive.get(record["s"], [])
        alive[record["s"]] = [*earlier, record["k"]]
    return alive


def opened(data: bytes, header: Header = HEADER) -> dict[str, list[str]]:
    """Open a file as a run does, and return the same of it."""
    disk = CrashingDisk(Random(0))
    disk.put(PATH, data)
    store: Store = open_store(PATH, disk, header, owner="the run with pid 1")
    try:
        return {name: [one.kind for one in records] for name, records in store.contents.each()}
    finally:
        store.close()
        assert disk.open_handles == 0


def test_every_kind_of_record_is_in_it() -> None:
    """Those of transfers, items, sources, streams, folders, runs and schedules, that there are."""
    names = [
        one
        for module in (journal, items, sources, added, runs, access, made)
        for one in vars(module).values()
        if isinstance(one, str)
    ]
    wanted = {
        one for one in names if re.fullmatch(r"(access|folder|item|run|source|stream|transfer)\.[a-z]+", one)
    }
    assert kinds(whole()) >= wanted | {f"schedule.{one}" for one in ("edit", "edited", "create", "ended")}


def test_cut_at_every_byte(record_property: Callable[[str, object], None]) -> None:
    """All whole lines are kept, so no intent is forgotten; less than the header is refused and named."""
    data, refused = whole(), 0
    for length in range(len(data)):
        kept = data[:length] + (b"\n" if data[length : length + 1] == b"\n" else b"")
        lines = kept.split(b"\n")[:-1]
        if lines:
            assert opened(data[:length]) == told(lines)
            continue
        with pytest.raises(CheckpointDamaged, match="line 1"):
            opened(data[:length])
        refused += 1
    assert refused == data.index(b"\n")
    record_property("injected", len(data))
    record_property("happened", f"{len(data) - refused} safe prefixes, {refused} refusals")


def test_flipped_bits(record_property: Callable[[str, object], None]) -> None:
    """The line is named; only the last line, of which nobody can tell whether it was whole, is cut off."""
    data, chance, cut = whole(), Random(5), 0
    lines, refusals = data.splitlines(), list[tuple[int, FerryError]]()
    for _ in range(FLIPS):
        at, damaged = chance.randrange(len(data)), bytearray(data)
        damaged[at] ^= 1 << chance.randrange(8)
        number = data.count(b"\n", 0, at) + 1
        try:
            found = opened(bytes(damaged))
        except (CheckpointDamaged, CheckpointForeign) as error:
            refusals.append((number, error))
        else:
            assert found in (told(lines), told(lines[:-1]))
            assert number == len(lines)
            cut += 1
    for number, refusal in refusals:
        assert f"line {number} " in str(refusal) or (number == 1 and isinstance(refusal, CheckpointForeign))
    assert cut < FLIPS // 20
    record_property("injected", FLIPS)
    record_property("happened", f"{FLIPS - cut} refusals, {cut} safe prefixes")


def tails() -> Iterator[Any]:
    """Give ends that a power loss leaves, and how many of the last lines they cost."""
    for zeros in (1, 4096, 70_000):
        yield pytest.param(lambda data, zeros=zeros: data + bytes(zeros), 0, id=f"{zeros} zeros")
        yield pytest.param(
            lambda data, zeros=zeros: data[:-7] + bytes(zeros), 1, id=f"{zeros} zeros in a line"
        )


@pytest.mark.parametrize(("damage", "lost"), list(tails()))
def test_a_tail_of_zeros(damage: Callable[[bytes], bytes], lost: int) -> None:
    """It is cut off: the size grew, and the bytes did not come."""
    lines = whole().splitlines()
    assert opened(damage(whole())) == told(lines[: len(lines) - lost])


@pytest.mark.parametrize("place", [1, 7, 30])
def test_a_doubled_line(place: int) -> None:
    """Its number is there twice: refused, with the line."""
    lines = whole().splitlines(keepends=True)
    lines.insert(place, lines[place])
    with pytest.raises(CheckpointDamaged, match=rf"line {place + 2} has number {place + 1} where"):
        opened(b"".join(lines))


@pytest.mark.parametrize("content", [b"", bytes(1), bytes(4096), b'{"n":1,"form'])
def test_nothing_is_left_of_it(content: bytes) -> None:
    """A run had it before, so it is not begun from nothing: refused, and what to do is said."""
    with pytest.raises(CheckpointDamaged, match=r"line 1 is not there.*pid 1.*ferry reconcile"):
        opened(content)


def test_a_newer_format() -> None:
    """Refused, and left to the version that wrote it."""
    newer = Header(HEADER.identity, HEADER.created, version=99)
    disk = CrashingDisk(Random(0))
    store = open_store(PATH, disk, newer)
    store.close()
    with pytest.raises(CheckpointForeign, match="another version"):
        opened(disk.content(PATH))
