"""What holds of the checkpoint that a run opens."""

# ruff: noqa: ASYNC240 - a test may look at a small file while its loop waits

import asyncio
import errno
import json
import os
import stat
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest
import uvloop
from anyio import CancelScope
from fakes.crashing_disk import CrashingDisk

from engine.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from engine.checkpoint.contents import RECENT
from engine.checkpoint.files import OsFiles
from engine.errors import CheckpointDamaged, CheckpointForeign, CheckpointInUse, LocalResource
from engine.journal import Journal, Record

IDENTITY = {"opencast": "https://oc.example", "panopto": "https://pa.example"}
RECORDS = [
    Record("event-1", "seen", {"title": "Ä & B"}),
    Record("event-1", "sent"),
    Record("event-2", "seen"),
]
DONE = Record("event-1", "done", {"session": "s-1"}, closes=True)


class SlowDisk(OsFiles):
    """A disk whose fsync waits until it is let."""

    def __init__(self) -> None:
        self.let = Event()
        self.let.set()
        self.waited_for = 0
        self.broken = False

    def fsync(self, handle: int) -> None:
        """Wait, then flush, or fail once."""
        self.waited_for += not self.let.is_set()
        assert self.let.wait(10)
        if self.broken:
            self.broken = False
            raise OSError(errno.EIO, "broken")
        super().fsync(handle)


class UnreadableAfter(OsFiles):
    """A disk that fails once the whole file has been read."""

    def __init__(self, whole_reads: int) -> None:
        self.left = whole_reads

    def read(self, handle: int, count: int, offset: int) -> bytes:
        """Read until the end has been met so many times."""
        if not self.left:
            raise OSError(errno.EIO, "broken")
        data = super().read(handle, count, offset)
        self.left -= not data
        return data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Say where the checkpoint lies."""
    return tmp_path / "migration.checkpoint"


async def until(reached: Callable[[], bool]) -> None:
    """Let the loop run until something is so."""
    while not reached():  # noqa: ASYNC110 - the thread that brings it about knows no event of ours
        await asyncio.sleep(0.001)


async def in_commit(disk: SlowDisk, checkpoint: Checkpoint, record: Record) -> asyncio.Task[None]:
    """Append a record, and return when its fsync has begun and waits."""
    disk.let.clear()
    task = asyncio.create_task(checkpoint.append(record))
    await until(lambda: disk.waited_for == 1)
    return task


async def test_what_was_appended_is_there_when_it_is_opened_again(path: Path) -> None:
    """Open subjects keep their records in order, closed ones the record that closed them."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        journal: Journal = checkpoint
        for record in [*RECORDS, DONE]:
            await journal.append(record)
        assert journal.history("event-1") == [DONE]
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        assert dict(checkpoint.each()) == {"event-2": [RECORDS[2]], "event-1": [DONE]}
        assert set(checkpoint.subjects()) == {"event-1", "event-2"}
        assert checkpoint.closed("event-1") == DONE
        assert checkpoint.closed("event-2") is None
        assert checkpoint.history("event-3") == []
        statistics = checkpoint.statistics()
        assert (statistics.open_subjects, statistics.closed_subjects, statistics.live_records) == (1, 1, 2)
        assert statistics.bytes == path.stat().st_size


async def test_a_later_record_opens_a_closed_subject_again(path: Path) -> None:
    """The record that closed it stays as the first."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        for record in [RECORDS[0], DONE, RECORDS[1]]:
            await checkpoint.append(record)
        assert checkpoint.history("event-1") == [DONE, RECORDS[1]]
        assert checkpoint.closed("event-1") is None


async def test_what_was_looked_at_grows_with_what_is_appended(path: Path) -> None:
    """A look between two records shows the first; nobody who was given a history sees it change."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        await checkpoint.append(RECORDS[0])
        before = checkpoint.history("event-1")
        await checkpoint.append(RECORDS[1])
        assert before == [RECORDS[0]]
        assert checkpoint.history("event-1") == [RECORDS[0], RECORDS[1]]
        await checkpoint.append(DONE)
        assert checkpoint.history("event-1") == [DONE]
        await checkpoint.append(RECORDS[1])
        assert checkpoint.history("event-1") == [DONE, RECORDS[1]]


