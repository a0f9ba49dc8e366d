"""Stream uploads at an emulated Panopto over TLS: what they answer, and what follows a lost answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import anyio
import pytest
from fakes.panopto_caller import Caller, served
from fakes.panopto_client import OURS, calls
from fakes.scripted_http import Call, ScriptedHttp, json_answer

from engine import Answer, Network, NotAllowed, Refused, RetryPolicy, ServerFault, host_of, open_http
from pipelines.config import SettingsError
from pipelines.panopto.auth import Account, Tokens
from pipelines.panopto.calls import Calls
from pipelines.panopto.client import anywhere
from pipelines.panopto.model import State
from pipelines.panopto.streams import Streams, StreamType, StreamUpload, read_stream_upload
from pipelines.rest import Rest
from pipelines.sandbox import Fault

NOWHERE = "99999999-0000-0000-0000-000000000009"
POST, GET, PUT = (f"panopto.{name}_stream_upload" for name in ("create", "get", "put"))


@asynccontextmanager
async def streams_at(caller: Caller, check=anywhere) -> AsyncIterator[Streams]:  # type: ignore[no-untyped-def]
    """Our client; its waits set the site's clock on."""

    async def sleep(seconds: float) -> None:
        caller.clock.now += seconds
        await anyio.lowlevel.checkpoint()

    policy = RetryPolicy(attempts=4)
    async with open_http(Network(ca_file=caller.ca)) as http:
        tokens = Tokens(Rest(http, caller.url, sleep=sleep), OURS, clock=caller.clock)
        rest = Rest(http, caller.url, policy=policy, headers=tokens.headers, sleep=sleep, clock=caller.clock)
        yield Streams(Calls(rest, tokens), policy=policy, sleep=sleep, check=check)


async def a_session(caller: Caller) -> str:
    """The id of an empty session, made by the caller's own hand."""
    body = {"Name": "Lecture", "ParentFolderID": caller.folder}
    _, session = await caller.rest("POST", "PublicAPI/REST/session", body)
    return str(session["ID"])


async def test_a_stream_upload_is_opened_read_and_cancelled(tmp_path: Path) -> None:
    """It knows its session, goes elsewhere than its id says, and may be cancelled twice."""
    async with served(tmp_path) as site, streams_at(site) as streams:
        session_id = await a_session(site)
        upload = await streams.create(session_id, StreamType.SECONDARY, "slides.mp4")
        assert upload.session_id == session_id
        assert upload.state is State.UPLOADING
        assert upload.id not in upload.upload_target
        assert await streams.get(upload.id) == upload
        await streams.cancel(upload.id)
        await streams.cancel(upload.id)


async def test_completing_sends_the_whole_object_back(tmp_path: Path) -> None:
    """One PUT, and the site has it in state 1."""
    async with served(tmp_path) as site, streams_at(site) as streams:
        upload = await streams.create(await a_session(site), StreamType.PRIMARY, "film.mp4")
        after = await streams.submit(upload)
        assert after is not None
        assert after.state is State.UPLOAD_COMPLETE
        assert calls(site, "put_stream_upload") == [200]


@pytest.mark.fault(24)
async def test_a_lost_answer_to_completing_is_looked_up(tmp_path: Path) -> None:
    """The upload is seen to be complete, and no second PUT goes out."""
    async with served(tmp_path, faults=[Fault(PUT, "lose_answer")]) as site, streams_at(site) as streams:
        upload = await streams.create(await a_session(site), StreamType.PRIMARY, "film.mp4")
        after = await streams.submit(upload)
        assert after is not None
        assert after.state is State.UPLOAD_COMPLETE
        assert (len(calls(site, "put_stream_upload")), calls(site, "get_stream_upload")) == (1, [200])


@pytest.mark.parametrize(("action", "status"), [("reset", 0), ("status", 503), ("status", 429)])
@pytest.mark.parametrize("call", [POST, PUT])
async def test_what_did_not_arrive_is_said_again(tmp_path: Path, call: str, action: str, status: int) -> None:
    """A POST at once, a PUT after a look that shows the upload open."""
    fault = Fault(call, action, arguments={"status": status} if status else {})
    async with served(tmp_path, faults=[fault]) as site, streams_at(site) as streams:
        upload = await streams.create(await a_session(site), StreamType.PRIMARY, "film.mp4")
        after = await streams.submit(upload)
        assert after is not None
        assert after.state is State.UPLOAD_COMPLETE
        assert len(calls(site, call.removeprefix("panopto."))) == 2


