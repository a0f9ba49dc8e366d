"""What ends an item, a module, the stage or the run: each no stops what it is about, and nothing more."""

import anyio
import pytest
from fakes.carry_site import CarrySite, first, session
from fakes.virtual_time import virtually

from engine import (
    AccountRefused,
    LocalResource,
    Refused,
)
from pipelines.luminus.closed import TokenRefused
from pipelines.luminus.refusals import Invalid, NoRight
from pipelines.migration.ends import End
from pipelines.migration.stages import CarryParked
from pipelines.opencast.model import Unread

VERIFIED = ("verified", None)


@pytest.mark.parametrize("reason", ["unknown_module", "no_right", "no_web_lecture"])
def test_a_module_that_cannot_be_carried_to_ends_its_items(reason: str) -> None:
    """Nothing is listed or sent there, one sentence says why, and other modules go on."""

    async def work() -> None:
        site = CarrySite(2)
        await site.there("a", "b")
        await site.there("c", series="s2")
        if reason == "unknown_module":
            del site.luminus.modules_seen["m1"]
        else:
            site.luminus.module("m1", may_update=reason != "no_right", tool=reason != "no_web_lecture")
        await site.run()
        bad = ("permanent", reason)
        assert site.outcomes() == {"a": bad, "b": bad, "c": VERIFIED}
        assert site.ends["a"].why
        assert ("items", "wl-m1") not in [one[1:] for one in site.luminus.seen]

    virtually(work())


def test_a_right_that_is_missing_at_the_first_patch_ends_the_module() -> None:
    """No further PATCH is sent there; what was sent before is read back and counts."""

    async def work() -> None:
        site = CarrySite(2)
        await site.there("a", "b", "c", "d")
        await site.there("z", series="s2")
        refusal = NoRight("does not change lecture item", where="luminus")
        site.luminus.fault = lambda call, of: refusal if (call, of) == ("patch", "li-session-b") else None
        await site.run()
        bad = ("permanent", "no_right")
        assert site.outcomes() == {"a": VERIFIED, "b": bad, "c": bad, "d": bad, "z": VERIFIED}
        assert [of for _, call, of in site.luminus.seen if call == "patch" and of != "li-session-z"] == [
            "li-session-a",
            "li-session-b",
        ]

    virtually(work())


@pytest.mark.parametrize(
    ("error", "reason"), [(Invalid("presenter is odd"), "invalid"), (Refused("no such"), "refused")]
)
def test_a_refused_patch_ends_its_item_alone(error: Refused, reason: str) -> None:
    """One lecture item that LumiNUS does not take as it is meant keeps no other from being carried."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a", "b")
        site.luminus.lecture("m1", session("a"), item_id="aa")
        site.luminus.fault = lambda call, of: error if (call, of) == ("patch", "aa") else None
        await site.run()
        assert site.outcomes() == {"a": ("permanent", reason), "b": VERIFIED}
        assert list(site.state("a").carried) == ["li-session-a"]
        assert site.ends["a"].why == str(error)

    virtually(work())


@pytest.mark.parametrize(
    ("error", "reason"), [(Refused("no"), "server_fault"), (NoRight("not yours"), "no_right")]
)
def test_a_list_that_is_refused_leaves_open_what_was_sent(error: Refused, reason: str) -> None:
    """It is not forgotten, and not sent again: the next run may see that it is right."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")

        def refuse(call: str, of: str) -> Refused | None:
            return error if call == "items" and site.luminus.applied else None

        site.luminus.fault = refuse
        await site.run()
        assert site.outcomes() == {"a": ("retryable", reason)}
        site.luminus.fault = lambda call, of: None
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}
        assert site.luminus.applications() == {"li-session-a": 1}

    virtually(work())


def test_what_opencast_no_longer_has_stays_as_it_was_carried() -> None:
    """A look again at all lecture items makes no failure of one whose event was deleted since."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        await site.run()
        carried = site.state("a").carried
        site.opencast.events["a"] = Unread("a", "gone", "it is gone")
        await site.run("a")
        assert site.outcomes() == {"a": ("verified", None)}
        assert site.state("a").carried == carried
        assert site.luminus.calls["patch"] == 1

    virtually(work())


def test_all_that_stands_against_an_item_is_told() -> None:
    """The reason is that of what came first, and the sentence has both."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.luminus.lecture("m1", session("a"), item_id="aa")
        site.luminus.ignored = {"name"}
        refusal = Invalid("presenter is odd")
        site.luminus.fault = lambda call, of: refusal if (call, of) == ("patch", "aa") else None
        await site.run()
        assert site.outcomes() == {"a": ("permanent", "invalid")}
        assert "presenter is odd; lecture item li-session-a: name is 'Imported' where" in site.ends["a"].why

    virtually(work())


