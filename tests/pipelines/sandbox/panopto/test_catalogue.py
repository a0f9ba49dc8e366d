"""Sessions and folders under /api/v1."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.sandbox.panopto.model import Access, Grant
from pipelines.sandbox.switches import Switches

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


async def test_folders_of_series_may_be_somebody_elses(panopto: Any) -> None:
    """foreign: they are seen and take nothing; hidden: they are not even shown, nor is what is in them."""
    for whose, seen in (("foreign", 200), ("hidden", 403)):
        async with panopto(Switches(rate_limit="off", series_folders=whose)) as caller:
            folder = caller.panopto.series_folders["s1"].id
            for path in (f"api/v1/folders/{folder}", f"api/v1/folders/{folder}/sessions"):
                assert (await caller.rest("GET", path))[0] == seen
            _, found = await caller.rest("GET", "api/v1/folders/search?searchQuery=phys")
            assert bool(found["Results"]) == (seen == 200)
            assert (await caller.rest("POST", "PublicAPI/REST/sessionUpload", {"FolderId": folder}))[0] == 403
            (session,) = await made(caller, 1)
            assert (await caller.rest("PUT", f"api/v1/sessions/{session}", {"Folder": folder}))[0] == 403
            assert caller.site.sessions[session].folder_id == caller.folder


async def test_who_is_granted_to_see_a_folder_sees_it(panopto: Any) -> None:
    """Though it is somebody else's, and Restricted; without a user nobody does."""
    async with panopto() as caller:
        site, folder = caller.site, caller.panopto.series_folders["s1"]
        theirs = replace(folder, owner="somebody", access=Access("Restricted"))
        assert not site.may_see(theirs, "Ferry")
        theirs.access.grants.append(Grant(site.people.signed_in("Ferry").id, "User", "Viewer"))
        assert site.may_see(theirs, "Ferry")
        assert not site.may_create(theirs, "Ferry")
        assert not site.may_see(theirs, None)


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
        for wrong in ({"Name": ""}, {"Name": "a", "Parent": []}, {"Name": "a", "Parent": "top"}):
            assert (await caller.rest("POST", "api/v1/folders", wrong))[0] == 400


async def test_a_folder_that_was_just_made_is_in_no_list(panopto: Any) -> None:
    """By its id it is there at once; children, search and creator tell of it later, the audit at once."""
    async with panopto(Switches(rate_limit="off", folder_lag=2)) as caller:
        asked = {"Name": "Fresh", "Parent": caller.folder}
        _, fresh = await caller.rest("POST", "api/v1/folders", asked)
        lists = (f"{caller.folder}/children", "search?searchQuery=fresh", "creator")

        async def listing() -> list[bool]:
            told = [(await caller.rest("GET", f"api/v1/folders/{path}"))[1]["Results"] for path in lists]
            return [fresh["Id"] in {one["Id"] for one in results} for results in told]

        assert (await caller.rest("GET", f"api/v1/folders/{fresh['Id']}")) == (200, fresh)
        assert fresh["Id"] in {one["folder_id"] for one in caller.audit.listed("folders")}
        caller.clock.now += 1.9
        assert await listing() == [False] * 3
        caller.clock.now += 0.2
        assert await listing() == [True] * 3


@pytest.mark.parametrize(
    "name", ["Öffentlich & <mehr>", "2024/Week 1", "物理学演習", 'a "b" \\ c%20', "x" * 300]
)
async def test_a_folders_name_is_kept_but_for_space_around_it(panopto: Any, name: str) -> None:
    """Any characters; what stands around it is gone."""
    async with panopto() as caller:
        assert (await caller.rest("POST", "api/v1/folders", {"Name": f" {name}\t"}))[1]["Name"] == name


async def test_lists_are_sorted_by_published_fields_alone(panopto: Any) -> None:
    """By name and ascending unless asked; another field, or order, is a 400, as is Relevance for children."""
    async with panopto() as caller:
        await made(caller, 3)
        path = f"api/v1/folders/{caller.folder}"
        _, newest = await caller.rest("GET", f"{path}/sessions?sortField=CreatedDate&sortOrder=Desc")
        assert [one["Name"] for one in newest["Results"]] == ["Lecture 2", "Lecture 1", "Lecture 0"]
        for query in ("sessions?sortField=Date", "sessions?sortOrder=desc", "children?sortField=Relevance"):
            assert (await caller.rest("GET", f"{path}/{query}"))[0] == 400
        assert (await caller.rest("GET", "api/v1/folders/creator?sortField=Relevance"))[0] == 200


async def test_urls_are_told_as_far_as_there_is_something(panopto: Any) -> None:
    """Captions and a thumbnail only where there are; a search tells of the latter, a folder of none."""
    async with panopto() as caller:
        empty, whole = await caller.empty_session(), (await caller.session())["SessionId"]
        caller.clock.now += 5
        urls = {
            one: (await caller.rest("GET", f"api/v1/sessions/{one}"))[1]["Urls"] for one in (empty, whole)
        }
        assert (urls[empty]["ThumbnailUrl"], urls[empty]["CaptionDownloadUrl"]) == (None, None)
        assert whole in urls[whole]["ThumbnailUrl"]
        _, found = await caller.rest("GET", "api/v1/sessions/search?searchQuery=*")
        assert all(one["Urls"].keys() == {"ViewerUrl", "ThumbnailUrl"} for one in found["Results"])
        _, listed = await caller.rest("GET", f"api/v1/folders/{caller.folder}/sessions")
        assert all(one["Urls"].keys() == {"ViewerUrl"} for one in listed["Results"])
