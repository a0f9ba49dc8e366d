"""The calls of LumiNUS and what is refused by whom."""

from typing import Any

import pytest
from fakes.luminus_caller import BARE, MODULE, OTHER_FOLDER, READ_ONLY, members, numbered

from pipelines.sandbox.faults import Fault
from pipelines.sandbox.switches import Switches


async def test_modules_say_what_may_be_done(luminus: Any) -> None:
    """In an envelope, each with its rights."""
    async with luminus() as caller:
        reply = await caller.call("GET", "/module")
        assert (reply.document["status"], reply.document["total"]) == ("success", 3)
        told = {one["id"]: (one["name"], one["access"]["access_Update"]) for one in reply.document["data"]}
        assert told == {
            MODULE.id: ("PC1141", True),
            BARE.id: ("GER1000", True),
            READ_ONLY.id: ("LAJ2201", False),
        }


async def test_a_reader_may_update_nothing(luminus: Any) -> None:
    """By the account's switch: neither by what is told nor by what is tried."""
    async with luminus(Switches(luminus_account="reader")) as caller:
        reply = await caller.call("GET", "/module")
        assert not any(one["access"]["access_Update"] for one in reply.document["data"])
        assert (await caller.patch(members(await caller.lecture_item()))).status == 403


@pytest.mark.parametrize("parameter", ["ParentID", "parentid"])
async def test_a_web_lecture_comes_bare(luminus: Any, parameter: str) -> None:
    """No envelope; members without a value are not there."""
    async with luminus() as caller:
        reply = await caller.call("GET", f"/weblecture/?{parameter}={MODULE.id.upper()}")
        told = reply.document
        assert (told["id"], told["parentID"], told["isAutoPublish"]) == (numbered(21), MODULE.id, False)
        assert told["panoptoFolderURL"].endswith(f"/List.aspx#folderID={numbered(1)}")
        assert not {"venue", "description"} & told.keys()


async def test_a_module_without_a_web_lecture_is_a_400(luminus: Any) -> None:
    """A list of sentences by field, in one of ASP.NET's two shapes."""
    async with luminus() as caller:
        path = f"/weblecture/?ParentID={BARE.id}"
        wanted = {"parentID": ["No weblecture found for this module."]}
        plain, detailed = [await caller.call("GET", path) for _ in range(2)]
        assert (plain.status, plain.document) == (400, wanted)
        assert (detailed.status, detailed.document["errors"]) == (400, wanted)
        assert {"type", "title", "status", "traceId"} < detailed.document.keys()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/weblecture/?ParentID={numbered(9)}", 404),
        (f"/weblecture/{numbered(9)}/sessions/", 404),
        ("/weblecture/?ParentID=physics", 400),
        ("/weblecture/", 400),
        ("/weblecture/physics/sessions/", 400),
        (f"/weblecture/{numbered(21)}/sessions/?limit=all", 400),
        (f"/weblecture/{numbered(21)}/sessions/?offset=-1", 400),
    ],
)
async def test_what_lumi_nus_refuses_has_no_status_code_in_it(luminus: Any, path: str, status: int) -> None:
    """Unknown ids, ids that are none, pages that are none."""
    async with luminus() as caller:
        reply = await caller.call("GET", path)
        assert (reply.status, "statusCode" in reply.text) == (status, False)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v2/api/module"),
        ("POST", "/module"),
        ("HEAD", "/module"),
        ("PUT", "/weblecture/session"),
        ("GET", f"/weblecture?ParentID={MODULE.id}"),
    ],
)
async def test_the_gateway_knows_no_other_operation(luminus: Any, method: str, path: str) -> None:
    """By path and by method: 404 with `statusCode`, never 405, whatever the credentials."""
    async with luminus() as caller:
        for reply in (await caller.call(method, path), await caller.bare(method, path, {})):
            assert reply.status == 404
            if method != "HEAD":
                assert reply.document == {"statusCode": 404, "message": "Resource not found"}


async def test_rights_and_unknown_items(luminus: Any) -> None:
    """403 and 404 of LumiNUS's own are JSON strings."""
    async with luminus() as caller:
        caller.record(1, OTHER_FOLDER)
        (item,) = await caller.items(numbered(23))
        forbidden = await caller.patch(members(item))
        assert (forbidden.status, forbidden.document) == (
            403,
            "Login user not authorized to perform this action.",
        )
        assert "Retry-After" not in forbidden.headers
        unknown = await caller.patch(members(item, id=numbered(9)))
        assert (unknown.status, unknown.document) == (404, "The session is not found.")
        assert caller.luminus.rows()[0]["patches"] == 0


async def test_three_answers_to_a_patch(luminus: Any) -> None:
    """The item, the number 1, nothing: each has done it."""
    async with luminus() as caller:
        item = await caller.lecture_item()
        whole, number, nothing = [await caller.patch(members(item, name=f"{n}")) for n in range(3)]
        assert whole.document["name"] == "0"
        assert whole.document["lectureStartDate"].startswith("2019-09-02T17:15:00")
        assert number.document == 1
        assert (nothing.status, nothing.text) == (200, "")
        assert [(row["name"], row["patches"]) for row in caller.luminus.rows()] == [("2", 3)]


@pytest.mark.parametrize(("answer", "text"), [("number", "1"), ("nothing", "")])
async def test_an_answer_can_be_chosen(luminus: Any, answer: Any, text: str) -> None:
    """By a switch."""
    async with luminus(Switches(patch_answer=answer)) as caller:
        item = await caller.lecture_item()
        assert [(await caller.patch(members(item))).text for _ in range(2)] == [text, text]


async def test_a_read_after_a_patch_tells_it(luminus: Any) -> None:
    """All of it, and when."""
    async with luminus() as caller:
        item = await caller.lecture_item()
        caller.clock.now += 60
        await caller.patch(members(item))
        (after,) = await caller.items()
        assert (after["name"], after["presenter"], after["publish"]) == ("A title", "Ada Brennan", True)
        assert (after["description"], after["id"]) == ("About it", item["id"])
        assert after["createdDate"] == item["createdDate"] != after["lastUpdatedDate"]


async def test_calls_are_named_for_the_log_and_for_faults(luminus: Any) -> None:
    """A proxy's page can stand in for any answer, and an answer can be lost after it was done."""
    page = Fault("luminus.modules", "status", arguments={"status": 502, "body": "<html>Bad Gateway</html>"})
    async with luminus(faults=[page, Fault("luminus.patch_session", "lose_answer")]) as caller:
        assert (await caller.call("GET", "/module")).status == 502
        item = await caller.lecture_item()
        with pytest.raises(OSError, match=r"."):
            await caller.patch(members(item))
        assert caller.luminus.rows()[0]["patches"] == 1
        await caller.call("GET", f"/weblecture/?ParentID={MODULE.id}")
        called = {line["call"] for line in caller.audit.requests()}
        assert called == {"modules", "sessions", "patch_session", "weblecture"}
