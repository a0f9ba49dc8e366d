"""The records of a schedule fold to what a later run must know, for one VALT alone."""

from fakes.booking_site import AT
from fakes.memory_journal import MemoryJournal
from fakes.memory_valt import NOW, schedule

from engine import Record
from pipelines import items
from pipelines.schedules import records
from pipelines.schedules.records import End, Outcome, ScheduleState
from pipelines.valt.model import Booking, Overlaps

BOOKING = Booking("Lecture", "39", NOW, 3600)


async def folded(*given: Record, at: str = AT) -> ScheduleState:
    """Return what a journal that was told these records says of the event e."""
    journal = MemoryJournal()
    for record in given:
        await journal.append(record)
    return records.fold(journal.history(records.subject("e")), at)


def ended(outcome: Outcome, **facts: object) -> Record:
    """Return an end of the event e."""
    return records.ended("e", AT, End(outcome, **facts))  # type: ignore[arg-type]


def test_a_schedule_is_no_item() -> None:
    """Though it has the event's id in its name."""
    assert not items.is_item(records.subject("e"))
    assert items.is_item("e")


async def test_an_intent_is_open_until_an_end_closes_it() -> None:
    """One that is to be tried again closes nothing."""
    overlaps = Overlaps(blocked=frozenset({"1"}))
    intent = records.edit("e", AT, schedule("1"), {"name": "New"}, overlaps)
    open_one = await folded(intent)
    assert open_one.open is not None
    assert (open_one.open["blocked"], open_one.open["conflict"]) == (True, False)
    assert open_one.name == "New"
    assert (await folded(intent, ended(Outcome.RETRYABLE))).open is not None
    assert (await folded(intent, ended(Outcome.VERIFIED))).open is None


async def test_a_booking_is_wanted_until_its_schedule_is_known() -> None:
    """It may have been made, and nobody heard."""
    intent = records.create("e", AT, BOOKING)
    assert (await folded(intent)).wanted == BOOKING
    assert (await folded(intent, ended(Outcome.RETRYABLE))).wanted == BOOKING
    known = await folded(intent, records.created("e", AT, "7"))
    assert (known.wanted, known.schedule_id) == (None, "7")


async def test_what_was_made_is_known_from_the_end_alone() -> None:
    """An edit of a schedule that was there before makes it nobody's."""
    assert (await folded(ended(Outcome.CREATED, schedule_id="7", created=True))).schedule_id == "7"
    assert (await folded(ended(Outcome.VERIFIED, schedule_id="7"))).schedule_id is None


async def test_another_valt_is_not_believed() -> None:
    """Neither its intents nor its ends."""
    told = (
        records.create("e", AT, BOOKING),
        records.created("e", AT, "7"),
        ended(Outcome.RETRYABLE, schedule_id="7", created=True),
    )
    assert await folded(*told, at="https://other.example") == ScheduleState()
