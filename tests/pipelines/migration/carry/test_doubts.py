"""What was sent and may have taken or not, and what a list shows of it afterwards."""

import pytest
from fakes.carry_site import CarrySite, first, session
from fakes.virtual_time import virtually

from engine import (
    RetryPolicy,
    ServerFault,
    Throttled,
    Unreachable,
    Unreadable,
)

VERIFIED = ("verified", None)


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    ("lost", "sent"), [([True], 1), ([False], 2), ([False, True], 2), ([False, False, True], 3)]
)
def test_a_patch_whose_answer_is_lost_is_sent_again_only_where_it_did_not_take(
    lost: list[bool], sent: int
) -> None:
    """The list is read before anything is sent a second time, and the others of the module go on."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a", "b")
        site.luminus.lost = {"li-session-a": list(lost)}
        await site.run()
        assert site.outcomes() == {"a": VERIFIED, "b": VERIFIED}
        assert site.luminus.calls["patch"] == sent + 1
        assert site.luminus.applications() == {"li-session-a": 1, "li-session-b": 1}
        assert site.state("a").carried["li-session-a"]["before"]["name"] == "Imported"
        assert [one.kind for one in site.journal.log].count("item.patch") == 2

    virtually(work())


def test_a_patch_that_never_takes_can_be_tried_in_the_next_run() -> None:
    """After the tries of the policy an item is retryable, whatever its time is."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.luminus.lost = {"li-session-a": [False] * 3}
        await site.run(retry=RetryPolicy(attempts=3), wait=0)
        assert site.outcomes() == {"a": ("retryable", "unreachable")}
        assert site.luminus.calls["patch"] == 3
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}

    virtually(work())


def test_a_patch_is_not_tried_for_longer_than_the_policy_says() -> None:
    """However many tries are left."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.luminus.fault = lambda call, _: Throttled("no", retry_after=8) if call == "patch" else None
        await site.run(retry=RetryPolicy(attempts=99, total=20))
        assert site.outcomes() == {"a": ("retryable", "throttled")}
        assert site.luminus.calls["patch"] == 4

    virtually(work())


def test_one_wait_serves_all_that_failed_together() -> None:
    """Forty answers lost in one round are read back in few looks, not in one each."""

    async def work() -> None:
        site = CarrySite()
        names = [f"e{number}" for number in range(40)]
        await site.there(*names)
        site.luminus.latency = 0.01
        site.luminus.lost = {f"li-{session(name)}": [False, True] for name in names}
        await site.run()
        assert set(site.outcomes().values()) == {VERIFIED}
        assert site.luminus.calls["items"] <= 5

    virtually(work())


@pytest.mark.parametrize("asked", [None, 30.0])
def test_a_retry_waits_as_long_as_it_was_asked_to(asked: float | None) -> None:
    """What a service asks for is kept before the next try, however often others are looked for."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        await site.right("late")
        site.luminus.fault = first("patch", Throttled("slowly", retry_after=asked))
        await site.run(chance=lambda: 0.5)
        patches = [at for at, call, _ in site.luminus.seen if call == "patch"]
        assert -0.5 <= patches[1] - patches[0] - (asked or 0) <= 2

    virtually(work())


@pytest.mark.parametrize("lost", [[], [True]])
def test_what_was_sent_is_looked_for_after_its_time_is_over(lost: list[bool]) -> None:
    """The time of an item is for finding it: a list that is away then has its tries."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")

        site.luminus.lost = {"li-session-a": list(lost)}
        left = [ServerFault("no"), ServerFault("no")]
        site.luminus.fault = lambda call, _: (
            left.pop() if call == "items" and site.luminus.applied and left else None
        )
        await site.run(wait=0)
        assert site.outcomes() == {"a": VERIFIED}
        assert site.luminus.calls["patch"] == 1

    virtually(work())


@pytest.mark.fault(27)
def test_what_is_not_as_it_was_sent_differs() -> None:
    """A PATCH that was answered and did not take is told by its members and values, and not repeated."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a", description="word " * 40)
        site.luminus.ignored = {"publish", "description"}
        await site.run()
        assert site.outcomes() == {"a": ("differs", "lecture_item")}
        why = site.ends["a"].why
        assert "publish is False where True was expected" in why
        assert "description is '' where 'word word" in why
        assert len(why) < 250
        assert site.luminus.calls["patch"] == 1

    virtually(work())


def test_what_differs_is_told_once() -> None:
    """Also where another lecture item of the session had to be sent again meanwhile."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.luminus.lecture("m1", session("a"), item_id="zz", publish=True)
        site.luminus.lost = {"zz": [False, False]}
        site.luminus.ignored = {"publish"}
        await site.run()
        assert site.outcomes() == {"a": ("differs", "lecture_item")}
        assert site.ends["a"].why == "lecture item li-session-a: publish is False where True was expected"
        assert list(site.state("a").carried) == ["zz"]

    virtually(work())


def test_a_lecture_item_that_goes_after_its_patch_differs() -> None:
    """What is not listed any more cannot be right."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")

        def forget(call: str, subject: str) -> None:
            if call == "items" and site.luminus.applied:
                site.luminus.held.clear()

        site.luminus.fault = forget
        await site.run()
        assert site.outcomes() == {"a": ("differs", "lecture_item")}
        assert "not listed any more" in site.ends["a"].why

    virtually(work())


def test_an_opencast_that_is_away_is_asked_again() -> None:
    """Events and series that cannot be read for a while are read later; for long, the item is retryable."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        away = Unreachable("no", where="opencast")
        site.opencast.failures = {"batch": [away, Unreadable("odd")], "series": [away]}
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}
        await site.there("b")
        site.opencast.failures = {"batch": [away] * 9}
        await site.run()
        assert site.outcomes()["b"] == ("retryable", "unreachable")

    virtually(work())
