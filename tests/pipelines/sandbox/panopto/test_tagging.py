"""The tags of sessions."""

from typing import Any

import pytest


async def test_tags_are_replaced_as_a_whole(panopto: Any) -> None:
    """PUT answers what the session has now; the first spelling of a tag stays, and each is there once."""
    async with panopto() as caller:
        first, second = await caller.empty_session(), await caller.empty_session()
        path = "api/v1/sessions/{}/tags"
        await caller.rest("PUT", path.format(first), {"Tags": ["Physics", "Winter"]})
        asked = {"Tags": [" physics ", "PHYSICS", "Öffentlich"]}
        status, told = await caller.rest("PUT", path.format(second), asked)
        assert status == 200
        assert {one["Content"]: one["UsageCount"] for one in told["Results"]} == {
            "Physics": 2,
            "Öffentlich": 1,
        }
        await caller.rest("PUT", path.format(first), {"Tags": []})
        _, left = await caller.rest("GET", f"{path.format(second)}?sortField=Content&sortOrder=Desc")
        assert [(one["Content"], one["UsageCount"]) for one in left["Results"]] == [
            ("Öffentlich", 1), ("Physics", 1),
        ]  # fmt: skip
        assert {one["session_id"]: one["tags"] for one in caller.audit.sessions()} == {
            first: [], second: ["Physics", "Öffentlich"],
        }  # fmt: skip


@pytest.mark.parametrize("tags", [None, "Physics", [1], [""], [" "]])
async def test_what_is_no_list_of_texts_is_refused(panopto: Any, tags: Any) -> None:
    """400, and the session keeps what it had."""
    async with panopto() as caller:
        path = f"api/v1/sessions/{await caller.empty_session()}/tags"
        await caller.rest("PUT", path, {"Tags": ["Physics"]})
        assert (await caller.rest("PUT", path, {"Tags": tags}))[0] == 400
        assert [one["Content"] for one in (await caller.rest("GET", path))[1]["Results"]] == ["Physics"]


async def test_tags_of_others_can_be_read_and_not_changed(panopto: Any) -> None:
    """403 to a PUT without the right to change the session; a sort field that is none is a 400."""
    async with panopto() as caller:
        path = f"api/v1/sessions/{caller.foreign_session()}/tags"
        assert await caller.rest("GET", path) == (200, {"Results": []})
        assert (await caller.rest("PUT", path, {"Tags": ["Mine"]}))[0] == 403
        assert (await caller.rest("GET", f"{path}?sortField=Name"))[0] == 400


async def test_tags_that_came_with_a_manifest_are_counted(panopto: Any) -> None:
    """Each session counts once, however often it is looked at, and no more when it is deleted."""
    async with panopto() as caller:
        first, second = await caller.empty_session(), await caller.empty_session()
        for session in (first, second):
            caller.site.sessions[session].tags = ("Physics", "physics")

        async def told(session: str) -> list[tuple[str, int]]:
            _, found = await caller.rest("GET", f"api/v1/sessions/{session}/tags")
            return [(one["Content"], one["UsageCount"]) for one in found["Results"]]

        assert [await told(one) for one in (first, first, second)] == [
            [("Physics", 1)], [("Physics", 1)], [("Physics", 2)],
        ]  # fmt: skip
        await caller.rest("DELETE", f"api/v1/sessions/{second}")
        assert await told(first) == [("Physics", 1)]
