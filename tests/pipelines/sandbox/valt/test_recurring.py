"""Recurring schedules: what they show, what an edit leaves, and their next instance."""

from fakes.valt_caller import DAY, HOUR, NOW, served

WEEK = 7 * DAY


async def test_a_recurring_schedule_shows_its_next_occurrence() -> None:
    """It began a week ago; while an occurrence goes on its status is started, after it pending again."""
    async with served() as caller:
        shown = []
        for moment in (NOW, NOW + DAY, NOW + DAY + HOUR):
            caller.clock.now = moment
            await caller.sign_in()
            found = await caller.read(2)
            shown.append((found["start_at"], found["status"]))
            assert found["stop_at"] == found["start_at"] + HOUR
        assert shown == [
            (NOW + DAY, "pending"), (NOW + DAY, "started"), (NOW + DAY + WEEK, "pending"),
        ]  # fmt: skip


async def test_an_edit_without_recurrence_leaves_it_recurring() -> None:
    """Times and name change; it would record every week."""
    async with served() as caller:
        asked = {"name": "Moved", "start_at": NOW + 2 * DAY, "duration": 60}
        _, body = await caller.post("schedule/2/edit", asked)
        assert body["data"]["recurrence"] == {"type": "weekly", "weeks_range": "2", "range_type": "no"}


async def test_the_type_none_makes_it_single() -> None:
    """After its time nothing is to come."""
    async with served() as caller:
        asked = {"start_at": NOW + 2 * DAY, "recurrence": {"type": "none"}}
        _, body = await caller.post("schedule/2/edit", asked)
        assert body["data"]["recurrence"] == {"type": "none"}
        caller.clock.now += 3 * DAY
        await caller.sign_in()
        assert (await caller.read(2))["start_at"] == NOW + 2 * DAY


async def test_a_recurrence_is_told_as_it_was_sent() -> None:
    """Weekdays and both kinds of end come back in their own spelling."""
    sent = [
        {"type": "weekly", "weeks_range": "1,3", "range_type": "by", "end_by": "12-24-2026"},
        {"type": "daily", "range_type": "after", "end_after": 3},
        {"type": "monthly", "range_type": "no"},
    ]
    async with served() as caller:
        for recurrence in sent:
            status, body = await caller.post("schedule/1/edit", {"recurrence": recurrence})
            assert (status, body["data"]["recurrence"]) == (200, recurrence)


async def test_the_next_instance_is_deleted_one_at_a_time() -> None:
    """Each call takes the next one that has not begun; after the last the schedule is gone."""
    async with served() as caller:
        recurrence = {"type": "daily", "range_type": "after", "end_after": 3}
        await caller.post("schedule/1/edit", {"recurrence": recurrence})
        for number in (2, 3):
            _, body = await caller.post("schedule/1/delete_next")
            assert body["data"]["start_at"] == NOW + number * DAY
        assert await caller.post("schedule/1/delete_next") == (200, {})
        assert (await caller.get("schedule/1"))[0] == 404


async def test_an_instance_that_goes_on_is_not_the_next() -> None:
    """It stays, and the one after it is taken; a new start brings all of them back."""
    async with served() as caller:
        caller.clock.now = NOW + DAY + 60
        await caller.sign_in()
        _, body = await caller.post("schedule/2/delete_next")
        assert (body["data"]["start_at"], body["data"]["status"]) == (NOW + DAY, "started")
        caller.clock.now += HOUR
        assert (await caller.read(2))["start_at"] == NOW + DAY + 2 * WEEK
        _, body = await caller.post("schedule/2/edit", {"start_at": NOW + DAY + WEEK})
        assert body["data"]["start_at"] == NOW + DAY + WEEK


async def test_a_single_schedule_has_no_next_instance() -> None:
    """That is a 400 with a message and no fields, and the schedule stays."""
    async with served() as caller:
        status, body = await caller.post("schedule/1/delete_next")
        assert (status, body) == (400, {"data": {"message": "This schedule is not recurring."}, "code": 400})
        assert (await caller.read(1))["name"] == "Booking"
