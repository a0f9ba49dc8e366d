"""What holds of the file when it is written, rewritten, and stopped at any operation."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from fakes.crashing_disk import CrashingDisk

from engine.checkpoint.files import Files
from engine.checkpoint.line import Entry, Header, entry_of
from engine.checkpoint.store import Store, open_store
from engine.errors import CheckpointForeign
from engine.journal import Record

PATH = Path("/disk/the.checkpoint")
HEADER = Header({"opencast": "https://oc.example"}, "2024")

REWRITE = "rewrite"
Step = list[Record] | str


def story(chance: Random, length: int) -> list[Step]:
    """Make up batches of records about a few subjects, with rewrites in between."""
    steps: list[Step] = []
    for number in range(length):
        if chance.random() < 0.15:
            steps.append(REWRITE)
        batch = [
            Record(
                chance.choice("abcd"),
                "seen",
                {"number": number, "of": position},
                closes=chance.random() < 0.2,
            )
            for position in range(chance.randint(1, 3))
        ]
        steps.append(batch)
    return steps


def records_of(steps: Sequence[Step]) -> list[Record]:
    """Return all records of a story in order."""
    return [record for step in steps if not isinstance(step, str) for record in step]


def by_the_book(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Fold records as slowly and plainly as can be."""
    alive: dict[str, list[Record]] = {}
    for record in records:
        earlier = [] if record.closes else alive.get(record.subject, [])
        alive[record.subject] = [*earlier, record]
    return alive


def told(store: Store) -> dict[str, list[Record]]:
    """Return what a store says."""
    return {subject: list(records) for subject, records in store.contents.each()}


def play(store: Store, steps: Sequence[Step]) -> int:
    """Play a story and return how many records were acknowledged before it broke, or at its end."""
    acknowledged = 0
    try:
        for step in steps:
            if isinstance(step, str):
                store.rewrite()
            else:
                store.append([entry_of(record) for record in step])
                acknowledged += len(step)
    except OSError:
        pass
    store.close()
    return acknowledged


def opened_and_played(disk: CrashingDisk, steps: Sequence[Step]) -> int:
    """Open and play; a disk that breaks while opening has acknowledged nothing."""
    try:
        store = open_store(PATH, disk, HEADER)
    except OSError:
        return 0
    return play(store, steps)


def remaining(steps: Sequence[Step], done: int) -> list[Step]:
    """Return the records of a story that are still to be written, one a step."""
    return [[record] for record in records_of(steps)[done:]]


def resume(disk: CrashingDisk, steps: Sequence[Step], acknowledged: int) -> None:
    """Open what a crash left, check it, and go on to the end of the story."""
    records = records_of(steps)
    store = open_store(PATH, disk, HEADER)
    possible = range(acknowledged, min(acknowledged + 3, len(records)) + 1)
    found = [count for count in possible if told(store) == by_the_book(records[:count])]
    assert found, "something acknowledged is missing, or something is there that nobody wrote"
    play(store, remaining(steps, found[-1]))
    again = open_store(PATH, disk, HEADER)
    assert told(again) == by_the_book(records)
    again.close()
    assert disk.open_handles == 0


@pytest.mark.parametrize("power", [False, True], ids=["killed", "power lost"])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.fault(30)
def test_stopped_at_any_operation_nothing_acknowledged_is_lost(power: bool, seed: int) -> None:
    """Stop at the first operation, the second, ... until the story ends unstopped; open; go on to the end."""
    steps = story(Random(seed), length=12)
    stopped_at = 0
    while True:
        stopped_at += 1
        disk = CrashingDisk(Random(seed * 1000 + stopped_at))
        disk.kill_at = stopped_at
        acknowledged = opened_and_played(disk, steps)
        assert disk.open_handles == 0
        done = disk.operations < stopped_at
        disk.crash(power=power)
        resume(disk, steps, acknowledged)
        if done:
            break
    assert stopped_at > 25


def test_stopped_again_and_again_it_still_ends() -> None:
    """A process that is killed a few operations after each start gets through, and forgets nothing."""
    for seed in range(30):
        chance = Random(seed)
        steps, disk, acknowledged = story(chance, length=10), CrashingDisk(chance), 0
        records = records_of(steps)
        for _ in range(500):
            disk.kill_at = chance.randint(4, 12)
            try:
                store = open_store(PATH, disk, HEADER)
            except OSError:
                disk.crash(power=chance.random() < 0.5)
                continue
            found = next(
                count
                for count in range(acknowledged, len(records) + 1)
                if told(store) == by_the_book(records[:count])
            )
            acknowledged = found + play(store, remaining(steps, found))
            if acknowledged == len(records):
                break
            disk.crash(power=chance.random() < 0.5)
        assert acknowledged == len(records)