async def test_more_subjects_than_are_remembered_are_all_told(path: Path) -> None:
    """Each has its own records, in whatever order they are asked for."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        names = [f"event-{number}" for number in range(RECENT + 2)]
        for _ in range(2):
            for name in names:
                assert len(checkpoint.history(name)) <= 1
            await asyncio.gather(*(checkpoint.append(replace(RECORDS[0], subject=name)) for name in names))
        assert {len(checkpoint.history(name)) for name in names} == {2}


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_it_works_on_both_loops(run: Callable[[Coroutine[Any, Any, None]], None], path: Path) -> None:
    """Hundreds of tasks append at once, and each finds its record when it goes on."""

    async def one(checkpoint: Checkpoint, number: int) -> None:
        record = Record(f"event-{number}", "seen", {"number": number})
        await checkpoint.append(record)
        assert checkpoint.history(record.subject) == [record]

    async def main() -> None:
        async with open_checkpoint(path, IDENTITY) as checkpoint, asyncio.TaskGroup() as group:
            for number in range(300):
                group.create_task(one(checkpoint, number))

    run(main())
    with read_checkpoint(path) as contents:
        assert len(contents.subjects()) == 300


async def test_all_who_wait_share_one_fsync_and_the_loop_goes_on(path: Path) -> None:
    """While the disk is busy the loop runs, and what comes meanwhile is one commit."""
    disk = SlowDisk()
    async with open_checkpoint(path, IDENTITY, files=disk) as checkpoint:
        first = await in_commit(disk, checkpoint, RECORDS[0])
        others = [asyncio.create_task(checkpoint.append(Record(f"e{n}", "seen"))) for n in range(50)]
        await until(lambda: checkpoint.statistics().waiting == 50)
        assert not any(task.done() for task in [first, *others])
        assert checkpoint.subjects() == []
        disk.let.set()
        await asyncio.gather(first, *others)
        assert checkpoint.statistics().commits == 2


async def test_a_cancelled_waiter_leaves_its_record(path: Path) -> None:
    """Nobody can take back what may be on the disk already, and those in the same commit go on."""
    disk = SlowDisk()
    async with open_checkpoint(path, IDENTITY, files=disk) as checkpoint:
        await in_commit(disk, checkpoint, RECORDS[2])
        waiter, other = (asyncio.create_task(checkpoint.append(record)) for record in RECORDS[:2])
        await until(lambda: checkpoint.statistics().waiting == 2)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        disk.let.set()
        await other
        assert checkpoint.history("event-1") == RECORDS[:2]


async def test_what_is_queued_is_written_when_the_run_is_cancelled(path: Path) -> None:
    """Closing waits for the disk, also inside a scope that has been cancelled."""
    disk = SlowDisk()
    with CancelScope() as scope:
        async with open_checkpoint(path, IDENTITY, files=disk) as checkpoint:
            await in_commit(disk, checkpoint, RECORDS[2])
            async with asyncio.TaskGroup() as group:
                for record in RECORDS[:2]:
                    group.create_task(checkpoint.append(record))
                await until(lambda: checkpoint.statistics().waiting == 2)
                disk.let.set()
                scope.cancel()
    assert scope.cancelled_caught
    with read_checkpoint(path) as contents:
        assert contents.history("event-1") == RECORDS[:2]
    async with open_checkpoint(path, IDENTITY):
        pass


@pytest.mark.fault(32)
async def test_those_queued_behind_a_failure_fail_too(path: Path) -> None:
    """What has not been begun when the disk breaks is never begun."""
    disk = SlowDisk()
    async with open_checkpoint(path, IDENTITY, files=disk) as checkpoint:
        first = await in_commit(disk, checkpoint, RECORDS[0])
        second = asyncio.create_task(checkpoint.append(RECORDS[1]))
        await until(lambda: checkpoint.statistics().waiting == 1)
        size = path.stat().st_size
        disk.broken = True
        disk.let.set()
        outcomes = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [LocalResource, LocalResource]
        assert path.stat().st_size == size


async def test_a_run_cancelled_while_opening_holds_nothing(path: Path) -> None:
    """The lock and the file are let go of, so that the next run can open them."""
    task = asyncio.create_task(open_checkpoint(path, IDENTITY).__aenter__())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with open_checkpoint(path, IDENTITY):
        pass


@pytest.mark.parametrize("operation", ["write", "fsync"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.fault(32)
async def test_after_a_failed_write_nothing_is_appended_again(operation: str, code: int, path: Path) -> None:
    """Whoever waits and whoever comes later gets LocalResource, though the disk would work again."""
    disk = CrashingDisk(Random(code))
    async with open_checkpoint(path, IDENTITY, files=disk) as checkpoint:
        await checkpoint.append(RECORDS[0])
        disk.error, disk.fail_at = code, disk.operations + (1 if operation == "write" else 2)
        outcomes = await asyncio.gather(
            *(checkpoint.append(record) for record in RECORDS[1:]), return_exceptions=True
        )
        assert all(isinstance(outcome, LocalResource) for outcome in outcomes)
        before = disk.operations
        with pytest.raises(LocalResource, match="cannot be read or written") as refusal:
            await checkpoint.append(RECORDS[1])
        assert str(path) in str(refusal.value)
        assert disk.operations == before
        assert checkpoint.history("event-1") == RECORDS[:1]
    disk.crash(power=True)
    async with open_checkpoint(path, IDENTITY, files=disk) as checkpoint:
        assert checkpoint.history("event-1")[0] == RECORDS[0]
        await checkpoint.append(DONE)


async def test_a_mistake_in_a_record_harms_nobody_else(path: Path) -> None:
    """Facts that are no JSON are the caller's fault, and the next record is written."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        with pytest.raises(TypeError):
            await checkpoint.append(Record("event-1", "seen", {"when": object()}))
        await checkpoint.append(RECORDS[0])
        assert checkpoint.history("event-1") == RECORDS[:1]


