"""Captions of sessions: taken, doubled, refused, taken away."""

from hashlib import sha256
from typing import Any

import pytest

from pipelines.sandbox.faults import Fault
from pipelines.sandbox.switches import Switches

SRT = b"1\n00:00:01,000 --> 00:00:02,000\nWelcome\n"
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nWillkommen\n"
GERMAN = ("language", None, b"German")
FILE = ("file", "a.srt", SRT)


def held(caller: Any) -> list[tuple[str | None, int]]:
    """The language and size of each set that the audit tells of."""
    ((captions),) = [one["captions"] for one in caller.audit.sessions() if one["folder_id"] == caller.folder]
    return [(one["language"], one["size"]) for one in captions]


async def test_captions_are_taken_with_their_language(panopto: Any) -> None:
    """200; the audit has their hash, and the session some time later a URL to them that it had not."""
    async with panopto() as caller:
        session = await caller.empty_session()
        path = f"api/v1/sessions/{session}"
        assert (await caller.rest("GET", path))[1]["Urls"]["CaptionDownloadUrl"] is None
        assert await caller.captions(session, GERMAN, ("anything", "a.vtt", VTT)) == 200
        ((row),) = caller.audit.sessions()[0]["captions"]
        assert row == {
            "language": "German", "sha256": sha256(VTT).hexdigest(), "size": len(VTT), "came": "upload",
        }  # fmt: skip
        assert (await caller.rest("GET", path))[1]["Urls"]["CaptionDownloadUrl"] is None
        caller.clock.now += 1
        assert session in (await caller.rest("GET", path))[1]["Urls"]["CaptionDownloadUrl"]


async def test_without_a_language_they_are_the_default_ones(panopto: Any) -> None:
    """The Swagger does not require it; the path language null takes them away."""
    async with panopto() as caller:
        session = await caller.empty_session()
        assert await caller.captions(session, FILE) == 200
        assert await caller.captions(session, FILE, GERMAN) == 200
        assert held(caller) == [(None, len(SRT)), ("German", len(SRT))]
        path = f"api/v1/sessions/{session}/captions"
        assert (await caller.rest("DELETE", f"{path}/languages/null"))[0] == 200
        assert held(caller) == [("German", len(SRT))]


@pytest.mark.parametrize(
    ("again", "status", "left"),
    [
        ("add", 200, [("German", len(SRT)), ("German", len(VTT))]),
        ("replace", 200, [("German", len(VTT))]),
        ("refuse", 400, [("German", len(SRT))]),
    ],
)
async def test_a_language_that_is_there(panopto: Any, again: Any, status: int, left: list[Any]) -> None:
    """A second set beside the first; by the switch in its place, or refused."""
    async with panopto(Switches(rate_limit="off", captions_again=again)) as caller:
        session = await caller.empty_session()
        await caller.captions(session, GERMAN, FILE)
        assert await caller.captions(session, GERMAN, ("file", "b.vtt", VTT)) == status
        assert held(caller) == left


@pytest.mark.parametrize(
    "parts",
    [
        [GERMAN],
        [GERMAN, FILE, FILE],
        [GERMAN, ("file", None, SRT)],
        [("language", None, b"Klingon"), FILE],
        [("language", None, b"german"), FILE],
        [("language", None, b"\xff"), FILE],
        [GERMAN, ("file", "a.ttml", SRT)],
        [GERMAN, ("file", "a.srt", b"")],
    ],
)
async def test_a_form_that_cannot_be_taken(panopto: Any, parts: list[Any]) -> None:
    """No file, two, one without a name, another language or format: 400, and nothing is kept."""
    async with panopto() as caller:
        session = await caller.empty_session()
        assert await caller.captions(session, *parts) == 400
        assert held(caller) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=file"),
    ],
)
async def test_what_is_no_form_is_refused(panopto: Any, kind: str, body: bytes) -> None:
    """Another content type, no boundary, nothing, a part that breaks off: 400."""
    async with panopto() as caller:
        session = await caller.empty_session()
        url = f"{caller.url}/Panopto/api/v1/sessions/{session}/captions"
        headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": kind}
        async with caller.http.post(url, data=body, headers=headers) as reply:
            assert reply.status == 400


async def test_captions_are_taken_away_by_language_or_all(panopto: Any) -> None:
    """All sets of a language go at once; none is no error, an unknown language is."""
    async with panopto() as caller:
        session = await caller.empty_session()
        path = f"api/v1/sessions/{session}/captions"
        for language in (b"German", b"German", b"French"):
            await caller.captions(session, ("language", None, language), FILE)
        assert (await caller.rest("DELETE", f"{path}/languages/German"))[0] == 200
        assert held(caller) == [("French", len(SRT))]
        assert (await caller.rest("DELETE", f"{path}/languages/Klingon"))[0] == 400
        assert [(await caller.rest("DELETE", path))[0] for _ in range(2)] == [200, 200]
        assert held(caller) == []


async def test_captions_of_a_session_of_others_are_refused(panopto: Any) -> None:
    """403 without the right to change it, 404 where there is no session, 401 with a dead token."""
    async with panopto() as caller:
        foreign = caller.foreign_session()
        assert await caller.captions(foreign, GERMAN, FILE) == 403
        assert (await caller.rest("DELETE", f"api/v1/sessions/{foreign}/captions"))[0] == 403
        assert await caller.captions("00000000-0000-4000-8000-000000000000", GERMAN, FILE) == 404
        caller.token = "dead"
        assert await caller.captions(foreign, GERMAN, FILE) == 401


async def test_captions_whose_answer_was_lost_are_there(panopto: Any) -> None:
    """Who sends them again has them twice."""
    faults = [Fault("panopto.upload_session_captions", "lose_answer")]
    async with panopto(faults=faults) as caller:
        session = await caller.empty_session()
        with pytest.raises(OSError, match=r"reset|disconnected|closed"):
            await caller.captions(session, GERMAN, FILE)
        assert len(held(caller)) == 1
        assert await caller.captions(session, GERMAN, FILE) == 200
        assert len(held(caller)) == 2