@pytest.mark.fault(30)
def test_a_name_that_was_found_is_durable_before_anybody_acts_on_it() -> None:
    """A process was killed between the rename and the folder's fsync; what the next one adds stays there."""
    disk = CrashingDisk(Random(0))
    disk.kill_at = 5
    with pytest.raises(OSError, match="killed"):
        open_store(PATH, disk, HEADER)
    disk.crash(power=False)
    play(open_store(PATH, disk, HEADER), [[Record("a", "seen")]])
    disk.crash(power=True, dropped=True)
    store = open_store(PATH, disk, HEADER)
    assert told(store) == {"a": [Record("a", "seen")]}
    store.close()


def test_numbers_go_on_over_rewrites_and_openings(tmp_path: Path) -> None:
    """No number is ever given twice in the life of a checkpoint."""
    disk = CrashingDisk(Random(1))
    numbers = []
    for _ in range(3):
        store = open_store(PATH, disk, HEADER)
        store.append([entry_of(Record("a", "seen", closes=True))] * 5)
        numbers.append(store._lines.number)
        store.rewrite()
        store.append([entry_of(Record("b", "seen"))])
        numbers.append(store._lines.number)
        store.close()
    assert numbers == sorted(set(numbers))
    last = disk.content(PATH).splitlines()[-1]
    assert last.startswith(b'{"n":%d,' % numbers[-1])


def test_a_rewrite_keeps_the_header_and_what_is_live() -> None:
    """The file becomes smaller, and says the same as before."""
    disk = CrashingDisk(Random(2))
    store = open_store(PATH, disk, HEADER)
    batch = [Record("a", "seen", {"number": number}) for number in range(50)]
    store.append([entry_of(record) for record in [*batch, Record("a", "done", {"all": 50}, closes=True)]])
    store.append([entry_of(Record("a", "seen again"))])
    before, size = told(store), store.size
    store.rewrite()
    assert told(store) == before
    assert store.size < size / 5
    assert store.size == len(disk.content(PATH))
    store.append([entry_of(Record("c", "seen"))])
    store.close()
    later = open_store(PATH, disk, Header(HEADER.identity, "2099"))
    assert later.contents.header == HEADER
    assert told(later) == {**before, "c": [Record("c", "seen")]}
    later.close()


def wasteful_store(files: Files) -> Store:
    """Write 6 MB of which nearly all is dead."""
    store = open_store(PATH, files, HEADER)
    long = [
        Entry("a", False, entry_of(Record("a", "seen", {"text": "x" * 1_000_000})).body) for _ in range(6)
    ]
    store.append([*long, entry_of(Record("a", "done", closes=True))])
    return store


def test_a_file_that_is_mostly_dead_is_rewritten_when_opened() -> None:
    """Four dead MiB, and more than half the file, are worth it; after that nothing is."""
    disk = CrashingDisk(Random(3))
    store = wasteful_store(disk)
    assert store.wasteful
    store.close()
    store = open_store(PATH, disk, HEADER)
    assert store.rewritten == 1
    assert not store.wasteful
    assert store.size < 1000
    assert told(store) == {"a": [Record("a", "done", closes=True)]}
    store.close()


def test_a_torn_end_is_cut_from_the_file_and_counted() -> None:
    """What is written next follows the last whole line."""
    disk = CrashingDisk(Random(4))
    play(open_store(PATH, disk, HEADER), [[Record("a", "seen")]])
    disk.put(PATH, disk.content(PATH) + b'{"n":3,"s":"a","k":"' + b"x" * 501)
    store = open_store(PATH, disk, HEADER)
    assert store.cut == 521
    play(store, [[Record("b", "seen")]])
    store = open_store(PATH, disk, HEADER)
    assert told(store) == by_the_book([Record("a", "seen"), Record("b", "seen")])
    assert store.cut == 0
    store.close()


@pytest.mark.fault(30)
def test_what_was_found_is_durable_before_anybody_acts_on_it() -> None:
    """A record that a killed process wrote, but did not flush, is flushed when it is read."""
    for seed in range(20):
        disk = CrashingDisk(Random(seed))
        store = open_store(PATH, disk, HEADER)
        disk.kill_at = disk.operations + 2
        assert play(store, [[Record("a", "seen")]]) == 0
        disk.crash(power=False)
        for _ in range(2):
            store = open_store(PATH, disk, HEADER)
            assert told(store) == {"a": [Record("a", "seen")]}
            store.close()
            disk.crash(power=True)


@pytest.mark.fault(35)
def test_another_migration_is_refused_with_both_named() -> None:
    """A checkpoint that was copied to another tenant must not lead to anything."""
    disk = CrashingDisk(Random(5))
    play(open_store(PATH, disk, HEADER), [])
    with pytest.raises(
        CheckpointForeign, match=r"opencast is 'https://oc.example', not 'https://other.example'"
    ):
        open_store(PATH, disk, Header({"opencast": "https://other.example"}, "2024"))
    with pytest.raises(CheckpointForeign, match="panopto is None, not 'x'"):
        open_store(PATH, disk, Header({**HEADER.identity, "panopto": "x"}, "2024"))
    assert disk.open_handles == 0
