"""Whatever befalls a migration, in whatever order: nothing is lost, nothing is there twice, and it ends."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from machine.migrating import Migrating

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


def test_some_lives() -> None:
    """The quick form, always the same lives."""
    run(examples=15, steps=20)


@pytest.mark.slow
def test_many_lives() -> None:
    """More and longer ones, always the same."""
    run(examples=150, steps=40)


@pytest.mark.long
def test_lives_by_the_thousand() -> None:
    """Other ones each time."""
    run(examples=5000, steps=60, fixed=False)
