"""Manifests as documents: valid by our schema and both published ones, and read back to what was written."""

import os
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipelines.panopto.document import read, write
from pipelines.panopto.manifest import (
    NAMESPACE,
    Attachment,
    Cut,
    Entry,
    Image,
    Manifest,
    Thumbnail,
    Transcript,
    Video,
    VideoType,
)
from pipelines.panopto.schema import InvalidManifest

XML_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
DATE = datetime(2024, 7, 1, 9, 15, 0, 999_999, timezone(timedelta(hours=2)))

anything = st.text(st.characters(exclude_categories=()), max_size=40)
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",), include_characters="\t\n\r",
                              exclude_characters="\ufffe\uffff"), max_size=12)  # fmt: skip
titles = words.filter(str.strip)
dates = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
).map(lambda moment: moment.replace(microsecond=0))
crcs = st.none() | st.integers(0, 0xFFFFFFFF)
times = st.integers(0, 10**8) | st.integers(0, 10**12)
urls = st.sampled_from(
    ["", "http://a", "https://a-b.example:8443/c/%C3%A9?d=(e)&f='g'#h;i", "https://a?b", "http://a/@!~"]
)
languages = st.sampled_from(["", "en", "en-US", "de-CH-1996", "zh-Hant-TW"])
entries = st.builds(Entry, titles, times, words, urls)
cuts = st.builds(Cut, times, times.map(lambda time: time + 1))


