"""What a manifest may say, and which event a description names."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipelines.panopto.manifest import (
    Attachment,
    Cut,
    Entry,
    Image,
    Manifest,
    Thumbnail,
    Transcript,
    Video,
    VideoType,
    event_of,
    title_of,
)

DAY = datetime(2024, 1, 1, tzinfo=UTC)
FILM = Video("presenter.mp4", None, VideoType.PRIMARY)


def test_a_date_without_zone_is_refused() -> None:
    """Nobody guesses the zone of a date that cannot be corrected later."""
    with pytest.raises(ValueError, match="zone"):
        Manifest("t", "d", datetime(2024, 1, 1), ())  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("title", ["", " \t ", "\x0b\x00"])
def test_a_blank_title_is_the_events_id(title: str) -> None:
    """What has no letter left has the id for a title, and a manifest takes no blank one."""
    assert title_of(title, "event-1") == "event-1"
    with pytest.raises(ValueError, match="title"):
        Manifest(title, "d", DAY, ())


@pytest.mark.fault(36)
def test_hostile_titles_stay_what_they_are() -> None:
    """Markup, emoji and other scripts are text; only control characters go."""
    title = 'R&D <b>\x0b"quoted"</b> 講義 \U0001f600 \u202eשלום'
    assert title_of(title, "e") == title.replace("\x0b", "")


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (lambda: Entry("\x00 ", 0), "title"),
        (lambda: Entry("t", -1), "beginning"),
        (lambda: Entry("t", 0, url="javascript:alert(1)"), "address"),
        (lambda: Entry("t", 0, url="https://a/b c"), "address"),
        (lambda: Entry("t", 0, url="https://a/%zz"), "address"),
        (lambda: Cut(-1, 5), "beginning"),
        (lambda: Cut(0, 0), "duration"),
        (lambda: Cut(0, -5), "duration"),
        (lambda: Image("i.png", None, -1), "beginning"),
        (lambda: Attachment("a.pdf", None, "application/pdf; name=x"), "media type"),
        (lambda: Attachment("a.pdf", None, ""), "media type"),
        (lambda: Transcript("c.vtt", None, "en_US"), "language"),
        (lambda: Transcript("c.vtt", None, "en US"), "language"),
        (lambda: Thumbnail("t.png", -1), "CRC-32"),
        (lambda: Thumbnail("t.png", 1 << 32), "CRC-32"),
        (lambda: Manifest("t", "", DAY, (), tags=("maths", " \x00")), "tag"),
    ],
)
def test_what_cannot_be_meant_is_refused(fact: Callable[[], object], why: str) -> None:
    """Blank titles and tags, times before the beginning, cuts of nothing, addresses of no page."""
    with pytest.raises(ValueError, match=why):
        fact()


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    "name", ["", "../a.mp4", "a/b.mp4", "é.mp4", ".mp4", "a b.mp4", "a\n", "m.XML", "a" * 65]
)
def test_a_file_has_a_bare_name(name: str) -> None:
    """A folder, a space or a letter beyond ASCII is refused, and so is the ending of a manifest."""
    with pytest.raises(ValueError, match="name"):
        Thumbnail(name, None)


@pytest.mark.fault(37)
@pytest.mark.parametrize("name", ["presenter.mp4", "Presenter.MP4"])
def test_no_two_files_have_one_name(name: str) -> None:
    """Whatever they are: Panopto would end in state 5 for the one, and may not see case in the other."""
    for more in (
        {"videos": (FILM, Video(name, None, VideoType.SECONDARY))},
        {"images": (Image(name, None, 0),)},
        {"attachments": (Attachment(name, None, "video/mp4"),)},
        {"thumbnail": Thumbnail(name, None)},
        {
            "videos": (
                FILM,
                Video("b.mp4", None, VideoType.AUDIO, transcripts=(Transcript(name, None, "en"),)),
            )
        },
    ):
        with pytest.raises(ValueError, match="one name"):
            Manifest("t", "", DAY, **{"videos": (FILM,), **more})


@pytest.mark.parametrize("text", ["", "Opencast:", "Opencast: ", "see Opencast: e-1", "opencast: e-1"])
def test_what_is_no_marker_names_no_event(text: str) -> None:
    """A session that somebody else made belongs to no event."""
    assert event_of(text) is None
