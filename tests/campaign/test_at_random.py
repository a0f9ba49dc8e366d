"""The quick form of the random campaign."""

import random
from collections.abc import Callable

import pytest

from campaign.at_random import KINDS, SPACED, UNMOVED, batch, lacking, script
from pipelines.sandbox.faults import Fault


def test_a_script_has_all_kinds() -> None:
    """Each strikes again and again, and the sandbox takes the script."""
    faults = [Fault(**entry) for entry in script(random.Random(1), 40)]
    assert len(faults) == sum(map(len, KINDS.values()))
    assert all(20 <= fault.every <= 80 * SPACED for fault in faults)


@pytest.mark.parametrize(
    ("verified", "sessions", "code", "found"),
    [(65, 65, 0, 0), (64, 64, 0, 1), (65, 64, 0, 1), (65, 65, 3, 1)],
)
def test_an_item_that_a_run_left_out_is_missing(verified: int, sessions: int, code: int, found: int) -> None:
    """Also where it says that there was nothing to move: how many there are is known."""
    document = {"outcomes": {"verified": verified, "permanent": 0}, "aspects": {}}
    assert len(list(lacking(code, document, sessions, 65 + UNMOVED))) == found


@pytest.mark.slow
def test_sixty_items_under_random_faults(record_property: Callable[[str, object], None]) -> None:
    """Killed once, and called again: each has its session and its lecture item, whole, once."""
    one = batch(seed=7, events=80, every=30)
    assert one.found == ()
    assert one.items == 80 - UNMOVED
    struck = sum(one.struck.values())
    assert struck >= one.items
    record_property("injected", struck)
