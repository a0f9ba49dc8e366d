"""What of an event is moved is decided by what it publishes, and then by its state."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.migration.select import Selected, Skip, Wanted, select
from pipelines.opencast.model import TOO_LARGE, Element, Event, Publication, Track

FILM = Track(
    "film",
    "https://files/x.mp4",
    "video/mp4",
    "presenter/delivery",
    size=5000,
    has_audio=True,
    has_video=True,
    duration_ms=8000,
    bitrate=4000,
    width=1280,
    height=720,
)
SLIDES = replace(FILM, id="slides", flavor="presentation/delivery")
SOUND = Track("sound", "https://files/x.mp3", "audio/mpeg", "presenter/delivery", has_audio=True)
PLAYLIST = replace(FILM, id="list", url="https://files/x.m3u8", mediatype="application/x-mpegURL")
WHEN = datetime(2020, 1, 1, 9, tzinfo=UTC)


def event(*tracks: Track, channel: str = "engage-player", **fields: object) -> Event:
    """Return a processed event with these tracks in one channel."""
    facts: dict[str, object] = {"start": WHEN, "status": "PROCESSED", "processing_state": "SUCCEEDED"}
    published = (Publication("p", channel, tracks),)
    return Event("e", **{**facts, "publications": published, **fields})  # type: ignore[arg-type]


def chosen(given: Event) -> list[tuple[str, str]]:
    """Return role and track of what is selected."""
    decided = select(given)
    assert isinstance(decided, Selected), decided
    return [(one.role, one.track) for one in decided.streams]


def warnings(given: Event) -> tuple[str, ...]:
    """Return the warnings of what is selected."""
    decided = select(given)
    assert isinstance(decided, Selected), decided
    return decided.warnings


def skipped(given: Event) -> str:
    """Return the reason of a skip."""
    decided = select(given)
    assert isinstance(decided, Skip), decided
    return decided.reason


def test_one_film_is_the_primary_stream() -> None:
    """An ordinary event moves one file, whose name is generated and whose size is an estimate."""
    decided = select(event(replace(FILM, md5="d41d8")))
    assert isinstance(decided, Selected)
    (stream,) = decided.streams
    assert (stream.role, stream.file_name, stream.estimate) == ("Primary", "presenter.mp4", 5000)
    assert (decided.estimate, decided.warnings) == (5000, ())
    assert (stream.duration_ms, stream.md5) == (8000, "d41d8")


def test_two_streams_put_the_presenter_first() -> None:
    """Where both have the sound, the presenter is primary, in whatever order they come."""
    assert chosen(event(SLIDES, FILM)) == [("Primary", "film"), ("Secondary", "slides")]


def test_the_stream_with_the_sound_is_primary() -> None:
    """Panopto plays the primary stream's sound, so a silent presenter comes second."""
    silent = replace(FILM, has_audio=False)
    assert chosen(event(silent, SLIDES)) == [("Primary", "slides"), ("Secondary", "film")]


def test_a_lone_presentation_is_primary() -> None:
    """A session without a primary stream is not known to work."""
    assert chosen(event(SLIDES)) == [("Primary", "slides")]


def test_sound_alone_is_audio() -> None:
    """An event without a film moves its sound."""
    decided = select(event(SOUND))
    assert isinstance(decided, Selected)
    assert [(one.role, one.file_name) for one in decided.streams] == [("Audio", "audio.mp3")]


def test_sound_beside_a_film_with_sound_stays() -> None:
    """A podcast's file beside the film is the same sound once more."""
    assert chosen(event(SOUND, FILM)) == [("Primary", "film")]


def test_silent_slides_keep_the_sound_that_is_a_track_of_its_own() -> None:
    """Slides without sound and a sound recording belong together."""
    silent = replace(SLIDES, has_audio=False)
    assert chosen(event(silent, SOUND)) == [("Audio", "sound"), ("Secondary", "slides")]


