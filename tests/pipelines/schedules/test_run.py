"""A run changes what differs, reads it back, tells what overlaps, and a second one sends nothing."""

from dataclasses import replace

import anyio
import pytest
from fakes.booking_site import BookingSite, event
from fakes.memory_valt import NOW, MemoryValt, schedule

from engine import (
    AccountRefused,
    FerryError,
    Interrupted,
    Refused,
    ServerFault,
    Throttled,
    Unreachable,
    Unreadable,
)
from pipelines.cli.bookings import code_of
from pipelines.opencast.model import Unread
from pipelines.schedules.events import Found
from pipelines.schedules.records import ENDED, fold, subject
from pipelines.schedules.verdict import Terms
from pipelines.tables import Named
from pipelines.valt.model import Schedule

CREATE = Terms(create=True)


def moved(**leads: str) -> BookingSite:
    """Return a site whose event e leads to schedule 1 and is now an hour later."""
    return BookingSite(event("e", begins=90_000), **(leads or {"e": "1"}))


async def test_a_change_is_sent_once_and_read_back() -> None:
    """The second run finds it equal, and the checkpoint still says what was there before."""
    site = moved()
    assert await site.ends() == {"e": ("verified", None)}
    assert site.valt.sent == [("1", {"start_at": NOW + 90_000, "duration": 3600})]
    assert site.valt.held["1"].start_at == NOW + 90_000
    assert site.journal.kinds(subject("e")) == [ENDED]
    assert await site.ends() == {"e": ("equal", None)}
    assert len(site.valt.sent) == 1
    (record,) = site.journal.history(subject("e"))
    assert record.facts["verdict"] == "verified"
    assert record.facts["before"]["start_at"] == NOW + 86_400
    assert record.facts["at"] == site.at


async def test_the_intent_is_durable_before_the_post() -> None:
    """With what was there, so that it can be put back."""
    site = moved()
    seen: list[list[str]] = []

    def before(call: str) -> None:
        if call == "edit":
            seen.append([one.kind for one in site.journal.log])

    site.valt.before = before
    await site.run()
    assert seen == [["schedule.edit"]]
    assert site.journal.log[0].facts["before"]["start_at"] == NOW + 86_400


async def test_a_plan_sends_nothing() -> None:
    """And leaves no record."""
    site = moved()
    plan = await site.plan()
    assert [one.word for one in plan.verdicts] == ["update"]
    assert not site.valt.sent
    assert not site.journal.log


async def test_what_is_over_is_counted_and_not_kept() -> None:
    """A long list is mostly history."""
    site = moved()
    site.events += [event(f"old-{number}", begins=-9000) for number in range(50)]
    site.events += [replace(event(f"none-{number}"), scheduling=None) for number in range(5)]
    plan = await site.plan()
    assert plan.left == {"past": 50, "not_scheduled": 5}
    assert set(plan.events) == {"e"}


async def test_events_without_a_name_are_one_error() -> None:
    """However many break the list."""
    site = BookingSite(Unread("", "unreadable", "place 1"), Unread("", "unreadable", "place 2"))
    assert await site.ends() == {"(unnamed)": ("error", "unreadable")}


async def test_a_start_that_passes_meanwhile_is_not_sent() -> None:
    """VALT's clock is asked just before each POST."""
    site = moved()

    def before(call: str) -> None:
        if call == "schedule":
            site.valt.clock = NOW + 90_000 - 60

    site.valt.before = before
    assert await site.ends() == {"e": ("skipped", "too_soon")}
    assert not site.valt.sent


async def test_a_schedule_that_starts_meanwhile_is_left_alone() -> None:
    """Seen before the POST, or told by VALT's refusal."""
    site = moved()

    def start(on: str) -> None:
        def before(call: str) -> None:
            if call == on:
                site.valt.held["1"] = replace(site.valt.held["1"], status="started")

        site.valt.before = before

    start("schedule")
    assert await site.ends() == {"e": ("skipped", "already_recording")}
    assert not site.valt.sent
    site.valt.held["1"] = schedule("1")
    start("edit")
    assert await site.ends() == {"e": ("skipped", "already_recording")}
    assert len(site.valt.sent) == 1


