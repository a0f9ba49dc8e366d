"""The quick form of the random campaign."""

import random
from collections.abc import Callable

import pytest

from campaign.at_random import KINDS, SPACED, batch, script
from pipelines.sandbox.faults import Fault


def test_a_script_has_all_kinds() -> None:
    """Each strikes again and again, and the sandbox takes the script."""
    faults = [Fault(**entry) for entry in script(random.Random(1), 40)]
    assert len(faults) == sum(map(len, KINDS.values()))
    assert all(20 <= fault.every <= 80 * SPACED for fault in faults)


@pytest.mark.slow
def test_sixty_items_under_random_faults(record_property: Callable[[str, object], None]) -> None:
    """Killed once, and called again: each has its session and its lecture item, whole, once."""
    one = batch(seed=7, events=80, every=30)
    assert one.found == ()
    assert one.items >= 60
    struck = sum(one.struck.values())
    assert struck >= one.items
    record_property("injected", struck)
