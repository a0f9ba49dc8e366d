"""Of a publication's caption files one a language is carried, wherever Opencast keeps them."""

import pytest

from pipelines.migration.aspects.captions import UNCUT, captions_of
from pipelines.opencast.model import Element, Publication, Track

URL = "https://oc.example/static/c"


def track(flavor: str, *tags: str, name: str = "t", mediatype: str = "text/vtt", url: str = URL) -> Track:
    """Return a track without sound or picture."""
    return Track(name, url, mediatype, flavor, tags=tags)


def of(*facts: Track | Element) -> Publication:
    """Return a publication of these."""
    return Publication(
        "p",
        "engage-player",
        tuple(one for one in facts if isinstance(one, Track)),
        tuple(one for one in facts if isinstance(one, Element)),
    )


def test_a_track_tells_by_its_tags() -> None:
    """Language, who made it and whom it is for come from the tags."""
    (caption,) = captions_of(
        of(
            track(
                "captions/delivery",
                "lang:de_CH",
                "generator-type:auto",
                "generator:whisper",
                "type:closed-caption",
            )
        )
    )
    assert (caption.language, caption.automatic, caption.closed) == ("de-CH", True, True)
    assert (caption.key, caption.form, caption.warning) == ("t", "vtt", "")


@pytest.mark.parametrize(
    ("flavor", "mediatype", "url", "language", "form"),
    [
        ("captions/vtt+en", "", URL, "en", "vtt"),
        ("captions/vtt en", "text/vtt", URL, "en", "vtt"),
        ("captions/dfxp+de", "text/xml", URL, "de", "dfxp"),
        ("caption/dfxp+deu", "text/xml", URL, "de", "dfxp"),
        ("captions/timedtext", "text/xml", URL, "", "dfxp"),
        ("captions/other+fi", "", URL + ".SRT?policy=x", "fi", "srt"),
        ("captions/other", "text/plain", URL, "", "unknown"),
        ("text/vtt", "", URL, "", "vtt"),
        ("", "text/vtt; charset=utf-8", URL, "", "vtt"),
        ("captions/dfxp+en", "text/vtt", URL, "en", "vtt"),
    ],
)
@pytest.mark.parametrize("kind", ["attachment", "catalogue"])
def test_older_forms(kind: str, flavor: str, mediatype: str, url: str, language: str, form: str) -> None:
    """Attachments and catalogues tell language and form by flavor, media type or ending."""
    (caption,) = captions_of(of(Element("e", kind, url, flavor, mediatype)))  # type: ignore[arg-type]
    assert (caption.language, caption.form) == (language, form)


@pytest.mark.parametrize(
    "fact",
    [
        Element("e", "attachment", URL, "presenter/timeline+preview", "text/vtt"),
        Element("e", "catalogue", URL, "dublincore/episode", "text/xml"),
        Element("e", "attachment", "", "captions/vtt+en", "text/vtt"),
        track(
            "captions/delivery", url="https://oc.example/c/playlist.m3u8", mediatype="application/x-mpegurl"
        ),
        Track("v", URL, "video/mp4", "presenter/delivery", has_video=True),
    ],
)
def test_what_is_none(fact: Track | Element) -> None:
    """A sheet of previews, a catalogue, a file without address, a playlist and a film are no captions."""
    assert captions_of(of(fact)) == ()


def test_delivery_comes_before_source() -> None:
    """The source's is dropped beside a delivered one of its language, even one that a machine made."""
    source = track("captions/source", "lang:en", name="source")
    delivered = track("captions/delivery", "lang:en", "generator-type:auto", name="delivered")
    (caption,) = captions_of(of(source, delivered))
    assert (caption.key, caption.warning) == ("delivered", "")


def test_a_source_alone_is_kept_with_a_warning() -> None:
    """The sentence says that its times may not fit."""
    english = track("captions/delivery", "lang:en", name="en")
    (first, second) = captions_of(of(track("captions/source", "lang:de"), english))
    assert (first.language, first.warning) == ("de", UNCUT)
    assert (second.language, second.warning) == ("en", "")


def test_one_a_language() -> None:
    """People's work comes before a machine's, then tracks before attachments before catalogues."""
    facts = (
        Element("catalogue", "catalogue", URL, "captions/vtt+en"),
        Element("attachment", "attachment", URL, "captions/vtt+en"),
        track("captions/vtt", "lang:eng", "generator-type:auto", name="machine"),
    )
    assert [one.key for one in captions_of(of(*facts))] == ["attachment"]
    assert [one.key for one in captions_of(of(facts[0], facts[2]))] == ["catalogue"]
    hand = track("captions/vtt", "lang:en", "generator-type:manual", name="hand")
    assert [one.key for one in captions_of(of(*facts, hand))] == ["hand"]
