"""Every event gets exactly one verdict, and what is right already is never refused."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from fakes.booking_site import ROOMS, event
from fakes.memory_valt import NOW, schedule
from fakes.memory_valt import ROOMS as AT_VALT
from hypothesis import given
from hypothesis import strategies as st

from pipelines.opencast.model import Event, Unread
from pipelines.schedules.reconcile import LONGEST_LIST, overlapping, reconcile
from pipelines.schedules.records import ScheduleState
from pipelines.schedules.verdict import Site, Tables, Terms, Verdict
from pipelines.tables import Named
from pipelines.valt.model import Booking, Schedule

Rows = Mapping[str, Named]


def verdicts(
    *events: Event | Unread,
    schedules: tuple[Schedule, ...] = (schedule("1"),),
    rows: Rows | None = None,
    rooms: Rows = ROOMS,
    terms: Terms | None = None,
    states: Mapping[str, ScheduleState] | None = None,
    now: float = NOW,
    unreadable: frozenset[str] = frozenset(),
) -> tuple[Verdict, ...]:
    """Reconcile events with VALT; the event e leads to the schedule 1."""
    site = Site(
        {room.id: room for room in AT_VALT}, {one.id: one for one in schedules}, now, unreadable=unreadable
    )
    known = states or {}
    table = {"e": Named("1")} if rows is None else rows
    return reconcile(
        events,
        Tables(rooms, table),
        site,
        terms or Terms(),
        lambda event_id: known.get(event_id, ScheduleState()),
    ).verdicts


def told(*events: Event | Unread, **world: Any) -> tuple[str, str | None]:
    """Return word and reason of the only verdict."""
    (verdict,) = verdicts(*events, **world)
    return verdict.word, verdict.reason


def test_what_is_right_is_equal() -> None:
    """Name, room, start and duration are as they should be."""
    assert told(event("e")) == ("equal", None)


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"title": "Algebra"}, {"name": "Algebra"}),
        ({"agent": "agent-2"}, {"room": "40"}),
        ({"begins": 90_000}, {"start_at": NOW + 90_000, "duration": 3600}),
        ({"lasts": 1800}, {"start_at": NOW + 86_400, "duration": 1800}),
    ],
)
def test_only_what_differs_is_sent(fields: dict[str, Any], changes: dict[str, Any]) -> None:
    """But start and duration always go together."""
    (verdict,) = verdicts(event("e", **fields))
    assert (verdict.word, verdict.changes) == ("update", changes)


@pytest.mark.parametrize(
    ("one", "world", "end"),
    [
        (Unread("e", "unreadable", "odd"), {}, ("error", "unreadable")),
        (replace(event("e"), scheduling=None), {}, ("skip", "not_scheduled")),
        (event("e", status="PROCESSED"), {}, ("skip", "not_scheduled")),
        (event("e", begins=-10), {}, ("skip", "past")),
        (event("e", begins=0), {}, ("skip", "past")),
        (event("e", begins=60), {}, ("skip", "too_soon")),
        (event("e", begins=120), {}, ("update", None)),
        (event("e", begins=60), {"rows": {}, "terms": Terms(create=True)}, ("skip", "too_soon")),
        (event("e", agent="nobody"), {}, ("error", "no_room")),
        (event("e", lasts=0), {}, ("error", "bad_duration")),
        (event("e", title=" "), {}, ("error", "bad_name")),
        (event("e", begins=9e4), {"rows": {}}, ("error", "no_schedule_id")),
        (event("e", begins=9e4), {"rows": {}, "terms": Terms(create=True)}, ("create", None)),
        (
            event("e", begins=9e4),
            {"rows": {}, "terms": Terms(create=True), "unreadable": frozenset("7")},
            ("error", "unreadable"),
        ),
        (event("e"), {"rows": {"e": Named("7")}}, ("error", "unknown_schedule_id")),
        (event("e"), {"rows": {"e": Named("7")}, "unreadable": frozenset("7")}, ("error", "unreadable")),
        (event("e"), {"rooms": {"agent-1": Named("77")}}, ("error", "unknown_room_id")),
        (event("e"), {"rooms": {"agent-1": Named("39", "Hall")}}, ("error", "room_name_mismatch")),
        (event("e"), {"rooms": {"agent-1": Named("39", "Lecture  theatre 1")}}, ("equal", None)),
        (event("e", title="New"), {"rows": {"e": Named("1", "Other")}}, ("error", "name_mismatch")),
        (event("e", title="New"), {"rows": {"e": Named("1", "Lecture")}}, ("update", None)),
        (event("e"), {"rows": {"e": Named("1", "Other")}}, ("equal", None)),
    ],
)
def test_one_verdict_each(one: Event | Unread, world: dict[str, Any], end: tuple[str, str | None]) -> None:
    """Each kind of trouble has its word."""
    assert told(one, **world) == end


@pytest.mark.parametrize(
    ("members", "also", "refusal"),
    [
        ({"recurrence": "weekly"}, "recurring", ("error", "recurring_target")),
        ({"rooms": AT_VALT}, "many_rooms", ("error", "multi_room")),
        ({"status": "started"}, "started", ("skip", "already_recording")),
    ],
)
def test_what_is_left_alone_unless_named(
    members: dict[str, Any], also: str, refusal: tuple[str, str]
) -> None:
    """A schedule that recurs, has several rooms or records now is changed only where the settings say so."""
    world = {"schedules": (schedule("1", **members),)}
    moved = event("e", begins=90_000)
    assert told(moved, **world) == refusal
    assert told(moved, **world, terms=Terms(edit_also=frozenset({also}))) == ("update", None)


def test_a_recurring_schedule_recurs_no_more() -> None:
    """Even where all else is equal: it would record each week what happens once."""
    weekly = (schedule("1", recurrence="weekly"),)
    (verdict,) = verdicts(event("e"), schedules=weekly, terms=Terms(edit_also=frozenset({"recurring"})))
    assert verdict.changes == {"recurrence": {"type": "none"}}


def test_a_room_among_several_is_not_sent() -> None:
    """VALT might drop the others."""
    both = (schedule("1", rooms=AT_VALT),)
    (verdict,) = verdicts(
        event("e", title="New"), schedules=both, terms=Terms(edit_also=frozenset({"many_rooms"}))
    )
    assert verdict.changes == {"name": "New"}
    assert told(event("e"), schedules=both) == ("equal", None)


def test_equal_goes_before_past_and_started() -> None:
    """Nothing is to be sent, so nothing is refused."""
    begun = schedule("1", start_at=NOW - 600, status="started")
    assert told(event("e", begins=-600), schedules=(begun,)) == ("equal", None)
    assert told(event("e", begins=-600, title="New"), schedules=(begun,)) == ("skip", "already_recording")


@pytest.mark.parametrize("also", [frozenset(), frozenset({"started"})])
def test_a_schedule_that_is_over_is_no_target(also: frozenset[str]) -> None:
    """VALT keeps calling it started, and the lecture would not be recorded: that is an error, and no skip."""
    over = {
        "schedules": (schedule("1", start_at=NOW - 9000, status="started"),),
        "terms": Terms(edit_also=also),
    }
    assert told(event("e"), **over) == ("error", "past_target")
    assert told(event("e", begins=-600), **over) == ("skip", "past")


def test_past_goes_before_the_tables_faults() -> None:
    """Nobody need mend a line for an event that is over."""
    assert told(event("e", begins=-9000), rows={"e": Named("7")}) == ("skip", "past")
    assert told(event("e", begins=-9000, agent="nobody")) == ("skip", "past")
    assert told(event("e", begins=-9000, title=" ")) == ("skip", "past")


def test_a_past_start_is_never_sent() -> None:
    """What records now may be made longer where that is allowed; its start stays untold."""
    begun = schedule("1", start_at=NOW - 600, status="started")
    also = Terms(edit_also=frozenset({"started"}))
    (longer,) = verdicts(event("e", begins=-600, lasts=7200), schedules=(begun,), terms=also)
    assert (longer.word, longer.changes) == ("update", {"duration": 7200})
    moved = told(event("e", begins=-500), schedules=(begun,), terms=also)
    assert moved == ("skip", "already_recording")


def test_two_events_on_one_schedule_are_both_errors() -> None:
    """One by the table, one because the schedule was made for it."""
    found = verdicts(
        event("e"),
        event("f", begins=200_000),
        states={"f": ScheduleState(schedule_id="1")},
    )
    assert [one.reason for one in found] == ["duplicate_target", "duplicate_target"]


@pytest.mark.fault(28)
def test_what_would_overlap_is_not_sent() -> None:
    """Both of two that are to be sent; of one that is there already, only the other."""
    rows = {"e": Named("1"), "f": Named("2")}
    there = (schedule("1"), schedule("2", start_at=NOW + 200_000))
    beside = event("f", begins=86_400 + 3000)
    equal, refused = verdicts(event("e"), beside, schedules=there, rows=rows)
    assert (equal.word, refused.reason) == ("equal", "overlap_in_plan")
    assert not refused.changes
    both = verdicts(event("e", title="New"), beside, schedules=there, rows=rows)
    assert [one.reason for one in both] == ["overlap_in_plan", "overlap_in_plan"]
    apart = verdicts(event("e"), event("f", begins=86_400 + 3600), schedules=there, rows=rows)
    assert [one.word for one in apart] == ["equal", "update"]
    elsewhere = verdicts(event("e"), replace_agent(beside), schedules=there, rows=rows)
    assert [one.word for one in elsewhere] == ["equal", "update"]


def replace_agent(one: Event) -> Event:
    """Return the event in the other room."""
    assert one.scheduling is not None
    return replace(one, scheduling=replace(one.scheduling, agent="agent-2"))


@pytest.mark.fault(28)
def test_what_is_there_already_is_not_made_again() -> None:
    """An exact one is equal; one that has another name may be somebody's, and is told."""
    may = Terms(create=True)
    assert told(event("e"), rows={}, terms=may) == ("equal", None)
    (verdict,) = verdicts(event("e", title="Other"), rows={}, terms=may)
    assert verdict.reason == "no_schedule_id"
    assert "schedule 1 (Lecture)" in verdict.why


