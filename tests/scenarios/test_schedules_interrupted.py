"""Answers that are lost, runs that are killed at any step: one edit and one schedule a booking in the end."""

import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.booking_world import (
    SMALL,
    as_wanted,
    books,
    calls,
    checked,
    edits,
    killed,
    leads,
    lecture,
    posts,
    rooms,
    row,
    schedules,
    table,
    until,
    verdicts,
    wanted,
    world_of,
)
from fakes.processes import Stand, begun, ended, standing

from pipelines.sandbox import Fault

pytestmark = pytest.mark.slow

LATER = datetime(2036, 6, 2, 9, tzinfo=UTC)
LONG = {"seconds": 60}


def fault(call: str, action: str, nth: int = 1, **arguments: Any) -> Mapping[str, Any]:
    """Return a fault of VALT's, as a faults file holds it."""
    return {"operation": f"valt.{call}", "action": action, "nth": nth, "arguments": arguments}


@pytest.mark.fault(28)
@pytest.mark.parametrize("action", ["lose_answer", "reset"])
def test_a_lost_answer_to_an_edit(action: str, tmp_path: Path) -> None:
    """Applied or not, it is looked up: each schedule is edited once, within the same run."""
    with standing(tmp_path, bookings=2, faults=[fault("edit", action)], **SMALL) as stand:
        ran = schedules("run", tmp_path / "migration.toml")
        assert (ran.code, set(verdicts(ran).values())) == (0, {("verified", None)})
        as_wanted(stand)
        assert set(edits(stand).values()) == {1}
        assert len(posts(stand)) == (2 if action == "lose_answer" else 3)


STEPS: Mapping[str, tuple[list[Mapping[str, Any]], str, int]] = {
    "login": ([fault("login", "stall", **LONG)], "login", 1),
    "rooms": ([fault("rooms", "stall", **LONG)], "rooms", 1),
    "list": ([fault("schedules", "stall", **LONG)], "schedules", 1),
    "look before the edit": ([fault("schedule", "stall", **LONG)], "schedule", 1),
    "edit that is not applied": ([fault("edit", "stall", **LONG)], "edit", 1),
    "edit that is applied": (
        [fault("edit", "lose_answer"), fault("schedule", "stall", 2, **LONG)],
        "schedule",
        2,
    ),
    "read-back": ([fault("schedule", "stall", 2, **LONG)], "schedule", 2),
    "look before the second edit": ([fault("schedule", "stall", 3, **LONG)], "schedule", 3),
    "overlaps": ([fault("blocked", "stall", 2, **LONG)], "blocked", 2),
}
"""The faults that hold a run at a step, and the call by which it is seen to be there."""


SHORT = {"list", "edit that is not applied", "edit that is applied", "overlaps"}
"""Steps of the short form; the long one has all of them, `test_killed_at_every_step_in_turn` each call."""


@pytest.mark.parametrize(
    "step", [step if step in SHORT else pytest.param(step, marks=pytest.mark.long) for step in STEPS]
)
def test_killed_at_a_step_and_started_again(step: str, tmp_path: Path) -> None:
    """Each schedule is edited once in the end, and is as Opencast has it."""
    faults, call, count = STEPS[step]
    with standing(tmp_path, bookings=2, faults=faults, **SMALL) as stand:
        settings = tmp_path / "migration.toml"
        killed(stand, settings, call, count)
        ran = schedules("run", settings)
        assert ran.code == 0, ran.talk
        assert {verdict for verdict, _ in verdicts(ran).values()} <= {"verified", "equal"}
        as_wanted(stand)
        assert set(edits(stand).values()) == {1}


def test_killed_at_every_step_in_turn(tmp_path: Path) -> None:
    """One migration that is killed seven times, each time further on, still edits each schedule once."""
    steps = [
        ("login", 1),
        ("schedules", 1),
        ("schedule", 1),
        ("edit", 1),
        ("schedule", 4),
        ("schedule", 6),
        ("blocked", 6),
    ]
    faults = [fault(call, "stall", nth, **LONG) for call, nth in steps]
    faults.append(fault("edit", "lose_answer", 2))
    with standing(tmp_path, bookings=2, faults=faults, **SMALL) as stand:
        settings = tmp_path / "migration.toml"
        for call, nth in steps:
            killed(stand, settings, call, nth)
        ran = schedules("run", settings)
        assert (ran.code, set(verdicts(ran).values())) == (0, {("verified", None)})
        as_wanted(stand)
        assert set(edits(stand).values()) == {1}
        assert len(posts(stand)) == 3


def lacking(stand: Stand, event_id: str, **changes: Any) -> Path:
    """Write settings whose table has no line for an event."""
    found = [(event, schedule) for event, schedule in leads(stand).items() if event != event_id]
    path = table(stand.folder / "some.csv", "event_id,schedule_id", *found)
    return stand.settings(stand.folder, {"valt.schedules": path, **changes})


def made_once(stand: Stand, event_id: str) -> None:
    """Assert that the API made one schedule, and it is this event's as Opencast has it."""
    (found,) = [one for one in books(stand).values() if one["created_by"] == "api"]
    one = wanted(stand)[event_id]
    assert (found["name"], found["start_at"], found["duration"]) == (one.title, one.start_at, one.duration)
    assert found["room_ids"] == [rooms(stand)[one.agent]]
    assert not found["blocked"]
    assert not found["conflict"]


TWO = (lecture("new", LATER), lecture("old", LATER + timedelta(days=3)))


