"""What was done at the source folds to a state, also where the item's end is all that is left."""

from engine import Record
from pipelines import items, sources
from pipelines.items import Outcome
from pipelines.sources import SourceState, fold

ROLE = {"role": "R", "action": "migrated"}
FIELD = {"field": "source", "value": "moved"}
END = items.ended("e", Outcome.VERIFIED)


def test_a_mark_counts_from_its_intent_on() -> None:
    """It may be there; what is open says that nobody knows."""
    assert fold([END, sources.mark("e", ROLE)]) == SourceState(marks=(ROLE,), open="source.mark")
    state = fold([END, sources.mark("e", ROLE), sources.marked("e", ROLE, 4)])
    assert state == SourceState(marks=(ROLE,), archive_version=4)


def test_marks_are_told_apart() -> None:
    """Taking one away leaves the other, and the intent alone takes none away."""
    both = [
        END,
        *(one for mark in (ROLE, FIELD) for one in (sources.mark("e", mark), sources.marked("e", mark, 4))),
    ]
    assert fold([*both, sources.unmark("e", ROLE)]).marks == (ROLE, FIELD)
    assert fold([*both, sources.unmark("e", ROLE), sources.unmarked("e", ROLE, 5)]).marks == (FIELD,)
    assert fold([*both, *both[1:]]).marks == (ROLE, FIELD)


def test_a_retraction_is_an_intent_and_an_answer() -> None:
    """Only the answer says that the event is gone."""
    begun = fold([END, sources.retract("e", "s")])
    assert (begun.retract, begun.retracted, begun.open) == (True, False, "source.retract")
    assert fold([END, sources.retract("e", "s"), sources.retracted("e", "s")]).retracted


def test_the_end_of_an_item_keeps_it() -> None:
    """Whatever was done is there when its other records are gone; an older version kept nothing."""
    records: list[Record] = [
        END,
        sources.mark("e", ROLE),
        sources.marked("e", ROLE, 4),
        sources.retract("e", "s"),
    ]
    state = fold(records)
    assert fold([items.ended("e", Outcome.VERIFIED, source=state.facts)]) == state
    assert fold([END]) == SourceState()


def test_an_item_stands_as_before() -> None:
    """What is done at the source changes nothing of how it ended."""
    records = [END, sources.mark("e", ROLE), sources.marked("e", ROLE, 4), sources.retracted("e", "s")]
    assert items.fold(records) == items.fold([END])
