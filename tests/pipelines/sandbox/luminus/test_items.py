"""Lecture items: imported some time later, only from the module's folder, with ids of their own."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.luminus_caller import (
    BARE,
    FOLDER,
    MODULE,
    OTHER_FOLDER,
    PANOPTO,
    START,
    Caller,
    members,
    numbered,
)
from fakes.panopto_caller import served as panopto_served

from pipelines.sandbox.luminus.items import Items
from pipelines.sandbox.luminus.model import WebLecture
from pipelines.sandbox.panopto.model import State, Step, Upload
from pipelines.sandbox.switches import Switches


async def test_an_item_appears_a_while_after_its_session(luminus: Any) -> None:
    """The lag counts from the session's being there; the item is made then, whoever looks when."""
    async with luminus(Switches(lecture_item_lag=5)) as caller:
        caller.record(1, after=2)
        for seconds, there in ((0, 0), (2, 0), (6.5, 0), (7, 1)):
            caller.clock.now = 1_790_000_000 + seconds
            assert len(await caller.items()) == there
        caller.clock.now += 100
        (item,) = await caller.items()
        assert datetime.fromisoformat(item["createdDate"]).timestamp() == 1_790_000_007


@pytest.mark.parametrize(("state", "there"), [(State.COMPLETE, 1), (State.PROCESSING_ERROR, 0)])
async def test_a_session_must_be_complete(luminus: Any, state: State, there: int) -> None:
    """Its upload's completion is what the lag counts from; one that fails never becomes an item."""
    async with luminus() as caller:
        session = caller.record(1, after=1)
        begun = caller.clock.now
        steps = (Step(begun, State.UPLOADING), Step(begun + 1, State.PROCESSING), Step(begun + 9, state))
        session.upload_id = "upload"
        caller.site.uploads["upload"] = Upload("upload", "target", "session", FOLDER.id, steps, session)
        caller.clock.now += 9.9
        assert await caller.items() == []
        caller.clock.now += 0.1
        assert len(await caller.items()) == there


async def test_an_item_is_what_panopto_knows(luminus: Any) -> None:
    """Its name and links are the session's; nobody is its presenter yet, and nothing describes it.

    A venue without a name is told as such.
    """
    async with luminus() as caller:
        session = caller.record(1)
        (item,) = await caller.items()
        assert item["id"] == item["parentID"] != session.id
        assert (item["resourceID"], item["name"], item["publish"]) == (numbered(21), "Lecture 1", False)
        assert item["filename"] == f"{PANOPTO}/Panopto/Pages/Viewer.aspx?id={session.id}"
        assert session.id in item["videoCast"]
        assert session.id in item["audioCast"]
        assert item["venue"] == ""
        assert not {"presenter", "description", "startDate"} & item.keys()


async def test_an_item_may_be_linked_by_its_casts_alone(luminus: Any) -> None:
    """By a switch no item has a filename, and every other one no video either."""
    async with luminus(Switches(item_links="casts")) as caller:
        sessions = [caller.record(number, after=number) for number in (1, 2)]
        caller.clock.now += 10
        first, second = await caller.items()
        assert [{"filename", "videoCast", "audioCast"} & one.keys() for one in (first, second)] == [
            {"audioCast"},
            {"videoCast", "audioCast"},
        ]
        assert sessions[0].id in first["audioCast"]
        assert sessions[1].id in second["videoCast"]
        assert "filename" not in (await caller.patch(members(second))).document


async def test_other_folders_have_other_items(luminus: Any) -> None:
    """A session outside the folder of a web lecture is never seen there."""
    async with luminus() as caller:
        caller.record(1)
        caller.record(2, OTHER_FOLDER)
        caller.record(3, replace(FOLDER, id=numbered(3)))
        assert [one["name"] for one in await caller.items(numbered(21))] == ["Lecture 1"]
        assert [one["name"] for one in await caller.items(numbered(23))] == ["Lecture 2"]


async def test_what_was_imported_stays(luminus: Any) -> None:
    """A session that is renamed or deleted at Panopto leaves its item as it is."""
    async with luminus() as caller:
        session = caller.record(1)
        first = await caller.items()
        session.name = "Other"
        assert await caller.items() == first
        del caller.site.sessions[session.id]
        assert await caller.items() == first


@pytest.mark.parametrize("auto_publish", [True, False])
async def test_a_web_lecture_may_publish_at_once(luminus: Any, auto_publish: bool) -> None:
    """What it imports is then public before anybody says so."""
    assert MODULE.web_lecture is not None
    module = replace(MODULE, web_lecture=replace(MODULE.web_lecture, auto_publish=auto_publish))
    async with luminus(modules=[module]) as caller:
        caller.record(1)
        assert [one["publish"] for one in await caller.items()] == [auto_publish]


