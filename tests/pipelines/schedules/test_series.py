"""Events that are one recurring schedule: one edit or one creation for all, and never with a gap."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fakes.booking_site import BookingSite, event
from fakes.memory_journal import Killed
from fakes.memory_valt import NOW, MemoryValt, schedule, shown

from pipelines.cli.bookings import of_plan, of_run
from pipelines.opencast.model import Grant, Unread
from pipelines.schedules.periodic import starts_of
from pipelines.schedules.verdict import Terms
from pipelines.tables import Named
from pipelines.valt.model import Recurrence, Share, Template, TemplateField

DAY, WEEK = 86_400, 7 * 86_400
NAMES = ("a", "b", "c", "d")
FRIDAY = 5
"""NOW is a Friday, and so is each of the lectures."""
WEEKLY = {"type": "weekly", "weeks_range": "5", "range_type": "after", "end_after": "4"}
READ = (Grant("ROLE_A", "read", True),)


def lectures(*names: str, **changes: Any) -> list[Any]:
    """Return a lecture a week, the first a week from now."""
    known = {name: event(name, begins=(number + 1) * WEEK, series="s") for number, name in enumerate(NAMES)}
    return [replace(known[name], **changes) for name in names or NAMES]


def site(*events: Any, create: bool = False, **members: Any) -> BookingSite:
    """Return one whose table leads all events to the schedule 1, or to none."""
    found = BookingSite(*(events or lectures()), valt=MemoryValt(schedule("1", **members)))
    if not create:
        found.table = dict.fromkeys(NAMES, Named("1"))
    found.terms = Terms(recurring=True, create=create)
    return found


async def told(found: BookingSite) -> set[tuple[str, str | None]]:
    """Run, and return the ends that there are."""
    return set((await found.ends()).values())


async def test_a_weekly_series_is_one_recurring_schedule() -> None:
    """One edit says all; every event ends as it does, and the next run sends nothing."""
    found = site()
    plan = of_plan(await found.plan(), ZoneInfo("UTC"))
    assert ["recurrence" in row["after"] for row in plan.rows] == [True, False, False, False]
    assert await told(found) == {("verified", None)}
    edit = {"start_at": NOW + WEEK, "duration": 3600, "recurrence": WEEKLY}
    assert found.valt.sent == [("1", edit)]
    assert await told(found) == {("equal", None)}
    assert len(found.valt.sent) == 1


async def test_without_leave_two_events_on_one_schedule_are_errors() -> None:
    """As they were before."""
    found = site()
    found.terms = Terms()
    assert await told(found) == {("error", "duplicate_target")}
    assert found.valt.sent == []


@pytest.mark.parametrize("shows_next", [False, True])
async def test_what_is_over_changes_nothing(shows_next: bool) -> None:
    """In the third week the rest is still that schedule, whichever recording VALT tells as its start."""
    found = site()
    await found.run()
    found.valt.clock = NOW + 2 * WEEK + 2 * DAY
    if shows_next:
        found.valt.held["1"] = shown(replace(found.valt.held["1"], start_at=NOW + 3 * WEEK))
    ends = await found.ends()
    assert [ends[name] for name in NAMES] == [("skipped", "past")] * 2 + [("equal", None)] * 2
    found.valt.clock = NOW + 3 * WEEK + 2 * DAY
    found.valt.held["1"] = replace(
        found.valt.held["1"], start_at=NOW + 4 * WEEK, stop_at=NOW + 4 * WEEK + 3600
    )
    assert (await found.ends())["d"] == ("equal", None)
    assert len(found.valt.sent) == 1


async def test_a_new_name_in_the_third_week_is_all_that_is_sent() -> None:
    """Neither a start that is past nor the recurrence goes out again."""
    found = site()
    await found.run()
    found.valt.clock = NOW + 2 * WEEK + 2 * DAY
    found.events = [*lectures("a", "b"), *lectures("c", "d", title="Optics")]
    ends = await found.ends()
    assert [ends[name] for name in NAMES] == [("skipped", "past")] * 2 + [("verified", None)] * 2
    assert found.valt.sent[1:] == [("1", {"name": "Optics"})]


async def test_one_more_lecture_is_sent() -> None:
    """The schedule is set anew from the next recording on."""
    found = site(*lectures("a", "b", "c"))
    await found.run()
    found.events = lectures()
    assert await told(found) == {("verified", None)}
    assert found.valt.sent[1][1] == {"recurrence": WEEKLY}


async def test_a_schedule_that_recurs_so_already_is_equal() -> None:
    """Nobody of ours need have made it."""
    repeats = Recurrence("weekly", (FRIDAY,), count=5)
    found = site(start_at=NOW, recurrence="weekly", repeats=repeats)
    assert await told(found) == {("equal", None)}
    assert found.valt.sent == []


@pytest.mark.parametrize(
    ("events", "why"),
    [
        (lectures("a", "c", "d"), "gap before"),
        ([*lectures("a", "b"), event("c", begins=3 * WEEK + 3600)], "different times"),
        ([*lectures("a", "b"), event("c", begins=3 * WEEK, lasts=60)], "duration"),
        ([*lectures("a", "b"), event("c", begins=3 * WEEK, agent="agent-2")], "room"),
        ([*lectures("a", "b"), *lectures("c", title="Exam")], "name"),
    ],
)
async def test_what_does_not_repeat_exactly_is_refused(events: list[Any], why: str) -> None:
    """With the reason, for every event, and nothing is sent: nobody guesses which of them is meant."""
    found = site(*events)
    done = await found.run()
    rows = of_run(done, ZoneInfo("UTC")).rows
    assert {(row["verdict"], row["reason"]) for row in rows} == {("error", "not_periodic")}
    assert all(why in row["why"] for row in rows)
    assert found.valt.sent == []


async def test_an_event_that_cannot_be_read_leaves_the_series_alone() -> None:
    """The rest may be periodic without it, but it is not known to be."""
    found = site(*lectures("a", "b", "c"), Unread("d", "unreadable", "makes no sense"))
    ends = await found.ends()
    assert ends == dict.fromkeys("abc", ("error", "not_periodic")) | {"d": ("error", "unreadable")}
    assert found.valt.sent == []


@pytest.mark.parametrize(
    ("members", "end"),
    [
        ({"status": "started", "start_at": NOW - 60}, ("skipped", "already_recording")),
        ({"rooms": tuple(MemoryValt().listed_rooms.values())}, ("error", "multi_room")),
    ],
)
async def test_what_is_left_alone_of_a_single_one_is_left_alone_of_a_series(
    members: dict[str, Any], end: tuple[str, str]
) -> None:
    """What records now, and what covers several rooms, says so in a sentence."""
    found = site(**members)
    assert await told(found) == {end}
    assert found.valt.sent == []


async def test_a_series_whose_first_begins_at_once_is_left_alone() -> None:
    """A schedule that began with the second would not record the first."""
    found = site()
    found.valt.clock = NOW + WEEK - 60
    assert await told(found) == {("skipped", "too_soon")}
    assert found.valt.sent == []


async def test_a_series_in_the_way_of_another_booking_is_refused_whole() -> None:
    """One of its lectures overlaps, and nothing can be left out."""
    found = site(*lectures(), event("x", begins=2 * WEEK + 60))
    found.terms = Terms(recurring=True, create=True)
    assert await told(found) == {("error", "overlap_in_plan")}
    assert found.valt.sent == []


async def test_a_series_without_a_schedule_gets_one() -> None:
    """Made once for all, known to each of them, and equal ever after."""
    found = site(create=True)
    assert await told(found) == {("created", None)}
    (made,) = found.valt.sent
    assert made[1]["recurrence"] == WEEKLY
    assert await told(found) == {("equal", None)}
    found.valt.clock = NOW + 2 * WEEK + 2 * DAY
    assert {(await found.ends())[name] for name in "cd"} == {("equal", None)}
    assert len(found.valt.sent) == 1


async def test_events_without_a_schedule_that_do_not_repeat_stay_single() -> None:
    """A gap, another series, or no series at all."""
    found = site(*lectures("a", "c", "d"), create=True)
    assert await told(found) == {("created", None)}
    assert len(found.valt.sent) == 3
    other = site(*lectures("a"), *lectures("b", series="t"), *lectures("c", "d", series=""), create=True)
    assert await told(other) == {("created", None)}
    assert not any("recurrence" in changes for _, changes in other.valt.sent)


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("kept", [False, True])
async def test_a_series_killed_at_each_record(create: bool, kept: bool) -> None:
    """It is sent once in the end, for all of its events."""
    number = 1
    while True:
        found = site(create=create)
        found.journal.end_at(number, kept=kept)
        try:
            await found.run()
        except Killed:
            found.journal.go_on()
            await found.run()
            assert len(found.valt.sent) == 1
            assert await told(found) == {("equal", None)}
            number += 1
        else:
            break
    assert number > 4


@pytest.mark.parametrize("create", [False, True])
async def test_a_series_killed_at_each_moment(create: bool) -> None:
    """Before and after each call's effect."""
    moment = 1
    while True:
        found = site(create=create)
        try:
            await found.run(ends_at=moment)
        except Killed:
            assert {word for word, _ in await told(found)} <= {"verified", "created", "equal"}
            assert len(found.valt.sent) == 1
            moment += 1
        else:
            break
    assert moment > 8


