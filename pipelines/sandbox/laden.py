"""Shapes of events that carry more than films: captions, chapters, slides, a handout, whole and damaged."""

from dataclasses import replace

from pipelines.sandbox.drafts import Draft, internal, lecture, published, small, track
from pipelines.sandbox.elements import Cue, Segment, dfxp, jpeg, length, mpeg7, pdf, png, vtt
from pipelines.sandbox.recordings import Element, Event, Streams

CUES: tuple[Cue, ...] = (
    (0, 1041, "Good morning."),
    (1041, 3123, "Today: strains & stresses,\nif a < b and b < c."),
    (3123, 9900, "Schönen guten Tag 🐟"),
    (10_410, 59_000, "That is all."),
)
SEGMENTS: tuple[Segment, ...] = (
    ("T00:00:00:0F1000", "PT01S41N1000F", "Strains & stresses"),
    ("T00:00:01:41F1000", "PT02S82N1000F", ""),
    ("T00:00:03:123F1000", "PT07S287N1000F", "Outlook"),
    ("T00:00:10:410F1000", "PT49S590N1000F", "Literature"),
)
CHAPTERS: tuple[Segment, ...] = (
    ("T00:00:00:0F25", "PT12S10N25F", "Introduction"),
    ("T00:00:12:10F25", "PT30S500N1000F", "If a < b"),
    ("T00:00:30:500F1000", "", "Questions"),
)
"""The second one's duration is its end, as Opencast writes what it made of segments; the last has none."""

A_MINUTE = 60_000


def captions(draft: Draft) -> Event:
    """Captions as tracks, attachment and catalogue, chapters, slides out of order; no workflow is left."""
    tracks = tuple(
        replace(
            small(draft, flavor, "text/vtt", "captions.vtt", vtt(CUES)),
            tags=("lang:en", "generator-type:auto", "generator:whisper", "type:subtitle"), streams=Streams(),
        )
        for flavor in ("captions/source", "captions/delivery")
    )  # fmt: skip
    film = draft.film(duration=A_MINUTE)
    made = published(draft, *tracks, track(draft, "presenter/delivery", film))
    made = replace(
        made,
        attachments=(
            *_slides(draft), small(draft, "captions/vtt+de", "text/vtt", "de.vtt", vtt(CUES)),
            *made.attachments,
        ),
        catalogues=(
            small(draft, "captions/dfxp+fr", "application/xml", "fr.xml", dfxp(CUES, "fr")),
            small(draft, "mpeg-7/text", "text/xml", "segments.xml", mpeg7(SEGMENTS, length(film))),
            small(draft, "mpeg-7/chapter", "text/xml", "chapters.xml", mpeg7(CHAPTERS, length(film))),
            *made.catalogues,
        ),
    )  # fmt: skip
    return replace(lecture(draft, internal(draft), made), processing_state="")


def _slides(draft: Draft) -> tuple[Element, ...]:
    """Segment previews: their times hold an unpadded integer of thousandths, and they come unsorted."""
    times = [SEGMENTS[number][0] for number in (2, 0, 3, 1)]
    return tuple(
        small(
            draft, "presentation/segment+preview", "image/jpeg", f"segment_{number}.jpg",
            jpeg(f"slide at {time}"), f"track:track-4;time={time}",
        )
        for number, time in enumerate(times)
    )  # fmt: skip


def beside(
    event: Event, *, attachments: tuple[Element, ...] = (), catalogues: tuple[Element, ...] = ()
) -> Event:
    """The event with more in its last publication."""
    *others, made = event.publications
    made = replace(
        made,
        attachments=(*attachments, *made.attachments),
        catalogues=(*catalogues, *made.catalogues),
    )
    return replace(event, publications=(*others, made))


def handout(draft: Draft) -> Event:
    """A handout beside the film, and the pictures of all kinds that Opencast makes."""
    notes = small(draft, "attachment/notes", "application/pdf", "notes.pdf", pdf("Notes (part 1)"))
    sheet = small(draft, "presenter/timeline+preview", "image/png", "timeline.png", png(draft.number))
    cover = small(draft, "presentation/player+preview", "image/png", "cover.png", png(draft.number + 1))
    return beside(lecture(draft), attachments=(notes, sheet, cover))


def no_captions(draft: Draft) -> Event:
    """Two caption files that are none: a page, and bytes that are no text."""
    page = small(draft, "captions/vtt+en", "text/vtt", "en.vtt", b"<!DOCTYPE html><html>Not found</html>")
    torn = small(draft, "captions/dfxp+de", "application/xml", "de.xml", b"<?xml version='1.0'?><tt><p \xff")
    return beside(lecture(draft), attachments=(page, torn))


def captions_gone(draft: Draft) -> Event:
    """A caption file that is published and not there, beside one that is."""
    gone = Element(
        draft.identifier(), "captions/vtt+en", "text/vtt", "en.vtt", None, draft.modified,
        url=f"/static/mh_default_org/engage-player/gone-{draft.number}/en.vtt",
    )  # fmt: skip
    there = small(draft, "captions/vtt+de", "text/vtt", "de.vtt", vtt(CUES))
    return beside(lecture(draft), attachments=(gone, there))


def chapter_past_the_end(draft: Draft) -> Event:
    """Of its chapters the last one begins after the film's end, and one has no time at all."""
    film = draft.film(duration=20_000)
    event = lecture(draft, published(draft, track(draft, "presenter/delivery", film)))
    odd = mpeg7((*CHAPTERS, ("soon", "", "Unclear")), length(film))
    return beside(event, catalogues=(small(draft, "mpeg-7/chapter", "text/xml", "chapters.xml", odd),))


def empty_segments(draft: Draft) -> Event:
    """A catalogue of chapters in which there is none, and one of segments that is no XML."""
    empty = small(draft, "mpeg-7/chapter", "text/xml", "chapters.xml", mpeg7((), length(draft.film())))
    torn = small(draft, "mpeg-7/segments", "text/xml", "segments.xml", b"<Mpeg7><Description>")
    return beside(lecture(draft), catalogues=(empty, torn))
