"""What search service and archive tell of an event is read as its publications are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Unreadable
from pipelines.opencast.mediapackage import read_archive, read_search
from pipelines.opencast.model import Element, Publication, Track

MD5 = "f2fb5a87de7cbc92795a33e4e33a59f7"
TRACK: dict[str, Any] = {
    "id": "t1",
    "type": "Presenter/delivery",
    "mimetype": "video/mp4",
    "tags": {"tag": "engage-download"},
    "url": "https://f/1.mp4",
    "size": 5,
    "checksum": {"type": "md5", "$": MD5},
    "duration": 3160,
    "audio": {"id": "audio-1", "channels": 1},
    "video": {"id": "video-1", "bitrate": 1423969, "framerate": 25, "resolution": "1280x720"},
    "live": False,
}
READ = Track(
    "t1",
    "https://f/1.mp4",
    "video/mp4",
    "presenter/delivery",
    size=5,
    md5=MD5,
    tags=("engage-download",),
    has_audio=True,
    has_video=True,
    duration_ms=3160,
    bitrate=1423969,
    width=1280,
    height=720,
)
CAPTION = {"id": "a1", "type": "captions/vtt+en", "mimetype": "text/vtt", "url": "https://f/1.vtt", "size": 0,
           "tags": {"tag": ["archive", "x"]}, "ref": "track:t1"}  # fmt: skip
READ_CAPTION = Element(
    "a1", "attachment", "https://f/1.vtt", "captions/vtt+en", "text/vtt", "track:t1", ("archive", "x")
)
CHAPTERS = {"id": "c1", "type": "mpeg-7/chapter", "mimetype": "text/xml", "url": "https://f/c.xml"}
READ_CHAPTERS = Element("c1", "catalogue", "https://f/c.xml", "mpeg-7/chapter", "text/xml")


def package(identifier: str = "e", **groups: Any) -> dict[str, Any]:
    """A media package of one track, with other groups."""
    held = {"media": {"track": TRACK}, "attachments": "", "metadata": "", "publications": "", **groups}
    return {"id": identifier, "mediapackage": {"id": identifier, "title": 2020, **held}}


def old(*hits: Any) -> dict[str, Any]:
    """The reply of Opencast 15 and before."""
    result = {"result": hits[0] if len(hits) == 1 else list(hits)} if hits else {}
    return {"search-results": {"offset": "0", "limit": "20", "total": str(len(hits)), **result}}


def new(*hits: Any) -> dict[str, Any]:
    """The reply of Opencast 16 and later."""
    return {"offset": 0, "total": len(hits), "limit": 20, "result": list(hits)}


@pytest.mark.parametrize("shape", [old, new])
def test_a_hit_is_a_publication(shape: Any) -> None:
    """Tracks, then attachments, then catalogues, in either shape; no hit is none."""
    full = package(attachments={"attachment": [CAPTION]}, metadata={"catalog": CHAPTERS})
    assert read_search(shape(full), "e") == Publication("", "search", (READ,), (READ_CAPTION, READ_CHAPTERS))
    assert read_search(shape(package()), "e") == Publication("", "search", (READ,))
    assert read_search(shape(), "e") is None


@pytest.mark.parametrize("shape", [old, new])
def test_a_hit_counts_by_its_own_id(shape: Any) -> None:
    """A service that passes over the question answers other events, and their films are not this one's."""
    assert read_search(shape(package("other")), "e") is None
    found = read_search(shape(package("other"), package("e")), "e")
    assert found is not None
    assert found.tracks == (READ,)


def test_one_of_a_thing_has_no_list_and_none_no_object() -> None:
    """Track, tag and catalogue; absent, empty and null are the same."""
    several = {"media": {"track": [TRACK, {**TRACK, "id": "t2", "tags": ""}]}}
    found = read_search(old(package(**several, attachments=None, metadata={"catalog": [CHAPTERS]})), "e")
    assert found is not None
    assert [(one.id, one.tags) for one in found.tracks] == [("t1", ("engage-download",)), ("t2", ())]
    assert found.elements == (READ_CHAPTERS,)
    empty = read_search(old(package(media="")), "e")
    assert empty == Publication("", "search")


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"video": [TRACK["video"], {"resolution": "1x1"}]}, (1280, 720, True)),
        ({"video": {"id": "video-1"}}, (None, None, True)),
        ({"video": {"resolution": "wide"}}, (None, None, True)),
        ({"video": ""}, (None, None, False)),
    ],
)
def test_a_picture_is_that_of_the_first_stream(change: dict[str, Any], facts: tuple[Any, ...]) -> None:
    """What is not known of it is not guessed."""
    found = read_search(old(package(media={"track": {**TRACK, **change}})), "e")
    assert found is not None
    assert [(one.width, one.height, one.has_video) for one in found.tracks] == [facts]


