"""Items go on to their lecture items: patched once, read back, and kept with what was there before."""

import pytest
from fakes.carry_site import CarrySite, session
from fakes.migration_site import WHEN
from fakes.virtual_time import virtually

from engine import (
    Refused,
)
from pipelines.items import Outcome
from pipelines.migration.carry.module import ROUND
from pipelines.migration.stages import ItemCarrying, LectureItemSet
from pipelines.opencast.model import Series
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
        item_set = LectureItemSet("a", item.id, ("name", "presenter", "publish", "description"), again=False)
        assert site.told == [ItemCarrying("a"), item_set]

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
