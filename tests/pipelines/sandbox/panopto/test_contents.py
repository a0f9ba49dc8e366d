"""What a manifest says beside its films, and what of that viewers get."""

from typing import Any

import pytest
from fakes.panopto_caller import FILM

from pipelines.sandbox.panopto.contents import (
    Attachment,
    Contents,
    Cut,
    Entry,
    Image,
    Transcript,
    edited,
    shown,
)
from pipelines.sandbox.panopto.manifest import ManifestError, parse, read
from pipelines.sandbox.panopto.subtitles import CULTURES, LANGUAGES, language
from pipelines.sandbox.switches import Switches

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
FULL = """\
<Session xmlns="http://tempuri.org/UniversalCaptureSpecification/v1"><Title>T</Title>
<Thumbnail>t.png</Thumbnail>
<Videos><Video><Start>PT10S</Start><File>a.mp4</File>
  <Cuts><Cut><Start>PT1S</Start><Duration>PT2S</Duration></Cut></Cuts>
  <TableOfContents>
    <Entry><Title>One</Title><Description>D</Description><Url>http://u</Url><Time>PT1.041S</Time></Entry>
    <Entry><Time>PT90.5S</Time><Title>Past the end</Title></Entry>
    <Entry><Time>PT0S</Time><Title>In a cut</Title></Entry>
  </TableOfContents><Type>Primary</Type>
  <Transcripts>
    <Transcript><File>c.vtt</File><LCID>en-US</LCID><Source>Ada</Source></Transcript>
    <Transcript><File>d.vtt</File><Visible>0</Visible></Transcript>
  </Transcripts></Video></Videos>
<Images><Image><File>i.png</File><Title>Slide</Title><Time>PT20S</Time></Image>
  <Image><File>j.png</File><Time>PT2M</Time></Image></Images>
<Cuts><Cut><Start>PT5S</Start><Duration>PT5.5S</Duration></Cut></Cuts>
<Tags><Tag>maths</Tag><Tag>Ada</Tag></Tags>
<Attachments><Attachment><File>h.pdf</File><MimeType>application/pdf</MimeType></Attachment></Attachments>
</Session>"""
FILES = {
    "a__mp4": FILM, "c__vtt": VTT, "d__vtt": VTT + b"\n", "t__png": b"t", "i__png": b"i", "j__png": b"j",
    "h__pdf": b"h", "m__xml": FULL.encode(),
}  # fmt: skip


def switches(**chosen: Any) -> Switches:
    """Switches without jitter and without rates."""
    return Switches(rate_limit="off", jitter=0, **chosen)


def test_everything_is_read() -> None:
    """Times are seconds of the session, so that a video's start counts; cuts know what they cut."""
    found = read(parse(FULL.encode())).contents
    assert found == Contents(
        (
            Entry("a.mp4", 11.041, "One", "D", "http://u"),
            Entry("a.mp4", 100.5, "Past the end"),
            Entry("a.mp4", 10.0, "In a cut"),
        ),
        (Cut(5.0, 5.5), Cut(1.0, 2.0, "a.mp4")),
        (Transcript("c.vtt", "a.mp4", "en-US", "Ada"), Transcript("d.vtt", "a.mp4", visible=False)),
        (Image("i.png", 20.0, "Slide"), Image("j.png", 120.0)),
        (Attachment("h.pdf", "application/pdf"),),
        ("maths", "Ada"),
        "t.png",
    )


@pytest.mark.parametrize("time", ["PT1.041S", "PT5S", "PT5.5S", "PT20S"])
def test_a_time_below_0_is_an_error(time: str) -> None:
    """The schema allows it."""
    with pytest.raises(ManifestError, match="below 0"):
        read(parse(FULL.replace(time, f"-{time}").encode()))


def test_what_nobody_can_reach_is_not_shown() -> None:
    """Past the end, or in a cut: it is gone, in silence. Where the length is not known there is no end."""
    contents = read(parse(FULL.encode())).contents
    seen = shown(contents, 100.5)
    assert [one.title for one in seen.entries] == ["One"]
    assert [one.file for one in seen.images] == ["i.png"]
    assert len(shown(contents, 0.0).images) == 2


@pytest.mark.parametrize(
    ("cuts", "left"),
    [
        ((), 100.0),
        (((0, 10),), 90.0),
        (((0, 10), (5, 10)), 85.0),
        (((0, 50), (10, 5)), 50.0),
        (((90, 50), (200, 5)), 90.0),
        (((0, 200),), 0.0),
    ],
)
def test_a_session_is_as_long_as_what_is_left(cuts: tuple[tuple[float, float], ...], left: float) -> None:
    """Cuts that overlap count once, and none beyond the end."""
    assert edited(100.0, [Cut(start, duration) for start, duration in cuts]) == left


