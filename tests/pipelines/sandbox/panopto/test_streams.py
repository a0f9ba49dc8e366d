"""Streams that are added to a session: session, upload, S3, and state 1."""

from typing import Any

import pytest
from fakes.panopto_caller import FILM

from pipelines.sandbox.faults import Fault

BASE = "PublicAPI/REST"


async def added(caller: Any, session: str, name: str = "b.mp4", body: bytes = FILM, **more: Any) -> Any:
    """Add a file to a session, and see what became of the upload."""
    asked = {"SessionID": session, "UploadTarget": "Anything", **more}
    status, upload = await caller.rest("POST", f"{BASE}/upload", asked)
    assert status == 201
    await caller.send(upload["UploadTarget"], name, [body])
    path = f"{BASE}/upload/{upload['ID']}"
    assert (await caller.rest("PUT", path, {**upload, "State": 1}))[0] == 200
    caller.clock.now += 5
    return (await caller.rest("GET", path))[1]


async def test_a_stream_joins_its_session_when_it_is_processed(panopto: Any) -> None:
    """Not before state 4; the audit tells of the upload and of what the session has."""
    async with panopto() as caller:
        session = (await caller.session(a__mp4=FILM))["SessionId"]
        upload = await added(caller, session, StreamType="SecondaryVideo")
        assert (upload["State"], upload["SessionID"]) == (4, session)
        ((row),) = caller.audit.sessions()
        assert row["files"] == ["a.mp4", "b.mp4"]
        assert row["streams"] == [
            {"file": "b.mp4", "type": "SecondaryVideo", "stream_upload_id": upload["ID"], "end": 90.5}
        ]
        ((told),) = caller.audit.listed("stream-uploads")
        assert told == {
            "stream_upload_id": upload["ID"], "session_id": session, "folder_id": caller.folder, "state": 4,
            "message": None, "completions": 1, "stream_type": "SecondaryVideo", "stream_start": None,
            "files": ["b.mp4"],
        }  # fmt: skip


async def test_a_file_of_the_same_name_overwrites(panopto: Any) -> None:
    """Of the manifest's files and of those added; the object that was there is gone, from the disk too."""
    async with panopto() as caller:
        session = (await caller.session(a__mp4=FILM))["SessionId"]
        files = len(caller.files())
        await added(caller, session, "a.mp4")
        last = await added(caller, session, "a.mp4")
        ((row),) = caller.audit.sessions()
        assert (row["files"], len(row["streams"])) == (["a.mp4"], 1)
        held = [one for one in caller.audit.objects() if one["key"] == "a.mp4"]
        assert [one["session_upload_id"] for one in held] == [last["ID"]]
        assert len(caller.files()) == files


async def test_a_stream_that_cannot_be_processed_leaves_the_session_as_it_was(panopto: Any) -> None:
    """Corrupt bytes, or a fault, end in 5; what was there under the name stays."""
    async with panopto(faults=[Fault("panopto.process", "state", nth=3, arguments={"state": 5})]) as caller:
        done = await caller.session(a__mp4=FILM)
        assert (await added(caller, done["SessionId"], "a.mp4", b"no film"))["State"] == 5
        assert (await added(caller, done["SessionId"], "a.mp4"))["State"] == 5
        ((row),) = caller.audit.sessions()
        assert (row["files"], row["streams"]) == (["a.mp4"], [])
        held = [one["session_upload_id"] for one in caller.audit.objects() if one["key"] == "a.mp4"]
        assert done["ID"] in held


async def test_a_stream_may_begin_later(panopto: Any) -> None:
    """StreamStartTime is absolute; the session lasts as long as its last stream, and begins as before."""
    async with panopto() as caller:
        session = (await caller.session(a__mp4=FILM))["SessionId"]
        path = f"api/v1/sessions/{session}"
        _, before = await caller.rest("GET", path)
        await added(caller, session, StreamStartTime="2024-02-03T02:00:10")
        _, after = await caller.rest("GET", path)
        assert (after["Duration"], after["StartTime"]) == (100.5, before["StartTime"])


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"StreamType": 2}, 201),
        ({"StreamType": None, "StreamStartTime": None}, 201),
        ({"StreamType": 3}, 400),
        ({"StreamType": True}, 400),
        ({"StreamType": "Primary"}, 400),
        ({"StreamStartTime": "yesterday"}, 400),
        ({"SessionID": "nonsense"}, 400),
        ({"SessionID": "00000000-0000-4000-8000-000000000000"}, 404),
    ],
)
async def test_what_may_be_asked_of_a_stream(panopto: Any, more: dict[str, Any], status: int) -> None:
    """Types by name or number, times by ISO 8601; an unknown session is a 404."""
    async with panopto() as caller:
        asked = {"SessionID": await caller.empty_session(), "UploadTarget": "x", **more}
        assert (await caller.rest("POST", f"{BASE}/upload", asked))[0] == status


async def test_streams_need_the_right_to_their_session(panopto: Any) -> None:
    """403 in a folder of others, and with a dead token."""
    async with panopto() as caller:
        asked = {"SessionID": caller.foreign_session(), "UploadTarget": "x"}
        assert (await caller.rest("POST", f"{BASE}/upload", asked))[0] == 403
        asked["SessionID"] = await caller.empty_session()
        assert (await caller.rest("POST", f"{BASE}/upload", asked, "dead"))[0] == 403
        assert (await caller.rest("POST", f"{BASE}/upload", asked))[0] == 201