def test_a_schedule_that_another_event_leads_to_is_no_match() -> None:
    """It is about to be moved, and then the place is free."""
    found = verdicts(event("e", begins=200_000), event("f"), rows={"e": Named("1")}, terms=Terms(create=True))
    assert [one.word for one in found] == ["update", "create"]


def test_what_was_made_leads_on() -> None:
    """A schedule that the checkpoint knows needs no line in the table; a line goes before it."""
    states = {"e": ScheduleState(schedule_id="1")}
    (verdict,) = verdicts(event("e", title="New"), rows={}, states=states)
    assert (verdict.word, verdict.schedule_id, verdict.made) == ("update", "1", True)
    both = (schedule("1"), schedule("2", name="Two"))
    (verdict,) = verdicts(event("e", title="New"), rows={"e": Named("2")}, states=states, schedules=both)
    assert (verdict.schedule_id, verdict.made) == ("2", False)


def test_the_name_that_we_gave_is_expected() -> None:
    """The table still expects the first name when a later run changes ours."""
    booking = {"name": "Ours", "room_id": "39", "start_at": 0, "duration": 1}
    states = {"e": ScheduleState(ended={"booking": booking})}
    rows = {"e": Named("1", "Lecture")}
    ours = (schedule("1", name="Ours"),)
    assert told(event("e", title="Newer"), rows=rows, schedules=ours, states=states) == ("update", None)
    assert told(event("e", title="Newer"), rows=rows, schedules=ours) == ("error", "name_mismatch")