async def test_a_session_gets_what_its_manifest_says(panopto: Any) -> None:
    """The audit tells all of it, captions by Panopto's own language; tags come to nothing by default."""
    async with panopto(switches()) as caller:
        done = await caller.session(**FILES)
        assert done["State"] == 4, done
        (row,) = caller.audit.sessions()
        digests = {held["key"]: held["sha256"] for held in caller.audit.objects()}
    assert row["duration"] == 95.0
    assert row["entries"] == [
        {"video": "a.mp4", "time": 11.041, "title": "One", "description": "D", "url": "http://u"}
    ]
    assert row["images"] == [{"file": "i.png", "time": 20.0, "title": "Slide"}]
    assert row["attachments"] == [{"file": "h.pdf", "mediatype": "application/pdf"}]
    assert [(one["file"], one["language"], one["sha256"], one["visible"]) for one in row["transcripts"]] == [
        ("c.vtt", "en-US", digests["c.vtt"], True),
        ("d.vtt", None, digests["d.vtt"], False),
    ]
    assert [(one["language"], one["sha256"], one["came"]) for one in row["captions"]] == [
        ("English_USA", digests["c.vtt"], "manifest"),
        (None, digests["d.vtt"], "manifest"),
    ]
    assert [(one["start"], one["duration"], one["video"]) for one in row["cuts"]] == [
        (5.0, 5.5, None),
        (1.0, 2.0, "a.mp4"),
    ]
    assert (row["thumbnail"], row["tags"]) == ("t.png", [])
    assert set(row["files"]) == {name.replace("__", ".") for name in FILES if name != "m__xml"}


async def test_tags_are_kept_where_it_is_so(panopto: Any) -> None:
    """They are the session's own, as those that are put later."""
    async with panopto(switches(manifest_tags="keep")) as caller:
        done = await caller.session(**FILES)
        assert caller.audit.sessions()[0]["tags"] == ["maths", "Ada"]
        status, told = await caller.rest("GET", f"api/v1/sessions/{done['SessionId']}/tags")
        assert (status, sorted(one["Content"] for one in told["Results"])) == (200, ["Ada", "maths"])


async def test_transcripts_are_passed_over_where_it_is_so(panopto: Any) -> None:
    """The session completes without them, even where they are no captions."""
    async with panopto(switches(manifest_captions="refuse")) as caller:
        done = await caller.session(**{**FILES, "c__vtt": b"no captions"})
        assert done["State"] == 4
        (row,) = caller.audit.sessions()
        assert (row["captions"], row["transcripts"]) == ([], [])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"c__vtt": b"no captions"}, "c.vtt"),
        ({"c__vtt": b"\xff\xfe"}, "c.vtt"),
        ({"t__png": None}, "t.png"),
        ({"i__png": None}, "i.png"),
        ({"j__png": None}, "j.png"),
        ({"h__pdf": None}, "h.pdf"),
        ({"c__vtt": None}, "c.vtt"),
        ({"C__VTT": VTT}, "as 'c.vtt'"),
        ({"m__xml": FULL.replace("j.png", "i.png").encode()}, "'i.png' twice"),
        ({"m__xml": FULL.replace("c.vtt", "c.dfxp").encode(), "c__dfxp": b"<tt/>"}, "neither SRT nor VTT"),
    ],
)
async def test_what_ends_in_state_5(panopto: Any, change: dict[str, bytes | None], says: str) -> None:
    """A transcript that is no SRT or VTT, a file that is not there, and names that are not told apart."""
    async with panopto(switches()) as caller:
        files = {name: body for name, body in {**FILES, **change}.items() if body is not None}
        done = await caller.session(**files)
    assert done["State"] == 5
    assert says in done["Message"]


async def test_captions_are_read_though_bytes_are_not_kept(panopto: Any) -> None:
    """Only media are dropped from the disk."""
    async with panopto(switches(keep_bytes="off")) as caller:
        assert (await caller.session(**FILES))["State"] == 4


@pytest.mark.parametrize(
    ("culture", "name"),
    [
        ("en-US", "English_USA"),
        ("EN-gb", "English_GBR"),
        ("en", None),
        ("de-AT", "German"),
        ("pt-BR", "Portuguese"),
        ("zh-TW", "Chinese_Traditional"),
        ("zh-Hans", None),
        ("tlh", None),
        (None, None),
    ],
)
def test_the_language_of_a_transcript(culture: str | None, name: str | None) -> None:
    """A culture's name in any case; the region counts where Panopto tells regions apart."""
    assert language(culture) == name


def test_each_language_has_a_culture() -> None:
    """Two lists in one order."""
    assert [language(one) for one in CULTURES] == list(LANGUAGES)
