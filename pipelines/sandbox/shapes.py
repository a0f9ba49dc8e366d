"""The catalogue of shapes that a real Opencast's events take, the awkward ones first.

A shape is a function from a draft to an event. `CATALOGUE` holds them in the order of the default world; what
comes after it are ordinary lectures. Those of which parts are damaged come last.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from pipelines.sandbox.bookings import AGENTS, to_come
from pipelines.sandbox.drafts import (
    PRESENTERS,
    QUALITIES,
    Draft,
    internal,
    lecture,
    original,
    published,
    small,
    track,
)
from pipelines.sandbox.elements import length, mpeg7, smil, vtt
from pipelines.sandbox.laden import (
    A_MINUTE,
    CHAPTERS,
    CUES,
    beside,
    captions,
    captions_gone,
    chapter_past_the_end,
    empty_segments,
    handout,
    no_captions,
)
from pipelines.sandbox.media import TextMedia
from pipelines.sandbox.recordings import Element, Event, Publication, Scheduling, Series, Streams

HLS = "application/x-mpegURL"


def large_file(draft: Draft) -> Event:
    """One stream, one file, and that a large one."""
    return lecture(draft, published(draft, track(draft, "presenter/delivery", draft.film(draft.largest))))


def two_streams(draft: Draft) -> Event:
    """Presenter and presentation, both with the sound; several presenters, a location."""
    presenter = draft.film()
    slides = draft.film(duration=presenter.duration + 80)
    media = track(draft, "presenter/delivery", presenter), track(draft, "presentation/delivery", slides)
    event = lecture(draft, internal(draft), published(draft, *media))
    return replace(event, presenters=PRESENTERS[:3], location="Großer Hörsaal & Foyer")


def audio_only(draft: Draft) -> Event:
    """A sound recording of a few kB, nobody named as its presenter."""
    film = draft.film(7345, video=False)
    element = replace(
        track(draft, "presenter/delivery", film), mediatype="audio/mp4", name="sound.m4a",
        streams=Streams(film.duration, audio=True),
    )  # fmt: skip
    return replace(lecture(draft, published(draft, element)), presenters=("",))


def renditions(draft: Draft) -> Event:
    """Three qualities of two flavors, in no order; its series is not in the operator's table."""
    length = draft.film().duration
    media = [
        track(draft, flavor, draft.film(draft.size() * height // 1080, length), (width, height))
        for flavor in ("presenter/delivery", "presentation/delivery")
        for width, height in QUALITIES
    ]
    draft.chance.shuffle(media)
    untabled = next((one for one in draft.series if not one.tabled), None)
    return replace(lecture(draft, internal(draft), published(draft, *media)), series=untabled)


def hls_beside_mp4(draft: Draft) -> Event:
    """Two makers' playlists beside the film: Wowza's of the film's size, FFmpeg's with width and height."""
    film = track(draft, "presenter/delivery", draft.film())
    media = (*_wowza(draft, film), *_playlists(draft, film), film)
    return replace(lecture(draft, published(draft, *media)), series=None)


def _wowza(draft: Draft, film: Element) -> tuple[Element, ...]:
    base = f"https://streaming.example.org/vod/smil:engage-player_{draft.number}_presenter.smil"
    kinds = ((HLS, f"{base}/playlist.m3u8"), ("application/dash+xml", f"{base}/manifest_mpm4sav_mvlist.mpd"),
             ("video/mp4", f"rtmp://streaming.example.org/vod/mp4:{draft.number}/presenter"))  # fmt: skip
    duration = film.streams.duration if film.streams else None
    return tuple(
        Element(
            draft.identifier(), film.flavor, mediatype, url.rpartition("/")[2], None, draft.modified, url=url,
            tags=("engage-streaming",), size_told=film.size, streams=Streams(duration),
        )
        for mediatype, url in kinds
    )  # fmt: skip


def _playlists(draft: Draft, film: Element) -> tuple[Element, ...]:
    names = ("master.m3u8", "variant_0.m3u8", "variant_1.m3u8")
    lines = {
        "master.m3u8": [f"#EXT-X-STREAM-INF:BANDWIDTH={i + 1}00000\nvariant_{i}.m3u8" for i in range(2)],
        "variant_0.m3u8": [f"#EXTINF:6.0,\nlow_{i}.ts" for i in range(90)],
        "variant_1.m3u8": [f"#EXTINF:6.0,\nhigh_{i}.ts" for i in range(90)],
    }
    return tuple(
        Element(
            draft.identifier(), film.flavor, HLS, name,
            TextMedia("\n".join(["#EXTM3U", "#EXT-X-VERSION:3", *lines[name], "#EXT-X-ENDLIST"]).encode()),
            draft.modified, tags=("engage-streaming",), checksum="md5",
            streams=replace(film.streams or Streams(), master_playlist=name == "master.m3u8"),
        )
        for name in names
    )  # fmt: skip


def signed(draft: Draft) -> Event:
    """Its files are served against a signature only."""
    event = lecture(draft)
    for element in event.files:
        event = event.with_element(replace(element, signed=True))
    return event


def unknown_sizes(draft: Draft) -> Event:
    """Nobody ever inspected its files: sizes -1 and 0, no checksum."""
    length = draft.film().duration
    presenter, slides = (
        replace(track(draft, flavor, draft.film(duration=length)), size_told=told, checksum="none")
        for flavor, told in (("presenter/delivery", -1), ("presentation/delivery", 0))
    )
    return lecture(draft, published(draft, presenter, slides))


def nothing_published(draft: Draft) -> Event:
    """Processed, and never published."""
    return replace(lecture(draft), publications=())


def live(draft: Draft) -> Event:
    """A stream that goes on, published for its viewers only."""
    url = f"https://live.example.org/campus-{draft.number}.m3u8"
    stream = Element(
        draft.identifier(), "presenter/delivery", HLS, "live.m3u8", None, draft.modified, url=url,
        streams=Streams(86_400_000, audio=True, video=True, width=1280, height=720, live=True),
    )  # fmt: skip
    return lecture(
        draft, Publication(draft.identifier(), "engage-live", url="/play/{event}", media=(stream,))
    )


def still_processing(draft: Draft) -> Event:
    """Its workflow runs; so far there is but the editor's preview."""
    return replace(lecture(draft, internal(draft)), status="PROCESSING", processing_state="RUNNING")


def api_channel(draft: Draft) -> Event:
    """The player's publication is empty and the channel `api` has the files; a later workflow failed."""
    film = track(draft, "presenter/delivery", draft.film())
    player = Publication(draft.identifier(), "engage-player", url="/play/{event}")
    event = lecture(draft, internal(draft), player, published(draft, film, channel="api"))
    return replace(event, status="PROCESSING_FAILURE", processing_state="FAILED")


def preview_delivered(draft: Draft) -> Event:
    """The `fast` workflow delivers `presenter/preview`; the identifier is no UUID."""
    film = replace(track(draft, "presenter/preview", draft.film()), tags=("rss", "engage-download", "atom"))
    return replace(lecture(draft, published(draft, film)), identifier=f"ID-heat-engines+{draft.number}")


def playlists_only(draft: Draft) -> Event:
    """Nothing progressive: playlists alone."""
    film = track(draft, "presenter/delivery", draft.film())
    return lecture(draft, published(draft, *_playlists(draft, film)))


def internal_only(draft: Draft) -> Event:
    """Published to the editor alone, and of no series."""
    return replace(lecture(draft, internal(draft)), series=None)


def no_media(draft: Draft) -> Event:
    """Published on a video site and harvested; no publication has a file of it."""
    site = Publication(draft.identifier(), "youtube", url="https://www.example.com/watch?v=x")
    harvested = Publication(draft.identifier(), "oaipmh-default", url="/oaipmh/default?verb=GetRecord")
    return lecture(draft, internal(draft), site, harvested)


def scheduled(draft: Draft) -> Event:
    """Still to come."""
    return to_come(draft, AGENTS[0], draft.start.replace(year=draft.start.year + 20))


def series_gone(draft: Draft) -> Event:
    """Its series was deleted; the event still names it, and keeps the scheduling it was recorded by."""
    gone = Series(draft.identifier(), "", draft.start, tabled=False, readers=())
    plan = Scheduling("agent-hs3", draft.start, draft.start + timedelta(minutes=90))
    return replace(lecture(draft), series=gone, scheduling=plan)


def odd_flavors(draft: Draft) -> Event:
    """A second camera on the audience, slides without sound, and no tags at all."""
    camera, audience = (
        replace(track(draft, flavor, draft.film(duration=40_000)), tags=())
        for flavor in ("presenter/themed", "audience/delivery")
    )
    silent = replace(draft.film(duration=40_000), audio=False)
    slides = replace(track(draft, "presentation/delivery", silent), tags=())
    return lecture(draft, published(draft, audience, slides, camera))


def search_only(draft: Draft) -> Event:
    """Published by an old Opencast: the player's publication tells nothing, and the search service all."""
    film = draft.film(duration=A_MINUTE)
    media = track(draft, "presenter/delivery", film), track(draft, "presentation/delivery", film)
    event = lecture(draft, internal(draft), replace(published(draft, *media), listed=False))
    event = replace(event, series=draft.series[0])
    chapters = small(draft, "mpeg-7/chapter", "text/xml", "chapters.xml", mpeg7(CHAPTERS, length(film)))
    caption = small(draft, "captions/vtt+en", "text/vtt", "en.vtt", vtt(CUES))
    return beside(event, attachments=(caption,), catalogues=(chapters,))


def search_single(draft: Draft) -> Event:
    """As that, with one of each thing, which the search service writes without a list."""
    film = replace(track(draft, "presenter/delivery", draft.film()), tags=("engage-download",))
    made = Publication(draft.identifier(), "engage-player", url="/play/{event}", media=(film,), listed=False)
    return lecture(draft, made)


def archive_only(draft: Draft) -> Event:
    """In no player: only the archive has its films, uncut, with what the editor kept of them."""
    site = Publication(draft.identifier(), "oaipmh-default", url="/oaipmh/default?verb=GetRecord")
    films = tuple(
        original(draft, flavor, draft.film(duration=A_MINUTE))
        for flavor in ("presenter/source", "presentation/source")
    )
    kept = smil(((1041, 20_000), (30_500, 58_000)), {one.flavor: one.name for one in films}, A_MINUTE)
    cuts = small(draft, "smil/cutting", "application/smil", "cut.smil", kept)
    return replace(lecture(draft, internal(draft), site), archive=(*films, cuts))


def three_streams(draft: Draft) -> Event:
    """Presenter with the sound, presentation, and a second screen, whose kind of flavor is the site's own."""
    presenter = draft.film(duration=A_MINUTE)
    silent = (replace(draft.film(duration=A_MINUTE), audio=False) for _ in range(2))
    flavors = zip(("presentation/delivery", "presentation2/delivery"), silent, strict=True)
    media = [track(draft, flavor, film) for flavor, film in flavors]
    return lecture(draft, published(draft, *media, track(draft, "presenter/delivery", presenter)))


Shape = Callable[[Draft], Event]


def in_state(status: str, processing_state: str, *, made: bool) -> Shape:
    """A shape for a pair of states; `made` where its files are published all the same."""

    def shape_in_state(draft: Draft) -> Event:
        event = replace(lecture(draft), status=status, processing_state=processing_state)
        return event if made else replace(event, publications=())

    return shape_in_state


STATES: tuple[Shape, ...] = (
    in_state("RECORDING", "", made=False),
    in_state("INGESTING", "INSTANTIATED", made=False),
    in_state("PENDING", "INSTANTIATED", made=False),
    in_state("PAUSED", "PAUSED", made=False),
    in_state("PROCESSING", "FAILING", made=True),
    in_state("PROCESSING_CANCELLED", "STOPPED", made=True),
    in_state("RECORDING_FAILURE", "", made=False),
    in_state("PROCESSING_FAILURE", "FAILED", made=False),
    in_state("", "", made=True),
)
CATALOGUE: tuple[Shape, ...] = (
    large_file, two_streams, audio_only, renditions, hls_beside_mp4, signed, unknown_sizes, nothing_published,
    live, still_processing, api_channel, preview_delivered, playlists_only, captions, internal_only, no_media,
    scheduled, series_gone, odd_flavors, *STATES, search_only, search_single, archive_only, three_streams,
    handout, no_captions, captions_gone, chapter_past_the_end, empty_segments,
)  # fmt: skip


def shape(number: int) -> Shape:
    """The shape of event `number` of a world, counted from 1."""
    return CATALOGUE[number - 1] if number <= len(CATALOGUE) else lecture


def numbered(name: str) -> int:
    """The number of the event whose shape has that name. Raises ValueError where none has."""
    names = [one.__name__ for one in CATALOGUE]
    return names.index(name) + 1
