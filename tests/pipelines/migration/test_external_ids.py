"""Sessions are found by their external ids: many events a call, wherever they lie; a no is said once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from fakes.memory_journal import MemoryJournal
from fakes.migration_site import HOME, Site, lecture

from engine import AccountRefused, FerryError, Refused, ServerFault
from pipelines.migration.external_ids import ExternalIds
from pipelines.migration.found import Marked
from pipelines.migration.stages import ExternalIdsUnasked
from pipelines.panopto.model import Session
from pipelines.panopto.session_management import MOST_IDS

pytestmark = pytest.mark.fault(35)


class Asked:
    """Answers by what it holds, and keeps what it was asked; `failures` are raised in turn."""

    def __init__(self, *failures: FerryError) -> None:
        self.failures = list(failures)
        self.calls: list[list[str]] = []
        self.held: dict[str, tuple[Session, ...]] = {}

    async def by_external_ids(self, external_ids: Sequence[str]) -> Mapping[str, tuple[Session, ...]]:
        """Answer one call."""
        self.calls.append(list(external_ids))
        if self.failures:
            raise self.failures.pop(0)
        return {one: self.held.get(one, ()) for one in external_ids}


def session(session_id: str) -> Session:
    """A session in another folder, whose description was worded anew."""
    return Session(session_id, "Lecture", "other words", None, 9.0, "elsewhere")


async def test_a_plan_costs_a_call_for_fifty() -> None:
    """A thousand events in their order: twenty calls, no event twice, and each its own answer."""
    asked, names = Asked(), [f"e{number}" for number in range(1000)]
    asked.held = {"e7": (session("s-7"),), "e999": (session("s-999"),)}
    external_ids = ExternalIds(asked)
    external_ids.follow(names)
    found = {name: there for name in names if (there := await external_ids.of(name))}
    assert found == asked.held
    assert len(asked.calls) == 1000 / MOST_IDS
    assert [name for call in asked.calls for name in call] == names


async def test_what_is_not_to_be_begun_is_not_asked_for() -> None:
    """Whether it is still to be begun is looked at when a call is made, not before."""
    asked, done = Asked(), {"b"}
    external_ids = ExternalIds(asked)
    external_ids.follow(["a", "b", "c"], lambda name: name not in done)
    done.add("c")
    await external_ids.of("a")
    assert asked.calls == [["a"]]


async def test_an_event_that_no_plan_named_is_asked_for_all_the_same() -> None:
    """Alone, or with those that are still to come."""
    asked = Asked()
    external_ids = ExternalIds(asked)
    await external_ids.of("x")
    external_ids.follow(["a"])
    await external_ids.of("y")
    assert asked.calls == [["x"], ["y", "a"]]


async def test_an_id_that_xml_cannot_hold_is_asked_for_as_it_was_given() -> None:
    """Its session has it in the spelling of the marker; an event without an id is asked for by nobody."""
    asked = Asked()
    asked.held = {"b%1B": (session("s-b%1B"),)}
    external_ids = ExternalIds(asked)
    external_ids.follow(["a", "b\x1b", "", "c"])
    assert [one.id for one in await external_ids.of("b\x1b")] == ["s-b%1B"]
    await external_ids.of("a")
    assert asked.calls == [["b%1B", "a", "c"]]


@pytest.mark.parametrize("no", [Refused("no such service"), AccountRefused("gives no cookie")])
async def test_a_no_is_said_once_and_ends_the_asking(no: FerryError) -> None:
    """Markers tell alone from then on, as they did before."""
    asked, told = Asked(no), list[object]()
    external_ids = ExternalIds(asked, told.append)
    assert [await external_ids.of(name) for name in "abc"] == [(), (), ()]
    assert told == [ExternalIdsUnasked(str(no))]
    assert len(asked.calls) == 1
    assert external_ids.refused == str(no)


async def test_what_could_not_be_asked_for_now_is_not_taken_for_nothing() -> None:
    """The error is the caller's, and the next one asks again."""
    asked = Asked(ServerFault("503"))
    asked.held = {"a": (session("s"),)}
    external_ids = ExternalIds(asked)
    with pytest.raises(ServerFault):
        await external_ids.of("a")
    assert await external_ids.of("a") == asked.held["a"]


async def test_marker_and_external_id_name_a_session_once() -> None:
    """Ids have no case; an earlier session of the item, whose place another took, is none of them."""
    site, asked = Site(lecture("a")), Asked()
    here = Session("s-1", "Lecture a", "Opencast: a", None, 9.0, HOME)
    site.panopto.sessions = {"s-1": here}
    asked.held = {"a": (replace(here, id="S-1"), session("s-2"), session("s-0"))}
    marked = Marked(site.panopto, ExternalIds(asked))
    assert await marked.unrecorded("a", HOME, ["S-0"]) == ["s-1", "s-2"]


async def forgotten() -> tuple[Site, Asked]:
    """Return a site that lost its checkpoint; two sessions were moved and described anew meanwhile."""
    site, asked = Site(lecture("a"), lecture("b"), lecture("c")), Asked()
    await site.planned()
    await site.run()
    for upload_id, name in (("u1", "a"), ("u2", "b")):
        held = site.panopto.sessions[f"s-{upload_id}"]
        moved = replace(held, folder_id="elsewhere", description="other words")
        site.panopto.sessions[held.id] = moved
        asked.held[name] = (moved,)
    site.journal = MemoryJournal()
    await site.planned()
    return site, asked


async def test_a_session_that_was_moved_and_described_anew_is_not_made_again() -> None:
    """One call for the plan; what nobody has is moved; what is under way is not asked for at the next run."""
    site, asked = await forgotten()
    del site.panopto.sessions["s-u3"]
    before = site.panopto.calls["create"]
    await site.run(external_ids=ExternalIds(asked))
    assert site.outcomes() == {
        "a": ("retryable", "unrecorded_session"),
        "b": ("retryable", "unrecorded_session"),
        "c": ("verified", None),
    }
    assert site.panopto.calls["create"] == before + 1
    assert [sorted(call) for call in asked.calls] == [["a", "b", "c"]]
    await site.run(external_ids=ExternalIds(asked))
    assert sorted(asked.calls[-1]) == ["a", "b"]


async def test_a_lookup_that_fails_moves_nothing() -> None:
    """What is there is not known: the items are tried again by the next run."""
    site, asked = await forgotten()
    asked.failures = [ServerFault("503")] * 3
    before = site.panopto.calls["create"]
    await site.run(external_ids=ExternalIds(asked))
    assert {outcome for outcome, _ in site.outcomes().values()} == {"retryable"}
    assert site.panopto.calls["create"] == before
