"""Slide previews: the pictures of a publication's segments, and when each comes up."""

import re
from dataclasses import dataclass

from pipelines.migration.aspects.refusals import BadTimes
from pipelines.migration.aspects.times import media_time
from pipelines.opencast.model import Element, Publication

_TIME = re.compile(r";\s*time=([^;]+)")


@dataclass(frozen=True, slots=True)
class Slide:
    """A picture, and from when on it is shown, in milliseconds of the film as it is published."""

    element: Element
    time_ms: int


def slides_of(publication: Publication) -> tuple[tuple[Slide, ...], str | None]:
    """Return the slides by time, the presentation's before others of the same one, and a sentence or None.

    The sentence tells how many pictures came without a time and were left out.
    """
    pictures = [one for one in publication.elements if _is_slide(one)]
    slides = [Slide(one, time_ms) for one in pictures if (time_ms := _time(one.ref)) is not None]
    slides.sort(key=_order)
    lost = len(pictures) - len(slides)
    return tuple(slides), f"{lost} of {len(pictures)} slide pictures have no time: left out" if lost else None


def _order(slide: Slide) -> tuple[int, bool, str]:
    return slide.time_ms, not slide.element.flavor.startswith("presentation"), slide.element.key


def _is_slide(element: Element) -> bool:
    """Tell a slide; some answers have a space where the flavor has a plus."""
    flavor = element.flavor.replace(" ", "+")
    return bool(element.url) and element.kind == "attachment" and flavor.endswith("/segment+preview")


def _time(ref: str) -> int | None:
    found = _TIME.search(ref)
    try:
        return media_time(found[1]) if found else None
    except BadTimes:
        return None
