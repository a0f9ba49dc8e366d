"""Items go on to their lecture items: found late, patched once, read back, whatever happens on the way."""

from itertools import pairwise

import anyio
import pytest
from fakes.carry_site import CarrySite, first, session
from fakes.migration_site import WHEN
from fakes.virtual_time import virtually

from engine import (
    AccountRefused,
    LocalResource,
    Refused,
    RetryPolicy,
    ServerFault,
    Throttled,
    Unreachable,
    Unreadable,
)
from pipelines.items import Outcome
from pipelines.luminus.closed import TokenRefused
from pipelines.luminus.refusals import Invalid, NoRight
from pipelines.migration.carry.module import ROUND
from pipelines.migration.carry.row import interval
from pipelines.migration.ends import End
from pipelines.migration.stages import CarryParked, ItemCarrying
from pipelines.opencast.model import Series, Unread
from pipelines.panopto.model import Session

VERIFIED = ("verified", None)


def test_a_lecture_item_becomes_what_its_event_says() -> None:
    """All members are patched, read back, and kept with what was there before."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a", description="About it")
        await site.run()
        item = site.item("a")
        assert (item.name, item.presenter, item.publish) == ("Lecture a", "Ada", True)
        assert (item.start, item.description) == (WHEN, "About it")
        assert site.outcomes() == {"a": VERIFIED}
        (kept,) = site.state("a").carried.values()
        assert kept["members"]["name"] == "Lecture a"
        assert kept["before"]["name"] == "Imported"
        assert kept["presenter_from"] == "the event's presenters"
        assert kept["publish_why"]
        assert site.told == [ItemCarrying("a")]

    virtually(work())


def test_the_intent_is_on_record_before_the_patch() -> None:
    """When LumiNUS gets a PATCH, the record of it has what was there and what is meant."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        seen: list[str] = []

        def look(call: str, subject: str) -> None:
            if call == "patch":
                seen.extend(site.journal.kinds("a"))

        site.luminus.fault = look
        await site.run()
        assert seen == ["item.planned", "item.right", "item.patch"]
        (intent,) = [one for one in site.journal.log if one.kind == "item.patch"]
        assert intent.facts["before"]["presenter"] == "Recorder"
        assert intent.facts["members"] == site.luminus.applied[0].body()

    virtually(work())


def test_what_is_right_already_is_not_sent() -> None:
    """An equal lecture item costs the look that serves all, and is kept as one that was not changed."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a", "b")
        for name in ("a", "b"):
            facts = {"name": f"Lecture {name}", "presenter": "Ada", "publish": True, "start": WHEN}
            site.luminus.lecture("m1", session(name), **facts)
        await site.run()
        assert site.outcomes() == {"a": VERIFIED, "b": VERIFIED}
        assert site.luminus.calls == {"modules": 1, "web_lecture": 1, "items": 1}
        (kept,) = site.state("a").carried.values()
        assert kept["before"] is None

    virtually(work())


def test_all_lecture_items_of_a_session_are_patched() -> None:
    """A session that is listed twice has both of its lecture items set and kept."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")
        site.luminus.lecture("m1", session("a"), item_id="another")
        await site.run()
        assert site.outcomes() == {"a": VERIFIED}
        assert sorted(site.state("a").carried) == ["another", "li-session-a"]
        assert set(site.luminus.applications().values()) == {1}
        assert site.luminus.calls["items"] == 2

    virtually(work())


@pytest.mark.parametrize(("count", "modules"), [(1, 1), (7, 3), (120, 1), (260, 2)])
def test_how_many_calls_a_stage_makes(count: int, modules: int) -> None:
    """N items in M modules: 1 + 2M + R + N calls where all are changed, and 1 + 2M where none is."""

    async def work() -> None:
        site = CarrySite(modules)
        in_modules = [0] * modules
        for number in range(count):
            in_modules[number % modules] += 1
            await site.there(f"e{number}", series=f"s{number % modules + 1}")
        rounds = sum(-(-size // ROUND) for size in in_modules)
        carry = await site.run()
        assert site.luminus.calls.total() == 1 + 2 * modules + rounds + count
        assert len(site.opencast.batches) == rounds
        assert len(site.opencast.series_read) == modules
        assert (carry.statistics().patches, carry.statistics().waiting) == (count, 0)
        site.luminus.calls.clear()
        await site.run(*site.opencast.events)
        assert site.luminus.calls.total() == 1 + 2 * modules
        assert set(site.outcomes().values()) == {VERIFIED}

    virtually(work())


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


def test_what_was_sent_is_looked_for_after_its_time_is_over() -> None:
    """The time of an item is for finding it: a list that is away then has its tries."""

    async def work() -> None:
        site = CarrySite()
        await site.there("a")

        left = [ServerFault("no"), ServerFault("no")]
        site.luminus.fault = lambda call, _: (
            left.pop() if call == "items" and site.luminus.applied and left else None
        )
        await site.run(wait=0)
        assert site.outcomes() == {"a": VERIFIED}
        assert site.luminus.calls["patch"] == 1

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


def test_a_series_is_read_once_and_may_be_refused() -> None:
    """Its organizers name the presenter where nobody else does; refused, it counts as none."""

    async def work() -> None:
        site = CarrySite(2)
        site.opencast.known["s1"] = Series("s1", organizers=("Grace",))
        await site.there("a", "b", presenters=())
        await site.there("c", presenters=(), series="s2")
        site.opencast.failures = {"series": []}
        await site.run("a", "b")
        assert site.item("b").presenter == "Grace"
        assert site.opencast.series_read == ["s1"]
        site.opencast.failures = {"series": [Refused("no role")]}
        await site.run("c")
        assert site.item("c").presenter == "Recorder"

    virtually(work())


@pytest.mark.parametrize("known", ["record", "panopto", "opencast", "refused"])
def test_the_start_is_the_session_s(known: str) -> None:
    """By its record, else as Panopto tells it, else as Opencast recorded it."""

    async def work() -> None:
        site = CarrySite()
        told = WHEN.replace(hour=11)
        await site.there("a", start=told.isoformat() if known == "record" else None)
        if known == "panopto":
            site.panopto.sessions[session("a")] = Session("x", "", "", told, None, "f")
        if known == "refused":
            site.panopto.failures = [Refused("no")]
        await site.run()
        assert site.item("a").start == (told if known in {"record", "panopto"} else WHEN)
        assert len(site.panopto.asked) == (known != "record")

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
            if event_id == "a":
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


def test_only_what_has_a_module_is_wanted() -> None:
    """Items of other series end at Panopto."""

    async def work() -> None:
        site = CarrySite()
        await site.right("a")
        await site.right("b", series="elsewhere")
        carry = site.carry()
        assert [carry.wants(site.state(name)) for name in ("a", "b")] == [True, False]

    virtually(work())


def test_nothing_taken_is_nothing_done() -> None:
    """A stage that is finished at once makes no call."""

    async def work() -> None:
        site = CarrySite()
        await site.run()
        assert not site.luminus.calls

    virtually(work())


def test_a_session_that_is_not_found_keeps_no_outcome_but_waiting() -> None:
    """An item of another session does not count, nor one of another module."""

    async def work() -> None:
        site = CarrySite(2)
        await site.right("a")
        site.luminus.lecture("m1", "another")
        site.luminus.lecture("m2", session("a"), item_id="elsewhere")
        await site.run()
        assert site.ends["a"].outcome is Outcome.WAITING
        assert site.luminus.calls["patch"] == 0

    virtually(work())
