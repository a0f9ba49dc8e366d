"""Whatever befalls a migration, in whatever order: nothing is lost, nothing is there twice, and it ends."""

from typing import Any

import pytest
from fakes import whole_site
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from engine import Level
from machine.migrating import Migrating
from pipelines import items

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning"),  # a kill leaves tasks that never began
]


def run(examples: int, steps: int, *, fixed: bool = True) -> None:
    """Have so many lives of at most so many steps."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Migrating,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=fixed,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


Step = tuple[str, dict[str, Any]]

LIVES: dict[str, list[Step]] = {
    "Complete is not answered by a target that tells nothing, and the power goes": [
        ("break_target", {"call": "complete", "what": "lost", "after": 1}),
        ("go_on", {"rounds": 70}),
        ("kill", {"power": True}),
    ],
    "completing a session upload is not answered, and the process dies": [
        ("break_panopto", {"call": "submit", "what": "unanswered"}),
        ("go_on", {"rounds": 120}),
        ("kill", {"power": False}),
        ("wait", {"seconds": 30.0}),
    ],
    "uploads time out while parts are on their way, and a film is another one afterwards": [
        ("tick", {"rounds": 45}),
        ("forget_uploads", {}),
        ("edit_film", {"event": "event-1", "stream": 0}),
        ("go_on", {"rounds": 200}),
    ],
    "the token is revoked, and the one that follows is too": [
        ("tick", {"rounds": 40}),
        ("revoke_token", {}),
        ("tick", {"rounds": 20}),
        ("revoke_token", {}),
        ("second_run", {}),
        ("wait", {"seconds": 5.0}),
    ],
    "a PATCH takes, its answer is lost, and the run is asked to stop": [
        ("wait", {"seconds": 10.0}),
        ("lose_patches", {"applies": True}),
        ("tick", {"rounds": 30}),
        ("drain", {}),
    ],
    "a manifest is on its way when the process dies, and has other words afterwards": [
        ("tick", {"rounds": 58}),
        ("outage", {"system": "target", "seconds": 60.0}),
        ("tick", {"rounds": 8}),
        ("kill", {"power": False}),
        ("edit_title", {"event": "event-1"}),
        ("edit_title", {"event": "event-2"}),
        ("go_on", {"rounds": 200}),
    ],
    "it dies at one write after the other": [
        *[("doom", {"operations": 9}), ("go_on", {"rounds": 200})] * 12,
    ],
}
"""Lives that are worth living each time; one that a search found to end badly is added here as it was."""


def live(steps: list[Step], *, tells: bool = False) -> None:
    """Live one life step by step, and let all that holds be asserted after each."""
    machine = Migrating()
    machine.begin(tells=tells, seed=0)
    try:
        for name, facts in steps:
            getattr(machine, name)(**facts)
            for check in (machine.whole, machine.once, machine.little_again, machine.alive):
                check()
    finally:
        machine.teardown()


@pytest.mark.parametrize("tells", [False, True], ids=["silent target", "target that tells"])
@pytest.mark.parametrize("steps", LIVES.values(), ids=LIVES)
def test_a_life_as_it_is_written(steps: list[Step], tells: bool) -> None:
    """All is well in the end, and was at each step."""
    live(steps, tells=tells)


def test_damage_that_nobody_looks_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is no rubber stamp: at level crc a byte that the target stores wrong stays wrong."""
    monkeypatch.setattr(whole_site, "LEVEL", Level.CRC)
    with pytest.raises(AssertionError):
        live([("flip", {"after": 1}), ("wait", {"seconds": 60.0})])


def test_a_call_before_its_intent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As is a session upload that is opened without a word on record before."""
    monkeypatch.setattr(items, "upload", lambda event_id, folder_id: items.anew(event_id, "nothing"))
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        live([("wait", {"seconds": 60.0})])


def test_some_lives() -> None:
    """The quick form, always the same lives."""
    run(examples=15, steps=20)


@pytest.mark.slow
def test_many_lives() -> None:
    """More and longer ones, always the same."""
    run(examples=200, steps=40)


@pytest.mark.long
def test_lives_by_the_thousand() -> None:
    """Other ones each time."""
    run(examples=5000, steps=60, fixed=False)