def test_a_film_in_another_channel_comes_before_sound_in_the_first() -> None:
    """A channel that publishes the sound alone does not hide the film."""
    podcast, api = Publication("p", "engage-player", (SOUND,)), Publication("q", "api", (FILM,))
    assert chosen(event(publications=(podcast, api))) == [("Primary", "film")]


def test_channels_are_taken_in_their_order() -> None:
    """Preferred channels first, then any other public one; the editor's previews never."""
    for channels, expected in (
        (("engage-player", "api"), "b"),
        (("api",), "a"),
        (("other",), "c"),
        ((), "c"),
    ):
        published = tuple(
            Publication(channel, channel, (replace(FILM, id=name),))
            for name, channel in (("z", "internal"), ("c", "other"), ("b", "engage-player"), ("a", "api"))
        )
        decided = select(event(publications=published), channels=channels)
        assert isinstance(decided, Selected)
        assert decided.streams[0].track == expected


def test_an_empty_player_falls_to_the_next_channel() -> None:
    """Opencast before 11.3 publishes no files to engage-player."""
    player, api = Publication("p", "engage-player"), Publication("q", "api", (FILM,))
    assert chosen(event(publications=(player, api))) == [("Primary", "film")]
    listed = Publication("p", "engage-player", (PLAYLIST,))
    assert chosen(event(publications=(listed, api))) == [("Primary", "film")]


def test_the_best_rendition_is_the_largest_picture() -> None:
    """Then the higher bitrate, then the larger file."""
    small = replace(FILM, id="small", width=640, height=360, size=9_000_000, bitrate=9_000_000)
    quick = replace(FILM, id="quick", bitrate=4001)
    large = replace(quick, id="large", size=5001)
    assert chosen(event(small, large, quick, FILM)) == [("Primary", "large")]
    assert chosen(event(FILM, quick, small)) == [("Primary", "quick")]


def test_a_delivery_comes_before_a_larger_preview() -> None:
    """The subtype delivery wins; where there is none, a preview is what was delivered."""
    preview = replace(FILM, id="preview", flavor="presenter/preview", width=3840, height=2160)
    assert chosen(event(preview, FILM)) == [("Primary", "film")]
    assert chosen(event(preview)) == [("Primary", "preview")]


def test_the_quality_tag_stands_in_for_a_missing_picture_size() -> None:
    """Only where width and height are missing."""
    tagged = replace(FILM, id="tagged", width=None, height=None, tags=("1080p-quality",))
    bare = replace(FILM, id="bare", width=None, height=None)
    assert chosen(event(bare, tagged, FILM)) == [("Primary", "tagged")]
    assert chosen(event(bare, FILM)) == [("Primary", "film")]


@pytest.mark.parametrize(
    "playlist",
    [
        replace(FILM, mediatype="application/x-mpegURL"),
        replace(FILM, mediatype="application/dash+xml; charset=utf-8"),
        replace(FILM, url="https://files/smil:a.smil/playlist.m3u8"),
        replace(FILM, url="https://files/variant.M3U8?policy=x"),
        replace(FILM, url="https://files/smooth.ism/Manifest"),
        replace(FILM, url="rtmp://files/mp4:x"),
    ],
)
def test_playlists_are_no_files(playlist: Track) -> None:
    """Media type, ending or scheme tells, though the playlist has a picture, a size and no master flag."""
    listed = replace(playlist, id="list", width=9999, height=9999)
    assert chosen(event(listed, FILM)) == [("Primary", "film")]
    assert skipped(event(listed)) == "playlist_only"


def test_captions_are_no_streams() -> None:
    """A caption track is neither chosen nor counted as media."""
    captions = Track("c", "https://files/c.vtt", "text/vtt", "captions/delivery")
    odd = replace(captions, has_video=True)
    assert chosen(event(captions, odd, FILM)) == [("Primary", "film")]
    assert skipped(event(captions, odd)) == "no_media"


def test_a_live_stream_is_skipped() -> None:
    """By its channel, or because all its tracks are live; a film beside it is moved."""
    stream = replace(FILM, id="live", is_live=True)
    assert skipped(event(stream, channel="engage-live", status="RECORDING")) == "live"
    assert skipped(event(replace(stream, is_live=False), channel="engage-live")) == "live"
    assert skipped(event(stream)) == "live"
    assert chosen(event(stream, FILM)) == [("Primary", "film")]


