"""What is told of one event, and which event a name means."""

import pytest
from fakes.kept import finished, steps

from engine import Record
from pipelines import items
from pipelines.items import AspectOutcome, Outcome, fold
from pipelines.report.advice import AWAY, BY_ASPECT, BY_OUTCOME, BY_REASON, OF_ACCESS, next_step
from pipelines.report.story import named, story_of

SUBJECTS: list[tuple[str, list[Record]]] = [
    ("lecture-1", steps("lecture-1")),
    ("lecture-12", [items.found("lecture-12", ["twin-1", "twin-2"], {"folder_id": "f"})]),
    ("talk", []),
    ("schedule:talk", []),
    ("schedule:booked", []),
    ("folder:top/2026/lectures", []),
    ("run:2026-1", []),
]


@pytest.mark.parametrize(
    ("wanted", "events"),
    [
        ("lec", ["lecture-1", "lecture-12"]),
        ("lecture-12", ["lecture-12"]),
        ("t", ["talk"]),
        ("book", ["booked"]),
        ("s-lecture-1", ["lecture-1"]),
        ("twin-2", ["lecture-12"]),
        ("s-lec", []),
        ("schedule:", []),
        ("folder:", []),
        ("run", []),
    ],
)
def test_which_events_a_name_may_mean(wanted: str, events: list[str]) -> None:
    """All that begin so, an event and its booking as one; a session's id has to be whole."""
    assert named(wanted, SUBJECTS) == events


def test_an_item_under_way() -> None:
    """Its stage, what comes next, and all of its history."""
    found = story_of("a", steps("a")[:3], [])
    assert (found.stage, found.shortened, found.booking) == ("shipping", False, None)
    assert found.advice == BY_OUTCOME[Outcome.WAITING]
    assert len(found.history) == 3


def test_an_item_that_is_done_keeps_one_record() -> None:
    """Of which it is said that it replaced the others; ids and files are told all the same."""
    found = story_of("a", [finished("a", steps("a"))], [])
    assert found.shortened
    assert found.item is not None
    assert (found.item.upload_id, found.item.session_id) == ("u-a", "s-a")
    assert [one.name for one in found.files] == ["presenter.mp4"]
    assert found.advice == BY_OUTCOME[Outcome.VERIFIED]


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_advice(outcome: Outcome) -> None:
    """And a reason that asks for something else has its own."""
    assert next_step(fold([items.ended("a", outcome)]))
    for reason, advice in BY_REASON.items():
        assert next_step(fold([items.ended("a", outcome, reason)])) == advice


@pytest.mark.parametrize("aspect", AspectOutcome)
def test_what_is_not_carried_has_its_advice(aspect: AspectOutcome) -> None:
    """A session that is right, and lacks something, is not done with; another outcome has its own advice."""
    told = {"owner": {"outcome": aspect.value}, "tags": {"outcome": AspectOutcome.CARRIED.value}}
    verified, waiting = (
        next_step(fold([items.ended("a", outcome, aspects=told)]))
        for outcome in (Outcome.VERIFIED, Outcome.WAITING)
    )
    assert verified == BY_ASPECT.get(aspect, BY_OUTCOME[Outcome.VERIFIED])
    assert waiting == BY_OUTCOME[Outcome.WAITING]


def test_what_waits_away_from_its_folder_is_not_told_to_run_again() -> None:
    """LumiNUS never sees it there; once the folder is released, the next run is what is left to do."""
    away, released = (
        next_step(fold([items.ended("a", Outcome.WAITING, "lecture_item", aspects=told)]))
        for told in ({"folder": {"outcome": AspectOutcome.PERMANENT.value}}, {})
    )
    assert (away, released) == (AWAY, BY_OUTCOME[Outcome.WAITING])


@pytest.mark.parametrize("aspect", [AspectOutcome.PERMANENT, AspectOutcome.RETRYABLE])
def test_who_may_see_it_is_not_retried(aspect: AspectOutcome) -> None:
    """No run grants anything, so it is `ferry access` that looks again."""
    told = {"access": {"outcome": aspect.value}}
    assert next_step(fold([items.ended("a", Outcome.VERIFIED, aspects=told)])) == OF_ACCESS
