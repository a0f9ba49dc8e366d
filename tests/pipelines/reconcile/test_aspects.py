"""Which aspects are tried again: those that a session can still be given, and never one that may be there."""

import pytest
from fakes.memory_journal import MemoryJournal

from pipelines import items
from pipelines.app.retrying import again
from pipelines.items import ASPECTS, AspectOutcome, ItemState, Outcome
from pipelines.migration.furnish.furnisher import carried, left
from pipelines.reconcile.aspects import LATER, released, tried_again
from pipelines.reconcile.release import Fate


def state(**told: dict[str, object]) -> ItemState:
    """Return a verified item with aspects that stand so."""
    return items.fold([items.ended("e", Outcome.VERIFIED, right={"session_id": "s"}, aspects=told)])


def refused(reason: str = "no_row") -> dict[str, object]:
    """Tell that something could not be carried."""
    return left(AspectOutcome.PERMANENT, reason, "it could not")


@pytest.mark.parametrize("name", ASPECTS)
def test_each_aspect_has_its_fate(name: str) -> None:
    """What only a manifest brings is for a person, the access list for its own verb, the rest for runs."""
    (found,) = tried_again("e", state(**{name: refused()}), [name])
    expected = (
        Fate.RELEASED if name in LATER else Fate.LEFT if name in {"access", "metadata"} else Fate.BY_HAND
    )
    assert found.fate is expected
    assert "it could not" in found.why


def test_captions_in_doubt_are_for_a_person() -> None:
    """They may be there."""
    (found,) = tried_again("e", state(captions=refused("in_doubt")), ["captions"])
    assert found.fate is Fate.BY_HAND


def test_what_was_carried_or_is_tried_anyway_is_not_touched() -> None:
    """Nor is what nobody named."""
    told = {"tags": carried(), "owner": left(AspectOutcome.RETRYABLE, "throttled", "slower")}
    assert tried_again("e", state(**told, captions=refused()), ["tags", "owner"]) == []
    assert released(state(**told), []) == {}


async def test_the_next_run_tries_it_again() -> None:
    """The item is open for its one aspect, and ended as before; a dry run writes nothing."""
    journal = MemoryJournal()
    before = state(owner=refused(), tags=carried())
    assert before.settled()
    await again("e", before, ["owner"], None)
    assert not journal.history("e")
    await again("e", before, ["owner"], journal)
    after = items.fold(journal.history("e"))
    assert after.lacking == ("owner",)
    assert not after.settled()
    assert after.outcome is Outcome.VERIFIED
    assert after.aspects["tags"] == carried()


async def test_what_else_its_end_says_is_kept() -> None:
    """Why it ended so, and that LumiNUS is to be looked at once more."""
    told: dict[str, object] = {"aspects": {"owner": refused()}, items.SEEN_ANEW: True}
    end = items.ended("e", Outcome.VERIFIED, why="found by its marker", right={"session_id": "s"}, **told)
    journal = MemoryJournal()
    await journal.append(end)
    await again("e", items.fold([end]), ["owner"], journal)
    after = items.fold(journal.history("e"))
    assert ((after.ended or {}).get("why"), after.seen_anew) == ("found by its marker", True)