@pytest.mark.parametrize("fault", ["lost before", "lost after"])
@pytest.mark.parametrize("create", [False, True])
async def test_a_lost_answer_for_a_series(create: bool, fault: Any) -> None:
    """It is looked up: what was done is not done again; what was not is, by the next run at the latest."""
    found = site(create=create)
    faults = [fault]
    found.valt.fault = lambda call, subject: faults.pop() if faults else None
    await found.run()
    await found.run()
    assert await told(found) == {("equal", None)}
    assert len(found.valt.sent) == (1 if fault == "lost after" else 2)
    assert len([one for one in found.valt.held.values() if one.is_recurring]) == 1


async def test_fields_and_sharing_go_with_the_edit_and_are_read_back() -> None:
    """Other fields stay; what VALT does not keep is a mismatch."""
    found = BookingSite(
        event("e", presenters=("A",), acl=READ), valt=MemoryValt(schedule("1", template={"18": "x"})), e="1"
    )
    found.fields, found.shares = {"17": "presenter"}, {"ROLE_A": Share(frozenset({"13"}))}
    found.valt.asked_for = (Template("3", {"17": TemplateField("17", "Role", True)}),)
    assert await found.ends() == {"e": ("verified", None)}
    share = {"users": "13", "user_groups": ""}
    assert found.valt.sent == [("1", {"template": {"18": "x", "17": "A"}, "share": share})]
    assert await found.ends() == {"e": ("equal", None)}
    found.valt.held["1"] = schedule("1")
    found.valt.spoils = lambda one: replace(one, share=Share())
    assert await found.ends() == {"e": ("mismatch", "read_back")}


