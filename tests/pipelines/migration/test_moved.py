"""What is told of an event that moves: what goes over, and what stays behind."""

from typing import Any

import pytest
from fakes.migration_site import lecture
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.moved import Moved, moved
from pipelines.migration.select import Selected, select
from pipelines.opencast.model import Element, Event, Grant, Publication, Track

PRESENTER = Track("1", "https://f/1.mp4", "video/mp4", "presenter/delivery", has_video=True, has_audio=True)
SLIDES = Track("2", "https://f/2.mp4", "video/mp4", "presentation/delivery", has_video=True)
BOARD = Track("3", "https://f/3.mp4", "video/mp4", "board/delivery", has_video=True)


def told(event: Event) -> Moved:
    """What is told of an event that can be moved."""
    selected = select(event)
    assert isinstance(selected, Selected)
    return moved(event, selected)


def with_tracks(*tracks: Track, extras: tuple[str, ...] = (), channel: str = "engage-player") -> Event:
    """Return an event of one publication."""
    elements = tuple(Element(f"x{number}", "attachment", "", flavor) for number, flavor in enumerate(extras))
    return lecture("e", publications=(Publication("p", channel, tracks, elements),))


def test_an_event_with_everything() -> None:
    """Each field that it has is told once, on one side or the other."""
    event = lecture(
        "e", description="d", presenters=("Ada",), location="Room 1", language="eng", license="CC-BY",
        rightsholder="We", contributors=("Bo",), series_title="S", acl=(Grant("ROLE_USER", "read", True),),
    )  # fmt: skip
    assert told(event) == Moved(
        taken=(
            "title",
            "date",
            "description",
            "presenters (in the description)",
            "contributors (in the description)",
            "location (in the description)",
            "language (in the description)",
            "license (in the description)",
            "rightsholder (in the description)",
            "2 streams",
        ),
        left=("access list", "name of the series"),
    )


def test_what_the_template_does_not_ask_for_is_left() -> None:
    """The operator's own words decide what a description tells."""
    event = lecture("e", description="d", presenters=("Ada",), location="Room 1", series_title="S")
    selected = select(event)
    assert isinstance(selected, Selected)
    what = moved(event, selected, template="{description}\nCourse: {series}\n")
    assert what.taken == (
        "title",
        "date",
        "description",
        "name of the series (in the description)",
        "2 streams",
    )
    assert what.left == ("presenters", "location")


def test_what_has_an_outcome_of_its_own_is_told_there() -> None:
    """Captions, chapters, slides, thumbnails and handouts that are wished are neither taken nor left here."""
    flavors = ("captions/vtt+en", "mpeg-7/text", "presentation/segment+preview", "presenter/player+preview",
               "attachment/notes", "presenter/timeline+preview")  # fmt: skip
    event = with_tracks(PRESENTER, extras=flavors)
    selected = select(event)
    assert isinstance(selected, Selected)
    wished = ("captions", "chapters", "slides", "thumbnail", "attachments", "tags")
    assert moved(event, selected, wished).left == ("preview of the timeline",)
    assert len(moved(event, selected).left) == len(flavors)


def test_an_event_with_nothing() -> None:
    """What is not there is neither taken nor left."""
    event = lecture("e", title=" ", publications=(Publication("p", "api", (PRESENTER,)),))
    assert told(event) == Moved(taken=("date", "1 stream"), left=())


@pytest.mark.parametrize(
    ("flavor", "words"),
    [
        ("captions/vtt+en", "captions"),
        ("mpeg-7/text", "chapters and the text of slides"),
        ("presentation/segment+preview", "previews of slides"),
        ("presenter/timeline+preview", "preview of the timeline"),
        ("presenter/search+preview", "thumbnails"),
        ("presenter/player preview", "thumbnails"),
        ("security/xacml+episode", "access list"),
        ("handout/pdf", "attachment handout/pdf"),
    ],
)
def test_attachments_and_catalogues_are_named_by_their_flavor(flavor: str, words: str) -> None:
    """A flavor of Opencast's own workflows has plain words, another one its own name."""
    assert told(with_tracks(PRESENTER, extras=(flavor, flavor))).left == (words,)


def test_the_catalogue_of_the_events_own_fields_is_not_told_again() -> None:
    """Title and the like are told by themselves."""
    assert told(with_tracks(PRESENTER, extras=("dublincore/episode",))).left == ()


@pytest.mark.parametrize(
    "change",
    [{"flavor": "captions/source+de"}, {"mediatype": "text/vtt"}, {"mediatype": "text/vtt; charset=utf-8"}],
)
def test_captions_that_are_tracks(change: dict[str, Any]) -> None:
    """Newer versions publish captions among the media."""
    track = Track("4", "https://f/4.vtt", **change)
    assert told(with_tracks(PRESENTER, track, extras=("captions/vtt+en",))).left == ("captions",)


def test_a_film_of_another_channel_is_told() -> None:
    """Panopto gets all streams of one publication; renditions of those that go over are not missed."""
    preview = Track("5", "https://f/5.mp4", "video/mp4", "presenter/preview", has_video=True, has_audio=True)
    publications = (Publication("p", "engage-player", (PRESENTER, SLIDES, preview)),
                    Publication("q", "api", (PRESENTER, BOARD)))  # fmt: skip
    found = told(lecture("e", publications=publications))
    assert "2 streams" in found.taken
    assert [words for words in found.left if words.startswith("stream ")] == ["stream board"]


def test_what_viewers_never_saw_is_not_missed() -> None:
    """The editor's previews are no part of what was published."""
    shown = Publication("p", "engage-player", (PRESENTER,))
    hidden = Publication("q", "internal", (BOARD,), ("presenter/waveform+preview",))
    assert told(lecture("e", publications=(shown, hidden))).left == ()


@given(st.lists(st.text(max_size=20), max_size=8).map(tuple))
def test_any_flavors_are_told_in_one_order(extras: tuple[str, ...]) -> None:
    """Nothing is told twice, and the order of a publication does not matter."""
    left = told(with_tracks(PRESENTER, extras=extras)).left
    assert len(set(left)) == len(left)
    assert left == told(with_tracks(PRESENTER, extras=extras[::-1])).left
