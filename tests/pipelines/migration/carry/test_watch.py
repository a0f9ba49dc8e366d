"""The stage by itself, in virtual time: one look or many, ever more rarely, until nothing waits any more."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import anyio
import pytest
from fakes.carry_site import CarrySite, session
from fakes.memory_journal import Killed
from fakes.migration_site import Fuse
from fakes.virtual_time import virtually

from engine import AccountRefused, Interrupted, LocalResource, Unreachable
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.luminus.closed import Closed, QuotaSpent, TokenRefused, WrongAddress
from pipelines.migration.carry.watch import FIRST_PAUSE, Watch, waits
from pipelines.migration.keeping import Keeping
from pipelines.migration.stages import CarryRests, ItemEnded

LONGEST = 900.0
HOUR = 3600.0
VERIFIED = ("verified", None)
WAITING = ("waiting", "lecture_item")


def watch(site: CarrySite, longest: float | None = LONGEST, **more: Any) -> Watch:
    """A process over what the journal says."""
    observer: Any = site.told.append
    wait = 0.0 if longest else 60.0
    return Watch(
        Keeping(site.journal), lambda: site.carry(wait=wait), longest=longest, observer=observer, **more
    )


def waiting(site: CarrySite) -> list[str]:
    """What a process takes up."""
    return [name for name in site.opencast.events if waits(site.state(name))]


def looks(site: CarrySite) -> list[float]:
    """When modules were looked through, in seconds from the first; reading back at once is one with it."""
    found: list[float] = []
    for at in site.looks():
        if not found or at - found[-1] > 1:
            found.append(at)
    return found


def told(site: CarrySite, kind: type) -> list[Any]:
    """The facts of one kind, in order."""
    return [one for one in site.told if isinstance(one, kind)]


def test_once_is_what_a_run_does() -> None:
    """It waits as long as a run waits, and what does not come waits for the next time."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        await site.right("b", "c")
        site.luminus.lecture("m1", session("c"), appears=anyio.current_time() + 20)
        begun = anyio.current_time()
        await watch(site, None).run(waiting(site))
        assert site.outcomes() == {"a": VERIFIED, "b": WAITING, "c": VERIFIED}
        assert 60 <= anyio.current_time() - begun <= 62
        assert waiting(site) == ["b"]

    virtually(work())


def test_looks_are_made_ever_more_rarely_and_never_more_than_the_bound_apart() -> None:
    """A lecture item that is made twelve hours later is set soon after it is there."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        begun = anyio.current_time()
        site.luminus.lecture("m1", session("a"), appears=begun + 12 * HOUR)
        await watch(site).run(waiting(site))
        assert site.outcomes() == {"a": VERIFIED}
        assert 12 * HOUR <= anyio.current_time() - begun <= 12 * HOUR + LONGEST + 2
        steps = [later - sooner for sooner, later in pairwise(looks(site))]
        assert steps[0] == FIRST_PAUSE
        assert all(later >= sooner - 0.01 for sooner, later in pairwise(steps))
        assert max(steps) == pytest.approx(LONGEST, abs=0.01)
        assert len(steps) < 60

    virtually(work())


def test_after_something_came_the_next_look_is_soon() -> None:
    """LumiNUS makes many at a time: what is still missing is looked for as at the beginning."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a", "b")
        begun = anyio.current_time()
        site.luminus.lecture("m1", session("a"), appears=begun + 2 * HOUR)
        site.luminus.lecture("m1", session("b"), appears=begun + 2 * HOUR + LONGEST + 10)
        await watch(site).run(waiting(site))
        assert site.outcomes() == {"a": VERIFIED, "b": VERIFIED}
        rests = told(site, CarryRests)
        first = next(at for at, one in enumerate(rests) if one.waiting == 1)
        assert rests[first - 1] == CarryRests(2, LONGEST)
        assert rests[first] == CarryRests(1, FIRST_PAUSE)

    virtually(work())


def test_what_is_as_it_was_is_neither_written_nor_told_again() -> None:
    """However often it is looked for: an end, once opened again, and the end that is another one."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        site.luminus.lecture("m1", session("a"), appears=anyio.current_time() + 24 * HOUR)
        await watch(site).run(waiting(site))
        assert site.luminus.calls["modules"] > 90
        assert [one.outcome for one in told(site, ItemEnded)] == [Outcome.WAITING, Outcome.VERIFIED]
        assert len(site.journal.log) < 12

    virtually(work())


def test_what_is_permanent_is_looked_for_once() -> None:
    """A module without a web lecture is said in one sentence, and does not keep the others."""

    async def work() -> None:
        site = CarrySite(2)
        await site.right("a")
        await site.right("b", series="s2")
        site.luminus.module("m2", tool=False)
        begun = anyio.current_time()
        site.luminus.lecture("m1", session("a"), appears=begun + HOUR)
        looking = watch(site)
        await looking.run(waiting(site))
        assert site.outcomes() == {"a": VERIFIED, "b": ("permanent", "no_web_lecture")}
        assert looking.ends["b"].why == "module M2 has no web lecture: its owner can add that tool"
        assert site.luminus.calls["web_lecture"] == site.luminus.calls["modules"] + 1

    virtually(work())


def test_what_fails_for_now_is_tried_at_the_next_look() -> None:
    """A LumiNUS that is away for an hour ends nothing."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        back = anyio.current_time() + HOUR
        site.luminus.fault = lambda *_: Unreachable("away") if anyio.current_time() < back else None
        await watch(site).run(waiting(site))
        assert site.outcomes() == {"a": VERIFIED}

    virtually(work())


