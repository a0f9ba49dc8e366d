"""What lies beside a film is what its kind of file is, and its times are written as Opencast writes them."""

import struct
import zlib

import pytest
from lxml import etree
from pycaption import WebVTTReader

from pipelines.sandbox.elements import dfxp, jpeg, mpeg7, pdf, png, smil, vtt
from pipelines.sandbox.laden import CHAPTERS, CUES, SEGMENTS
from pipelines.sandbox.recordings import Element, Event
from pipelines.sandbox.world import World


def test_captions_are_read_by_others() -> None:
    """Every cue is there, with its lines, in both forms."""
    (cues,) = [WebVTTReader().read(vtt(CUES).decode()).get_captions(one) for one in ("en-US",)]
    assert [(cue.start // 1000, cue.end // 1000) for cue in cues] == [one[:2] for one in CUES]
    document = etree.fromstring(dfxp(CUES, "fr"))
    said = list(document.iter("{*}p"))
    assert [one.get("begin") for one in said][1] == "00:00:01.041"
    assert said[1].find("{*}br") is not None


def test_segments_have_unpadded_times() -> None:
    """41 thousandths are ":41F1000", and 10 frames of 25 a second are ":10F25"."""
    times = [one.text for one in etree.fromstring(mpeg7(SEGMENTS, "PT1M")).iter("{*}MediaRelTimePoint")]
    assert times[1:] == ["T00:00:00:0F1000", "T00:00:01:41F1000", "T00:00:03:123F1000", "T00:00:10:410F1000"]
    chapters = list(etree.fromstring(mpeg7(CHAPTERS, "PT1M")).iter("{*}VideoSegment"))
    assert [len(one.findall("{*}MediaTime/{*}MediaDuration")) for one in chapters] == [1, 1, 0]
    assert list(etree.fromstring(mpeg7((), "PT1M")).iter("{*}VideoSegment")) == []


def test_a_cut_list_has_a_clip_for_each_track_and_stretch() -> None:
    """In milliseconds, with the unit."""
    document = etree.fromstring(smil(((0, 10), (20, 30)), {"x/source": "a.mp4", "y/source": "b.mp4"}, 99))
    clips = [(one.get("src"), one.get("clipBegin"), one.get("clipEnd")) for one in document.iter("{*}video")]
    assert clips == [("a.mp4", "0ms", "10ms"), ("b.mp4", "0ms", "10ms"),
                     ("a.mp4", "20ms", "30ms"), ("b.mp4", "20ms", "30ms")]  # fmt: skip
    groups = {one[2].get("value"): one.values()[0] for one in document.iter("{*}paramGroup")}
    assert groups == {"x/source": "pg-x-source", "y/source": "pg-y-source"}
    assert {one.get("paramGroup") for one in document.iter("{*}video")} == set(groups.values())


def test_pictures_and_documents_are_whole() -> None:
    """A JPEG from mark to mark, a PNG whose chunks sum up, a PDF whose table lies where it says."""
    picture, other = jpeg("one"), jpeg("two")
    assert picture != other
    assert picture.startswith(b"\xff\xd8\xff\xe0\x00\x10JFIF\0")
    assert b"\xff\xfe\x00\x05one\xff\xdb" in picture
    assert picture.endswith(b"\xff\xd9")
    image = png(7)
    (length,) = struct.unpack(">I", image[8:12])
    assert zlib.crc32(image[12 : 16 + length]) == int.from_bytes(image[16 + length : 20 + length], "big")
    document = pdf("Notes (1)")
    place = int(document.rpartition(b"startxref\n")[2].partition(b"\n")[0])
    assert document[place : place + 4] == b"xref"


def files(event: Event, flavor: str) -> list[Element]:
    """The elements of a flavor in an event's last publication."""
    return [one for one in event.publications[-1].elements if one.flavor == flavor]


@pytest.mark.parametrize(
    ("shape", "flavor", "count"),
    [
        ("captions", "presentation/segment+preview", 4),
        ("captions", "captions/dfxp+fr", 1),
        ("captions", "mpeg-7/chapter", 1),
        ("search_only", "captions/vtt+en", 1),
        ("handout", "attachment/notes", 1),
        ("three_streams", "presentation2/delivery", 1),
        ("no_captions", "captions/vtt+en", 1),
        ("captions_gone", "captions/vtt+en", 1),
        ("chapter_past_the_end", "mpeg-7/chapter", 1),
        ("empty_segments", "mpeg-7/segments", 1),
    ],
)
def test_shapes_carry_what_their_names_say(shape: str, flavor: str, count: int) -> None:
    """Each in the publication that viewers see."""
    (event,) = World.shaped(shape).events
    assert len(files(event, flavor)) == count


def test_slides_come_unsorted_and_within_the_film() -> None:
    """Their times are those of the segments; the film is longer than all of them."""
    (event,) = World.shaped("captions").events
    refs = [one.ref for one in files(event, "presentation/segment+preview")]
    assert sorted(refs) != refs
    assert {one.partition("time=")[2] for one in refs} == {begin for begin, _, _ in SEGMENTS}
    (film,) = files(event, "presenter/delivery")
    assert film.streams is not None
    assert film.streams.duration == 60_000 > CUES[-1][1]


def test_only_the_archive_has_the_uncut_film() -> None:
    """With a cut list that keeps two stretches of it."""
    (event,) = World.shaped("archive_only").events
    assert [one.flavor for one in event.archive] == [
        "presenter/source",
        "presentation/source",
        "smil/cutting",
    ]
    assert len(event.originals) == 2
    assert not any(
        one.media for made in event.publications for one in made.media if made.channel != "internal"
    )
