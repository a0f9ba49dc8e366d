"""The plan: what is decided of each event, what the checkpoint is told, and in which order items go."""

from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.memory_journal import MemoryJournal
from hypothesis import given
from hypothesis import strategies as st

from engine import LocalResource, Record
from pipelines import items
from pipelines.config import SettingsError
from pipelines.items import ItemState, Outcome, fold
from pipelines.migration.planning import (
    TOGETHER,
    UNNAMED,
    Left,
    Plan,
    Planner,
    Row,
    Rules,
    decide,
    decisions,
    noting,
    record_of,
)
from pipelines.migration.select import Wanted
from pipelines.migration.stages import ItemEnded, Planning
from pipelines.opencast.model import Event, Publication, Track, Unread

WHEN = datetime(2020, 1, 1, 9, tzinfo=UTC)
ALL = Rules(default_folder="home")
MEANT = {"title": "T", "date": "2020-01-01T00:00:00+00:00", "duration": 1.0, "files": []}


def event(name: str, size: int | None = 10, series: str = "", **fields: Any) -> Event:
    """Return an event that publishes one film."""
    film = Track("t", "https://f/x.mp4", "video/mp4", "presenter/delivery", size=size, has_video=True)
    published = (Publication("p", "engage-player", (replace(film, has_audio=True),)),)
    facts = {"series": series, "start": WHEN, "status": "PROCESSED", "publications": published, **fields}
    return Event(name, **facts)


def skipped(name: str, why: str = "why") -> Left:
    """Return the decision to leave an event out."""
    return Left(name, Outcome.SKIPPED, "live", why)


def row(name: str, estimate: int | None = 10, folder: str = "home") -> Row:
    """Return the decision to move an event."""
    return Row(name, estimate, "", folder)


async def each(found: Iterable[Any]) -> AsyncIterator[Any]:
    """Give things one by one."""
    for one in found:
        yield one


