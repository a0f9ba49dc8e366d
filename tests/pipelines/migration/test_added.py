"""Streams that were added: what their records fold to, and what their files are called."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Record, Refused
from pipelines import items
from pipelines.items import AspectOutcome
from pipelines.migration import added
from pipelines.migration.add_stream import name_of, track_name, track_of
from pipelines.migration.added import AddedStream, fold
from pipelines.opencast.model import INTERNAL, Event, Publication, Track
from pipelines.panopto.streams import StreamType

OPENED = added.opened("e", "a.mp4", upload_id="u", session_id="s", kind="PrimaryVideo", target="https://h/t")
STEPS = [
    added.open_("e", "a.mp4", "s", "PrimaryVideo"),
    OPENED,
    added.submit("e", "a.mp4"),
    added.submitted("e", "a.mp4"),
    added.ended("e", "a.mp4", AspectOutcome.CARRIED, bytes=5, crc32=7),
]


def test_each_record_brings_a_stream_on() -> None:
    """An intent alone opens nothing; the end says whether it is there."""
    found = [fold(STEPS[:count], "a.mp4") for count in range(6)]
    assert found[1] == AddedStream()
    assert found[2] == AddedStream(upload=OPENED.facts)
    assert [one.submitting for one in found] == [False, False, False, True, True, True]
    assert [one.submitted for one in found] == [False, False, False, False, True, True]
    assert [one.done for one in found] == [False] * 5 + [True]


def test_another_stream_and_an_unknown_kind_change_nothing() -> None:
    """Streams of one event lie under one subject."""
    strange = Record(added.subject("e"), "stream.other", {"stream": "b.mp4"})
    assert fold([*STEPS, strange], "b.mp4") == AddedStream()


def test_one_begun_anew_has_another_generation() -> None:
    """Nothing of the old upload counts; nor does an end that was a failure."""
    failed = added.ended("e", "a.mp4", AspectOutcome.PERMANENT, reason="processing_error", why="w")
    assert not fold([*STEPS[:4], failed], "a.mp4").done
    assert fold([*STEPS[:4], failed, added.anew("e", "a.mp4", "r")], "a.mp4") == AddedStream(generation=2)


def test_streams_are_no_items() -> None:
    """Nor schedules."""
    assert not items.is_item(added.subject("e"))
    assert not items.is_schedule(added.subject("e"))
    assert items.is_schedule("schedule:e")


@pytest.mark.fault(40)
def test_the_target_is_in_no_repr() -> None:
    """A state may be shown."""
    assert "https" not in repr(fold(STEPS, "a.mp4"))


@given(st.sampled_from(StreamType), st.text(max_size=300), st.text(max_size=50))
def test_a_name_is_plain_and_bare(kind: StreamType, file_name: str, identity: str) -> None:
    """Whatever a file is called: ASCII, one segment, not long, and the same again."""
    name = name_of(kind, file_name, identity)
    assert name.isascii()
    assert PurePosixPath(name).name == name
    assert len(name) < 130
    assert not set(name) & set(" /\\?&<>%\"'")
    assert name == name_of(kind, file_name, identity)
    assert name.startswith(f"{kind.name.lower()}-")


def test_what_tells_names_apart() -> None:
    """The type, and the source: two files of one name are two streams."""
    names = {name_of(kind, "a.mp4", path) for kind in StreamType for path in ("/one/a.mp4", "/two/a.mp4")}
    assert len(names) == 6
    assert {PurePosixPath(name).suffix for name in names} == {".mp4"}


def track(identifier: str, flavor: str, url: str = "https://oc/static/x.mp4?policy=p") -> Track:
    """A track that may be read."""
    return Track(identifier, url, flavor=flavor)


def event(*tracks: Track, channel: str = "engage-player") -> Event:
    """An event with these."""
    return Event("e", publications=(Publication("p", channel, tracks),))


def test_a_track_is_named_by_key_or_by_flavor() -> None:
    """And its file by what its address says, without the query."""
    one, other = track("t1", "presenter/delivery"), track("t2", "presentation/delivery")
    assert track_of(event(one, other), "t2") is other
    assert track_of(event(one, other), "presenter/delivery") is one
    name = track_name(StreamType.SECONDARY, one)
    assert name.startswith("secondary-x-")
    assert name.endswith(".mp4")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (event(track("t1", "a/b")), "no track is c/d; name one of t1 .a/b."),
        (event(track("t1", "c/d"), track("t2", "c/d")), "2 tracks have the flavor c/d; name one of t1"),
        (event(track("t1", "c/d"), channel=INTERNAL), "nothing of it is published"),
        (event(track("t1", "c/d", url="")), "nothing of it is published"),
    ],
)
def test_a_track_that_is_none_or_several_is_refused(found: Event, words: str) -> None:
    """By what there is; no address is told."""
    with pytest.raises(Refused, match=words) as caught:
        track_of(found, "c/d")
    assert "policy" not in str(caught.value)