@pytest.mark.parametrize("version", ["5.8", "6.6"])
def test_a_schedule_that_is_made(version: str, tmp_path: Path) -> None:
    """Once, whatever number of runs; the next one knows it."""
    with world_of(tmp_path, *TWO, valt_version=version) as stand:
        settings = lacking(stand, "new", **{"valt.create": True})
        plan = schedules("plan", settings)
        assert verdicts(plan) == {"new": ("create", None), "old": ("update", None)}
        assert posts(stand) == []
        ran = schedules("run", settings)
        assert (ran.code, verdicts(ran)) == (0, {"new": ("created", None), "old": ("verified", None)})
        made_once(stand, "new")
        assert row(ran, "new")["schedule_id"] is not None
        again = schedules("run", settings)
        assert (again.code, verdicts(again)) == (0, {"new": ("equal", None), "old": ("equal", None)})
        assert len(posts(stand)) == 2


def test_a_schedule_that_may_not_be_made(tmp_path: Path) -> None:
    """An error, nothing sent for it, and the rest goes on."""
    with world_of(tmp_path, *TWO) as stand:
        ran = schedules("run", lacking(stand, "new"))
        assert ran.code == 4
        assert verdicts(ran) == {"new": ("error", "no_schedule_id"), "old": ("verified", None)}
        assert posts(stand) == ["edit"]


@pytest.mark.fault(28)
@pytest.mark.parametrize("action", ["lose_answer", "reset"])
def test_a_lost_answer_to_a_creation(action: str, tmp_path: Path) -> None:
    """What was made is found; what was not is made by the next run, as VALT might have been at it still."""
    lost = Fault("valt.create", action)
    with world_of(tmp_path, TWO[0], faults=[lost]) as stand:
        settings = lacking(stand, "new", **{"valt.create": True})
        first = schedules("run", settings)
        assert first.code == (0 if action == "lose_answer" else 3)
        second = schedules("run", settings)
        assert second.code == 0
        made_once(stand, "new")
        assert posts(stand) == ["create"] * (1 if action == "lose_answer" else 2)
        assert schedules("run", settings).code == 0
        made_once(stand, "new")


CREATIONS: Mapping[str, tuple[list[Fault], str, int]] = {
    "before it is applied": ([Fault("valt.create", "stall", arguments=LONG)], "create", 1),
    "before its answer is heard": (
        [Fault("valt.create", "lose_answer"), Fault("valt.schedules", "stall", nth=3, arguments=LONG)],
        "schedules",
        3,
    ),
    "before it is read back": ([Fault("valt.schedule", "stall", arguments=LONG)], "schedule", 1),
    "before the overlaps": ([Fault("valt.blocked", "stall", nth=2, arguments=LONG)], "blocked", 2),
}


@pytest.mark.fault(28)
@pytest.mark.parametrize("step", CREATIONS)
def test_killed_while_a_schedule_is_made(step: str, tmp_path: Path) -> None:
    """The next run makes it where it is missing, and nothing where it is there."""
    faults, call, count = CREATIONS[step]
    with world_of(tmp_path, TWO[0], faults=faults) as stand:
        settings = lacking(stand, "new", **{"valt.create": True})
        killed(stand, settings, call, count)
        ran = schedules("run", settings)
        assert ran.code == 0, ran.talk
        made_once(stand, "new")
        again = schedules("run", settings)
        assert verdicts(again) == {"new": ("equal", None)}
        made_once(stand, "new")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_between_two_edits(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """It says so in one document, the edit in flight is whole, and the next run does the rest."""
    slow = [fault("edit", "delay", seconds=2)]
    with standing(tmp_path, bookings=2, faults=slow, **SMALL) as stand:
        settings = tmp_path / "migration.toml"
        with begun("schedules", "run", "-c", settings, "--json", folder=tmp_path) as first:
            until(lambda: calls(stand, "edit") == 1)
            first.send_signal(number)
            ran = checked(ended(first, tmp_path), settings)
        assert (ran.code, ran.document["exit"]) == (code, code)
        assert "stopping" in ran.talk
        assert ("retryable", "interrupted") in verdicts(ran).values()
        assert sorted(edits(stand).values()) == [0, 1]
        again = schedules("run", settings)
        assert again.code == 0
        assert {verdict for verdict, _ in verdicts(again).values()} == {"verified"}
        as_wanted(stand)
        assert set(edits(stand).values()) == {1}


def test_interrupted_while_planning(tmp_path: Path) -> None:
    """It ends at once though VALT says nothing, and has changed nothing."""
    with standing(tmp_path, bookings=1, faults=[fault("schedules", "stall", **LONG)], **SMALL) as stand:
        settings = tmp_path / "migration.toml"
        with begun("schedules", "run", "-c", settings, "--json", folder=tmp_path) as first:
            until(lambda: calls(stand, "schedules") == 1)
            first.send_signal(signal.SIGINT)
            ran = checked(ended(first, tmp_path, 10), settings)
        assert (ran.code, ran.document["exit"]) == (130, 130)
        assert posts(stand) == []


def test_a_second_run_at_the_same_time(tmp_path: Path) -> None:
    """Six, naming the first, which goes on to its end; a plan may look all the while."""
    with standing(tmp_path, bookings=1, faults=[fault("edit", "delay", seconds=10)], **SMALL) as stand:
        settings = tmp_path / "migration.toml"
        with begun("schedules", "run", "-c", settings, "--json", folder=tmp_path) as first:
            until(lambda: calls(stand, "edit") == 1)
            second = schedules("run", settings)
            assert (second.code, second.document["exit"]) == (6, 6)
            assert f"pid {first.pid} " in second.talk
            plan = schedules("plan", settings)
            assert set(verdicts(plan).values()) == {("update", None)}
            assert checked(ended(first, tmp_path), settings).code == 0
        as_wanted(stand)
        assert set(edits(stand).values()) == {1}