async def test_a_required_field_without_a_value_is_told_before_anything_is_sent() -> None:
    """In one sentence, with its name."""
    found = BookingSite(event("e", begins=90_000, language="eng"), e="1")
    found.fields = {"18": "language"}
    fields = {"17": TemplateField("17", "Role", True), "18": TemplateField("18")}
    found.valt.asked_for = (Template("3", fields),)
    done = await found.run()
    (row,) = of_run(done, ZoneInfo("UTC")).rows
    assert (row["verdict"], row["reason"]) == ("error", "required_field")
    assert "Role (17)" in row["why"]
    assert found.valt.sent == []


async def test_without_rights_to_the_templates_the_booking_goes_on() -> None:
    """One sentence says what was not checked."""
    found = BookingSite(event("e", begins=90_000, language="eng"), e="1")
    found.fields = {"18": "language"}
    found.valt.asked_for = None
    done = await found.run()
    assert [one.end.outcome.value for one in done.entries if one.end] == ["verified"]
    assert ["does not show its templates" in one for one in done.problems] == [True]


async def test_a_series_over_a_change_of_time() -> None:
    """Ten o'clock in London in March and in April: one schedule, by its own clock."""
    london = ZoneInfo("Europe/London")
    first = int(datetime(2027, 3, 15, 10, tzinfo=london).timestamp())
    starts = starts_of(first, Recurrence("weekly", (1,), count=4), london)
    found = site(*(event(name, begins=start - NOW) for name, start in zip(NAMES, starts, strict=True)))
    found.terms = Terms(recurring=True, zone=london)
    assert await told(found) == {("verified", None)}
    assert found.valt.sent[0][1]["recurrence"] == {**WEEKLY, "weeks_range": "1"}
    found.terms = Terms(recurring=True, zone=ZoneInfo("UTC"))
    assert await told(found) == {("error", "not_periodic")}


def test_the_clock_of_these_tests() -> None:
    """Its weekday is what they expect."""
    assert datetime.fromtimestamp(NOW, UTC).isoweekday() == FRIDAY
