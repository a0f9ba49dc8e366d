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
    """What has no session has nothing to be held against, and what is skipped is not waited for."""
    found = remembered(SUBJECTS, AT)
    booked = [(event_id, (state.ended or {})["schedule_id"]) for event_id, state in found.schedules]
    assert [one.event_id for one in found.sessions] == ["a"]
    assert [event_id for event_id, _ in found.states] == ["a"]
    assert (booked, found.waiting) == ([("b", "7")], [])


def test_what_no_run_has_finished_is_waiting() -> None:
    """An item that is planned, under way, or failed for now is not done, though nobody could look for it."""
    failed = items.ended("f", Outcome.RETRYABLE, "unreachable")
    subjects = [("p", steps("p")[:1]), ("u", steps("u")[:6]), ("f", [*steps("f")[:3], failed])]
    found = remembered(subjects, AT)
    assert [(one.event_id, one.why) for one in found.waiting] == [
        ("p", "it is not moved yet; run again"),
        ("u", "Panopto has not told its session yet; run again"),
        ("f", "it is not moved yet; run again"),
    ]
    assert found.sessions == []


def test_another_valt_is_not_believed() -> None:
    """What was booked elsewhere is not looked for here; without a VALT it is remembered all the same."""
    assert remembered(SUBJECTS, "https://other.example.org").schedules[0][1].ended is None
    assert remembered(SUBJECTS, None).schedules[0][1].ended is not None
