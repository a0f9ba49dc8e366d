"""The runs of a checkpoint are told apart: by a number, and once each."""

from datetime import UTC, datetime

import anyio
from fakes.memory_journal import MemoryJournal

from pipelines import items, runs
from pipelines.runs import CurrentRun, Run

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def current(journal: MemoryJournal) -> CurrentRun:
    """Return the run of a process that begins now."""
    return CurrentRun(journal, "1.0", now=lambda: NOW)


async def test_a_run_is_on_record_once_and_when_it_is_asked_for() -> None:
    """Many may ask at once; who asks for nothing leaves nothing."""
    journal, told = MemoryJournal(), list[str]()
    run = current(journal)
    assert not journal.log

    async def ask() -> None:
        told.append(await run.id())

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(ask)
    assert told == ["1"] * 5
    assert [runs.read(one) for one in journal.log] == [Run("1", "2026-03-01T08:00:00+00:00", "1.0")]


async def test_each_run_takes_the_next_number() -> None:
    """Whatever became of those before."""
    journal = MemoryJournal()
    assert [await current(journal).id() for _ in range(3)] == ["1", "2", "3"]


def test_a_run_is_no_item() -> None:
    """Nor a schedule."""
    assert not items.is_item(runs.subject("1"))
    assert not items.is_schedule(runs.subject("1"))
