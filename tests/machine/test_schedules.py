"""Places, windows and bytes a second are shared without a deadlock, whatever happens in whatever order."""

import asyncio
from collections import Counter
from collections.abc import Callable

import anyio
import pytest
from fakes.stepping_loop import SteppingLoop
from fakes.virtual_time import Deadlock

from machine.schedules import Schedule

pytestmark = [pytest.mark.fault(7)]

Note = Callable[[str, object], None]


def search(seeds: range, note: Note) -> None:
    """Run a schedule for each seed; each ends, and gives everything back."""
    ends: Counter[str] = Counter()
    for seed in seeds:
        found = Schedule(seed).run()
        assert not found.hung, f"schedule {seed} {found.hung}"
        assert not found.wrong, f"schedule {seed}: {found.wrong}"
        ends.update(found.ended.values())
    assert ends["whole"] > len(seeds)
    assert all(ends[one] for one in ("cancelled", "interrupted"))
    note("injected", len(seeds))
    note("happened", f"{len(seeds)} schedules, {ends.total()} transfers: each ended, none in a deadlock")


def test_some_schedules(record_property: Note) -> None:
    """The quick form."""
    search(range(60), record_property)


@pytest.mark.slow
def test_a_thousand_schedules(record_property: Note) -> None:
    """A thousand of them, always the same."""
    search(range(1000, 2000), record_property)


@pytest.mark.long
def test_schedules_by_the_ten_thousand(record_property: Note) -> None:
    """The long form."""
    search(range(10_000, 30_000), record_property)


def test_the_search_finds_a_deadlock() -> None:
    """Two who each hold what the other one waits for are found, not waited for."""

    async def crossed() -> None:
        one, two = anyio.Lock(), anyio.Lock()

        async def take(first: anyio.Lock, second: anyio.Lock) -> None:
            async with first:
                await anyio.sleep(1)
                await second.acquire()

        async with anyio.create_task_group() as group:
            group.start_soon(take, one, two)
            group.start_soon(take, two, one)

    loop = SteppingLoop()
    asyncio.set_event_loop(loop)
    work = loop.create_task(crossed())
    with pytest.raises(Deadlock):
        loop.go(work)
    asyncio.set_event_loop(None)
    loop.end(work)