@pytest.mark.parametrize("status", ["SCHEDULED", "RECORDING", "INGESTING", "PENDING", "PROCESSING", "PAUSED"])
def test_what_is_under_way_is_looked_at_later(status: str) -> None:
    """Whether or not something of it is published already: it may still be replaced."""
    assert skipped(event(publications=(), status=status)) == "not_ready"
    assert skipped(event(FILM, status=status)) == "not_ready"


def test_without_a_status_the_workflow_tells() -> None:
    """API 1.0 has no status; an event whose workflows were cleaned away is fine."""
    assert skipped(event(FILM, status="", processing_state="RUNNING")) == "not_ready"
    assert chosen(event(FILM, status="", processing_state="")) == [("Primary", "film")]
    assert chosen(event(FILM, status="PROCESSED", processing_state="")) == [("Primary", "film")]


def test_a_failed_workflow_is_a_warning() -> None:
    """What was published before is still valid."""
    decided = select(event(FILM, status="PROCESSING_FAILURE", processing_state="FAILED"))
    assert isinstance(decided, Selected)
    assert "processing_failure" in decided.warnings[0]


@pytest.mark.parametrize(
    ("states", "ended"),
    [
        ({"processing_state": "FAILED"}, "processed"),
        ({"processing_state": "STOPPED"}, "processed"),
        ({"status": "RECORDING_FAILURE"}, "recording_failure"),
        ({"status": "", "processing_state": "STOPPED"}, "stopped"),
    ],
)
def test_each_way_to_fail_is_a_warning(states: dict[str, object], ended: str) -> None:
    """Be it the event's status or its latest workflow's state."""
    assert warnings(event(FILM, **states)) == (
        f"its latest workflow ended as {ended}; what was published before is moved",
    )


def test_nothing_published() -> None:
    """No publication, or the editor's only."""
    assert skipped(event(publications=())) == "nothing_published"
    assert skipped(event(FILM, channel="internal")) == "nothing_published"


def test_a_publication_without_files_has_no_media() -> None:
    """Published on a video site, say."""
    assert skipped(event(channel="youtube")) == "no_media"
    assert skipped(event(replace(FILM, url=""))) == "no_media"


def test_a_missing_date_is_a_warning() -> None:
    """The operator hears of what is not carried."""
    assert warnings(event(FILM, start=None)) == ("Opencast does not say when it was recorded",)


def test_every_film_is_a_stream() -> None:
    """One for each kind of flavor, whatever their number, and no playlist; their names are their own."""
    more = [
        replace(FILM, id=name, flavor=f"{name}/delivery", has_audio=False)
        for name in ("room", "board", "presentation2")
    ]
    playlist = replace(PLAYLIST, flavor="list/delivery")
    decided = select(event(*more, SLIDES, playlist, FILM))
    assert isinstance(decided, Selected)
    assert [(one.role, one.track, one.file_name) for one in decided.streams] == [
        ("Primary", "film", "presenter.mp4"),
        ("Secondary", "slides", "presentation.mp4"),
        ("Secondary", "board", "secondary.mp4"),
        ("Secondary", "presentation2", "secondary-2.mp4"),
        ("Secondary", "room", "secondary-3.mp4"),
    ]
    assert decided.warnings == ()


def test_a_flavor_may_lack_its_second_half() -> None:
    """What it shows is told by the first."""
    films = [replace(FILM, id=name, flavor=name) for name in ("room", "presentation", "presenter")]
    decided = select(event(*films))
    assert isinstance(decided, Selected)
    names = ["presenter.mp4", "presentation.mp4", "secondary.mp4"]
    assert [one.file_name for one in decided.streams] == names