def several(facts: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """None to two of them."""
    return st.lists(facts, max_size=2).map(tuple)


@st.composite
def recordings(draw: st.DrawFn) -> Manifest:
    """A recording with anything that a manifest can say of one, each of its files by a name of its own."""
    numbers = count()
    stems = st.sampled_from(["a", "Presenter", "0.b_c-", "z" * 50])
    files = stems.map(lambda stem: f"{stem}-{next(numbers)}.mp4")
    transcripts = st.builds(Transcript, files, crcs, languages, words, st.booleans())
    videos = st.builds(
        Video,
        files,
        crcs,
        st.sampled_from(VideoType),
        words,
        several(entries),
        several(cuts),
        several(transcripts),
    )
    recording = st.builds(
        Manifest,
        titles,
        words,
        dates,
        several(videos),
        several(st.builds(Image, files, crcs, times, words)),
        several(st.builds(Attachment, files, crcs, st.sampled_from(["application/pdf", "image/svg+xml"]))),
        several(cuts),
        several(titles),
        st.none() | st.builds(Thumbnail, files, crcs),
    )
    return draw(recording)


@pytest.fixture(scope="module")
def published() -> list[etree.XMLSchema]:
    """Both published schemas, where the references are at hand; else none."""
    reference = os.environ.get("FERRY_REFERENCE")
    folder = Path(reference or "/dev/null") / "panopto-ucs" / "schemas"
    found = [etree.XMLSchema(etree.parse(path)) for path in folder.glob("universal-capture-2.*.xsd")]
    assert len(found) == (2 if reference else 0)
    return found


@pytest.mark.slow
@pytest.mark.fault(36, 37)
@settings(max_examples=500, deadline=None)
@given(recording=recordings())
def test_500_recordings_are_read_back(published: list[etree.XMLSchema], recording: Manifest) -> None:
    """Each is valid by our own schema and by both published ones, and says afterwards what it said before."""
    written = write(recording)
    assert read(written) == recording
    for schema in published:
        schema.assertValid(etree.fromstring(written))


@pytest.mark.fault(36)
@given(anything.filter(lambda text: XML_ILLEGAL.sub("", text).strip()), anything)
def test_what_xml_cannot_hold_goes(title: str, text: str) -> None:
    """Control characters and lone surrogates are dropped wherever a text stands; nothing else is."""
    film = Video("a.mp4", None, VideoType.AUDIO, text, (Entry(title, 0, text),))
    image = Image("i.png", None, 0, text)
    told = read(write(Manifest(title, text, DATE, (film,), (image,), tags=(title,))))
    title, text = XML_ILLEGAL.sub("", title), XML_ILLEGAL.sub("", text)
    assert told == Manifest(
        title,
        text,
        DATE.replace(microsecond=0),
        (replace(film, title=text, entries=(Entry(title, 0, text),)),),
        (replace(image, title=text),),
        tags=(title,),
    )


def test_a_recording_in_full() -> None:
    """The bytes: a declaration, the instant in UTC, times to the millisecond, and each thing in its order."""
    captions = Transcript("en.vtt", None, "en-US"), Transcript("de.vtt", 1, "", "Ada", visible=False)
    contents = (Entry("R&D", 1041, "<b>", "https://a/?b=1&c"),)
    film = Video("presenter.mp4", 0xAB, VideoType.PRIMARY, "Camera", contents, (Cut(0, 500),), captions)
    images, attachments = (Image("i.png", None, 3_600_000, "Slide"),), (Attachment("a.pdf", None, "a/pdf"),)
    cuts, thumbnail = (Cut(60_010, 100),), Thumbnail("t.jpg", 2)
    written = write(Manifest("T", "", DATE, (film,), images, attachments, cuts, ("maths",), thumbnail))
    declaration, _, rest = written.partition(b"\n")
    assert re.fullmatch(rb"<\?xml version='1\.0' encoding='utf-8'\?>", declaration, re.IGNORECASE)
    assert rest.decode() == (
        f'<Session xmlns="{NAMESPACE}"><Title>T</Title><Description></Description>'
        "<Date>2024-07-01T07:15:00Z</Date>"
        '<Thumbnail Checksum="00000002">t.jpg</Thumbnail>'
        "<Videos><Video><Title>Camera</Title><Start>PT0S</Start>"
        '<File Checksum="000000ab">presenter.mp4</File>'
        "<Cuts><Cut><Start>PT0S</Start><Duration>PT0.5S</Duration></Cut></Cuts>"
        "<TableOfContents><Entry><Title>R&amp;D</Title><Description>&lt;b&gt;</Description>"
        "<Url>https://a/?b=1&amp;c</Url><Time>PT1.041S</Time></Entry></TableOfContents>"
        "<Type>Primary</Type>"
        "<Transcripts><Transcript><File>en.vtt</File><LCID>en-US</LCID></Transcript>"
        '<Transcript><File Checksum="00000001">de.vtt</File><Source>Ada</Source><Visible>false</Visible>'
        "</Transcript></Transcripts></Video></Videos>"
        "<Images><Image><File>i.png</File><Title>Slide</Title><Time>PT3600S</Time></Image></Images>"
        "<Cuts><Cut><Start>PT60.01S</Start><Duration>PT0.1S</Duration></Cut></Cuts>"
        "<Tags><Tag>maths</Tag></Tags>"
        "<Attachments><Attachment><File>a.pdf</File><MimeType>a/pdf</MimeType></Attachment></Attachments>"
        "</Session>"
    )


def test_what_is_empty_is_left_out() -> None:
    """A recording with a title alone has no container of nothing."""
    written = write(Manifest("T", "", DATE, ()))
    assert [etree.QName(one).localname for one in etree.fromstring(written)] == [
        "Title",
        "Description",
        "Date",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"PT1.041S", b"PT1.0410S"),
        (b"PT1.041S", b"-PT1S"),
        (b"PT1.041S", b"PT1M"),
        (b"b.mp4", b"A.MP4"),
        (b"b.mp4", b"b.xml"),
        (b"<Videos>", b"<Tags/><Videos>"),
    ],
)
def test_what_was_not_written_here_is_not_read(old: bytes, new: bytes) -> None:
    """Other forms of a time, two files of one name and empty containers are another's."""
    films = (
        Video("a.mp4", None, VideoType.PRIMARY, entries=(Entry("t", 1041),)),
        Video("b.mp4", None, VideoType.AUDIO),
    )
    written = write(Manifest("T", "", DATE, films))
    assert old in written
    with pytest.raises(InvalidManifest, match=r"^its manifest "):
        read(written.replace(old, new))
