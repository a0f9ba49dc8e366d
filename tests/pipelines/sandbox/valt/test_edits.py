"""What edits, creations and deletions do to a schedule, and which are refused."""

from typing import Any

import pytest
from fakes.valt_caller import DAY, HOUR, NOW, SCHEDULES, served

from pipelines.sandbox.switches import Switches

NEW = {"name": "New", "room": 41, "start_at": NOW + 5 * DAY, "duration": HOUR}


def wrong(body: Any) -> list[str]:
    """The members that a 400 names."""
    assert (body["code"], body["data"]["message"]) == (400, "Validation Error")
    assert all(one["message"] for one in body["data"]["fields"])
    return [one["name"] for one in body["data"]["fields"]]


@pytest.mark.parametrize("kind", [str, int])
async def test_numbers_may_be_strings(kind: type[str] | type[int]) -> None:
    """The wiki's strings and the vendor's own numbers are the same edit; the answer has numbers."""
    asked = {"room": kind(17), "start_at": kind(NOW + 3 * DAY), "duration": kind(300)}
    async with served() as caller:
        status, body = await caller.post("schedule/1/edit", asked)
        assert status == 200
        assert body["data"]["room"] == {"id": 17, "name": "Seminar Room 17"}
        assert (body["data"]["start_at"], body["data"]["stop_at"]) == (NOW + 3 * DAY, NOW + 3 * DAY + 300)
        assert await caller.read(1) == body["data"]


async def test_only_members_that_are_sent_change() -> None:
    """A name alone leaves times and room; members that nobody knows, `rooms` among them, do nothing."""
    async with served() as caller:
        before = await caller.read(1)
        _, body = await caller.post("schedule/1/edit", {"name": "Better", "rooms": [17], "stop_at": 5})
        assert body["data"] == {**before, "name": "Better"}
        assert [row["edits"] for row in caller.valt.rows()] == [1, 0, 0, 0, 0]


async def test_a_room_drops_the_others_of_a_schedule_in_several() -> None:
    """Without a room an edit keeps them all, in both versions."""
    for switches in (Switches(), Switches(valt_version="6.6")):
        async with served(switches) as caller:
            await caller.post("schedule/4/edit", {"name": "Open house"})
            assert caller.valt.rows()[3]["room_ids"] == [41, 17]
            await caller.post("schedule/4/edit", {"room": 41})
            assert caller.valt.rows()[3]["room_ids"] == [41]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"start_at": NOW}, ["start_at"]),
        ({"start_at": NOW - 1, "duration": 0}, ["duration", "start_at"]),
        ({"start_at": 10**14}, ["start_at"]),
        ({"start_at": f"{NOW + 60}.5"}, ["start_at"]),
        ({"start_at": NOW + 60.5}, ["start_at"]),
        ({"start_at": True}, ["start_at"]),
        ({"start_at": None}, ["start_at"]),
        ({"duration": "-60"}, ["duration"]),
        ({"duration": ""}, ["duration"]),
        ({"duration": "٣٠٠"}, ["duration"]),
        ({"room": "Theatre 3"}, ["room"]),
        ({"name": " "}, ["name"]),
        ({"name": None}, ["name"]),
        ({"name": "x" * 256}, ["name"]),
        ({"template": "Student"}, ["template"]),
        ({"share": {"users": "Ada"}}, ["share"]),
        ({"recurrence": {}}, ["recurrence"]),
        ({"recurrence": {"type": "weekly", "weeks_range": "7"}}, ["recurrence"]),
        ({"recurrence": {"type": "daily", "range_type": "after"}}, ["recurrence"]),
        ({"recurrence": {"type": "daily", "range_type": "after", "end_after": 2**63}}, ["recurrence"]),
        ({"recurrence": {"type": "daily", "range_type": "by", "end_by": "30-04-2030"}}, ["recurrence"]),
        ({"recurrence": {"type": "daily", "range_type": "by", "end_by": "2030-04-30"}}, ["recurrence"]),
        ({"recurrence": {"type": "daily", "range_type": "by"}}, ["recurrence"]),
    ],
)
async def test_a_member_that_is_wrong_is_named(asked: dict[str, Any], named: list[str]) -> None:
    """The 400 names every one, and nothing of the edit is applied."""
    async with served() as caller:
        before = caller.valt.rows()
        status, body = await caller.post("schedule/1/edit", {"name": "Other", **asked})
        assert (status, wrong(body)) == (400, named)
        assert caller.valt.rows() == before