async def test_it_is_rewritten_while_it_is_written(path: Path) -> None:
    """Megabytes about items that are done do not stay, and nothing that lives gets lost."""
    long = {"text": "x" * 100_000}
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        await checkpoint.append(RECORDS[2])
        for number in range(30):
            await asyncio.gather(
                *(checkpoint.append(Record(f"item-{number}", "seen", long)) for _ in range(5))
            )
            await checkpoint.append(Record(f"item-{number}", "done", {"number": number}, closes=True))
        assert checkpoint.statistics().rewritten >= 2
        assert checkpoint.closed("item-7") == Record("item-7", "done", {"number": 7}, closes=True)
    assert path.stat().st_size < 6_000_000
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        assert checkpoint.history("event-2") == [RECORDS[2]]
        assert checkpoint.statistics().closed_subjects == 30


@pytest.mark.fault(42)
async def test_both_files_are_private_and_nothing_else_is_left(path: Path) -> None:
    """Upload targets are secrets: mode 0600, also where somebody had opened it up."""
    async with open_checkpoint(path, IDENTITY):
        pass
    path.chmod(0o644)
    async with open_checkpoint(path, IDENTITY):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"migration.checkpoint": 0o600, "migration.checkpoint.lock": 0o600}


@pytest.mark.fault(33)
async def test_a_second_run_is_refused_and_changes_nothing(path: Path) -> None:
    """The lock is taken before the file is read."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        await checkpoint.append(RECORDS[0])
        with pytest.raises(CheckpointInUse, match=f"pid {os.getpid()}"):
            async with open_checkpoint(path, IDENTITY):
                pass
        await checkpoint.append(RECORDS[1])
    with read_checkpoint(path) as contents:
        assert contents.history("event-1") == RECORDS[:2]


async def test_it_can_be_read_while_a_run_writes(path: Path) -> None:
    """A look from outside sees what was whole at its moment, and leaves a torn end where it is."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        await checkpoint.append(RECORDS[0])
        await checkpoint.append(DONE)
        with path.open("ab") as file:
            file.write(b'{"n":4,"s":"ev')
        size = path.stat().st_size
        with read_checkpoint(path) as contents:
            assert contents.header is not None
            assert contents.header.identity == IDENTITY
            assert dict(contents.each()) == {"event-1": [DONE]}
        assert path.stat().st_size == size