async def test_a_schedule_that_is_deleted_meanwhile_is_an_error() -> None:
    """It is not made anew."""
    site = moved()

    def before(call: str) -> None:
        if call == "schedule":
            site.valt.held.clear()

    site.valt.before = before
    assert await site.ends() == {"e": ("error", "unknown_schedule_id")}


async def test_a_refusal_is_one_errors_sentence() -> None:
    """VALT's own words; the rest goes on."""
    site = BookingSite(event("e", begins=90_000), event("f", begins=300_000), e="1", f="2")
    site.valt.before = lambda call: None

    def before(call: str) -> None:
        if call == "edit" and len(site.valt.sent) == 0:
            site.valt.clock = NOW + 95_000

    site.valt.before = before
    done = await site.run()
    first, second = (one.end for one in done.entries)
    assert first is not None
    assert second is not None
    assert (first.outcome.value, first.reason) == ("error", "refused")
    assert "must be in the future" in first.why
    assert second.outcome.value == "verified"


@pytest.mark.parametrize("fault", ["lost before", "lost after"])
async def test_a_lost_answer_is_looked_up(fault: str) -> None:
    """What was made is not sent again, what was not made is."""
    site = moved()
    faults = [fault]
    site.valt.fault = lambda call, subject: faults.pop() if faults else None  # type: ignore[return-value]
    assert await site.ends() == {"e": ("verified", None)}
    assert len(site.valt.sent) == (2 if fault == "lost before" else 1)
    assert site.valt.held["1"].start_at == NOW + 90_000


async def test_an_edit_that_never_succeeds_is_left_to_the_next_run() -> None:
    """After three tries; its intent stays on record, and what was there with it."""
    site = moved()
    site.valt.fault = lambda call, subject: "lost before"
    assert await site.ends() == {"e": ("retryable", "timed_out")}
    assert len(site.valt.sent) == 3
    assert site.sleeps == [1.0, 2.0]
    site.valt.fault = lambda call, subject: None
    assert await site.ends() == {"e": ("verified", None)}
    (record,) = site.journal.history(subject("e"))
    assert record.facts["before"]["start_at"] == NOW + 86_400


async def test_what_is_not_as_asked_is_a_mismatch() -> None:
    """VALT answers 200, and keeps something else."""
    site = moved()
    site.valt.spoils = lambda one: replace(one, duration=60)
    done = await site.run()
    assert done.entries[0].end is not None
    assert done.entries[0].end.outcome.value == "mismatch"
    assert "duration is not 3600" in done.entries[0].end.why


async def test_a_stop_that_is_no_sum_is_a_mismatch() -> None:
    """VALT would end the recording at another moment than its length says."""
    site = moved()
    site.valt.spoils = lambda one: replace(one, stop_at=one.start_at + 5)
    assert await site.ends() == {"e": ("mismatch", "read_back")}


async def test_what_overlaps_after_the_run_is_told_once() -> None:
    """A schedule of somebody else lies there: 200, and it will never record. The next run knows that."""
    other = schedule("1", name="Exam", start_at=NOW + 89_000, duration=9000)
    site = BookingSite(event("e", begins=90_000), valt=MemoryValt(other, schedule("2")), e="2")
    done = await site.run()
    (entry,) = done.entries
    assert entry.newly
    assert entry.end is not None
    assert entry.end.blocked
    (again,) = (await site.run()).entries
    assert not again.newly
    assert again.end is not None
    assert again.end.blocked


