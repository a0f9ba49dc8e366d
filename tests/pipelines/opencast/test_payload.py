"""What Opencast answers is read whatever version, site or workflow it comes from."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Unreadable
from pipelines.migration.select import Selected, Skip, select
from pipelines.opencast.model import Grant, Scheduling, Series, Track
from pipelines.opencast.payload import read_event, read_scheduling, read_series
from pipelines.panopto.document import write
from pipelines.panopto.manifest import Manifest

FULL = {
    "identifier": "ID-heat",
    "title": "Heat & work",
    "description": "Second term",
    "presenter": ["Ada Brennan", " ", ""],
    "contributor": ["Noor Idris", ""],
    "publication_status": ["internal", "engage-player"],
    "acl": [{"allow": True, "action": "read", "role": "ROLE_ANONYMOUS"}],
    "scheduling": {
        "agent_id": "hs-3",
        "start": "2021-04-17T17:22:00Z",
        "end": "2021-04-17T18:52:00Z",
        "inputs": ["camera", "screen"],
    },
    "location": "HS 3",
    "language": "eng",
    "rightsholder": "The university",
    "license": "CC-BY",
    "is_part_of": "s-1",
    "series": "Thermodynamics",
    "start": "2021-04-17T17:22:00Z",
    "created": "2021-04-18T08:00:00Z",
    "duration": 17933,
    "status": "EVENTS.EVENTS.STATUS.PROCESSED",
    "processing_state": "SUCCEEDED",
    "archive_version": 4,
    "publications": [
        {
            "id": "p-1",
            "channel": "engage-player",
            "media": [
                {
                    "id": "t-1",
                    "mediatype": "video/mp4",
                    "url": "https://files.example/t-1.mp4?policy=x&signature=y",
                    "flavor": "Presenter/Delivery",
                    "size": 1000,
                    "checksum": "41385DBD9659cf6826ae4131614acaf6 (md5)",
                    "tags": ["720p-quality"],
                    "has_audio": True,
                    "has_video": True,
                    "duration": 17933,
                    "bitrate": 2685332.0,
                    "width": 1280,
                    "height": 720,
                    "is_master_playlist": False,
                    "is_live": False,
                }
            ],
            "attachments": [{"flavor": "Presenter/Search+Preview"}, {"flavor": "presenter/search+preview"}],
            "metadata": [{"flavor": "dublincore/episode"}],
        }
    ],
}


def track_of(**fields: Any) -> Track:
    """Read a track that has these fields."""
    publication = {"channel": "api", "media": [fields]}
    return read_event({"identifier": "e", "publications": [publication]}).publications[0].tracks[0]


def test_a_whole_event_is_read() -> None:
    """Every field that is carried arrives, and a blank presenter does not."""
    event = read_event(FULL)
    assert (event.identifier, event.title, event.description) == ("ID-heat", "Heat & work", "Second term")
    assert (event.presenters, event.location, event.language) == (("Ada Brennan",), "HS 3", "eng")
    assert (event.rightsholder, event.license) == ("The university", "CC-BY")
    assert (event.series, event.series_title) == ("s-1", "Thermodynamics")
    assert event.start == event.recorded == datetime(2021, 4, 17, 17, 22, tzinfo=UTC)
    assert (event.duration_ms, event.status, event.processing_state) == (17933, "PROCESSED", "SUCCEEDED")
    assert event.archive_version == 4
    assert (event.contributors, event.channels) == (("Noor Idris",), ("internal", "engage-player"))
    assert event.acl == (Grant("ROLE_ANONYMOUS", "read", True),)
    begin = datetime(2021, 4, 17, 17, 22, tzinfo=UTC)
    assert event.scheduling == Scheduling("hs-3", begin, begin + timedelta(hours=1.5), ("camera", "screen"))
    (publication,) = event.publications
    assert publication.extras == ("presenter/search+preview", "dublincore/episode")
    assert publication.tracks == (
        Track(
            "t-1",
            "https://files.example/t-1.mp4?policy=x&signature=y",
            "video/mp4",
            "presenter/delivery",
            1000,
            "41385dbd9659cf6826ae4131614acaf6",
            ("720p-quality",),
            has_audio=True,
            has_video=True,
            duration_ms=17933,
            bitrate=2685332,
            width=1280,
            height=720,
        ),
    )


def test_an_identifier_is_all_that_an_event_needs() -> None:
    """An event of API 1.0 without any other field is read, and nothing is known of it."""
    event = read_event({"identifier": "e"})
    assert (event.title, event.presenters, event.start, event.publications) == ("", (), None, ())
    assert (event.contributors, event.channels, event.acl, event.scheduling) == ((), (), None, None)


READ = {"allow": True, "action": "read", "role": "ROLE_STUDENT"}


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ([], ()),
        ([READ], (Grant("ROLE_STUDENT", "read", True),)),
        ([{**READ, "allow": False}], (Grant("ROLE_STUDENT", "read", False),)),
        (None, None),
        ("", None),
        ({"ace": [READ]}, None),
        ([READ, "ROLE_STUDENT"], None),
        ([READ, {**READ, "role": ""}], None),
        ([READ, {**READ, "role": None}], None),
        ([READ, {**READ, "allow": "false"}], None),
        ([READ, {"allow": True, "role": "ROLE_STUDENT"}], None),
    ],
)
def test_rights_are_known_whole_or_not_at_all(told: object, known: tuple[Grant, ...] | None) -> None:
    """One line that makes no sense might be the one that forbids."""
    assert read_event({"identifier": "e", "acl": told}).acl == known


BOOKED = {"agent_id": "hs-3", "start": "2031-04-17T17:22:00Z", "end": "2031-04-17T18:22:00Z"}


@pytest.mark.parametrize("told", [None, {}, ""])
def test_no_scheduling_is_none(told: object) -> None:
    """Opencast writes an empty object where nothing is scheduled."""
    assert read_event({"identifier": "e", "scheduling": told}).scheduling is None


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({**BOOKED, "agent_id": " "}, "agent"),
        ({**BOOKED, "start": "soon"}, "start"),
        ({**BOOKED, "end": None}, "end"),
        ({**BOOKED, "inputs": [{}]}, "inputs"),
        ({"inputs": []}, "agent"),
        ([BOOKED], "a list"),
    ],
)
def test_a_scheduling_that_makes_no_sense_is_an_error(broken: object, named: str) -> None:
    """It must not look like an event without one: its room would stay empty."""
    with pytest.raises(Unreadable) as caught:
        read_event({"identifier": "e-7", "scheduling": broken})
    assert "event e-7, scheduling" in str(caught.value)
    assert named in str(caught.value)


def test_a_scheduling_needs_no_inputs() -> None:
    """An agent may record whatever it has; its times have a zone, which is kept as an instant."""
    scheduling = read_scheduling({**BOOKED, "start": "2031-04-17T19:22:00+02:00"}, "e")
    begin = datetime(2031, 4, 17, 17, 22, tzinfo=UTC)
    assert scheduling == Scheduling("hs-3", begin, begin + timedelta(hours=1))


def test_a_series_is_read() -> None:
    """Its title, its creator and its organisers; it is called as it was asked for."""
    told = {"identifier": "s", "title": "Heat", "creator": "Ada Brennan", "organizers": ["Ada Brennan", " "]}
    assert read_series(told, "s") == Series("s", "Heat", "Ada Brennan", ("Ada Brennan",))
    assert read_series({}, "s") == Series("s")
    with pytest.raises(Unreadable, match="series s"):
        read_series([], "s")


@pytest.mark.parametrize("told", [None, "x", {"flavor": "a/b"}, ["x", None, {}, {"flavor": 7}]])
def test_other_elements_fail_no_event(told: object) -> None:
    """Attachments and catalogues only tell what is not carried."""
    publication = {"channel": "api", "attachments": told, "metadata": [{"flavor": "mpeg-7/segments"}]}
    event = read_event({"identifier": "e", "publications": [publication]})
    assert event.publications[0].extras == ("mpeg-7/segments",)


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (None, None),
        (0, None),
        ("", None),
        ("00:00:03", 3000),
        ("01:00:00", 3_600_000),
        ("00:00:03.5", 3500),
        (3160, 3160),
        (3160.0, 3160),
        ("3160", 3160),
        (-1, None),
        ("soon", None),
        (True, None),
        (2**53 - 1, 2**53 - 1),
        (2**53, None),
        (10**30, None),
        ("1e30", None),
        ("inf", None),
        ("nan", None),
        ("9" * 400, None),
        ("9" * 400 + ":00:00", None),
    ],
)
def test_a_duration_is_milliseconds_or_unknown(told: object, known: int | None) -> None:
    """Each form in which versions write a duration is understood; what says nothing is None."""
    assert read_event({"identifier": "e", "duration": told}).duration_ms == known
    assert track_of(duration=told).duration_ms == known


@pytest.mark.parametrize(
    ("told", "known"),
    [(-1, None), (0, None), (None, None), (7, 7), (7.0, 7), ("1e30", None), (10**30, None), (2**53, None)],
)
def test_sizes_minus_one_and_nought_are_unknown(told: object, known: int | None) -> None:
    """Opencast writes -1 or 0 for a size that nobody measured; one that JSON cannot hold is none either."""
    assert track_of(size=told).size == known


@pytest.mark.parametrize("told", ["", None, "58308405383094", "ab (md5)", "f" * 40 + " (sha1)"])
def test_other_checksums_are_none(told: object) -> None:
    """Only 32 hex digits that are called md5 are one."""
    assert track_of(checksum=told).md5 is None


def test_streams_that_an_old_version_does_not_tell_follow_the_media_type() -> None:
    """Without has_audio and has_video the media type decides; with them it does not."""
    assert track_of(mediatype="video/mp4").has_video
    assert track_of(mediatype="audio/mp4").has_audio
    assert not track_of(mediatype="video/mp4", has_video=False).has_video


def test_the_series_has_two_names() -> None:
    """Old versions write isPartOf."""
    assert read_event({"identifier": "e", "isPartOf": "s"}).series == "s"


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("2021-04-17T17:22:00Z", datetime(2021, 4, 17, 17, 22, tzinfo=UTC)),
        ("2021-04-17T17:22:00.000Z", datetime(2021, 4, 17, 17, 22, tzinfo=UTC)),
        ("2021-04-17T19:22:00+02:00", datetime(2021, 4, 17, 17, 22, tzinfo=UTC)),
        ("2021-04-17T17:22:00", datetime(2021, 4, 17, 17, 22, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("9999-12-31T23:59:59", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_start_has_a_zone_or_is_unknown(told: object, known: datetime | None) -> None:
    """A moment without a zone is in UTC, and one that UTC has no year for is unknown."""
    assert read_event({"identifier": "e", "start": told}).start == known


zones = st.integers(-24 * 60 + 1, 24 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ends = st.sampled_from(["0001-01-01", "9999-12-31T23:59:59.999999"]).map(datetime.fromisoformat)


@given(st.datetimes() | ends, st.none() | zones)
def test_every_moment_that_is_read_can_be_written(moment: datetime, zone: timezone | None) -> None:
    """A manifest holds whatever is known, as the same instant to the second."""
    start = read_event({"identifier": "e", "start": moment.replace(tzinfo=zone).isoformat()}).start
    if start is not None:
        written = write(Manifest("t", "d", start, ()))
        assert f"<Date>{start.replace(microsecond=0, tzinfo=None).isoformat()}Z</Date>".encode() in written
        assert start == moment.replace(tzinfo=zone or UTC)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"title": {"en": "x"}}, "title"),
        ({"presenter": [["x"]]}, "presenter"),
        ({"duration": [1]}, "duration"),
        ({"publications": {"a": 1}}, "publications"),
        ({"publications": ["x"]}, "publications"),
        ({"publications": [{"media": [{"url": {}}]}]}, "url"),
    ],
)
def test_a_shape_that_cannot_be_read_is_named(broken: dict[str, Any], named: str) -> None:
    """The error says which event and which field."""
    with pytest.raises(Unreadable) as caught:
        read_event({"identifier": "e-7", **broken})
    assert "event e-7" in str(caught.value)
    assert named in str(caught.value)


@pytest.mark.parametrize("broken", [None, [], "x", 7, {}, {"identifier": ""}, {"title": "x"}])
def test_what_is_no_event_is_unreadable(broken: object) -> None:
    """Something without an identifier is not an event."""
    with pytest.raises(Unreadable):
        read_event(broken)


def test_no_query_is_shown() -> None:
    """A signature gets into no log by the way of a repr."""
    assert "signature" not in repr(read_event(FULL))


def test_a_track_without_an_id_is_known_by_its_address() -> None:
    """The key leaves the query out, which changes with each signature."""
    assert track_of(url="https://f/x.mp4?policy=1").key == "https://f/x.mp4"
    assert track_of(id="t", url="https://f/x.mp4").key == "t"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = [*FULL, "isPartOf", "id", "media", "url", "size", "tags", "flavor", "mediatype", "channel", "is_live"]
names += ["attachments", "metadata", "agent_id", "end", "inputs", "role", "action", "allow"]


@given(st.dictionaries(st.sampled_from(names), values))
def test_any_json_is_read_or_unreadable(fields: dict[str, Any]) -> None:
    """Nothing but Unreadable is raised, whatever an event, its publications and tracks hold."""
    track = {**fields, "has_video": True}
    publications = [{**fields, "media": [track]}]
    within = {"identifier": "e", "publications": publications, "acl": [fields], "scheduling": fields}
    for event in ({**fields, "identifier": "e"}, within, {**within, "scheduling": {}}, fields):
        try:
            decided = select(read_event(event))
        except Unreadable:
            continue
        assert isinstance(decided, Selected | Skip)


def recorded() -> Path:
    """Return the folder of recorded answers, or skip the test."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of recorded answers")
    return Path(folder) / "opencast"


def events_in(document: Any) -> Iterator[Any]:
    """Yield what in a recorded answer is an event, bare publications given one of their own."""
    several = document if isinstance(document, list) else [document]
    for one in several:
        if isinstance(one, dict) and "identifier" in one and "processing_state" in one:
            yield one
        elif isinstance(one, dict) and "channel" in one:
            yield {"identifier": "recorded", "publications": [one]}


def test_recorded_answers_go_through_reading_and_selecting() -> None:
    """Every event and publication that real servers answered is read and decided upon."""
    decided = {}
    for path in sorted(recorded().rglob("*.json")):
        for number, one in enumerate(events_in(json.loads(path.read_bytes()))):
            event = read_event(one)
            decided[path.name, number] = select(event)
    assert len(decided) >= 12
    two = decided["GET_event_publications_two_videos_3_qualities.json", 0]
    one = decided["GET_events_by_series1_withpublications.json", 0]
    assert isinstance(two, Selected)
    assert [stream.file_name for stream in two.streams] == ["presenter.mp4", "presentation.mp4"]
    assert isinstance(one, Selected)
    assert one.streams[0].estimate == 5880 * 819882 // 8000