async def test_starts_are_the_same_instant_in_every_spelling(luminus: Any) -> None:
    """Singapore's time, with no to seven digits of fraction."""
    async with luminus() as caller:
        for number in range(16):
            caller.record(number, start=START + timedelta(microseconds=28_107 if number > 7 else 0))
        items = await caller.items()
        told = [one["lectureStartDate"] for one in items]
        assert all(one.startswith("2019-09-02T16:15:00") and one.endswith("+08:00") for one in told)
        assert {len(one) for one in told[:8]} == {25, *range(27, 34)}
        for item, text in zip(items, told, strict=True):
            session = caller.site.sessions[item["filename"].rpartition("=")[2]]
            assert abs(datetime.fromisoformat(text) - session.start_time) < timedelta(microseconds=2)


async def test_two_modules_may_have_one_folder(luminus: Any) -> None:
    """Cross-listed: each has an item of its own, and one of them can have two."""
    twin = replace(BARE, web_lecture=WebLecture(numbered(22), FOLDER.id, copies=2))
    async with luminus(modules=[MODULE, twin]) as caller:
        caller.record(1)
        one, both = await caller.items(numbered(21)), await caller.items(numbered(22))
        assert (len(one), len(both)) == (1, 2)
        assert len({item["id"] for item in (*one, *both)}) == 3
        assert {item["filename"] for item in one} == {item["filename"] for item in both}


async def test_the_audit_tells_every_item(luminus: Any) -> None:
    """With what was set, and how often."""
    async with luminus() as caller:
        item = await caller.lecture_item()
        await caller.patch(members(item))
        (row,) = caller.luminus.rows()
        assert row.pop("created").endswith("+08:00")
        assert row == {
            "lecture_item_id": item["id"],
            "module_id": MODULE.id,
            "weblecture_id": numbered(21),
            "session_id": numbered(101),
            "folder_id": FOLDER.id,
            "name": "A title",
            "presenter": "Ada Brennan",
            "publish": True,
            "start_date": "2019-09-02T17:15:00+08:00",
            "description": "About it",
            "patches": 1,
        }


async def names(caller: Caller, query: str) -> list[str]:
    """The names on one page."""
    return [one["name"] for one in await caller.items(query=query)]


async def test_pages(luminus: Any) -> None:
    """In the order in which they were made, a page at a time, whatever limit is asked for."""
    async with luminus(Switches(luminus_page=2, luminus_rate=0)) as caller:
        for number in (3, 1, 2):
            caller.record(number, after=-10.0 * number)
        reply = await caller.call("GET", f"/weblecture/{numbered(21)}/sessions/?sortby=createdDate")
        assert {name: value for name, value in reply.document.items() if name != "data"} == {
            "status": "success",
            "code": 200,
            "total": 3,
            "offset": 0,
        }
        assert await names(caller, "") == ["Lecture 3", "Lecture 2"]
        assert await names(caller, "?offset=2") == ["Lecture 1"]
        assert await names(caller, "?offset=1&limit=1") == ["Lecture 2"]
        assert await names(caller, "?limit=100") == ["Lecture 3", "Lecture 2"]
        assert await names(caller, "?offset=3") == []
        assert await names(caller, "?sortby=createdDate%20DESC") == ["Lecture 1", "Lecture 2"]
        reply = await caller.call("GET", f"/weblecture/{numbered(21)}/sessions/?limit=1")
        assert reply.document["limit"] == 1


async def test_without_a_page_size_all_come_at_once(luminus: Any) -> None:
    """0 is no page."""
    async with luminus(Switches(luminus_page=0)) as caller:
        for number in range(30):
            caller.record(number)
        assert len(await caller.items()) == 30


async def test_an_upload_to_panopto_becomes_an_item(tmp_path: Path) -> None:
    """From a manifest's title and date to an item, once its time has come."""
    async with panopto_served(tmp_path) as panopto:
        folder = next(one for one in panopto.site.folders.values() if one.id == panopto.folder)
        module = replace(MODULE, web_lecture=WebLecture(numbered(21), folder.id))
        items = Items(panopto.site, [module], 60.0, panopto.clock)
        upload = await panopto.session("Waves")
        assert items.rows() == []
        panopto.clock.now += 60
        (row,) = items.rows()
        assert (row["session_id"], row["name"]) == (upload["SessionId"], "Waves")
        assert datetime.fromisoformat(row["start_date"]) == datetime.fromisoformat(
            "2024-02-03T10:00:00+08:00"
        )
