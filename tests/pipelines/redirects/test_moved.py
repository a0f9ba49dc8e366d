"""Which events have a session that an old link may lead to."""

from fakes.kept import finished, steps

from engine import Record
from pipelines import items
from pipelines.items import Outcome
from pipelines.migration.found import TWO
from pipelines.redirects.moved import Found, Moved, found_in


def differing(event_id: str, reason: str) -> list[Record]:
    """Return what is kept of an item whose session is not what was meant."""
    end = items.ended(event_id, Outcome.DIFFERS, reason, session_id=f"s-{event_id}")
    return [*steps(event_id)[:7], end]


def test_a_verified_one() -> None:
    """It is led to its session, known from its end alone."""
    assert found_in([("a", [finished("a", steps("a"))])]) == Found((Moved("a", "s-a"),), {})


def test_a_right_session_that_luminus_has_not_yet() -> None:
    """What waits for its lecture item, or was refused there, can be seen at Panopto."""
    refused = finished("b", steps("b")[:8], Outcome.PERMANENT)
    found = found_in([("b", [refused]), ("a", steps("a")[:8])])
    assert found.moved == (Moved("a", "s-a"), Moved("b", "s-b"))


def test_no_session_that_is_not_known_to_be_right() -> None:
    """One that Panopto still processes, one that differs and what was skipped are counted, not led to."""
    skipped = [items.ended("c", Outcome.SKIPPED, "live")]
    found = found_in([("a", steps("a")[:7]), ("b", differing("b", "duration")), ("c", skipped)])
    assert found == Found((), {Outcome.DIFFERS: 1, Outcome.SKIPPED: 1, Outcome.WAITING: 1})


def test_those_that_differ_where_it_is_asked_for() -> None:
    """They are counted for a warning; of two sessions none is chosen."""
    found = found_in([("a", differing("a", "duration")), ("b", differing("b", TWO))], differing=True)
    assert found == Found((Moved("a", "s-a"),), {Outcome.DIFFERS: 1}, unlike=1)


def test_bookings_are_no_events_that_were_moved() -> None:
    """A schedule of the checkpoint is neither led to nor counted."""
    assert found_in([("schedule:a", [])]) == Found((), {})


def test_an_earlier_session_until_the_newest_is_right() -> None:
    """Where films changed, old links lead to what can be seen."""
    anew = [finished("a", steps("a")), items.anew("a", "media_changed", "s-a")]
    assert found_in([("a", anew)]).moved == (Moved("a", "s-a"),)
    later = [*anew, items.right("a", "s-new", None)]
    assert found_in([("a", later)]).moved == (Moved("a", "s-new"),)
