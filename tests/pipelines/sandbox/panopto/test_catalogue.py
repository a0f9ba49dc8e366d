"""Sessions and folders under /api/v1."""

from typing import Any

import pytest

NOWHERE = "00000000-0000-0000-0000-000000000000"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def made(caller: Any, count: int) -> list[str]:
    """So many empty sessions in the default folder, by their ids."""
    body = {"ParentFolderID": caller.folder}
    path = "PublicAPI/REST/session"
    return [
        (await caller.rest("POST", path, {**body, "Name": f"Lecture {n}"}))[1]["ID"] for n in range(count)
    ]


async def test_a_folder_lists_its_sessions_by_pages_of_25(panopto: Any) -> None:
    """Pages count from 0 and end with an empty one; no total, by name, and unknown parameters do nothing."""
    async with panopto() as caller:
        ids = await made(caller, 30)
        path = f"api/v1/folders/{caller.folder}/sessions?maxNumberResults=1&pageNumber="
        pages = [(await caller.rest("GET", f"{path}{n}"))[1] for n in range(3)]
        assert [list(page) for page in pages] == [["Results"]] * 3
        assert [len(page["Results"]) for page in pages] == [25, 5, 0]
        assert {one["Id"] for page in pages for one in page["Results"]} == set(ids)
        names = [one["Name"] for page in pages for one in page["Results"]]
        assert names == sorted(names)
        assert "CreatedBy" not in pages[0]["Results"][0]


async def test_a_page_number_that_is_none_is_refused(panopto: Any) -> None:
    """The answer is a 400 with an APIError."""
    async with panopto() as caller:
        status, body = await caller.rest("GET", f"api/v1/folders/{caller.folder}/sessions?pageNumber=-1")
        assert (status, body["Error"]["Success"], body["Error"]["ErrorSource"]) == (400, False, "pageNumber")


async def test_only_name_description_and_folder_can_be_changed(panopto: Any) -> None:
    """PUT takes these three and passes over everything else, the start time above all."""
    async with panopto() as caller:
        (session,) = await made(caller, 1)
        path = f"api/v1/sessions/{session}"
        _, before = await caller.rest("GET", path)
        other = caller.panopto.series_folders["s1"].id
        asked = {
            "Name": "Better",
            "Description": "Text",
            "Folder": other,
            "StartTime": "2001-01-01T00:00:00Z",
        }
        _, after = await caller.rest("PUT", path, asked)
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {"Name", "Description", "Folder", "FolderDetails"}
        assert (await caller.rest("GET", path))[1] == after


async def test_a_deleted_session_is_gone_and_its_upload_stays_complete(panopto: Any) -> None:
    """DELETE answers the id; the session is 404 and in no list, GET on the upload still tells state 4."""
    async with panopto() as caller:
        done = await caller.session()
        path = f"api/v1/sessions/{done['SessionId']}"
        assert await caller.rest("DELETE", path) == (200, done["SessionId"])
        assert (await caller.rest("GET", path))[0] == 404
        assert caller.audit.sessions() == []
        _, upload = await caller.rest("GET", f"PublicAPI/REST/sessionUpload/{done['ID']}")
        assert (upload["State"], upload["SessionId"]) == (4, done["SessionId"])


@pytest.mark.parametrize(("what", "status"), [(UNKNOWN, 404), ("nonsense", 400)])
async def test_an_id_that_is_none_or_unknown(panopto: Any, what: str, status: int) -> None:
    """No GUID is a 400, an unknown one a 404, both with an APIError."""
    async with panopto() as caller:
        for kind in ("sessions", "folders"):
            found, body = await caller.rest("GET", f"api/v1/{kind}/{what}")
            assert (found, body["Error"]["ErrorCode"]) == (status, str(status))


async def test_a_search_lags_behind_and_wants_a_query(panopto: Any) -> None:
    """A fresh session is not found until the index has caught up; words match by their beginnings."""
    async with panopto() as caller:
        done = await caller.session("Vorlesung über Straßen")
        path = "api/v1/sessions/search?searchQuery="
        caller.site.sessions[done["SessionId"]].exists_from = caller.clock.now
        assert (await caller.rest("GET", f"{path}vor"))[1] == {"Results": []}
        caller.clock.now += 1
        for query in ("vor", "STRASS", "*"):
            _, found = await caller.rest("GET", path + query)
            assert [one["Id"] for one in found["Results"]] == [done["SessionId"]]
        assert (await caller.rest("GET", f"{path}lesung"))[1] == {"Results": []}
        assert (await caller.rest("GET", path))[0] == 400


async def test_folders_are_found_by_name_by_parent_and_by_right(panopto: Any) -> None:
    """search, children of the zero GUID, and creator; one folder may be seen but not written to."""
    async with panopto() as caller:
        mine = {caller.folder, *(one.id for one in caller.panopto.series_folders.values())}
        public = caller.panopto.public_folder.id

        async def ids(path: str) -> set[str]:
            return {one["Id"] for one in (await caller.rest("GET", f"api/v1/folders/{path}"))[1]["Results"]}

        assert await ids(f"{NOWHERE}/children") == mine | {public}
        assert await ids(f"{NOWHERE}/children?canCreate=true") == mine
        assert await ids("creator") == mine
        assert await ids("search?searchQuery=phys") == {caller.panopto.series_folders["s1"].id}


async def test_a_folder_is_made_under_parent(panopto: Any) -> None:
    """POST answers 200; `Parent` names the folder above, equal names are taken, a forbidden parent is not."""
    async with panopto() as caller:
        asked = {"Name": "Week 1", "Parent": caller.folder}
        made_twice = [await caller.rest("POST", "api/v1/folders", asked) for _ in range(2)]
        caller.clock.now += 0.5
        assert [status for status, _ in made_twice] == [200, 200]
        assert made_twice[0][1]["ParentFolder"]["Id"] == caller.folder
        _, children = await caller.rest("GET", f"api/v1/folders/{caller.folder}/children")
        assert len(children["Results"]) == 2
        forbidden = {"Name": "Week 1", "Parent": caller.panopto.public_folder.id}
        assert (await caller.rest("POST", "api/v1/folders", forbidden))[0] == 403
        assert (await caller.rest("POST", "api/v1/folders", {"Name": ""}))[0] == 400