def test_another_checksum_is_none() -> None:
    """Only an MD5 can be compared."""
    for checksum in (None, "", {"type": "sha1", "$": MD5}, {"type": "md5", "$": "short"}, [1]):
        found = read_search(old(package(media={"track": {**TRACK, "checksum": checksum}})), "e")
        assert found is not None
        assert found.tracks[0].md5 is None


ARCHIVED: dict[str, Any] = {
    "identifier": "o1",
    "flavor": "presenter/source",
    "mimetype": "video/mp4",
    "uri": "https://o/assets/assets/e/o1/5/x.mp4",
    "size": 7,
    "checksum": f"{MD5} (md5)",
    "tags": ["archive"],
    "duration": 184669,
    "streams": {
        "audio-1": {"identifier": "audio-1", "channels": 2},
        "video-2": {"framewidth": 1, "frameheight": 1},
        "video-1": {"framewidth": 2048, "frameheight": 858, "bitrate": 2685332.0},
    },
    "has_video": True,
    "has_audio": True,
}
PACKAGE = b"""<?xml version="1.0" encoding="UTF-8"?>
<mediapackage id="e" xmlns="http://mediapackage.opencastproject.org">
 <media><track id="o1" type="presenter/source"><url>https://o/x.mp4</url></track></media>
 <metadata><catalog id="s" type="smil/cutting" ref="track:o1"><mimetype>application/smil</mimetype>
  <tags><tag>archive</tag></tags><url>https://o/cut.smil</url><size>300</size></catalog></metadata>
 <attachments><attachment id="a" type="text/VTT"><url>https://o/a.vtt</url></attachment></attachments>
 <publications><publication id="p" channel="x"><metadata><catalog id="q" type="mpeg-7/x"/></metadata>
  </publication></publications></mediapackage>"""
BARE = b'<mediapackage id="e"/>'


def test_the_archive_is_a_publication_with_its_cut_list() -> None:
    """Tracks by the API's own names; the rest from the media package, what is published left out."""
    found = read_archive([ARCHIVED], PACKAGE, "e")
    (track,) = found.tracks
    assert (track.key, track.url, track.flavor) == ("o1", ARCHIVED["uri"], "presenter/source")
    assert (track.width, track.height, track.bitrate, track.md5) == (2048, 858, 2685332, MD5)
    assert (track.has_audio, track.has_video, track.size, track.duration_ms) == (True, True, 7, 184669)
    cuts = Element("s", "catalogue", "https://o/cut.smil", "smil/cutting", "application/smil", "track:o1",
                   ("archive",), 300)  # fmt: skip
    assert found.elements == (cuts, Element("a", "attachment", "https://o/a.vtt", "text/vtt"))


def test_before_1_7_streams_tell_what_a_track_has() -> None:
    """There is no has_video and no has_audio yet."""
    older = {name: value for name, value in ARCHIVED.items() if not name.startswith("has_")}
    silent = {**older, "streams": {"video-1": {"framewidth": 2}}}
    sound = {**older, "streams": {"audio-1": {"channels": 2}}}
    found = read_archive([older, silent, sound, {**older, "streams": None}], BARE, "e")
    assert [(one.has_video, one.has_audio) for one in found.tracks] == [
        (True, True),
        (True, False),
        (False, True),
        (False, False),
    ]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html/>",
        b"<mediapackage>",
        b'<!DOCTYPE m [<!ENTITY x "y">]><mediapackage>&x;</mediapackage>',
        b"\xff\xfe nothing",
    ],
)
def test_what_is_no_media_package_is_unreadable(document: bytes) -> None:
    """Then nobody knows of a cut list, and nothing is taken."""
    with pytest.raises(Unreadable, match="media package"):
        read_archive([ARCHIVED], document, "e")


def test_what_is_no_list_of_tracks_is_unreadable() -> None:
    """An object where /media has a list."""
    with pytest.raises(Unreadable, match="no list"):
        read_archive({}, BARE, "e")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "mediapackage", "media", "track", "tags", "tag", "video", "result"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(anything, anything)
def test_nonsense_is_unreadable_and_nothing_else(group: Any, one: Any) -> None:
    """Nothing but Unreadable is raised, whatever a reply holds."""
    track = one if not isinstance(one, dict) else {**TRACK, **one}
    for reply in (
        group,
        old(group),
        new(group),
        old(package(media=group)),
        old(package(media={"track": track})),
    ):
        try:
            read_search(reply, "e")
        except Unreadable:
            continue
    for media in (
        group,
        [group],
        [{**ARCHIVED, "streams": group}],
        [{**ARCHIVED, "streams": {"video-1": one}}],
    ):
        try:
            read_archive(media, BARE, "e")
        except Unreadable:
            continue