def test_modules_that_are_closed_at_the_same_moment_park_the_stage_once() -> None:
    """Two calls under way may both hear that LumiNUS is closed."""

    async def work() -> None:
        site = CarrySite(3)
        for series in site.modules:
            await site.there(f"in {series}", series=series)
        site.luminus.latency = 1.0
        site.luminus.closed_from = 2
        await site.run()
        assert sum(isinstance(one, CarryParked) for one in site.told) == 1
        assert {one.reason for one in site.ends.values()} == {"luminus_closed"}
        assert len(site.ends) == 3

    virtually(work())


def test_a_list_that_is_refused_now_and_then_is_asked_for_again() -> None:
    """LumiNUS answers 400 and 404 to good calls, which says nothing about the module."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.luminus.fault = first("items", Refused("no such thing"))
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}

    virtually(work())


def test_what_opencast_cannot_tell_ends_the_item() -> None:
    """An event that is gone or unreadable, and one without a presenter, are permanent with their reasons."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a", "b", "d")
        await site.there("c", presenters=())
        site.luminus.lecture("m1", session("c"), presenter=" ")
        site.opencast.events["a"] = Unread("a", "gone", "it is gone")
        site.opencast.events["b"] = Unread("b", "unreadable", "it is odd")
        await site.run()
        reasons = {name: reason for name, (_, reason) in site.outcomes().items()}
        assert reasons == {"a": "gone", "b": "unreadable", "c": "no_presenter", "d": None}
        assert site.ends["a"].why == "it is gone"

    virtually(work())


@pytest.mark.parametrize("number", range(1, 14))
def test_a_closed_luminus_parks_the_stage(number: int) -> None:
    """From whichever call on: all that waits and all that comes ends waiting, and nothing more is called."""

    async def work() -> None:
        site = CarrySite(2)
        await site.there("a", "b")
        await site.there("c", "late", series="s2")
        site.luminus.closed = TokenRefused("the token has ended", where="luminus")
        site.luminus.closed_from = number
        carry = site.carry()
        async with anyio.create_task_group() as group:
            for name in ("a", "b", "c"):
                carry.take(name)
            group.start_soon(carry.run, site.keep)
            await anyio.sleep(100)
            carry.take("late")
            await anyio.sleep(100)
            assert set(site.ends) == {"a", "b", "c", "late"}
            carry.finish()
        parked = [one for one in site.told if isinstance(one, CarryParked)]
        if site.luminus.calls.total() < number:
            assert set(site.outcomes().values()) == {VERIFIED}
            return
        assert parked == [CarryParked("luminus: the token has ended")]
        assert site.outcomes()["late"] == ("waiting", "luminus_account")
        assert site.ends["late"].why == carry.statistics().parked == "luminus: the token has ended"
        assert site.luminus.calls.total() <= number + 1  # Another module's call may be under way.
        site.luminus.closed_from = None
        await site.run()
        assert set(site.outcomes().values()) == {VERIFIED}
        assert set(site.luminus.applications().values()) == {1}

    virtually(work())


def test_a_closed_luminus_ends_what_sleeps_and_what_comes_meanwhile() -> None:
    """A module that sleeps is not waited for, and what is taken while others end has its end, too."""

    async def work() -> None:
        site = CarrySite(2)
        await site.right("a")
        await site.right("b", "c", series="s2")
        carry = site.carry(wait=1e6)

        async def keep(event_id: str, end: End) -> None:
            await site.keep(event_id, end)
            if event_id == "b":
                carry.take("c")
            if event_id == "c":
                carry.take("a2")

        async with anyio.create_task_group() as group:
            group.start_soon(carry.run, keep)
            carry.take("a")
            await anyio.sleep(500)
            await site.right("a2")
            site.luminus.closed_from = site.luminus.calls.total() + 2
            carry.take("b")
            await anyio.sleep(1)
            assert set(site.ends) == {"a", "b", "c", "a2"}
            assert {one.reason for one in site.ends.values()} == {"luminus_closed"}
            carry.finish()
        assert site.luminus.calls.total() == site.luminus.closed_from

    virtually(work())


@pytest.mark.parametrize("number", range(1, 9))
def test_a_full_disk_is_raised_as_itself(number: int) -> None:
    """Whichever record cannot be written, the journal's error ends the run, and the next one goes on."""

    async def work() -> None:
        site = CarrySite(2)
        await site.there("a", "b")
        await site.there("c", series="s2")
        site.journal.end_at(number, error=LocalResource("disk full"))
        with pytest.raises(LocalResource):
            await site.run()
        site.journal.go_on()
        await site.run()
        assert set(site.outcomes().values()) == {VERIFIED}
        assert set(site.luminus.applications().values()) == {1}

    virtually(work())


def test_an_account_that_opencast_refuses_stops_the_run() -> None:
    """What ends the whole run is raised as itself, while others wait."""

    async def work() -> None:
        site = CarrySite(2)
        await site.there("a")
        await site.right("b", series="s2")
        site.opencast.failures = {"batch": [AccountRefused("no")]}
        with pytest.raises(AccountRefused):
            await site.run()
        assert not site.ends

    virtually(work())