async def test_a_schedule_of_somebody_else_that_overlaps_since_is_told() -> None:
    """VALT may leave it unrecorded, and ours not: it is told by its name, and once."""
    other = schedule("2", name="Exam", start_at=NOW + 90_000)
    site = BookingSite(event("e", begins=89_000, lasts=9000), valt=MemoryValt(schedule("1"), other), e="1")
    done = await site.run()
    assert not done.entries[0].newly
    assert done.harmed == ("2",)
    assert "schedule 2 (Exam)" in done.problems[0]
    assert code_of(done) == 5
    assert (await site.run()).harmed == ()


async def test_what_overlapped_before_is_not_news() -> None:
    """It is shown, but this run did not do it."""
    other = schedule("1", name="Exam", start_at=NOW + 80_000, duration=90_000)
    site = BookingSite(event("e", title="New"), valt=MemoryValt(other, schedule("2")), e="2")
    (entry,) = (await site.run()).entries
    assert not entry.newly
    assert entry.end is not None
    assert entry.end.blocked


@pytest.mark.parametrize(
    "error", [ServerFault("is down", where="valt"), Refused("does not list", where="valt")]
)
async def test_overlaps_that_are_not_told_are_asked_for_in_the_next_run(error: FerryError) -> None:
    """What was sent stays open until then, and is told all the same."""
    other = schedule("1", name="Exam", start_at=NOW + 89_000, duration=9000)
    site = BookingSite(event("e", begins=90_000), valt=MemoryValt(other, schedule("2")), e="2")

    def before(call: str) -> None:
        if call == "overlaps" and site.valt.sent:
            raise error

    site.valt.before = before
    done = await site.run()
    assert done.entries[0].end is not None
    assert done.entries[0].end.outcome.value == "retryable"
    assert "what overlaps" in done.problems[0]
    site.valt.before = lambda call: None
    (entry,) = (await site.run()).entries
    assert entry.newly
    assert entry.end is not None
    assert entry.end.outcome.value == "verified"
    assert len(site.valt.sent) == 1


async def test_what_is_made_leads_on() -> None:
    """The checkpoint leads to it in later runs, as the table would."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE
    assert await site.ends() == {"e": ("created", None)}
    assert site.valt.held["3"].start_at == NOW + 300_000
    assert await site.ends() == {"e": ("equal", None)}
    site.events = [event("e", begins=310_000)]
    assert await site.ends() == {"e": ("verified", None)}
    assert site.valt.held["3"].start_at == NOW + 310_000
    assert len(site.valt.held) == 3


async def test_nothing_is_made_without_leave() -> None:
    """An event without a line is an error, and nothing more."""
    site = BookingSite(event("e", begins=300_000))
    assert await site.ends() == {"e": ("error", "no_schedule_id")}
    assert not site.valt.sent


@pytest.mark.fault(28)
async def test_what_somebody_makes_meanwhile_is_not_made_again() -> None:
    """The look comes just before the POST."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE

    def before(call: str) -> None:
        if site.valt.calls["schedules"] == 2:
            site.valt.held["9"] = schedule("9", name="By hand", start_at=NOW + 300_000)

    site.valt.before = before
    assert await site.ends() == {"e": ("error", "no_schedule_id")}
    assert not site.valt.sent


@pytest.mark.fault(28)
@pytest.mark.parametrize("fault", ["lost before", "lost after"])
async def test_a_lost_answer_makes_nothing_twice(fault: str) -> None:
    """What was made is found by room, time and name; what was not made is made by the next run."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE
    site.valt.fault = lambda call, subject: fault  # type: ignore[return-value]
    first = await site.ends()
    assert first == {"e": ("created", None) if fault == "lost after" else ("retryable", "timed_out")}
    site.valt.fault = lambda call, subject: None
    await site.run()
    assert [one.name for one in site.valt.held.values() if one.start_at == NOW + 300_000] == ["Lecture"]


@pytest.mark.fault(28)
@pytest.mark.parametrize(
    "error", [ServerFault("answers HTTP 504", where="valt"), Unreachable("was reset", where="valt")]
)
async def test_nothing_is_made_again_while_valt_may_be_at_it(error: FerryError) -> None:
    """A gateway gives up, or the connection breaks: what the look does not show may come yet."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE

    def before(call: str) -> None:
        if call == "create":
            raise error

    site.valt.before = before
    assert await site.ends() == {"e": ("retryable", error.code)}
    assert site.valt.calls["create"] == 1
    site.valt.before = lambda call: None
    site.valt.held["8"] = schedule("8", start_at=NOW + 300_000)
    assert await site.ends() == {"e": ("created", None)}
    assert not site.valt.sent


