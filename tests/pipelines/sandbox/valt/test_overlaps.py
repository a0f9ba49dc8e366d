"""Overlaps are taken with a 200 and told elsewhere: blocked wholly, conflict in part."""

from fakes.valt_caller import DAY, HOUR, NOW, served
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.valt.model import Recurrence, Schedule
from pipelines.sandbox.valt.overlaps import overlaps

SINGLES = st.tuples(st.integers(1, 20), st.integers(1, 8), st.sets(st.integers(1, 3), min_size=1))


def schedules(drawn: list[tuple[int, int, set[int]]]) -> list[Schedule]:
    """Single schedules, booked in their order."""
    return [
        Schedule(number, "Any", tuple(rooms), start, duration, booked=number)
        for number, (start, duration, rooms) in enumerate(drawn)
    ]


async def test_an_edit_onto_another_is_taken_and_listed() -> None:
    """Whoever was there first is not listed; the edited one is, wherever such lists are."""
    async with served() as caller:
        asked = {"room": 41, "start_at": NOW + DAY, "duration": 60}
        assert (await caller.post("schedule/1/edit", asked))[0] == 200
        assert await caller.overlapping() == ([1], [])
        assert (await caller.post("schedule/1/edit", {"duration": 2 * HOUR}))[0] == 200
        assert await caller.overlapping() == ([], [1])
        _, listed = await caller.get("schedule")
        assert (listed["data"]["blocked_schedules"], listed["data"]["conflict_schedules"]) == ([], [1])
        assert [(row["blocked"], row["conflict"]) for row in caller.valt.rows()[:2]] == [
            (False, True), (False, False),
        ]  # fmt: skip


async def test_an_overlap_ends_with_its_cause() -> None:
    """One that moves away, or is deleted, is in nobody's way."""
    async with served() as caller:
        body = {"name": "Late", "room": 39, "start_at": NOW + DAY + 60, "duration": 60}
        await caller.post("schedule", body)
        assert await caller.overlapping() == ([6], [])
        await caller.post("schedule/1/delete")
        assert await caller.overlapping() == ([], [])


async def test_a_later_occurrence_of_a_recurring_one_blocks_too() -> None:
    """A single schedule is held against every occurrence of the weekly one."""
    async with served() as caller:
        asked = {"room": 41, "start_at": NOW + DAY + 35 * DAY, "duration": HOUR}
        await caller.post("schedule/1/edit", asked)
        assert await caller.overlapping() == ([1], [])
        await caller.post("schedule/1/edit", {"start_at": NOW + DAY + 36 * DAY})
        assert await caller.overlapping() == ([], [])


async def test_a_name_alone_books_nothing_anew() -> None:
    """The first stays first when it is renamed or sent the times that it has."""
    async with served() as caller:
        await caller.post("schedule", {"name": "B", "room": 39, "start_at": NOW + DAY, "duration": HOUR})
        await caller.post("schedule/1/edit", {"name": "A", "start_at": NOW + DAY, "duration": HOUR})
        assert await caller.overlapping() == ([6], [])


@given(st.lists(SINGLES, max_size=6), st.integers(0, 30))
def test_overlaps_are_those_of_a_plain_count(drawn: list[tuple[int, int, set[int]]], now: int) -> None:
    """Second by second: blocked has no second of its own beside one other, conflict lacks some."""
    made = schedules(drawn)
    found = overlaps(made, now)
    for one in made:
        mine = set(range(one.start_at, one.start_at + one.duration))
        others = [
            set(range(other.start_at, other.start_at + other.duration))
            for other in made[: one.id]
            if set(other.room_ids) & set(one.room_ids)
        ]
        is_over = one.start_at + one.duration <= now
        blocked = not is_over and any(mine <= other for other in others)
        assert (one.id in found.blocked) == blocked
        assert (one.id in found.conflict) == (
            not is_over and not blocked and any(mine & other for other in others)
        )


def test_back_to_back_is_no_overlap() -> None:
    """One may begin in the second in which the other stops."""
    made = [Schedule(1, "A", (1,), 100, 50, booked=1), Schedule(2, "B", (1,), 150, 50, booked=2)]
    found = overlaps(made, 0)
    assert not found.blocked | found.conflict


def test_a_recurring_one_is_judged_by_its_next_occurrence() -> None:
    """What blocked last week's does not count, what blocks the next does."""
    first = Schedule(1, "A", (1,), DAY, HOUR, booked=1)
    daily = Schedule(2, "B", (1,), DAY, HOUR, Recurrence("daily"), booked=2)
    assert overlaps([first, daily], 0).blocked == {2}
    assert not overlaps([first, daily], DAY + HOUR).blocked