def test_of_two_sounds_the_presenters_stays() -> None:
    """And every silent film beside it."""
    silent = [replace(one, has_audio=False) for one in (SLIDES, FILM)]
    sounds = [replace(SOUND, id="hall", flavor="presentation/delivery"), SOUND]
    given = event(*silent, *sounds)
    assert chosen(given) == [("Audio", "sound"), ("Secondary", "film"), ("Secondary", "slides")]
    assert warnings(given) == ()


UNCUT = replace(FILM, id="camera", flavor="presenter/source")
CUTS = Element("cuts", "catalogue", "https://opencast/assets/c.smil", flavor="smil/cutting")


def archived(*tracks: Track, elements: tuple[Element, ...] = ()) -> Publication:
    """What the archive holds of an event."""
    return Publication("", "archive", tracks, elements)


def test_the_archive_comes_last_and_with_its_cut_list() -> None:
    """Uncut films are taken where nothing else has one, and never without a warning."""
    archive = archived(UNCUT, elements=(CUTS,))
    api = Publication("q", "api", (FILM,))
    assert chosen(event(publications=(archive, api))) == [("Primary", "film")]
    decided = select(event(publications=(Publication("p", "engage-player"), archive)))
    assert isinstance(decided, Selected)
    assert (decided.publication, decided.cuts_from) == (archive, CUTS)
    assert "uncut" in decided.warnings[0]
    decided = select(event(publications=(archived(UNCUT),)))
    assert isinstance(decided, Selected)
    assert decided.cuts_from is None
    assert "no cut list" in decided.warnings[0]


def test_of_the_archive_what_is_cut_is_not_cut_again() -> None:
    """Some sites archive what they publish: it is taken without the cut list, and never beside the uncut."""
    slides = replace(SLIDES, id="screen", flavor="presentation/source")
    decided = select(event(publications=(archived(UNCUT, slides, FILM, elements=(CUTS,)),)))
    assert isinstance(decided, Selected)
    assert [one.track for one in decided.streams] == ["film"]
    assert decided.cuts_from is None
    assert decided.warnings == ("its films are taken out of the archive",)


def test_what_belongs_to_a_film_is_of_its_publication() -> None:
    """The publication that was chosen goes with the streams; one that is published is never cut."""
    player = Publication("p", "engage-player", (FILM,), (CUTS,))
    decided = select(event(publications=(Publication("q", "api", (FILM,)), player)))
    assert isinstance(decided, Selected)
    assert (decided.publication, decided.cuts_from) == (player, None)


def test_a_skip_says_what_could_not_be_asked() -> None:
    """Where search or archive do not answer this account, the operator hears of it."""
    closed = Publication("", "search", refused="the search service does not let this account in")
    decided = select(event(publications=(Publication("p", "engage-player"), closed)))
    assert isinstance(decided, Skip)
    assert decided.reason == "no_media"
    assert decided.why.endswith("hold no film and no sound; the search service does not let this account in")
    assert skipped(event(publications=(closed,))) == "nothing_published"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (event(replace(FILM, is_live=True)), "it is a live stream, of which there is no file"),
        (event(publications=()), "nothing of it is published for viewers"),
        (event(PLAYLIST), "it is published as playlists only, without a file behind them"),
        (
            event(publications=(Publication("p", "youtube", ()), Publication("q", "api", ()))),
            "its publications (api, youtube) hold no film and no sound",
        ),
    ],
    ids=["live", "unpublished", "playlists", "no media"],
)
def test_a_skip_says_why(given: Event, why: str) -> None:
    """In a sentence for the operator."""
    decided = select(given)
    assert isinstance(decided, Skip)
    assert decided.why == why


def test_a_channel_with_more_streams_is_a_warning() -> None:
    """The preferred channel holds, and what another has more of is told."""
    player, api = Publication("p", "engage-player", (FILM,)), Publication("q", "api", (FILM, SLIDES))
    decided = select(event(publications=(player, api)))
    assert isinstance(decided, Selected)
    assert "api" in decided.warnings[0]