async def test_what_was_made_late_is_found_by_the_next_run() -> None:
    """Also where the event has another title by then: it is looked for as it was asked for."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE
    site.valt.fault = lambda call, subject: "lost before"
    await site.run()
    site.valt.fault = lambda call, subject: None
    site.valt.held["8"] = schedule("8", start_at=NOW + 300_000)
    site.events = [event("e", begins=300_000, title="New")]
    assert await site.ends() == {"e": ("verified", None)}
    assert site.valt.held["8"].name == "New"
    assert len(site.valt.held) == 3


async def test_what_was_made_is_known_after_an_event_could_not_be_read() -> None:
    """A run that could not read the event ends it without forgetting its schedule."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE
    await site.run()
    site.events = [Unread("e", "unreadable", "half an answer")]
    assert await site.ends() == {"e": ("error", "unreadable")}
    site.events = [event("e", begins=310_000)]
    assert await site.ends() == {"e": ("verified", None)}
    assert len(site.valt.held) == 3


@pytest.mark.parametrize("error", [Refused("no right"), Unreadable("an odd room")])
async def test_what_was_made_and_cannot_be_read_back_is_not_made_again(error: FerryError) -> None:
    """Its id is all that is known of it, and is kept."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE

    def before(call: str) -> None:
        if call == "schedule":
            raise error

    site.valt.before = before
    assert await site.ends() == {"e": ("error", error.code)}
    site.valt.before = lambda call: None
    site.events = [event("e", begins=310_000)]
    assert await site.ends() == {"e": ("verified", None)}
    assert len(site.valt.held) == 3


async def test_the_name_that_we_gave_is_known_after_an_event_could_not_be_read() -> None:
    """The table still expects the first name, and the schedule has the one that a run of ours gave it."""
    site = BookingSite(event("e", begins=90_000, title="New"))
    site.table = {"e": Named("1", "Lecture")}
    assert await site.ends() == {"e": ("verified", None)}
    site.events = [Unread("e", "unreadable", "half an answer")]
    await site.run()
    site.events = [event("e", begins=95_000, title="New")]
    assert await site.ends() == {"e": ("verified", None)}


@pytest.mark.parametrize("between", [Unread("e", "unreadable", "half an answer"), event("e", agent="none")])
async def test_what_may_have_been_made_is_looked_for_whatever_ended_meanwhile(between: Found) -> None:
    """An answer that was never heard stays a question until it is known what came of it."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE
    site.valt.fault = lambda call, subject: "lost before"
    await site.run()
    site.valt.fault = lambda call, subject: None
    site.events = [between]
    await site.run()
    written = len(site.journal.log)
    await site.run()
    assert len(site.journal.log) == written
    site.valt.held["8"] = schedule("8", start_at=NOW + 300_000)
    site.events = [event("e", begins=310_000)]
    assert await site.ends() == {"e": ("verified", None)}
    assert len(site.valt.held) == 3


async def test_another_valt_is_not_believed_to_have_it() -> None:
    """An id of one site is a number of another one's schedule."""
    site = BookingSite(event("e", begins=300_000))
    site.terms = CREATE
    await site.run()
    site.at = "https://other.example"
    site.valt = MemoryValt(*(schedule(str(number), start_at=NOW + number) for number in (1, 2, 3)))
    assert await site.ends() == {"e": ("created", None)}
    assert site.valt.held["3"].start_at == NOW + 3
    assert fold(site.journal.history(subject("e")), site.at).schedule_id == "4"