def test_a_token_that_ends_in_a_pause_ends_it_all_then() -> None:
    """Not at the next look, which may be a quarter of an hour later: it says so, and nothing is lost."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        ends = anyio.current_time() + HOUR + 7
        with pytest.raises(AccountRefused, match=r"token has ended.*put a new token in its place"):
            await watch(site, lasts=lambda: ends - anyio.current_time()).run(waiting(site))
        assert anyio.current_time() == pytest.approx(ends, abs=0.01)
        assert waiting(site) == ["a"]
        site.luminus.lecture("m1", session("a"))
        await watch(site).run(waiting(site))
        assert site.outcomes() == {"a": VERIFIED}

    virtually(work())


@pytest.mark.parametrize("longest", [None, LONGEST])
def test_a_token_that_luminus_refuses_ends_it_as_well(longest: float | None) -> None:
    """Whatever the token says of itself."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        site.luminus.fault = lambda *_: TokenRefused("the token has ended")
        with pytest.raises(AccountRefused, match="the token has ended"):
            await watch(site, longest).run(waiting(site))
        assert site.outcomes() == {"a": ("waiting", "luminus_account")}

    virtually(work())


@pytest.mark.parametrize(("closed", "looked"), [(QuotaSpent("spent"), 2), (WrongAddress("no such"), 1)])
def test_a_quota_comes_back_and_a_wrong_address_does_not(closed: Closed, looked: int) -> None:
    """The one is waited for, the other one is the operator's."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        faults: list[Closed] = [closed]
        site.luminus.fault = lambda *_: faults.pop() if faults else None
        await watch(site).run(waiting(site))
        assert site.luminus.calls["modules"] == looked
        assert site.outcomes() == {"a": VERIFIED if looked > 1 else ("waiting", "luminus_address")}

    virtually(work())


@pytest.mark.parametrize("seconds", [0.5, 30, 3000])
def test_drained_it_ends_at_once_and_the_next_one_goes_on(seconds: float) -> None:
    """In a look or in a pause: nothing that waits has an end that is not so."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        looking, begun = watch(site), anyio.current_time()

        async def stop() -> None:
            await anyio.sleep(seconds)
            looking.drain()

        async with anyio.create_task_group() as group:
            group.start_soon(stop)
            with pytest.raises(Interrupted):
                await looking.run(waiting(site))
        assert anyio.current_time() - begun == pytest.approx(seconds, abs=0.01)
        assert waiting(site) == ["a"]
        site.luminus.lecture("m1", session("a"))
        await watch(site).run(waiting(site))
        assert (site.outcomes(), site.luminus.calls["patch"]) == ({"a": VERIFIED}, 1)

    virtually(work())


def test_drained_before_it_begins_it_asks_nobody() -> None:
    """While it was looked at what has to be mended, say."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        looking, kept = watch(site), len(site.journal.log)
        looking.drain()
        with pytest.raises(Interrupted):
            await looking.run(waiting(site))
        assert (site.luminus.calls.total(), len(site.journal.log)) == (0, kept)

    virtually(work())


def killed_at(moment: int) -> bool:
    """Have a process killed at one moment of its calls, and another one go on; tell whether it was killed."""
    survived = True

    async def work() -> None:
        nonlocal survived
        site = CarrySite()
        await site.there("a", "b")
        await site.right("c")
        site.luminus.lecture("m1", session("c"), appears=anyio.current_time() + HOUR)
        site.luminus.fuse = Fuse(at=moment)
        try:
            await watch(site).run(waiting(site))
        except BaseException as error:
            if not _killed(error):
                raise
            survived = False
        site.luminus.fuse = Fuse()
        await watch(site).run(waiting(site))
        assert site.outcomes() == dict.fromkeys("abc", VERIFIED)
        assert {name: site.item(name).name for name in "abc"} == {name: f"Lecture {name}" for name in "abc"}
        assert site.luminus.calls["patch"] <= 4

    virtually(work())
    return not survived


def _killed(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(map(_killed, error.exceptions))
    return isinstance(error, Killed)


def test_killed_at_any_call_the_next_one_goes_on() -> None:
    """At most the one PATCH that was under way is sent again; the last process is not killed any more."""
    moments = 1
    while killed_at(moments):
        moments += 1
    assert moments > 20


def state(*more: Any, right: bool = True) -> ItemState:
    """An item of the checkpoint."""
    records = [items.planned("a", estimate=None, series="s1", folder_id="f")]
    records += [items.right("a", "s", None)] if right else []
    return items.fold([*records, *more])


def ended(outcome: Outcome, reason: str | None = None, **facts: Any) -> Any:
    """An end that keeps that the session is right."""
    return items.ended("a", outcome, reason, right={"session_id": "s", "start": None}, **facts)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: state(right=False), False),
        (state, True),
        (lambda: state(ended(Outcome.WAITING, "lecture_item")), True),
        (lambda: state(ended(Outcome.PERMANENT, "no_web_lecture")), True),
        (lambda: state(ended(Outcome.PERMANENT, "processing_error")), False),
        (lambda: state(ended(Outcome.VERIFIED)), True),
        (lambda: state(ended(Outcome.VERIFIED, carried=[{"lecture_item": "l"}])), False),
        (
            lambda: state(
                ended(
                    Outcome.VERIFIED,
                    carried=[{"lecture_item": "l"}],
                    aspects={"tags": {"outcome": "retryable"}},
                )
            ),
            False,
        ),
    ],
)
def test_what_waits(make: Callable[[], ItemState], expected: bool) -> None:
    """Whose session is right and whose lecture items are not; what lacks something else is a run's."""
    assert waits(make()) is expected


def test_a_checkpoint_that_cannot_be_written_ends_it() -> None:
    """Nothing is looked for that could not be remembered."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        site.journal.end_at(1, error=LocalResource("the disk is full"))
        with pytest.raises(LocalResource):
            await watch(site).run(waiting(site))

    virtually(work())
