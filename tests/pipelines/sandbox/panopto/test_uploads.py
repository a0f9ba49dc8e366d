"""Session uploads: the object, its nine states, and who may do what to it."""

from typing import Any

import pytest
from fakes.panopto_caller import FILM, manifest

from pipelines.sandbox.faults import Fault
from pipelines.sandbox.switches import Switches

MANIFEST = manifest("Tom &amp; Jerry", ["a.mp4"])
PATH = "PublicAPI/REST/sessionUpload"


def quick(**switches: Any) -> Switches:
    """Switches without jitter and without rates."""
    return Switches(rate_limit="off", jitter=0, **switches)


async def test_a_new_upload_has_the_published_fields(panopto: Any) -> None:
    """POST answers 201 with seven fields, the state 0, no session, and two different GUIDs."""
    async with panopto() as caller:
        upload = await caller.open()
        target = upload["UploadTarget"].rpartition("/")[2]
        assert upload["UploadTarget"] == f"{caller.url}/Panopto/Upload/{target}"
        assert target != upload["ID"]
        rest = {key: value for key, value in upload.items() if key not in {"ID", "UploadTarget"}}
        assert rest == {
            "FolderId": caller.folder, "SessionId": None, "State": 0, "MessageID": 0, "Message": None,
        }  # fmt: skip


async def test_the_path_is_taken_in_any_case_but_not_below_services(panopto: Any) -> None:
    """IIS does not care for case; the README's /Services/ URL does not exist."""
    async with panopto() as caller:
        body = {"FolderId": caller.folder.upper()}
        assert (await caller.rest("POST", "publicapi/Rest/SESSIONUPLOAD", body))[0] == 201
        assert (await caller.rest("POST", "Services/PublicAPI/REST/sessionUpload", body))[0] == 404


async def test_a_whole_upload_passes_0_1_3_4_and_makes_one_session(panopto: Any) -> None:
    """The session appears with Processing, has the manifest's fields and the duration of the bytes."""
    async with panopto() as caller:
        upload = await caller.open()
        await caller.send(upload["UploadTarget"], "a.mp4", [FILM])
        await caller.send(upload["UploadTarget"], "m.xml", [MANIFEST])
        path = f"{PATH}/{upload['ID']}"
        _, put = await caller.rest("PUT", path, {**upload, "State": 1})
        assert (put["State"], put["SessionId"]) == (1, None)
        caller.clock.now += 0.25
        _, processing = await caller.rest("GET", path)
        assert processing["State"] == 3
        assert len({processing["SessionId"], upload["ID"], upload["UploadTarget"].rpartition("/")[2]}) == 3
        assert (await caller.rest("GET", f"api/v1/sessions/{processing['SessionId']}"))[0] == 200
        caller.clock.now += 0.5
        _, done = await caller.rest("GET", path)
        assert (done["State"], done["SessionId"]) == (4, processing["SessionId"])
        _, session = await caller.rest("GET", f"api/v1/sessions/{done['SessionId']}")
        assert (session["Name"], session["StartTime"]) == ("Tom & Jerry", "2024-02-03T02:00:00Z")
        assert (session["Duration"], session["Folder"]) == (90.5, caller.folder)


async def test_a_second_completing_put_is_counted_and_makes_no_second_session(panopto: Any) -> None:
    """In the states 1 and 3 the PUT changes nothing; afterwards it is refused."""
    async with panopto() as caller:
        upload = await caller.open()
        path, body = f"{PATH}/{upload['ID']}", {**upload, "State": 1}
        await caller.send(upload["UploadTarget"], "a.mp4", [FILM])
        await caller.send(upload["UploadTarget"], "m.xml", [MANIFEST])
        assert (await caller.rest("PUT", path, body))[0] == 200
        assert (await caller.rest("PUT", path, body))[0] == 200
        caller.clock.now += 5
        assert (await caller.rest("PUT", path, body))[0] == 400
        assert caller.audit.session_uploads()[0]["completions"] == 2
        assert len(caller.audit.sessions()) == 1


async def test_cancelling_passes_2_6_7_and_drops_the_objects(panopto: Any) -> None:
    """A cancelled upload ends as deleted, makes no session and can be cancelled again."""
    async with panopto() as caller:
        upload = await caller.open()
        path = f"{PATH}/{upload['ID']}"
        await caller.send(upload["UploadTarget"], "a.mp4", [FILM])
        await caller.s3("POST", f"{upload['UploadTarget']}/b.mp4", data=b"")
        await caller.s3("PUT", f"{upload['UploadTarget']}/b.mp4?partNumber=1", data=FILM)
        states = [(await caller.rest("DELETE", path))[1]["State"]]
        for _ in range(2):
            caller.clock.now += 0.25
            states.append((await caller.rest("GET", path))[1]["State"])
        assert states == [2, 6, 7]
        assert (await caller.rest("DELETE", path))[0] == 200
        assert (caller.audit.objects(), caller.audit.multipart_uploads()) == ([], [])
        assert caller.files() == []
        assert (await caller.rest("PUT", path, {**upload, "State": 1}))[0] == 400


