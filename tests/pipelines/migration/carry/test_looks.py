"""When lecture items are looked for: soon, ever more rarely, and together with all that wait there."""

from itertools import pairwise

import anyio
import pytest
from fakes.carry_site import CarrySite, first, session
from fakes.virtual_time import virtually

from engine import (
    Refused,
    ServerFault,
    Unreachable,
)
from pipelines import items
from pipelines.items import Outcome
from pipelines.migration.carry.row import interval
from pipelines.migration.place import Placed
from pipelines.migration.refused_folder import aside

VERIFIED = ("verified", None)


def test_a_lecture_item_that_comes_late_is_looked_for_ever_more_rarely() -> None:
    """Looks are 1 s apart, then 1.5 times as long each, and the last one finds it."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        site.luminus.lecture("m1", session("a"), appears=anyio.current_time() + 10)
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}
        assert site.looks()[:6] == [0, 1, 2.5, 4.75, 8.125, 13.188]
        assert len(site.looks()) == 7  # The last one reads back.

    virtually(work())


def test_looks_are_at_most_a_minute_apart() -> None:
    """However long an item has waited, its next look is within a minute."""
    waited, steps = 0.0, []
    for _ in range(20):
        steps.append(interval(waited))
        waited += steps[-1]
    assert steps[:4] == [1, 1.5, 2.25, 3.375]
    assert steps == sorted(steps)
    assert steps[-1] == 60


@pytest.mark.parametrize("wait", [0, 5, 900])
def test_an_item_that_does_not_come_in_time_waits_for_the_next_run(wait: float) -> None:
    """It is looked for until the end of its time and at least once, and the next run goes on."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        begun = anyio.current_time()
        await site.run(wait=wait)
        assert site.outcomes() == {"a": ("waiting", "lecture_item")}
        assert "session-a" in site.ends["a"].why
        assert wait - 0.001 <= anyio.current_time() - begun <= wait + 1
        assert site.looks()[-1] == pytest.approx(anyio.current_time() - begun, abs=0.001)
        site.luminus.lecture("m1", session("a"))
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}

    virtually(work())


def test_a_session_that_is_not_in_its_own_folder_is_looked_for_once() -> None:
    """LumiNUS does not import it: the sentence says so. A lecture item that is there all the same is set."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        told = aside(Placed("own"), "team", Refused("takes none"))
        await site.journal.append(items.aspects("a", {"folder": told}))
        await site.run(wait=900)
        assert site.outcomes() == {"a": ("waiting", "lecture_item")}
        assert "imports from one folder, and the session is in team" in site.ends["a"].why
        assert site.looks() == [0]
        site.luminus.lecture("m1", session("a"))
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}

    virtually(work())


def test_who_comes_later_is_looked_for_soon() -> None:
    """A new item is looked for at once or within the first interval, while others have waited long."""

    async def work() -> None:
        site = CarrySite()
        await site.right("old")
        await site.there("new", "newer")
        carry = site.carry(wait=900)
        async with anyio.create_task_group() as group:
            group.start_soon(carry.run, site.keep)
            carry.take("old")
            await anyio.sleep(200)
            carry.take("new")
            await anyio.sleep(0.2)
            carry.take("newer")
            await anyio.sleep(1.1)
            assert set(site.ends) == {"new", "newer"}
            carry.finish()
        # The new ones are found and read back 1 s apart; what waits is not looked for besides.
        assert [at for at in site.looks() if 199 < at < 205] == [200, 200, 201, 201]
        assert site.outcomes()["old"] == ("waiting", "lecture_item")

    virtually(work())


def test_a_look_without_an_answer_is_like_one_that_found_nothing() -> None:
    """LumiNUS may be away for a while; where it still is at the end, the item is to be tried again."""

    async def work() -> None:
        site = CarrySite(2)
        await site.there("a")
        await site.there("b", series="s2")
        away = Unreachable("no connection", where="luminus")
        site.luminus.fault = lambda call, of: away if (call, of) == ("items", "wl-m2") else None
        await site.run()
        assert site.outcomes() == {"a": VERIFIED, "b": ("retryable", "unreachable")}
        assert site.ends["b"].why == "luminus: no connection"
        site.luminus.fault = first("items", away, away)
        await site.run()
        assert site.outcomes() == {"a": VERIFIED, "b": VERIFIED}

    virtually(work())


@pytest.mark.parametrize("call", ["modules", "web_lecture"])
def test_a_module_that_cannot_be_entered_at_first_is_tried_again(call: str) -> None:
    """Also what is asked once is asked again after a passing fault."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.luminus.fault = first(call, ServerFault("no"), ServerFault("no"))
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}
        assert site.luminus.calls[call] == 3

    virtually(work())


def test_what_is_found_by_another_s_look_is_read_back_at_once() -> None:
    """It does not wait for the look that it was due for itself."""

    async def work() -> None:
        site = CarrySite()
        begun = anyio.current_time()
        await site.right("old", "new")
        site.luminus.lecture("m1", session("old"), appears=begun + 60)
        carry = site.carry(wait=200)
        async with anyio.create_task_group() as group:
            group.start_soon(carry.run, site.keep)
            carry.take("old")
            await anyio.sleep(61)
            carry.take("new")
            carry.finish()
        at, name = site.kept[0]
        assert (name, at - begun) == ("old", pytest.approx(61, abs=0.001))

    virtually(work())


def test_what_ends_at_nearly_the_same_time_is_looked_for_together() -> None:
    """Deadlines a moment apart are no reason for looks a moment apart."""

    async def work() -> None:
        site = CarrySite()
        names = [f"e{number}" for number in range(8)]
        await site.right(*names)
        carry = site.carry(wait=20)
        async with anyio.create_task_group() as group:
            group.start_soon(carry.run, site.keep)
            for name in names:
                carry.take(name)
                await anyio.sleep(0.1)
            carry.finish()
        assert {one.outcome for one in site.ends.values()} == {Outcome.WAITING}
        assert min(later - earlier for earlier, later in pairwise(site.looks())) > 0.998

    virtually(work())


def test_a_clock_that_is_a_little_behind_causes_no_further_look() -> None:
    """What a sleep was for is due when it ends, whatever the clock says."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        await site.run(wait=10, sleep=lambda seconds: anyio.sleep(seconds * 0.99))
        assert len(site.looks()) == 6

    virtually(work())


def test_modules_that_cannot_be_asked_for_cost_one_call_for_all_that_wait() -> None:
    """A LumiNUS that is away for minutes keeps twenty modules no longer than one."""

    async def work() -> None:
        site = CarrySite(20)
        site.luminus.latency = 35.0
        site.luminus.fault = lambda call, _: (
            Unreachable("away", where="luminus") if call == "modules" else None
        )
        for number, series in enumerate(site.modules):
            await site.right(f"e{number}", series=series)
        begun = anyio.current_time()
        await site.run(wait=60)
        assert set(site.outcomes().values()) == {("retryable", "unreachable")}
        assert site.luminus.calls["modules"] <= 4
        assert anyio.current_time() - begun <= 60 + 2 * 35

    virtually(work())