async def test_a_look_from_outside_outlives_a_rewrite(path: Path) -> None:
    """Closed subjects are read back from the file that was opened, whatever has its name by then."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        await checkpoint.append(DONE)
        with read_checkpoint(path) as contents:
            checkpoint._store.rewrite()
            await checkpoint.append(Record("event-1", "gone", closes=True))
            assert contents.closed("event-1") == DONE
            assert checkpoint.closed("event-1") == Record("event-1", "gone", closes=True)


async def test_a_closed_subject_that_cannot_be_read_is_one_of_our_errors(path: Path) -> None:
    """A disk that fails under a reader is told as such."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        await checkpoint.append(DONE)
    with read_checkpoint(path, files=UnreadableAfter(1)) as contents, pytest.raises(LocalResource):
        contents.closed("event-1")


async def test_a_closed_subject_that_was_damaged_meanwhile_is_not_believed(path: Path) -> None:
    """What is read back is checked again."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        await checkpoint.append(DONE)
        path.write_bytes(path.read_bytes().replace(b"s-1", b"s-2"))
        with pytest.raises(CheckpointDamaged):
            checkpoint.closed("event-1")


@pytest.mark.parametrize("content", [b"hello\n", b"", None])
async def test_a_look_at_what_is_no_checkpoint_is_one_of_our_errors(
    content: bytes | None, path: Path
) -> None:
    """Foreign, empty, or not there at all."""
    if content is None:
        with pytest.raises(LocalResource, match="No such file"), read_checkpoint(path):
            pass
        return
    path.write_bytes(content)
    if content:
        with pytest.raises(CheckpointForeign), read_checkpoint(path):
            pass
        return
    with read_checkpoint(path) as contents:
        assert contents.header is None
        assert contents.subjects() == []


async def test_a_refused_file_is_left_as_it_was(path: Path) -> None:
    """Damaged or foreign, not a byte of it changes, and its lock is free again."""
    path.write_bytes(b"precious notes\n")
    for _ in range(2):
        with pytest.raises(CheckpointForeign):
            async with open_checkpoint(path, IDENTITY):
                pass
    assert path.read_bytes() == b"precious notes\n"


async def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    """A mistyped path ends in a sentence, not in a second migration."""
    with pytest.raises(LocalResource, match="no such folder"):
        async with open_checkpoint(tmp_path / "mistyped" / "x", IDENTITY):
            pass
    assert list(tmp_path.iterdir()) == []


async def test_every_line_is_json_with_the_next_number(path: Path) -> None:
    """What the page on the format says can be relied on by tail and jq."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        for record in [*RECORDS, DONE]:
            await checkpoint.append(record)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["n"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0]["identity"] == IDENTITY
    assert lines[4] == {
        "n": 5,
        "s": "event-1",
        "k": "done",
        "f": {"session": "s-1"},
        "x": True,
        "c": lines[4]["c"],
    }


async def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    """A pipe, a folder, or a link to one is refused before it is touched, and stays what it was."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    for path in (pipe, link, tmp_path):
        with pytest.raises(CheckpointForeign, match="no regular file"):
            async with open_checkpoint(path, IDENTITY):
                pass
        with pytest.raises(CheckpointForeign, match="no regular file"), read_checkpoint(path):
            pass
    assert pipe.is_fifo()