async def test_a_fault_makes_deleting_end_in_8(panopto: Any) -> None:
    """State 8 is met by a fault on the cancelling call."""
    async with panopto(
        faults=[Fault("panopto.delete_session_upload", "state", arguments={"state": 8})]
    ) as caller:
        upload = await caller.open()
        await caller.rest("DELETE", f"{PATH}/{upload['ID']}")
        caller.clock.now += 5
        assert (await caller.rest("GET", f"{PATH}/{upload['ID']}"))[1]["State"] == 8


async def test_an_upload_left_open_is_given_up(panopto: Any) -> None:
    """After its time-out an open upload passes 6 and 7."""
    async with panopto(quick(upload_timeout=60, seconds_to_delete=1)) as caller:
        upload = await caller.open()
        states = []
        for seconds in (59, 1.5, 1):
            caller.clock.now += seconds
            states.append((await caller.rest("GET", f"{PATH}/{upload['ID']}"))[1]["State"])
        assert states == [0, 6, 7]


async def test_processing_ends_where_a_fault_wants_it(panopto: Any) -> None:
    """A fault of processing sets the last state and its message, or alters the session."""
    faults = [
        Fault("panopto.process", "state", arguments={"state": 5, "message": "No."}),
        Fault("panopto.process", "alter", nth=2, arguments={"start_time": "2001-01-01T00:00:00+00:00"}),
    ]
    async with panopto(faults=faults) as caller:
        first, second = await caller.session(), await caller.session()
        assert (first["State"], first["Message"]) == (5, "No.")
        _, session = await caller.rest("GET", f"api/v1/sessions/{second['SessionId']}")
        assert session["StartTime"] == "2001-01-01T00:00:00Z"


async def test_the_session_id_may_come_late(panopto: Any) -> None:
    """With the switch the first answer in state 4 has no SessionId and the second has it."""
    async with panopto(quick(session_id_late="on")) as caller:
        first = await caller.session()
        _, second = await caller.rest("GET", f"{PATH}/{first['ID']}")
        assert (first["State"], first["SessionId"]) == (4, None)
        assert second["SessionId"] is not None


@pytest.mark.parametrize(
    "change",
    [{"State": 0}, {"State": 4}, {"State": None}, {"UploadTarget": ""}, {"ID": None}, {"FolderId": None}],
)
async def test_only_the_whole_object_with_state_1_completes(panopto: Any, change: dict[str, Any]) -> None:
    """Another state, or an object that is not the one POST answered, is a 400 and leaves the upload open."""
    async with panopto() as caller:
        upload = await caller.open()
        path = f"{PATH}/{upload['ID']}"
        assert (await caller.rest("PUT", path, {**upload, "State": 1, **change}))[0] == 400
        assert (await caller.rest("GET", path))[1]["State"] == 0


@pytest.mark.parametrize(
    ("folder", "status"), [("public", 403), ("00000000-0000-4000-8000-000000000000", 404), ("nonsense", 400)]
)
async def test_a_folder_that_cannot_be_used_is_refused(panopto: Any, folder: str, status: int) -> None:
    """Without the right to create 403, unknown 404, no GUID 400; nothing is opened."""
    async with panopto() as caller:
        wanted = caller.panopto.public_folder.id if folder == "public" else folder
        assert (await caller.rest("POST", PATH, {"FolderId": wanted}))[0] == status
        assert caller.audit.session_uploads() == []


async def test_a_dead_token_is_403_here_and_401_there(panopto: Any) -> None:
    """PublicAPI/REST and /api/v1 answer a missing or expired token differently."""
    async with panopto() as caller:
        caller.clock.now += 3601
        for token in (caller.token, ""):
            assert (await caller.rest("POST", PATH, {"FolderId": caller.folder}, token))[0] == 403
            assert (await caller.rest("GET", f"api/v1/folders/{caller.folder}", token=token))[0] == 401


async def test_a_post_without_a_length_is_411(panopto: Any) -> None:
    """http.sys wants a Content-Length (or chunks) even where there is no body."""
    async with panopto() as caller:
        reply = await caller.raw(f"POST /Panopto/{PATH} HTTP/1.1\nHost: here\nConnection: close")
        assert reply.startswith(b"HTTP/1.1 411 ")


async def test_streams_are_added_to_a_session_that_is_there(panopto: Any) -> None:
    """POST session, POST upload, S3, PUT state 1: the session has the file and its duration."""
    async with panopto() as caller:
        base = "PublicAPI/REST"
        status, made = await caller.rest(
            "POST", f"{base}/session", {"Name": "Made", "ParentFolderID": caller.folder}
        )
        assert status == 201
        asked = {"SessionID": made["ID"], "UploadTarget": "Made"}
        status, upload = await caller.rest("POST", f"{base}/upload", asked)
        assert (status, upload["SessionID"]) == (201, made["ID"])
        await caller.send(upload["UploadTarget"], "a.mp4", [FILM])
        status, _ = await caller.rest("PUT", f"{base}/upload/{upload['ID']}", {**upload, "State": 1})
        assert status == 200
        caller.clock.now += 5
        assert (await caller.rest("GET", f"{base}/session/{made['ID']}"))[1]["Name"] == "Made"
        _, session = await caller.rest("GET", f"api/v1/sessions/{made['ID']}")
        assert (session["Name"], session["Duration"]) == ("Made", 90.5)
