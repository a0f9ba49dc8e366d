"""Chapters and slide changes: MPEG-7 segments as entries of a table of contents.

Only starts are read: a chapter's duration is in truth its end (VideoSegmenterServiceImpl.segmentFromChapter).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from pipelines.migration.aspects.documents import child, named, root_of, words
from pipelines.migration.aspects.refusals import BadChapters, BadTimes
from pipelines.migration.aspects.times import media_time
from pipelines.opencast.model import Element, Publication
from pipelines.panopto.manifest import Entry

TITLE = 200
"""Characters of a title; a viewer's list shows fewer."""

DESCRIPTION = 1000
"""Characters of what was read from a slide."""

ENTRIES = 5000
"""More is no table of contents: a segment a second for over an hour."""

_WORDS = {"mpeg-7/chapter": "Chapter", "mpeg-7/text": "Slide", "mpeg-7/segments": "Slide"}


@dataclass(frozen=True, slots=True)
class _Row:
    """What one segment says: its own title, or none, and what was read in the picture."""

    time_ms: int
    title: str
    texts: tuple[str, ...]

    def entry(self, title: str) -> Entry:
        """Return it as an entry, titled where it is not; a slide that stays was read many times."""
        seen = " ".join(dict.fromkeys(filter(None, self.texts)))
        return Entry(_cut(self.title, TITLE) or title, self.time_ms, _cut(seen, DESCRIPTION))


def table_of(publication: Publication) -> Element | None:
    """Return the file with a publication's chapters, else the one of its slides, with text if it may be."""
    files = [one for one in publication.elements if one.url]
    return next((one for flavor in _WORDS for one in files if one.flavor == flavor), None)


def word_of(table: Element) -> str:
    """Return what an entry without a title of its own is called: Chapter or Slide."""
    return _WORDS.get(table.flavor, "Slide")


def read_mpeg7(document: bytes, word: str = "Slide") -> tuple[tuple[Entry, ...], str | None]:
    """Return the entries of a document by their times, and a sentence about segments without one, or None.

    Entries of one time are one. An entry without a title is `word` and its number. Raises BadChapters where
    there is none.
    """
    rows, faults = _rows(document)
    if not rows:
        raise faults[0] if faults else BadChapters("the file has no segments")
    numbered = enumerate((rows[time_ms] for time_ms in sorted(rows)), 1)
    entries = tuple(row.entry(f"{word} {number}") for number, row in numbered)
    if not faults:
        return entries, None
    others = f" (and {len(faults) - 1} more without one)" if len(faults) > 1 else ""
    return entries, f"{faults[0].what}{others}: left out"


def _rows(document: bytes) -> tuple[dict[int, _Row], list[BadChapters]]:
    """Return what segments say by their times, and what is wrong with those that have none."""
    found: dict[int, _Row] = {}
    faults: list[BadChapters] = []
    for number, segment in enumerate(named(root_of(document, BadChapters), "VideoSegment"), 1):
        if number > ENTRIES:
            raise BadChapters(f"the file has more than {ENTRIES} segments")
        try:
            row = _read(segment, number)
        except BadChapters as fault:
            faults.append(fault)
        else:
            found[row.time_ms] = _joined(found[row.time_ms], row) if row.time_ms in found else row
    return found, faults


def within(entries: Iterable[Entry], duration_ms: int | None) -> tuple[tuple[Entry, ...], str | None]:
    """Return the entries that begin before the end, and a sentence about the others, or None.

    A film of unknown length keeps all.
    """
    entries = tuple(entries)
    if duration_ms is None:
        return entries, None
    kept = tuple(one for one in entries if one.time_ms < duration_ms)
    past = len(entries) - len(kept)
    if not past:
        return kept, None
    which = "1 entry begins" if past == 1 else f"{past} entries begin"
    return kept, f"{which} after the end of the recording: left out"


def _read(segment: etree._Element, number: int) -> _Row:
    title = next((text for one in named(segment, "FreeTextAnnotation") if (text := words(one))), "")
    texts = (words(text) for video in named(segment, "VideoText") for text in named(video, "Text"))
    return _Row(_start(segment, number), title, tuple(texts))


def _start(segment: etree._Element, number: int) -> int:
    """Return when a segment begins: its own time, not that of a text in it."""
    time = child(segment, "MediaTime")
    points = () if time is None else tuple(named(time, "MediaRelTimePoint", "MediaTimePoint"))
    if not points:
        raise BadChapters(f"segment {number} has no time")
    try:
        return media_time(words(points[0]))
    except BadTimes as fault:
        raise BadChapters(f"segment {number}: {fault.what}") from None


def _joined(one: _Row, other: _Row) -> _Row:
    return _Row(one.time_ms, one.title or other.title, one.texts + other.texts)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
