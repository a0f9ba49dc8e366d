"""The template's fields and whom recordings are shared with, as VALT's administrator lists them."""

from typing import Any

import pytest
from fakes.valt_caller import DAY, HOUR, NOW, served

from pipelines.sandbox.switches import Switches

NEW = {"name": "New", "room": 41, "start_at": NOW + 5 * DAY, "duration": HOUR}


async def test_the_fields_of_the_template() -> None:
    """Each with its id, name, type, and whether it is on and required; another template is a 404."""
    async with served() as caller:
        _, listed = await caller.get("admin/templates")
        (template,) = listed["data"]
        assert await caller.get(f"admin/templates/{template['id']}") == (200, {"data": template})
        _, fields = await caller.get(f"admin/templates/{template['id']}/fields")
        assert [(one["id"], one["type"], one["on"], one["required"]) for one in fields["data"]] == [
            (17, "text", True, False),
            (18, "text", True, False),
            (19, "notes", True, False),
            (20, "text", False, False),
        ]
        status, _ = await caller.get("admin/templates/4/fields")
        assert status == 404


async def test_users_and_groups_are_listed_in_two_ways() -> None:
    """Groups stand under a name of their own."""
    async with served() as caller:
        _, users = await caller.get("admin/users")
        _, groups = await caller.get("admin/user_groups")
        assert {13, 17} <= {one["id"] for one in users["data"]["users"]}
        assert {1, 7} <= {one["id"] for one in groups["data"]["userGroups"]}


@pytest.mark.parametrize("path", ["templates", "templates/3", "templates/3/fields", "users", "user_groups"])
async def test_not_everybody_may_look(path: str) -> None:
    """A user who is no administrator is refused."""
    async with served(Switches(valt_account="user")) as caller:
        status, _ = await caller.get(f"admin/{path}")
        assert status == 403


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"17": "x" * 256}, True),
        ({"17": ["x"]}, True),
        ({"19": "x" * 4000}, False),
        ({"17": "x" * 255}, False),
    ],
)
async def test_a_text_field_takes_255_characters(value: dict[str, Any], named: bool) -> None:
    """Notes take any number."""
    async with served() as caller:
        status, body = await caller.post("schedule/1/edit", {"template": value})
        assert status == (400 if named else 200)
        if named:
            assert [one["name"] for one in body["data"]["fields"]] == ["template"]
        else:
            assert body["data"]["template"] == value


async def test_what_there_is_not_is_dropped_without_a_word() -> None:
    """Fields, users and groups: only a look tells."""
    async with served() as caller:
        asked = {"template": {"20": "a", "99": "b"}, "share": {"users": "13,99", "user_groups": "98"}}
        _, body = await caller.post("schedule/1/edit", asked)
        assert body["data"]["template"] is None
        assert body["data"]["shared"] == {"users": [13], "user_groups": []}


async def test_a_required_field() -> None:
    """Without it nothing is made or changed; an edit need not send again what is there."""
    async with served(Switches(valt_required="on")) as caller:
        for path, body in (("schedule", NEW), ("schedule/1/edit", {"name": "Other"})):
            status, told = await caller.post(path, body)
            assert (status, [one["name"] for one in told["data"]["fields"]]) == (400, ["template"])
        assert (await caller.read(1))["name"] == "Booking"
        status, _ = await caller.post("schedule/1/edit", {"template": {"17": "Student"}})
        assert status == 200
        status, _ = await caller.post("schedule/1/edit", {"name": "Other"})
        assert status == 200
        _, fields = await caller.get("admin/templates/3/fields")
        assert [one["id"] for one in fields["data"] if one["required"]] == [17]
