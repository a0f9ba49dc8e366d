"""Reading schedules and rooms: paths, shapes by version, and what an account may see."""

from typing import Any

import pytest
from fakes.valt_caller import DAY, HOUR, NOW, SCHEDULES, served

from pipelines.sandbox.switches import Switches

NEWER = Switches(valt_version="6.6")


async def test_all_schedules_come_in_one_list() -> None:
    """There are no pages; the ids of those that overlap come with them."""
    async with served() as caller:
        status, body = await caller.get("schedule")
        assert status == 200
        assert set(body["data"]) == {"schedules", "blocked_schedules", "conflict_schedules", "total_count"}
        assert [one["id"] for one in body["data"]["schedules"]] == [one.id for one in SCHEDULES]
        assert body["data"]["total_count"] == len(SCHEDULES)
        assert body["data"]["blocked_schedules"] == body["data"]["conflict_schedules"] == []


async def test_the_documented_shape_has_one_room() -> None:
    """Numbers are numbers, the end is start and duration, and of several rooms the first is told."""
    async with served() as caller:
        found = await caller.read(1)
        assert {name: found[name] for name in ("room", "start_at", "stop_at", "duration", "status")} == {
            "room": {"id": 39, "name": "Theatre 3"},
            "start_at": NOW + DAY,
            "stop_at": NOW + DAY + HOUR,
            "duration": HOUR,
            "status": "pending",
        }
        assert (found["template"], found["recurrence"]) == (None, {"type": "none"})
        assert {"author", "created", "shared", "name", "id"} <= found.keys()
        assert "rooms" not in found
        assert (await caller.read(4))["room"]["id"] == 41


async def test_the_newer_shape_has_a_list_of_rooms() -> None:
    """The list, one schedule and the answer to an edit have `rooms` and no `room`."""
    async with served(NEWER) as caller:
        found = await caller.read(4)
        assert [room["id"] for room in found["rooms"]] == [41, 17]
        _, listed = await caller.get("schedule")
        _, edited = await caller.post("schedule/4/edit", {"name": "Open house"})
        for one in (found, *listed["data"]["schedules"], edited["data"]):
            assert "room" not in one
            assert one["rooms"]


@pytest.mark.parametrize(("version", "told"), [("5.8", [6]), ("6.6", {"data": 6})])
async def test_a_creation_answers_by_version(version: Any, told: Any) -> None:
    """An array with the id, or the id under `data`."""
    body = {"name": "New", "room": "41", "start_at": str(NOW + 5 * DAY), "duration": 300}
    async with served(Switches(valt_version=version)) as caller:
        assert await caller.post("schedule", body) == (200, told)
        created = caller.valt.rows()[-1]
        assert (created["schedule_id"], created["created_by"], created["room_ids"]) == (6, "api", [41])


async def test_a_slash_at_the_end_changes_nothing() -> None:
    """Reads and writes are found with it and without."""
    async with served() as caller:
        for path in ("schedule", "schedule/1", "schedule/blocked", "schedule/conflict", "admin/rooms"):
            assert await caller.get(path) == await caller.get(f"{path}/")
        assert (await caller.post("schedule/1/edit/", {"name": "A"}))[0] == 200


async def test_every_write_is_a_post() -> None:
    """PUT, PATCH, DELETE, and a GET of an edit, change nothing."""
    async with served() as caller:
        token = {"access_token": caller.token}
        asked = [
            ("PUT", "schedule/1/edit"), ("PATCH", "schedule/1"), ("DELETE", "schedule/1"),
            ("GET", "schedule/1/delete"), ("POST", "schedule/1"),
        ]  # fmt: skip
        for method, path in asked:
            status, body = await caller.ask(method, path, params=token, json={"name": "A"})
            assert (status, body) == (405, {"error": {"code": 405}})
        assert [row["edits"] for row in caller.valt.rows()] == [0] * len(SCHEDULES)


@pytest.mark.parametrize("path", ["schedule/99", "schedule/01", "schedule/nonsense", "nowhere"])
async def test_what_is_unknown_is_a_404_without_a_message(path: str) -> None:
    """Schedules and paths alike; an id is the one that VALT tells, letter for letter."""
    async with served() as caller:
        assert await caller.get(path) == (404, {"error": {"code": 404}})


async def test_rooms_and_version_are_the_administrators() -> None:
    """A scheduler sees them; a plain user is refused there and has the plain list of rooms."""
    async with served(NEWER) as caller:
        _, rooms = await caller.get("admin/rooms")
        assert set(rooms["data"][0]) == {"id", "name", "is_io", "cameras"}
        assert (await caller.get("admin/general"))[1]["data"]["version"].startswith("6.6")
    async with served(Switches(valt_account="user")) as caller:
        for path in ("admin/rooms", "admin/general"):
            status, body = await caller.get(path)
            assert (status, body["error"]["code"]) == (403, 403)
        _, plain = await caller.get("rooms/info")
        assert [room["id"] for room in plain["data"]["rooms"]] == [room["id"] for room in rooms["data"]]
        assert (await caller.get("schedule"))[0] == 200