async def test_a_name_of_255_characters_is_taken() -> None:
    """Characters are counted, not bytes."""
    async with served() as caller:
        status, body = await caller.post("schedule/1/edit", {"name": "ü" * 255})
        assert (status, body["data"]["name"]) == (200, "ü" * 255)


async def test_an_unknown_room_is_a_404_of_another_shape() -> None:
    """It can be told from an unknown schedule by its envelope; nothing is applied."""
    async with served() as caller:
        for path in ("schedule/1/edit", "schedule"):
            status, body = await caller.post(path, {**NEW, "room": 99})
            assert (status, body["code"], body["data"]["status"]) == (404, 404, False)
        assert [row["name"] for row in caller.valt.rows()] == [one.name for one in SCHEDULES]


@pytest.mark.parametrize("body", [b"", b"{17: 1}", b"[]", b'"text"', b"{", b"\xff"])
async def test_malformed_json_is_a_500(body: bytes) -> None:
    """Nothing, bare keys, an array, no UTF-8: at login and at every write."""
    async with served() as caller:
        for path in ("login", "schedule", "schedule/1/edit"):
            status, told = await caller.ask("POST", f"{path}?access_token={caller.token}", data=body)
            assert (status, told["error"]["message"]) == (500, "JSON Body Formatted Incorrectly")


@pytest.mark.parametrize("action", ["edit", "delete", "delete_next"])
async def test_a_write_to_an_unknown_schedule_is_a_404(action: str) -> None:
    """The body is the bare code, as the wiki has it."""
    async with served() as caller:
        assert await caller.post(f"schedule/99/{action}", {"name": "A"}) == (404, {"error": {"code": 404}})


@pytest.mark.parametrize("schedule_id", [3, 5])
async def test_what_has_started_cannot_start_anew(schedule_id: int) -> None:
    """Running or over, its status is started and a start is refused; its name can still be changed."""
    async with served() as caller:
        assert (await caller.read(schedule_id))["status"] == "started"
        asked = {"start_at": NOW + DAY, "duration": HOUR}
        status, body = await caller.post(f"schedule/{schedule_id}/edit", asked)
        assert (status, wrong(body)) == (400, ["start_at"])
        assert (await caller.post(f"schedule/{schedule_id}/edit", {"name": "Renamed"}))[0] == 200


async def test_a_schedule_starts_when_its_time_has_come() -> None:
    """To the second, by the clock; it stays in the list when it is over."""
    async with served() as caller:
        statuses = []
        for moment in (NOW + DAY - 1, NOW + DAY, NOW + DAY + HOUR + 1):
            caller.clock.now = moment
            await caller.sign_in()
            statuses.append((await caller.read(1))["status"])
        assert statuses == ["pending", "started", "started"]


@pytest.mark.parametrize("absent", list(NEW))
async def test_a_creation_needs_four_members(absent: str) -> None:
    """Name, room, start and duration: the one that is absent is named."""
    async with served() as caller:
        status, body = await caller.post("schedule", {name: NEW[name] for name in NEW if name != absent})
        assert (status, wrong(body)) == (400, [absent])
        assert len(caller.valt.rows()) == len(SCHEDULES)


async def test_a_creation_is_not_idempotent() -> None:
    """The same body twice makes two schedules; ids are not used again."""
    async with served() as caller:
        _, first = await caller.post("schedule", NEW)
        assert await caller.post(f"schedule/{first[0]}/delete") == (200, {})
        _, again = await caller.post("schedule", NEW)
        _, third = await caller.post("schedule", NEW)
        assert [first, again, third] == [[6], [7], [8]]
        assert [row["schedule_id"] for row in caller.valt.rows()][-2:] == [7, 8]


async def test_sharing_and_template_are_kept_and_told() -> None:
    """Users and groups as numbers under `shared`; the share key of the wiki's example does nothing."""
    async with served() as caller:
        asked = {"template": {"17": "Student"}, "share": {"users": "13,17", "users_groups": "1"}}
        _, body = await caller.post("schedule/1/edit", asked)
        assert body["data"]["template"] == {"17": "Student"}
        assert body["data"]["shared"] == {"users": [13, 17], "user_groups": []}
