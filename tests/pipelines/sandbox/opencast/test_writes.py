"""The calls that change an event are as awkward as Opencast's."""

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from pipelines.sandbox.switches import Switches

FORM = "application/x-www-form-urlencoded"
EDITOR = Switches(opencast_account="editor", retraction_seconds=30.0)


async def write(running: Any, method: str, path: str, **form: str) -> tuple[int, str]:
    """Make a call with a form, and return its status and text."""
    reply = await running.get(path, method, urlencode(form) if form else None, **{"Content-Type": FORM})
    return reply.status, reply.text


async def event(running: Any, event_id: str) -> Any:
    """Read an event with its access control list."""
    return (await running.get(f"/api/events/{event_id}?withacl=true")).json


def first(running: Any) -> str:
    """The id of the first event that is published."""
    row: str = running.opencast.rows()[1]["event_id"]
    return row


def grants(acl: Any, role: str) -> list[tuple[str, bool]]:
    """What a list says of a role."""
    return [(one["action"], one["allow"]) for one in acl if one["role"] == role]


async def test_a_role_is_granted_and_taken_away(serve: Any) -> None:
    """204 each time, a new version each time even where nothing changes, and 404 where no line is left."""
    async with serve(EDITOR) as running:
        name = first(running)
        before = (await event(running, name))["archive_version"]
        for count in (1, 2):
            assert await write(running, "POST", f"/api/events/{name}/acl/migrated", role="ROLE_M") == (
                204,
                "",
            )
            now = await event(running, name)
            assert grants(now["acl"], "ROLE_M") == [("migrated", True)]
            assert now["archive_version"] == before + count
        assert (await write(running, "DELETE", f"/api/events/{name}/acl/migrated/ROLE_M"))[0] == 204
        status, text = await write(running, "DELETE", f"/api/events/{name}/acl/migrated/ROLE_M")
        assert (status, text.partition(" with ")[0]) == (404, "Unable to find an access control entry")
        assert grants((await event(running, name))["acl"], "ROLE_M") == []


async def test_a_refusal_becomes_a_permission(serve: Any) -> None:
    """Whoever grants what a line forbids turns that line around."""
    async with serve(EDITOR) as running:
        row = next(one for one in running.opencast.rows() if not all(a["allow"] for a in one["acl"]))
        denied = next(one["role"] for one in row["acl"] if not one["allow"])
        await write(running, "POST", f"/api/events/{row['event_id']}/acl/read", role=denied)
        assert grants((await event(running, row["event_id"]))["acl"], denied) == [("read", True)]


@pytest.mark.parametrize(
    ("query", "fields", "status"),
    [
        ("?type=dublincore/episode", [{"id": "source", "value": "moved"}], 204),
        ("?type=dublincore/episode", [{"id": "subjects", "value": ["a", "b"]}], 204),
        ("", [{"id": "source", "value": "moved"}], 400),
        ("?type=other/catalogue", [{"id": "source", "value": "moved"}], 404),
        ("?type=dublincore/episode", [{"id": "colour", "value": "blue"}], 404),
        ("?type=dublincore/episode", [{"id": "identifier", "value": "x"}], 400),
        ("?type=dublincore/episode", [{"id": "title", "value": ""}], 400),
        ("?type=dublincore/episode", [{"id": "subjects", "value": "a"}], 500),
        ("?type=dublincore/episode", [], 400),
    ],
)
async def test_metadata_by_a_type_in_the_query(serve: Any, query: str, fields: Any, status: int) -> None:
    """A type in the form alone is none; what cannot be set changes nothing and makes no version."""
    async with serve(EDITOR) as running:
        name = first(running)
        before = (await event(running, name))["archive_version"]
        form = {"metadata": orjson.dumps(fields).decode(), "type": "dublincore/episode"}
        assert (await write(running, "PUT", f"/api/events/{name}/metadata{query}", **form))[0] == status
        assert (await event(running, name))["archive_version"] == before + (status == 204)
        if status == 204:
            told = (await running.get(f"/api/events/{name}/metadata?type=dublincore/episode")).json
            assert fields[0]["value"] in [one["value"] for one in told]


async def test_a_workflow_has_the_event(serve: Any) -> None:
    """Its list is refused by a 403 without a body, its metadata go into the workflow without a version."""
    async with serve(EDITOR) as running:
        name = first(running)
        running.opencast.process(name)
        before = (await event(running, name))["archive_version"]
        assert await write(running, "POST", f"/api/events/{name}/acl/migrated", role="R") == (403, "")
        assert (await write(running, "DELETE", f"/api/events/{name}"))[0] == 500
        form = {"metadata": '[{"id": "source", "value": "moved"}]'}
        path = f"/api/events/{name}/metadata?type=dublincore/episode"
        assert (await write(running, "PUT", path, **form))[0] == 204
        assert (await event(running, name))["archive_version"] == before


async def test_a_deletion_comes_after_the_retraction(serve: Any) -> None:
    """202, then the event is there and processed, then it is gone with its files; a second call is a 500."""
    async with serve(EDITOR) as running:
        name = first(running)
        assert await write(running, "DELETE", f"/api/events/{name}") == (202, "")
        assert (await event(running, name))["status"].endswith("PROCESSING")
        assert (await write(running, "DELETE", f"/api/events/{name}"))[0] == 500
        running.now[0] += 29
        assert (await running.get(f"/api/events/{name}")).status == 200
        running.now[0] += 2
        assert (await running.get(f"/api/events/{name}")).status == 404
        assert (await write(running, "DELETE", f"/api/events/{name}"))[0] == 404
        assert name not in {one["event_id"] for one in await running.audit.sources()}


async def test_a_retraction_that_never_ends(serve: Any) -> None:
    """The event stays, whatever is waited."""
    async with serve(Switches(opencast_account="admin", retraction="off")) as running:
        name = first(running)
        assert (await write(running, "DELETE", f"/api/events/{name}"))[0] == 202
        running.now[0] += 1e9
        assert (await running.get(f"/api/events/{name}")).status == 200


async def test_nothing_published_is_deleted_at_once(serve: Any) -> None:
    """204 and gone. Before 1.6 that is so of all, and the published files stay behind."""
    async with serve(EDITOR) as running:
        events = (await running.get("/api/events")).json
        row = next(one["identifier"] for one in events if not one["publication_status"])
        assert (await write(running, "DELETE", f"/api/events/{row}"))[0] == 204
        assert (await running.get(f"/api/events/{row}")).status == 404
    async with serve(Switches(opencast_account="editor", opencast_api="1.5.0")) as running:
        name = first(running)
        assert (await write(running, "DELETE", f"/api/events/{name}"))[0] == 204
        assert name in {one["event_id"] for one in await running.audit.sources()}


CALLS = [
    ("POST", "/acl/migrated"),
    ("DELETE", "/acl/migrated/ROLE_M"),
    ("PUT", "/metadata?type=dublincore/episode"),
    ("DELETE", ""),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_who_may_not_write(serve: Any, method: str, path: str) -> None:
    """A page with 403 for those who only read; 404 for an event that is not there; nothing is changed."""
    async with serve() as running:
        status, text = await write(running, method, f"/api/events/{first(running)}{path}", role="R")
        assert (status, "Access Denied" in text) == (403, True)
    async with serve(EDITOR) as running:
        assert (await write(running, method, f"/api/events/none{path}", role="R"))[0] == 404
        assert not any(one["delete_event"] + one["add_ace"] for one in running.opencast.rows())