async def test_a_lost_answer_to_opening_opens_another(tmp_path: Path) -> None:
    """Nothing comes of the first: nobody completes it."""
    async with served(tmp_path, faults=[Fault(POST, "lose_answer")]) as site, streams_at(site) as streams:
        upload = await streams.create(await a_session(site), StreamType.PRIMARY, "film.mp4")
        assert await streams.get(upload.id) is not None
        assert len(calls(site, "create_stream_upload")) == 2


async def test_an_expired_token_is_renewed(tmp_path: Path) -> None:
    """The upload API says 403; the same call goes out once more."""
    async with served(tmp_path) as site, streams_at(site) as streams:
        upload = await streams.create(await a_session(site), StreamType.PRIMARY, "film.mp4")
        site.panopto.tokens.expire_all()
        assert await streams.get(upload.id) == upload
        assert calls(site, "get_stream_upload") == [403, 200]


async def test_what_panopto_does_not_know(tmp_path: Path) -> None:
    """An upload is None; a session that is not there is refused by its id."""
    async with served(tmp_path) as site, streams_at(site) as streams:
        assert await streams.get(NOWHERE) is None
        with pytest.raises(Refused, match=f"into session {NOWHERE}"):
            await streams.create(NOWHERE, StreamType.PRIMARY, "film.mp4")


@pytest.mark.fault(38)
async def test_a_stream_that_would_go_to_another_host_is_given_up(tmp_path: Path) -> None:
    """The sentence names host and setting, never the target."""

    def check(url: str) -> None:
        raise NotAllowed("not allowed", where=host_of(url))

    async with served(tmp_path) as site, streams_at(site, check) as streams:
        session_id = await a_session(site)
        with pytest.raises(SettingsError, match=r"takes uploads at .*network\.hosts") as caught:
            await streams.create(session_id, StreamType.PRIMARY, "film.mp4")
        assert "/Upload" not in str(caught.value)
        assert len(calls(site, "delete_stream_upload")) == 1


async def test_type_and_start_go_out_as_the_upload_api_takes_them() -> None:
    """A number, and a moment in UTC."""

    async def script(call: Call) -> Answer:
        if call.url.endswith("/token"):
            return json_answer(200, {"access_token": "t"})
        return json_answer(201, {"ID": "u", "SessionID": "s", "UploadTarget": "https://h/Panopto/Upload/g"})

    http = ScriptedHttp(script)
    tokens = Tokens(Rest(http, "https://h"), Account("c", "s"))  # type: ignore[arg-type]
    streams = Streams(Calls(Rest(http, "https://h", headers=tokens.headers), tokens))  # type: ignore[arg-type]
    start = datetime(2026, 7, 1, 9, 15, tzinfo=timezone(timedelta(hours=2)))
    upload = await streams.create("s", StreamType.PRESENTATION, "Lecture", start)
    assert http.calls[-1].body == (
        b'{"SessionID":"s","UploadTarget":"Lecture","StreamType":2,"StreamStartTime":"2026-07-01T07:15:00Z"}'
    )
    assert upload == StreamUpload("u", "s", "https://h/Panopto/Upload/g")
    assert start.astimezone(UTC).hour == 7


@pytest.mark.parametrize("json", [None, [], {}, {"ID": 1}, {"ID": ""}, {"ID": "u", "State": "open"}])
def test_what_is_no_stream_upload(json: object) -> None:
    """It may be better the next time."""
    with pytest.raises(ServerFault):
        read_stream_upload(json, "here")


@pytest.mark.fault(40)
def test_the_target_is_in_no_repr() -> None:
    """Who knows it may write there; a message that repeats it is blanked."""
    told = read_stream_upload(
        {"ID": "u", "UploadTarget": "https://h/Panopto/Upload/5ecret", "Message": "/Panopto/Upload/5ecret"}
    )
    assert told.upload_target.endswith("5ecret")
    assert "5ecret" not in repr(told)