async def test_a_place_that_becomes_free_is_taken() -> None:
    """Updates go before what is made, and the look before it sees their work."""
    site = BookingSite(event("e", begins=300_000), event("f"), e="1")
    site.terms = CREATE
    assert await site.ends() == {"e": ("verified", None), "f": ("created", None)}


async def test_a_run_that_is_asked_to_stop_ends_between_two_posts() -> None:
    """What was sent is known; the next run goes on and sends it no second time."""
    site = BookingSite(event("e", begins=90_000), event("f", begins=300_000), e="1", f="2")

    def before(call: str) -> None:
        if call == "edit":
            site.drain.begin()

    site.valt.before = before
    done = await site.run()
    assert done.stopped
    assert [one.end is None for one in done.entries] == [False, True]
    site.valt.before = lambda call: None
    site.drain = type(site.drain)()
    assert await site.ends() == {"e": ("verified", None), "f": ("verified", None)}
    assert [identifier for identifier, _ in site.valt.sent] == ["1", "2"]


async def test_a_plan_in_the_making_is_dropped() -> None:
    """A list of all events may take an hour."""
    site = moved()
    with anyio.fail_after(15):
        with pytest.raises(Interrupted):
            await stopped_while_planning(site)
    assert not site.journal.log


async def stopped_while_planning(site: BookingSite) -> None:
    """Run, and be told to stop while events are listed."""
    real = site.found

    async def found():
        site.told[0].drain()
        await anyio.sleep_forever()
        async for one in real():
            yield one

    site.found = found  # type: ignore[method-assign]
    schedules = site.schedules()
    site.told.append(schedules)
    await schedules.run()


async def test_an_account_that_is_refused_ends_the_run() -> None:
    """Every other call would be refused as well."""
    site = moved()

    def before(call: str) -> None:
        if call == "edit":
            raise AccountRefused("refuses", where="valt")

    site.valt.before = before
    with pytest.raises(AccountRefused):
        await site.run()


async def test_a_change_that_was_never_ours_stays_equal() -> None:
    """Somebody else mended it before our POST."""
    site = moved()

    def before(call: str) -> None:
        if call == "schedule":
            site.valt.held["1"] = right()

    site.valt.before = before
    assert await site.ends() == {"e": ("equal", None)}


def right() -> Schedule:
    """Return the schedule as it is to be."""
    return schedule("1", start_at=NOW + 90_000)


@pytest.mark.parametrize("event_id", ["e", "f"])
async def test_a_throttled_write_is_sent_again(event_id: str) -> None:
    """VALT says when; a schedule is looked for once more before it is made."""
    site = BookingSite(event("e", begins=90_000), event("f", begins=300_000), e="1")
    site.terms = CREATE
    site.events = [one for one in site.events if isinstance(one, Unread) or one.identifier == event_id]
    throttled = [Throttled("asks to wait", where="valt", retry_after=7.0)]

    def before(call: str) -> None:
        if call in {"edit", "create"} and throttled:
            raise throttled.pop()

    site.valt.before = before
    assert await site.ends() == {event_id: ("verified" if event_id == "e" else "created", None)}
    assert site.sleeps == [7.0]
    assert len(site.valt.sent) == 1


async def test_what_was_right_stays_so_when_it_is_over() -> None:
    """VALT forgets what was recorded; the checkpoint does not. A new time that comes too late is news."""
    site = moved()
    await site.run()
    site.valt.clock = NOW + 100_000
    site.valt.held.clear()
    assert await site.ends() == {"e": ("skipped", "past")}
    assert (await recorded(site)) == "verified"
    site.events = [event("e", begins=95_000)]
    await site.run()
    assert (await recorded(site)) == "skipped"


async def recorded(site: BookingSite) -> str:
    """Return the outcome that is on record."""
    (record,) = site.journal.history(subject("e"))
    return str(record.facts["verdict"])
