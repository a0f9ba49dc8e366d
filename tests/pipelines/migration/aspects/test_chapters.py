"""MPEG-7 becomes a table of contents: only starts count, and what lies past the end is told."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.aspects.chapters import (
    DESCRIPTION,
    ENTRIES,
    TITLE,
    read_mpeg7,
    table_of,
    within,
    word_of,
)
from pipelines.migration.aspects.refusals import BadChapters
from pipelines.opencast.model import Element, Publication
from pipelines.panopto.manifest import Entry


def segment(time: str, title: str = "", *seen: str) -> str:
    """Return a segment whose texts were seen at times of their own."""
    free = (
        f"<TextAnnotation><FreeTextAnnotation>{title}</FreeTextAnnotation></TextAnnotation>" if title else ""
    )
    texts = "".join(
        "<VideoText><MediaTime><MediaRelTimePoint>T09:00:00:0F1000</MediaRelTimePoint></MediaTime>"
        f"<Text>{text}</Text></VideoText>"
        for text in seen
    )
    inner = f"<SpatioTemporalDecomposition>{texts}</SpatioTemporalDecomposition>" if seen else ""
    times = f"<MediaRelTimePoint>{time}</MediaRelTimePoint><MediaDuration>PT99H</MediaDuration>"
    return f"<VideoSegment><MediaTime>{times}</MediaTime>{free}{inner}</VideoSegment>"


def document(*segments: str) -> bytes:
    """Return a whole document of segments."""
    inner = f"<Video><TemporalDecomposition>{''.join(segments)}</TemporalDecomposition></Video>"
    return f'<Mpeg7 xmlns="urn:mpeg:mpeg7:schema:2001"><Description>{inner}</Description></Mpeg7>'.encode()


def test_segments_become_entries_by_time() -> None:
    """Titles are the annotation's, else numbered; what was read from a slide is described, each text once."""
    read, told = read_mpeg7(
        document(
            segment("T00:00:02:82F1000", "", "Optics", "I", "Optics"),
            segment("T00:00:00:0F25"),
            segment("T00:00:01:41F1000", " Lens\n laws "),
        ),
    )
    assert told is None
    assert read == (Entry("Slide 1", 0), Entry("Lens laws", 1041), Entry("Slide 3", 2082, "Optics I"))


def test_those_of_one_time_are_one() -> None:
    """Two films' segments at one time make one entry, with the first title and both texts."""
    same = "T00:00:05:0F1000"
    read, _ = read_mpeg7(
        document(segment(same, "", "a"), segment(same, "Two", "b"), segment(same, "3", "a")), "Chapter"
    )
    assert read == (Entry("Two", 5000, "a b"),)


def test_long_texts_are_cut() -> None:
    """A title and a description have a sane length."""
    ((entry,), _) = read_mpeg7(document(segment("T00:00:00", "t" * 999, "d" * 5000)))
    assert (len(entry.title), len(entry.description)) == (TITLE, DESCRIPTION)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no XML"),
        (b"<Mpeg7/>", "no segments"),
        (document("<VideoSegment/>"), "segment 1 has no time"),
        (document(segment("soon"), segment("later")), "segment 1: 'soon' is no time"),
        (document(*[segment("T00:00:00")] * (ENTRIES + 1)), f"more than {ENTRIES}"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><a>&d;</a>", "DTD"),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>", "DTD"),
        (b" " * (8 * 1024 * 1024 + 1), "are allowed"),
        (b"<a>" * 5000, "no XML"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, told: str) -> None:
    """One sentence says why, and hostile XML is read no further."""
    with pytest.raises(BadChapters, match=told) as caught:
        read_mpeg7(content)
    assert caught.value.code == "bad_chapters"


@pytest.mark.parametrize(
    ("times", "told"),
    [
        (("soon",), "segment 2: 'soon' is no time: left out"),
        (("soon", "later", "-1"), "segment 2: 'soon' is no time (and 2 more without one): left out"),
    ],
)
def test_segments_without_a_time_are_left_out(times: tuple[str, ...], told: str) -> None:
    """The others are there, and one sentence names the first and counts the rest."""
    read = read_mpeg7(document(segment("T00:00:00", "One"), *map(segment, times)))
    assert read == ((Entry("One", 0),), told)


def test_entries_past_the_end_are_left_out() -> None:
    """The sentence says how many; a film of unknown length keeps all."""
    entries = (Entry("a", 0), Entry("b", 999), Entry("c", 1000), Entry("d", 2000))
    assert within(entries, 2001) == (entries, None)
    assert within(entries, None) == (entries, None)
    assert within(entries, 2000) == (entries[:3], "1 entry begins after the end of the recording: left out")
    assert within(entries, 1000) == (entries[:2], "2 entries begin after the end of the recording: left out")


def test_chapters_come_before_slides() -> None:
    """Chapters first, then segments with text, then those without, and the word for each."""
    files = {
        flavor: Element(flavor, "catalogue", "https://oc.example/m.xml", flavor)
        for flavor in ("dublincore/episode", "mpeg-7/segments", "mpeg-7/text", "mpeg-7/chapter")
    }
    chosen = [table_of(Publication("p", "api", (), tuple(files.values())[:count])) for count in range(5)]
    assert chosen == [None, None, files["mpeg-7/segments"], files["mpeg-7/text"], files["mpeg-7/chapter"]]
    assert [word_of(one) for one in chosen if one] == ["Slide", "Slide", "Chapter"]


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=20), st.integers(0, 10**7))
def test_times_are_in_order_and_each_once(times: list[int], duration: int) -> None:
    """Whatever the order of segments, entries rise, and those within the film begin before its end."""
    points = [f"T00:00:00:{time}F1000" for time in times]
    read, _ = read_mpeg7(document(*map(segment, points)))
    assert [one.time_ms for one in read] == sorted(set(times))
    kept, told = within(read, duration)
    assert [one.time_ms for one in kept] == [one for one in sorted(set(times)) if one < duration]
    assert (told is None) == (len(kept) == len(read))


@given(
    st.binary()
    | st.builds(
        lambda at, length, new: VALID[: at % len(VALID)] + new + VALID[at % len(VALID) + length :],
        st.integers(0, 5000),
        st.integers(0, 40),
        st.binary(max_size=6) | st.sampled_from([b"<VideoSegment>", b"<!---->", b"<?x y?>", b"9" * 400]),
    )
)
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    """Nothing but BadChapters is raised, whatever becomes of a file."""
    try:
        assert all(one.title and one.time_ms >= 0 for one in read_mpeg7(content)[0])
    except BadChapters:
        return


VALID = document(segment("T00:00:01:41F1000", "Lens", "a", "b"), segment("T00:00:02:82F1000"))


def test_recorded_tables_are_read() -> None:
    """Opencast's own files give their segments' starts, with a comma before the fraction or a colon."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of recorded files")
    tables = {
        path.name: read_mpeg7(path.read_bytes())[0]
        for path in Path(folder).glob("opencast/mediapackages/*.xml")
    }
    assert [(one.title, one.time_ms) for one in tables["modules_common_src_test_resources_mpeg7.xml"]] == [
        ("Hint Armin", 0),
        ("Hint Hello", 4055000),
    ]
    starts = [one.time_ms for one in tables["modules_oaipmh-persistence_src_test_resources_mpeg7.xml"]]
    assert starts == [0, 4818, 9636, 14454, 19272]
