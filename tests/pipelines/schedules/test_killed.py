"""A run that is killed at any moment leaves one schedule an event, and sends nothing twice that was made."""

import pytest
from fakes.booking_site import BookingSite, event
from fakes.memory_journal import Killed
from fakes.memory_valt import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.schedules.verdict import Terms

STARTS = {"e": 90_000, "f": 300_000, "g": 400_000, "h": 200_000}


def site() -> BookingSite:
    """Return one with an update, two that are to be made, and one that is equal."""
    events = (event(name, begins=begins) for name, begins in STARTS.items())
    found = BookingSite(*events, e="1", h="2")
    found.terms = Terms(create=True)
    return found


def check(found: BookingSite) -> None:
    """Each event has one schedule, and each write was sent once."""
    starts = sorted(one.start_at - NOW for one in found.valt.held.values())
    assert starts == sorted(STARTS.values())
    made = [(identifier, changes["start_at"]) for identifier, changes in found.valt.sent]
    assert len(made) == len(set(made)) == 3


async def killed_run(found: BookingSite, moment: int) -> bool:
    """Run up to a moment at VALT; tell whether it came so far."""
    try:
        await found.run(ends_at=moment)
    except Killed:
        return True
    return False


@pytest.mark.parametrize("kept", [False, True])
async def test_killed_at_each_record(kept: bool) -> None:
    """Just before a record is durable, and just after."""
    number = 1
    while True:
        found = site()
        found.journal.end_at(number, kept=kept)
        try:
            await found.run()
        except Killed:
            found.journal.go_on()
            await found.run()
            check(found)
            assert set((await found.ends()).values()) == {("equal", None)}
            number += 1
        else:
            break
    assert number > 8


async def test_killed_at_each_moment() -> None:
    """Before and after each call's effect."""
    moment = 1
    while True:
        found = site()
        if not await killed_run(found, moment):
            break
        ends = await found.ends()
        check(found)
        assert {word for word, _ in ends.values()} <= {"verified", "created", "equal"}
        moment += 1
    assert moment > 15


@settings(max_examples=60)
@given(st.lists(st.integers(1, 30), max_size=5))
async def test_killed_again_and_again(moments: list[int]) -> None:
    """However often, and wherever."""
    found = site()
    for moment in moments:
        await killed_run(found, moment)
    await found.run()
    check(found)
