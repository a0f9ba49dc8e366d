"""What a checkpoint remembers: sessions, lecture items and schedules, each under its event."""

from fakes.kept import finished, steps

from pipelines import items
from pipelines.items import Outcome
from pipelines.recheck.remembered import remembered
from pipelines.schedules import records
from pipelines.schedules.records import End

AT = "https://valt.example.org"
BOOKED = records.ended("b", AT, End(records.Outcome.EQUAL, schedule_id="7"))
SUBJECTS = [
    ("a", [finished("a", steps("a"))]),
    ("schedule:b", [BOOKED]),
    ("c", [items.ended("c", Outcome.SKIPPED, "live")]),
]


def test_items_with_a_session_and_schedules() -> None:
    """What has no session has nothing to be held against."""
    sessions, states, schedules = remembered(SUBJECTS, AT)
    assert [one.event_id for one in sessions] == ["a"]
    assert [event_id for event_id, _ in states] == ["a"]
    assert [(event_id, (state.ended or {})["schedule_id"]) for event_id, state in schedules] == [("b", "7")]


def test_another_valt_is_not_believed() -> None:
    """What was booked elsewhere is not looked for here; without a VALT it is remembered all the same."""
    assert remembered(SUBJECTS, "https://other.example.org")[2][0][1].ended is None
    assert remembered(SUBJECTS, None)[2][0][1].ended is not None