def test_useless_rows_are_told_a_bounded_number_of_times() -> None:
    """Events that are gone, or are not scheduled; only where all events were looked for."""
    tables = Tables(ROOMS, {f"gone-{number}": Named(str(number)) for number in range(100)})
    site = Site({}, {}, NOW)

    def problems(*events: Event, whole: bool) -> tuple[str, ...]:
        return reconcile(events, tables, site, Terms(), lambda _: ScheduleState(), whole=whole).problems

    assert problems(whole=False) == ()
    found = problems(whole=True)
    assert len(found) == LONGEST_LIST + 1
    assert found[-1] == "and 80 more"
    idle = replace(event("gone-1"), scheduling=None)
    assert problems(idle, whole=False) == (
        "table of schedules, event gone-1: nothing is to be recorded of it",
    )


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(2, 20)), max_size=12)


@given(SPANS)
def test_overlaps_are_those_of_all_pairs(spans: list[tuple[int, int]]) -> None:
    """A sweep finds whom a look at each pair finds, and names one that it overlaps with."""
    booked = {
        str(number): Verdict(str(number), "create", booking=Booking("n", "39", start, length))
        for number, (start, length) in enumerate(spans)
    }

    def overlap(one: str, other: str) -> bool:
        (a, m), (b, n) = spans[int(one)], spans[int(other)]
        return one != other and min(a + m, b + n) - max(a, b) > 1

    expected = {one for one in booked for other in booked if overlap(one, other)}
    found = overlapping(booked.values())
    assert set(found) == expected
    assert all(overlap(one, other) for one, other in found.items())