def test_an_unknown_size_is_estimated() -> None:
    """Duration times bitrate, the event's duration where the track has none, else nothing."""
    for track, estimate in (
        (replace(FILM, size=None), 4000),
        (replace(FILM, size=None, duration_ms=None), 1000),
        (replace(FILM, size=None, bitrate=None), None),
    ):
        decided = select(event(track, duration_ms=2000))
        assert isinstance(decided, Selected)
        assert decided.estimate == estimate


@example(8000, TOO_LARGE)
@given(st.integers(1, TOO_LARGE - 1), st.integers(1, TOO_LARGE - 1))
def test_an_estimate_that_measures_nothing_is_unknown(duration: int, bitrate: int) -> None:
    """However long and dense a track claims to be, its estimate is a number that JSON holds."""
    decided = select(event(replace(FILM, size=None, duration_ms=duration, bitrate=bitrate)))
    assert isinstance(decided, Selected)
    estimate = duration * bitrate // 8000
    assert decided.estimate == (estimate if estimate < TOO_LARGE else None)


def test_only_what_is_wanted_is_selected() -> None:
    """Events of a wanted series and events wanted by name; both empty is all."""
    named, of_series = Wanted(events=frozenset({"e"})), Wanted(series=frozenset({"s"}))
    assert isinstance(select(event(FILM), named), Selected)
    assert isinstance(select(event(FILM, series="s"), of_series), Selected)
    assert isinstance(select(event(FILM), Wanted()), Selected)
    decided = select(event(FILM), of_series)
    assert isinstance(decided, Skip)
    assert decided.reason == "not_selected"
    assert decided.why == "it is not among the series and events of [select]"


tracks = st.builds(
    Track,
    st.sampled_from("abcdef"),
    st.sampled_from(
        ["https://f/x.mp4", "https://f/x", "https://f/x.m3u8", "rtmp://f/x", "", "http://[", "é"]
    ),
    st.sampled_from(["video/mp4", "audio/mp4", "", "text/vtt", "application/dash+xml"]),
    st.sampled_from(["presenter/delivery", "presentation/preview", "audience/x", "captions/delivery", ""]),
    has_audio=st.booleans(),
    has_video=st.booleans(),
    is_live=st.booleans(),
    width=st.none() | st.integers(1, 4000),
    height=st.none() | st.integers(1, 4000),
)
publications = st.builds(
    Publication, st.just("p"), st.sampled_from(["engage-player", "api", "internal", "engage-live", "x"]),
    st.lists(tracks, max_size=5).map(tuple),
)  # fmt: skip


@given(st.lists(publications, max_size=4).map(tuple), st.sampled_from(["PROCESSED", "PAUSED", "", "NEW"]))
def test_streams_make_a_session(published: tuple[Publication, ...], status: str) -> None:
    """Files of different ASCII names, one of them first; none is a playlist, live or the editor's."""
    decided = select(event(publications=published, status=status))
    if isinstance(decided, Skip):
        assert decided.why
        return
    roles = [one.role for one in decided.streams]
    assert roles[0] in {"Primary", "Audio"}
    assert set(roles[1:]) <= {"Secondary"}
    file_names = [one.file_name for one in decided.streams]
    assert len(set(file_names)) == len(file_names)
    assert all(re.fullmatch(r"[a-z]+(-[2-9])?\.[a-z0-9]{3}", name) for name in file_names)
    offered = {
        track.key
        for one in published
        if one.channel != "internal"
        for track in one.tracks
        if not track.is_live
    }
    assert {one.track for one in decided.streams} <= offered


@given(st.lists(tracks, max_size=6), st.randoms())
def test_the_order_of_tracks_does_not_matter(given: list[Track], chance: object) -> None:
    """The same files are chosen in each run, though Opencast lists them in no order."""
    given = list({track.id: track for track in given}.values())
    shuffled = list(given)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert select(event(*given)) == replace_event(select(event(*shuffled)), event(*given))


def replace_event(decided: Selected | Skip, given: Event) -> Selected | Skip:
    """Return the decision as one about the event given, which has one publication."""
    if isinstance(decided, Skip):
        return decided
    return replace(decided, event=given, publication=given.publications[0])
