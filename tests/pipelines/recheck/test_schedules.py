"""Schedules held against what VALT was told."""

from dataclasses import replace
from typing import Any

import pytest

from engine import AccountRefused, FerryError, Unreachable
from pipelines.recheck.found import Finding, Found
from pipelines.recheck.schedules import recheck_schedules
from pipelines.schedules import records
from pipelines.schedules.records import End, Outcome, ScheduleState
from pipelines.valt.model import Booking, Listing, Overlaps, Recurrence, Room, Schedule, Share

BOOKING = Booking("Analysis I", "39", 2_000, 600)
THERE = Schedule("7", "Analysis I", (Room("39", "Theatre"),), 2_000, 600)


class Valt:
    """Tells a list, or raises; there is nothing else that it can do."""

    def __init__(self, listing: Listing, failure: FerryError | None = None) -> None:
        self._listing = listing
        self._failure = failure

    async def schedules(self) -> Listing:
        """Show the list."""
        if self._failure:
            raise self._failure
        return self._listing

    def now(self) -> float:
        """Stand still."""
        return 1_000.0


def state(
    outcome: Outcome = Outcome.VERIFIED, booking: Booking | None = BOOKING
) -> tuple[str, ScheduleState]:
    """Return what is on record of one event."""
    end = End(outcome, schedule_id="7", booking=booking)
    return "e", records.fold([records.ended("e", "at", end)], "at")


def site(*schedules: Schedule, **listing: Any) -> Valt:
    """Return a VALT with these schedules."""
    return Valt(Listing({one.id: one for one in schedules}, **listing))


@pytest.mark.parametrize("outcome", [Outcome.VERIFIED, Outcome.EQUAL, Outcome.CREATED])
async def test_a_schedule_as_it_was_booked(outcome: Outcome) -> None:
    """It counts, however it came to be right."""
    assert await recheck_schedules([state(outcome)], site(THERE)) == Found(schedules=1)


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.ERROR, Outcome.RETRYABLE])
async def test_what_was_never_booked_is_not_looked_for(outcome: Outcome) -> None:
    """VALT is not even asked."""
    assert await recheck_schedules([state(outcome)], Valt(Listing({}), Unreachable("no"))) == Found()


@pytest.mark.parametrize(
    ("changes", "field", "wanted", "found"),
    [
        ({"name": "Other"}, "name", "Analysis I", "Other"),
        ({"rooms": (Room("41", ""), Room("17", ""))}, "room", "39", "41, 17"),
        ({"start_at": 2_060}, "start", "1970-01-01T00:33:20+00:00", "1970-01-01T00:34:20+00:00"),
        ({"duration": 900}, "duration", "600 s", "900 s"),
        ({"recurrence": "weekly"}, "recurrence", "none", "weekly"),
    ],
)
async def test_each_field_is_compared(changes: dict[str, Any], field: str, wanted: str, found: str) -> None:
    """One field that VALT has otherwise is one difference."""
    result = await recheck_schedules([state()], site(replace(THERE, **changes)))
    assert result == Found(differences=(Finding("e", f"schedule 7 {field}", wanted, found),))


@pytest.mark.parametrize("how", ["blocked", "conflict"])
async def test_an_overlap_is_a_difference(how: str) -> None:
    """VALT takes a booking that it will never record without a word."""
    overlaps: Any = {how: frozenset({"7"})}
    result = await recheck_schedules([state()], site(THERE, overlaps=Overlaps(**overlaps)))
    assert result.differences == (Finding("e", "schedule 7 overlap", "none", how),)


async def test_a_schedule_that_is_gone() -> None:
    """It is a difference while it is still to come, and none when it is over."""
    gone = await recheck_schedules([state()], site())
    assert gone.differences == (Finding("e", "schedule 7", "7", ""),)
    over = state(booking=replace(BOOKING, start_at=100))
    assert await recheck_schedules([over], site()) == Found()


@pytest.mark.parametrize("unreadable", ["7", ""])
async def test_a_schedule_that_makes_no_sense(unreadable: str) -> None:
    """It may be the one that is looked for, so it is not called missing."""
    found = await recheck_schedules([state()], site(unreadable=frozenset({unreadable})))
    assert (found.differences, [one.what for one in found.unread]) == ((), ["event e"])


@pytest.mark.parametrize("failure", [Unreachable("no answer"), AccountRefused("refuses the account")])
async def test_a_valt_that_cannot_be_read(failure: FerryError) -> None:
    """It is named, whatever the matter is, and raises nothing."""
    (unread,) = (await recheck_schedules([state()], Valt(Listing({}), failure))).unread
    assert (unread.what, str(failure) in unread.why) == ("VALT", True)


async def test_settings_without_valt() -> None:
    """What was booked before is named as not verified."""
    (unread,) = (await recheck_schedules([state()], None)).unread
    assert "no section [valt]" in unread.why
    assert await recheck_schedules([], None) == Found()


WEEKLY = Recurrence("weekly", (4,), count=3)
SERIES = replace(
    BOOKING, start_at=1_000, repeats=WEEKLY, template={"17": "A"}, share=Share(frozenset({"13"}))
)
RECURS = replace(
    THERE,
    recurrence="weekly",
    repeats=WEEKLY,
    template={"17": "A", "18": "b"},
    share=Share(frozenset({"13"})),
)


@pytest.mark.parametrize(
    ("there", "unlike"),
    [
        (RECURS, []),
        (replace(RECURS, start_at=1_000), []),
        (replace(RECURS, start_at=400), ["start"]),
        (replace(RECURS, recurrence="none", repeats=None), ["recurrence"]),
        (replace(RECURS, repeats=replace(WEEKLY, count=4)), ["recurrence"]),
        (replace(RECURS, template={}), ["field 17"]),
        (replace(RECURS, share=Share()), ["share"]),
        (replace(RECURS, share=None), ["share"]),
    ],
)
async def test_a_recurring_schedule_with_all_that_it_says(there: Schedule, unlike: list[str]) -> None:
    """VALT may tell its first recording as the start, or one that is still to come; the rest is compared."""
    end = End(Outcome.VERIFIED, schedule_id="7", booking=BOOKING, series=SERIES)
    known = ("e", records.fold([records.ended("e", "at", end)], "at"))
    found = await recheck_schedules([known], site(there))
    assert [one.field.removeprefix("schedule 7 ") for one in found.differences] == unlike


async def test_a_recording_of_a_series_that_is_over_is_not_compared() -> None:
    """Its own time counts, and not that of the whole."""
    end = End(Outcome.VERIFIED, schedule_id="7", booking=replace(BOOKING, start_at=1), series=SERIES)
    known = ("e", records.fold([records.ended("e", "at", end)], "at"))
    assert await recheck_schedules([known], site()) == Found()
