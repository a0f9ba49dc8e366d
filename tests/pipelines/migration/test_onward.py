"""An item whose session is right goes on to the next stage, and is never shipped again."""

from collections.abc import Sequence

import anyio
import anyio.lowlevel
import pytest
from fakes.memory_journal import Killed
from fakes.migration_site import Site, lecture

from engine import AccountRefused, Stopping
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.migration.ends import End
from pipelines.migration.onward import Keep
from pipelines.migration.stages import ItemEnded

RIGHT = ["item.right"]


class Stage:
    """Brings what it takes to an end: carried or, where it is told so, another one."""

    def __init__(
        self, site: Site, end: End | None = None, error: Stopping | None = None, *, slow: bool = False
    ) -> None:
        self.taken: list[str] = []
        self.drained = anyio.Event()
        self._site = site
        self._end = end or End(Outcome.VERIFIED)
        self._error = error
        self._slow = slow
        self._news = anyio.Event()
        self._over = False

    def wants(self, state: ItemState) -> bool:
        """Want all."""
        return True

    def take(self, event_id: str) -> None:
        """Take one."""
        self.taken.append(event_id)
        self._news.set()

    def finish(self) -> None:
        """Hear that there are no more."""
        self._over = True
        self._news.set()

    def drain(self) -> None:
        """Stop."""
        self.drained.set()
        self._news.set()

    async def run(self, keep: Keep) -> None:
        """End each that was taken."""
        done = 0
        while not (self._over and done == len(self.taken)) and not self.drained.is_set():
            await self._news.wait()
            self._news = anyio.Event()
            if self._slow:
                await self.drained.wait()
                return
            while done < len(self.taken):
                await self._carry(self.taken[done], keep)
                done += 1

    async def _carry(self, event_id: str, keep: Keep) -> None:
        if self._error is not None:
            raise self._error
        if self._end.outcome is Outcome.VERIFIED:
            await self._site.journal.append(items.carried(event_id, "l-1", {"before": None}))
        await keep(event_id, self._end)


async def planned(*names: str) -> Site:
    """Return a site of lectures, all in the plan."""
    site = Site(*(lecture(name) for name in names))
    await site.planned()
    return site


def ends(site: Site) -> Sequence[str]:
    """Return the outcomes of all items."""
    return [outcome for outcome, _ in site.outcomes().values()]


async def test_a_right_session_is_handed_on_and_its_end_keeps_both() -> None:
    """The end says what the session is, and what was carried."""
    site = await planned("a", "b")
    stage = Stage(site)
    await site.run(onward=stage)
    assert sorted(stage.taken) == ["a", "b"]
    (end,) = site.journal.history("a")
    assert {"title", "session_id", "right", "series", "carried"} <= end.facts.keys()
    assert end.facts["right"]["start"] == "2020-01-01T09:00:00+00:00"
    assert site.state("a").settled(carries=True)


async def test_what_came_to_no_end_there_is_handed_on_again_and_not_shipped() -> None:
    """A stage that leaves an item waiting is asked again by the next run; Panopto gets nothing more."""
    site = await planned("a")
    await site.run(onward=Stage(site, End(Outcome.WAITING, "lecture_item")))
    assert site.outcomes()["a"] == ("waiting", "lecture_item")
    submits = site.panopto.submits.total()
    again = Stage(site)
    await site.run(onward=again)
    assert (again.taken, site.panopto.submits.total(), ends(site)) == (["a"], submits, ["verified"])
    assert site.panopto.calls["create"] == 1


async def test_an_item_that_failed_there_for_good_is_never_shipped_again() -> None:
    """Its one record says that its session is right, so a later run hands it on and does nothing else."""
    site = await planned("a")
    await site.run(onward=Stage(site, End(Outcome.PERMANENT, "unknown_module", "no such module")))
    (end,) = site.journal.history("a")
    assert end.closes
    again = Stage(site)
    await site.run(onward=again)
    assert (again.taken, ends(site), site.panopto.calls["create"]) == (["a"], ["verified"], 1)


async def test_items_verified_before_there_was_a_stage_go_on_once_there_is_one() -> None:
    """What an earlier run ended is open again on its way, and keeps what its end said."""
    site = await planned("a")
    await site.run()
    title = site.state("a").ended["title"]
    waiting = Stage(site, slow=True)
    process = site.process(onward=waiting)
    async with anyio.create_task_group() as group:
        group.start_soon(_stopped, process.migration.run)
        with anyio.fail_after(15):
            while not waiting.taken:
                await anyio.lowlevel.checkpoint()
        assert site.outcomes()["a"] == ("waiting", None)
        process.migration.drain()
    await site.run(onward=Stage(site))
    (end,) = site.journal.history("a")
    assert (end.facts["title"], ends(site)) == (title, ["verified"])


async def _stopped(run: "object") -> None:
    with pytest.raises(Stopping):
        await run(["a"])  # type: ignore[operator]


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.RETRYABLE])
async def test_what_was_right_and_cannot_be_looked_at_again_stays_as_it_was(outcome: Outcome) -> None:
    """Nothing was learnt, so nothing is written: the item is verified as before."""
    site = await planned("a")
    await site.run(onward=Stage(site))
    before = list(site.journal.log)
    process = site.process(onward=Stage(site, End(outcome, "luminus_account", "no token")))
    await process.migration.run(["a"])
    assert site.journal.log == before
    assert site.outcomes()["a"] == ("verified", None)
    assert ItemEnded("a", outcome, "luminus_account", "no token") in process.told


async def test_what_was_right_and_is_found_otherwise_is_on_record() -> None:
    """That a lecture item differs is known now, and replaces what was known."""
    site = await planned("a")
    await site.run(onward=Stage(site))
    await site.process(onward=Stage(site, End(Outcome.DIFFERS, "lecture_item"))).migration.run(["a"])
    assert site.outcomes()["a"] == ("differs", "lecture_item")


async def test_a_refused_account_there_ends_the_run() -> None:
    """What no item can go on after is the run's own end, and the items stay open."""
    site = await planned("a")
    with pytest.raises(AccountRefused):
        await site.run(onward=Stage(site, error=AccountRefused("no")))
    assert site.outcomes()["a"] == ("waiting", None)
    assert site.state("a").right is not None


async def killed(site: Site) -> bool:
    """Run until the kill that was set, if the run comes to it."""
    try:
        await site.run(onward=Stage(site))
    except BaseExceptionGroup as group:
        return group.subgroup(Killed) is not None
    return False


@pytest.mark.parametrize("kept", [False, True])
async def test_killed_at_every_record_each_item_comes_to_its_end_with_one_session(kept: bool) -> None:
    """Whichever record is the last, before it is durable or just after, the next run ends the same."""
    number = 0
    while True:
        number += 1
        site = await planned("a", "b")
        site.journal.end_at(number, kept=kept)
        if not await killed(site):
            break
        site.journal.go_on()
        await site.run(onward=Stage(site))
        assert ends(site) == ["verified", "verified"]
        assert [len(state.carried) for state in map(site.state, "ab")] == [1, 1]
        assert site.panopto.submits.total() == 2
    assert number > 15