class Site:
    """A checkpoint over several runs, and what was told of the last one."""

    def __init__(self, modules: Collection[str] = (), *, again: bool = False) -> None:
        self.journal = MemoryJournal()
        self.told: list[object] = []
        self._modules = modules
        self._again = again

    async def plan(
        self, *decided: Row | Left, whole: bool = True, named: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Plan as one run does, and return the order."""
        return (await self.planned(*decided, whole=whole, named=named)).order

    async def planned(self, *decided: Row | Left, whole: bool = True, named: Collection[str] = ()) -> Plan:
        """Plan as one run does."""
        self.told = []
        known = list(self.journal.subjects())
        planner = Planner(self.journal, self.told.append, self._modules, again=self._again)
        return await planner.plan(each(decided), known, whole, named)

    async def say(self, *records: Record) -> None:
        """Append records."""
        for record in records:
            await self.journal.append(record)

    async def upload(self, name: str) -> None:
        """Have a session upload open for an item."""
        await self.say(items.uploading(name, upload_id="u", folder_id="home", target="t", files=[]))

    def state(self, name: str) -> ItemState:
        """Return the state of an item."""
        return fold(self.journal.history(name))


def test_an_event_is_placed_by_its_series_else_by_the_default() -> None:
    """A row carries the folder of the table, or the default, and the sum of its streams."""
    rules = Rules(folders={"s1": "theirs"}, default_folder="home")
    date = WHEN.isoformat()
    named = event("a", series="s1", title="Optics")
    assert decide(named, rules, 0) == Row("a", 10, "s1", "theirs", title="Optics", date=date)
    assert decide(event("b", series="s2"), rules, 0) == Row("b", 10, "s2", "home", date=date)


def test_an_event_without_a_folder_is_permanent() -> None:
    """Without a row in the table and a default nothing is guessed."""
    left = decide(event("a", series="s2"), Rules(), 0)
    assert isinstance(left, Left)
    assert (left.outcome, left.reason) == (Outcome.PERMANENT, "no_folder")


def test_what_cannot_be_read_keeps_its_reason() -> None:
    """A named event that cannot be read is permanent; one without a name can only be tried again."""
    named = decide(Unread("a", "gone", "it is gone"), ALL, 0)
    nameless = decide(Unread("", "unreadable", "place 7 is broken"), ALL, 0)
    assert named == Left("a", Outcome.PERMANENT, "gone", "it is gone")
    assert nameless == Left(UNNAMED, Outcome.RETRYABLE, "unreadable", "place 7 is broken")


async def test_the_limit_counts_what_is_moved() -> None:
    """Skipped events and such without a folder take no place under the limit."""
    rules = replace(ALL, wanted=Wanted(limit=2))
    found = [replace(event("live"), publications=()), event("a"), event("b"), event("c")]
    decided = [one async for one in decisions(each(found), rules)]
    assert [type(one).__name__ for one in decided] == ["Left", "Row", "Row", "Left"]
    assert decided[3].reason == "not_selected"


async def test_the_largest_goes_first_and_the_unknown_last() -> None:
    """The order is by size, falling, then by name; what has no size comes last and counts no bytes."""
    plan = await Site().planned(row("b", 5), row("c", None), row("d", 7), row("a", 5))
    assert plan == Plan(("d", "a", "b", "c"), 17)


@given(st.dictionaries(st.text("abc", min_size=1), st.none() | st.integers(0, 99)))
async def test_any_plan_is_in_order_and_whole(sizes: dict[str, int | None]) -> None:
    """Every row is in the plan once, never a larger one after a smaller."""
    plan = await Site().planned(*(row(name, size) for name, size in sizes.items()))
    known = [sizes[name] or 0 for name in plan.order]
    assert sorted(plan.order) == sorted(sizes)
    assert known == sorted(known, reverse=True)


async def test_a_second_run_writes_nothing_that_is_known() -> None:
    """The same decisions again add no record, and give the same order."""
    site = Site()
    decided = (row("a"), row("b", 20), skipped("c"), Left("d", Outcome.PERMANENT, "no_folder", "none"))
    first = await site.plan(*decided)
    count = len(site.journal.log)
    assert await site.plan(*decided) == first == ("b", "a")
    assert len(site.journal.log) == count == 4


async def test_a_changed_row_is_told_again() -> None:
    """Another folder, series or size is what the next run goes by."""
    site = Site()
    await site.plan(row("a", folder="old"))
    await site.plan(row("a", folder="new"))
    assert (site.state("a").planned or {})["folder_id"] == "new"


async def test_an_item_under_way_keeps_its_folder_and_goes_on() -> None:
    """Once a session upload is open neither another folder nor a skip changes anything."""
    site = Site()
    await site.plan(row("a", folder="old"), row("b"))
    await site.upload("a")
    await site.upload("b")
    assert set(await site.plan(row("a", folder="new"), skipped("b"))) == {"a", "b"}
    assert (site.state("a").planned or {})["folder_id"] == "old"
    assert site.state("b").outcome is Outcome.WAITING


@pytest.mark.parametrize(
    ("outcome", "reason"), [(Outcome.VERIFIED, None), (Outcome.PERMANENT, "processing_error")]
)
async def test_what_has_ended_is_not_moved_again(outcome: Outcome, reason: str | None) -> None:
    """A run never takes up what an earlier one brought to an end at Panopto, whatever is decided now."""
    site = Site()
    await site.say(items.ended("a", outcome, reason))
    before = list(site.journal.log)
    assert await site.plan(row("a")) == ()
    assert await site.plan(skipped("a")) == ()
    assert await site.plan(whole=False) == ()
    assert site.journal.log == before


@pytest.mark.parametrize("reason", ["unreadable", "gone", "refused", "changed", "too_large", "empty"])
async def test_what_could_not_be_moved_is_looked_at_again(reason: str) -> None:
    """The cause may be mended by now; where it is not, nothing new is written."""
    site = Site()
    await site.say(items.ended("a", Outcome.PERMANENT, reason))
    before = list(site.journal.log)
    assert await site.plan(Left("a", Outcome.PERMANENT, reason, "still")) == ()
    assert site.journal.log == before
    assert await site.plan(row("a")) == ("a",)


async def test_a_session_that_differed_is_looked_at_again() -> None:
    """It is not sent again, only compared: its records are kept."""
    site = Site()
    await site.upload("a")
    await site.say(items.ended("a", Outcome.DIFFERS, "title"))
    assert await site.plan(row("a")) == ("a",)
    assert site.state("a").upload is not None


async def test_names_that_nobody_knows_are_a_fault_of_the_settings() -> None:
    """They are told and leave no trace; one that was once there is gone, and an outcome."""
    site = Site()
    with pytest.raises(SettingsError, match=r"select\.events names .* nope"):
        await site.plan(row("a"), Left("nope", Outcome.PERMANENT, "gone", "not there"), named={"nope"})
    assert site.state("nope") == items.ItemState()
    await site.plan(Left("a", Outcome.PERMANENT, "gone", "not there"), named={"a"})
    assert (site.state("a").outcome, site.state("a").reason) == (Outcome.PERMANENT, "gone")


async def test_series_are_noted_as_events_pass() -> None:
    """What no event is of can be told afterwards."""
    met: set[str] = set()

    async def found() -> AsyncIterator[Event | Unread]:
        yield Event("a", series="s1")
        yield Unread("b", "gone", "not there")
        yield Event("c")

    assert [one.identifier async for one in noting(found(), met)] == ["a", "b", "c"]
    assert met == {"s1", ""}


async def test_a_missing_folder_is_decided_again() -> None:
    """An item that had no folder is moved once the table names one, and stays permanent until then."""
    site = Site()
    none = Left("a", Outcome.PERMANENT, "no_folder", "there is none")
    assert await site.plan(none) == ()
    assert await site.plan(none) == ()
    assert site.state("a").outcome is Outcome.PERMANENT
    assert await site.plan(row("a")) == ("a",)
    assert site.state("a").outcome is Outcome.WAITING


async def test_a_folder_that_panopto_lacked_is_tried_again() -> None:
    """A folder found missing at Panopto ends the item; the next run plans it as before."""
    site = Site()
    await site.plan(row("a"))
    await site.say(items.ended("a", Outcome.PERMANENT, "no_folder", why="Panopto has no folder"))
    assert await site.plan(row("a")) == ("a",)
    assert site.state("a").planned == items.planned("a", estimate=10, series="", folder_id="home").facts


async def test_a_folder_that_its_path_led_to_stays_in_the_plan() -> None:
    """It is found when the item is begun; a row is written anew only where the path is another one."""
    site = Site()
    heat = Row("a", 10, "s", "top", path=("2026", "Heat"))
    await site.plan(heat)
    planned = site.state("a").planned or {}
    assert (planned["folder_id"], planned["path"]) == ("", ["top", "2026", "Heat"])
    await site.say(items.placed("a", planned, "f-1"))
    await site.plan(heat)
    assert (site.state("a").planned or {})["folder_id"] == "f-1"
    await site.plan(replace(heat, path=("2026", "Heat and mass")))
    assert (site.state("a").planned or {})["folder_id"] == ""


async def test_a_skip_is_looked_at_again() -> None:
    """What was live is moved once its film is there; what is not selected now is skipped."""
    site = Site()
    assert await site.plan(skipped("a"), row("b")) == ("b",)
    assert await site.plan(row("a"), Left("b", Outcome.SKIPPED, "not_selected", "limit")) == ("a",)
    assert site.state("b").reason == "not_selected"


async def test_a_retryable_item_is_taken_up() -> None:
    """What failed for now goes on without a word in the checkpoint."""
    site = Site()
    await site.plan(row("a"))
    await site.say(items.ended("a", Outcome.RETRYABLE, "timed_out"))
    count = len(site.journal.log)
    assert await site.plan(row("a")) == ("a",)
    assert len(site.journal.log) == count


async def test_what_a_list_lacks_is_tried_all_the_same() -> None:
    """A list may lack an event that exists: what was planned earlier is in the plan of a whole look."""
    site = Site()
    await site.plan(row("a", 5), row("b", 9))
    assert await site.planned(row("c", 7)) == Plan(("b", "c", "a"), 21)


async def test_what_is_not_selected_now_is_left_out() -> None:
    """A look at some series or events leaves out what was planned for others, but never loses an upload."""
    site = Site()
    await site.plan(row("a"), row("b"))
    await site.upload("b")
    assert set(await site.plan(row("c"), whole=False)) == {"b", "c"}
    assert (site.state("a").outcome, site.state("a").reason) == (Outcome.SKIPPED, "not_selected")
    assert await site.plan(row("a"), row("b"), row("c")) == ("a", "b", "c")


async def test_what_is_skipped_and_not_seen_stays_skipped() -> None:
    """An earlier skip is no plan."""
    site = Site()
    await site.plan(skipped("a"), row("b"))
    await site.plan(row("b"), Left("b2", Outcome.PERMANENT, "no_folder", "none"))
    assert await site.plan() == ("b",)


async def test_events_that_cannot_be_named_are_told_until_they_can_be() -> None:
    """They make one item that can be retried; it raises the code no more once all have a name."""
    site = Site()
    nameless = Left(UNNAMED, Outcome.RETRYABLE, "unreadable", "place 7 is broken")
    assert await site.plan(nameless, nameless, row("a")) == ("a",)
    assert site.state(UNNAMED).outcome is Outcome.RETRYABLE
    assert await site.plan(nameless, row("a")) == ("a",)
    assert await site.plan(row("a"), row("b")) == ("a", "b")
    assert site.state(UNNAMED).outcome is Outcome.SKIPPED
    assert await site.plan(nameless, row("a")) == ("a", "b")
    assert site.state(UNNAMED).outcome is Outcome.RETRYABLE


async def test_who_looks_is_told_of_what_ends_in_the_plan() -> None:
    """Skips and permanent items are told by each run; what ended in an earlier one is not."""
    site = Site()
    decided = [skipped("a", "it is live"), row("b")]
    for _ in range(2):
        await site.plan(*decided)
        assert site.told == [ItemEnded("a", Outcome.SKIPPED, "live", "it is live")]
    await site.say(items.ended("a", Outcome.VERIFIED))
    await site.plan(*decided)
    assert site.told == []


async def test_many_rows_are_written_together_and_told() -> None:
    """A large plan is written in batches, with a word about each, and loses none."""
    site = Site()
    order = await site.plan(*(row(f"{number:04}") for number in range(2 * TOGETHER + 1)))
    assert len(order) == len(site.journal.log) == 2 * TOGETHER + 1
    assert [fact for fact in site.told if isinstance(fact, Planning)] == [
        Planning(TOGETHER, TOGETHER),
        Planning(2 * TOGETHER, 2 * TOGETHER),
    ]


@pytest.mark.parametrize("at", [1, 2, 3])
async def test_a_disk_that_is_full_is_raised_as_such(at: int) -> None:
    """The journal's own error comes through, not a group of it: it decides the exit code."""
    site = Site()
    site.journal.end_at(at, error=LocalResource("disk full"))
    with pytest.raises(LocalResource, match="disk full"):
        await site.plan(row("a"), row("b"), row("c"))


RIGHT = items.right("e", "s-1", "2020-01-01T09:00:00+00:00")
LATER = [
    [items.ended("e", Outcome.VERIFIED, session_id="s-1", series="s")],
    [items.ended("e", Outcome.PERMANENT, "unknown_module", series="s", right=RIGHT.facts)],
    [items.planned("e", estimate=10, series="s", folder_id="home"), RIGHT],
]


@pytest.mark.parametrize("history", LATER)
@pytest.mark.parametrize("decision", [Row("e", 10, "s", "home"), skipped("e")])
async def test_what_luminus_lacks_is_in_the_plan_without_a_size(
    decision: Row | Left, history: list[Record]
) -> None:
    """An item at Panopto whose series has a module goes on, whatever is published now; it moves no bytes."""
    site = Site(modules={"s"})
    await site.say(*history)
    assert await site.planned(decision) == Plan(("e",), 0)
    assert site.journal.log == history
    assert await site.planned() == Plan(("e",), 0)


@pytest.mark.parametrize(("history", "order"), [*zip(LATER, [(), ("e",), ("e",)], strict=True)])
async def test_what_is_not_selected_is_not_begun_at_luminus(
    history: list[Record], order: tuple[str, ...]
) -> None:
    """A pilot leaves alone what was done before LumiNUS was named, and ends what was begun."""
    site = Site(modules={"s"})
    await site.say(*history)
    assert await site.plan(whole=False) == order
    assert await site.plan(Left("e", Outcome.SKIPPED, "not_selected", "limit")) == order
    assert not site.told
    assert site.journal.log == history


async def test_an_item_of_an_older_version_goes_on_by_the_series_it_has_now() -> None:
    """Its end says none: it is put on record with the plan, and once."""
    site = Site(modules={"s"})
    await site.say(items.ended("e", Outcome.VERIFIED, session_id="s-1", folder_id="home"))
    assert await site.planned(Row("e", 10, "s", "home")) == Plan(("e",), 0)
    assert (site.state("e").series, site.state("e").session_id) == ("s", "s-1")
    assert site.state("e").right is not None
    count = len(site.journal.log)
    assert await site.planned(Row("e", 10, "s", "home")) == Plan(("e",), 0)
    assert len(site.journal.log) == count


async def test_an_item_at_panopto_stays_with_the_series_it_was_moved_for() -> None:
    """Its session lies in that one's folder, wherever the event belongs now."""
    site = Site(modules={"s"})
    await site.say(items.ended("e", Outcome.VERIFIED, session_id="s-1", series="other"))
    assert await site.planned(Row("e", 10, "s", "home")) == Plan((), 0)
    site = Site(modules={"s"})
    await site.say(items.ended("e", Outcome.VERIFIED, session_id="s-1", series="s"))
    assert await site.planned(Row("e", 10, "other", "home")) == Plan(("e",), 0)


async def test_what_luminus_has_is_done_and_what_it_shall_not_have_too() -> None:
    """Carried once, or without a module for its series: a verified item is in no plan."""
    carried = items.ended("e", Outcome.VERIFIED, series="s", carried=[{"lecture_item": "l"}])
    other = items.ended("o", Outcome.VERIFIED, session_id="s-2", series="other")
    site = Site(modules={"s"})
    await site.say(carried, other)
    assert await site.planned(Row("e", 10, "s", "home"), Row("o", 10, "other", "home")) == Plan((), 0)


async def test_what_luminus_has_is_looked_at_again_where_that_is_asked_for() -> None:
    """Carried once, it goes on once more and moves no bytes; what has no module does not."""
    carried = items.ended("e", Outcome.VERIFIED, series="s", carried=[{"lecture_item": "l"}])
    other = items.ended("o", Outcome.VERIFIED, session_id="s-2", series="other")
    site = Site(modules={"s"}, again=True)
    await site.say(carried, other)
    decided = (Row("e", 10, "s", "home"), Row("o", 10, "other", "home"))
    assert await site.planned(*decided) == Plan(("e",), 0)
    assert await site.planned() == Plan(("e",), 0)
    assert await site.planned(whole=False) == Plan((), 0)
    assert site.journal.log == [carried, other]


@given(
    st.sampled_from([row("e"), row("e", None), skipped("e"), Left("e", Outcome.PERMANENT, "gone", "w")]),
    st.lists(
        st.sampled_from(
            [
                items.planned("e", estimate=10, series="", folder_id="home"),
                items.uploading("e", upload_id="u", folder_id="home", target="t", files=[]),
                items.submit("e", MEANT),
                items.submitted("e"),
                items.anew("e", "cancelled"),
                items.ended("e", Outcome.RETRYABLE, "timed_out"),
                items.ended("e", Outcome.SKIPPED, "live"),
                items.ended("e", Outcome.PERMANENT, "no_folder"),
                items.ended("e", Outcome.VERIFIED),
            ]
        ),
        max_size=5,
    ),
)
def test_a_decision_is_recorded_once(decision: Row | Left, history: list[Record]) -> None:
    """Whatever the history, what is recorded of a decision makes recording it again needless."""
    state = fold(history)
    record = record_of(decision, state)
    if record is None:
        return
    assert not state.settled()
    assert state.upload is None
    assert record_of(decision, state.after(record)) is None
