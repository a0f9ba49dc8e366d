"""Slides and the thumbnail are found by their flavors, and slides have the times of their segments."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.aspects.slides import slides_of
from pipelines.migration.aspects.thumbnail import thumbnail_of
from pipelines.opencast.model import Element, Publication
from pipelines.opencast.payload import read_event

URL = "https://oc.example/static/p.jpg"


def of(*elements: Element) -> Publication:
    """Return a publication of these."""
    return Publication("p", "api", (), elements)


def slide(name: str, ref: str, flavor: str = "presentation/segment+preview") -> Element:
    """Return a slide's picture."""
    return Element(name, "attachment", URL, flavor, "image/jpeg", ref)


def test_slides_are_in_the_order_of_their_times() -> None:
    """Unpadded fractions are read, a space may stand for the plus, the presentation comes first."""
    slides, told = slides_of(
        of(
            slide("c", "track:x;time=T00:00:02:82F1000"),
            slide("b", "track:x;time=T00:00:01:41F1000", "presenter/segment preview"),
            slide("a", "track:x; time=T00:00:01:41F1000"),
            slide("not", "track:x;time=T00:00:00:0F1000", "presentation/player+preview"),
        )
    )
    assert [(one.element.key, one.time_ms) for one in slides] == [("a", 1041), ("b", 1041), ("c", 2082)]
    assert told is None


def test_a_slide_without_a_time_is_told() -> None:
    """It is left out, and the sentence says how many were."""
    slides, told = slides_of(
        of(slide("a", "track:x"), slide("b", "x;time=T0"), slide("c", ";time=T00:00:00"))
    )
    assert [one.element.key for one in slides] == ["c"]
    assert told == "2 of 3 slide pictures have no time: left out"


@given(st.lists(st.text()))
def test_any_refs_are_slides_or_told(refs: list[str]) -> None:
    """Nothing is raised, and none is lost without a word."""
    slides, told = slides_of(of(*(slide(str(number), ref) for number, ref in enumerate(refs))))
    assert (told is None) == (len(slides) == len(refs))


@pytest.mark.parametrize(
    ("flavors", "best"),
    [
        ([], None),
        (["presenter/timeline+preview", "presenter/segment+preview"], None),
        (["presentation/feed+preview", "presenter/search+preview"], 1),
        (["presenter/search+preview", "presentation/player+preview"], 1),
        (["audience/player preview", "presentation/player preview", "presenter/player preview"], 2),
    ],
)
def test_the_players_picture_is_the_best(flavors: list[str], best: int | None) -> None:
    """Player before search before feed, presenter before presentation before others."""
    pictures = [Element(flavor, "attachment", URL, flavor, "image/jpeg") for flavor in flavors]
    assert thumbnail_of(of(*pictures)) == (None if best is None else pictures[best])


@pytest.mark.parametrize(
    ("mediatype", "url", "taken"),
    [
        ("image/png", "https://oc.example/p", True),
        ("", "https://oc.example/p.JPEG?policy=x", True),
        ("image/gif", URL, False),
        ("image/webp", URL, False),
        ("", "https://oc.example/p.gif", False),
        ("image/jpeg", "", False),
    ],
)
def test_only_jpeg_and_png(mediatype: str, url: str, taken: bool) -> None:
    """Other pictures, and what has no address, are none."""
    one = Element("e", "attachment", url, "presenter/player+preview", mediatype)
    assert (thumbnail_of(of(one)) == one) is taken


def test_recorded_pictures() -> None:
    """A real publication of two films has its thirty slides in order, the second one at 1.041 s."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of recorded answers")
    path = Path(folder) / "opencast/helsinki-lataamo/GET_event_publications_two_videos_3_qualities.json"
    answer = json.loads(path.read_bytes())
    publications = answer if isinstance(answer, list) else [answer]
    event = read_event({"identifier": "recorded", "publications": publications})
    (publication,) = (one for one in event.publications if one.elements)
    slides, told = slides_of(publication)
    assert told is None
    assert len(slides) == 30
    assert [one.time_ms for one in slides[:4]] == [0, 1041, 2082, 3123]
    thumbnail = thumbnail_of(publication)
    assert thumbnail is not None
    assert thumbnail.flavor == "presenter/player+preview"
