"""Gathers what goes into a manifest beside the films: each aspect by itself, with an outcome of its own.

::

    captions ── read ── as WebVTT ─┐
    slides, thumbnail ── read ─────┼── sent beside the films ── named in the manifest
    attachments ── streamed ───────┘
    chapters, cuts ── read ── parsed ────────────────────────── written into the manifest

A file that is not what it is said to be is left out, and the rest goes on. One that cannot be read for now
puts the item off to the next run, once; then it is left out as well, for the lecture is not to wait for it.
Captions are put off alone: they can be added later, and nothing else can.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine import (
    Blob,
    Changed,
    Empty,
    Gone,
    NotAllowed,
    Source,
    Stopping,
    TooLarge,
    TransferResult,
    Transient,
    Unreadable,
)
from pipelines.items import AspectOutcome
from pipelines.migration.aspects.attachments import attachments_of
from pipelines.migration.aspects.captions import Caption, captions_of
from pipelines.migration.aspects.chapters import read_mpeg7, table_of, within, word_of
from pipelines.migration.aspects.cuts import cuts_of, read_smil
from pipelines.migration.aspects.refusals import BadCuts, NotReadable
from pipelines.migration.aspects.slides import slides_of
from pipelines.migration.aspects.thumbnail import thumbnail_of
from pipelines.migration.aspects.webvtt import as_webvtt
from pipelines.migration.furnish.furnisher import carried, left
from pipelines.migration.furnish.wants import CaptionFile
from pipelines.migration.select import Selected
from pipelines.panopto.languages import lcid_of
from pipelines.panopto.manifest import Attachment, Cut, Entry, Image, Thumbnail, Transcript

LARGEST_TEXT = 4 * 1024 * 1024
"""Bytes of a caption file, a table of contents or a cut list."""

LARGEST_PICTURE = 16 * 1024 * 1024

MOST_PICTURES = 500
"""Slides of one recording."""

SOURCE_FAULTS = (Changed, Empty, Gone, NotAllowed, NotReadable, TooLarge, Unreadable)
"""Errors that say that a file of the source cannot be had."""


class Sends(Protocol):
    """Sends a file beside the films of an event."""

    async def __call__(self, name: str, content: Blob | Source) -> TransferResult:
        """Send it under a name. Raises what the engine's transfers raise."""
        ...


Read = Callable[[Source, int], Awaitable[bytes]]
"""Reads a small source of at most so many bytes (Engine.read)."""


@dataclass
class Gathered:
    """What was gathered: pieces of the manifest, captions for later, and how each aspect stands.

    `put_off` is why the item had better wait for the next run.
    """

    entries: tuple[Entry, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    cuts: tuple[Cut, ...] = ()
    tags: tuple[str, ...] = ()
    thumbnail: Thumbnail | None = None
    captions: tuple[CaptionFile, ...] = ()
    aspects: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    put_off: Transient | None = None


class Gatherer:
    """Gathers for one event after the other; `wished` are the aspects that the operator wants."""

    def __init__(self, read: Read, wished: Collection[str]) -> None:
        self._read = read
        self.wished = frozenset(wished)

    async def gather(
        self,
        selected: Selected,
        duration_ms: int | None,
        send: Sends,
        earlier: Mapping[str, Mapping[str, Any]],
        cuts: str | None = None,
    ) -> Gathered:
        """Gather all that is wished. `earlier` is how aspects stood after an earlier run.

        `cuts` is the key of the cut list of films that are uncut. Raises BadCuts where that cuts nothing
        that can be told, Stopping errors, and what sending raises.
        """
        gathering = _Gathering(self._read, selected, duration_ms, send, frozenset(earlier))
        if cuts is not None:
            await self._cut(gathering.found, selected.event.identifier, cuts, duration_ms)
        for name, work in (
            ("captions", gathering.captions),
            ("chapters", gathering.chapters),
            ("slides", gathering.slides),
            ("thumbnail", gathering.thumbnail),
            ("attachments", gathering.attachments),
        ):
            if name in self.wished and gathering.found.put_off is None:
                await work()
        return gathering.found

    async def cuts_alone(self, event_id: str, cuts: str, duration_ms: int | None) -> Gathered:
        """Gather the cuts of films whose event has nothing else any more. Raises as `gather` does."""
        found = Gathered()
        await self._cut(found, event_id, cuts, duration_ms)
        return found

    async def _cut(self, found: Gathered, event_id: str, cuts: str, duration_ms: int | None) -> None:
        """Read the cut list of films that are not cut: without it they would show what was cut away."""
        if duration_ms is None:
            raise BadCuts("nobody knows how long the film is", where=event_id)
        kept = read_smil(await self._read(Source(event_id, cuts), LARGEST_TEXT))
        found.cuts = cuts_of(kept, duration_ms)
        found.aspects["cuts"] = carried({"value": len(found.cuts)})


class _Gathering:
    """What is gathered of one event."""

    def __init__(
        self, read: Read, selected: Selected, duration_ms: int | None, send: Sends, tried: Collection[str]
    ) -> None:
        self.found = Gathered()
        self._read = read
        self._selected = selected
        self._duration_ms = duration_ms
        self._send = send
        self._tried = tried

    async def captions(self) -> None:
        """Read, convert and send the captions of each language."""
        files, transcripts = [], []
        for caption in captions_of(self._selected.publication):
            webvtt = await self._webvtt(caption)
            files.append(CaptionFile(caption.key, caption.form, caption.language, sent=webvtt is not None))
            if webvtt is not None:
                name = f"captions-{caption.language or 'unknown'}.vtt"
                sent = await self._send(name, Blob(webvtt))
                transcripts.append(Transcript(name, sent.crc32, lcid_of(caption.language) or ""))
        self.found.captions, self.found.transcripts = tuple(files), tuple(transcripts)

    async def _webvtt(self, caption: Caption) -> bytes | None:
        """Return captions as WebVTT; None where they cannot be had, which is told when they are added."""
        try:
            return as_webvtt(
                await self._read(self._source(caption.key), LARGEST_TEXT),
                caption.form,
                language=caption.language,
            )
        except Stopping:
            raise
        except (Transient, *SOURCE_FAULTS):
            return None

    async def chapters(self) -> None:
        """Read the table of contents."""
        table = table_of(self._selected.publication)
        if table is None:
            return
        document = await self._had("chapters", table.key, LARGEST_TEXT)
        if document is None:
            return
        try:
            read, untimed = read_mpeg7(document, word_of(table))
        except NotReadable as error:
            self._leave("chapters", error.code, str(error))
            return
        self.found.entries, past = within(read, self._duration_ms)
        entries = self.found.entries
        if sentences := [one for one in (untimed, past) if one is not None]:
            self._leave("chapters", "past_the_end" if past else "untimed", "; ".join(sentences), len(entries))
        else:
            self.found.aspects["chapters"] = carried({"value": len(entries)})

    async def slides(self) -> None:
        """Send the picture of each slide, and say when it comes up."""
        slides, sentence = slides_of(self._selected.publication)
        shown = [one for one in slides if self._duration_ms is None or one.time_ms < self._duration_ms]
        if len(shown) < len(slides):
            sentence = f"{len(slides) - len(shown)} slides come after the end of the recording: left out"
        if len(shown) > MOST_PICTURES:
            sentence = f"{len(shown) - MOST_PICTURES} slides are more than are sent: left out"
        images = []
        for number, slide in enumerate(shown[:MOST_PICTURES], 1):
            found = await self._sent_picture("slides", slide.element.key, f"slide-{number:04}")
            if self.found.put_off is not None:
                return
            if found is not None:
                images.append(Image(*found, slide.time_ms, f"Slide {number}"))
        self.found.images = tuple(images)
        if sentence is not None:
            self._leave("slides", "left_out", sentence, len(images))
        elif images and "slides" not in self.found.aspects:
            self.found.aspects["slides"] = carried({"value": len(images)})

    async def thumbnail(self) -> None:
        """Send the picture that stands for the recording."""
        element = thumbnail_of(self._selected.publication)
        if element is None:
            return
        found = await self._sent_picture("thumbnail", element.key, "thumbnail")
        if found is not None:
            self.found.thumbnail = Thumbnail(*found)
            self.found.aspects["thumbnail"] = carried()

    async def attachments(self) -> None:
        """Stream the files that viewers could download."""
        taken = [*(one.file_name for one in self._selected.streams), "manifest.xml"]
        taken += [one.file for one in self.found.transcripts] + [one.file for one in self.found.images]
        taken += [self.found.thumbnail.file] if self.found.thumbnail else []
        sent = []
        for one in attachments_of(self._selected.publication, taken):
            if one.file_name.endswith(".xml"):
                self._leave("attachments", "not_taken", f"{one.file_name}: Panopto takes XML for a manifest")
                continue
            try:
                result = await self._send(one.file_name, self._source(one.element.key))
            except Transient as error:
                if self._puts_off("attachments", error):
                    return
                self._leave("attachments", error.code, f"{one.file_name}: {error}, in two runs")
                continue
            except SOURCE_FAULTS as error:
                self._leave("attachments", error.code, f"{one.file_name}: {error}")
                continue
            sent.append(Attachment(one.file_name, result.crc32, one.mediatype))
        self.found.attachments = tuple(sent)
        if sent and "attachments" not in self.found.aspects:
            self.found.aspects["attachments"] = carried({"value": [one.file for one in sent]})

    async def _sent_picture(self, aspect: str, key: str, stem: str) -> tuple[str, int] | None:
        """Send a picture; return its name and CRC-32, or None where it is left out, which is told."""
        picture = await self._had(aspect, key, LARGEST_PICTURE)
        if picture is None:
            return None
        ending = ending_of(picture)
        if ending is None:
            self._leave(aspect, "unreadable", f"{key} is neither JPEG nor PNG")
            return None
        sent = await self._send(stem + ending, Blob(picture))
        return stem + ending, sent.crc32

    async def _had(self, aspect: str, key: str, largest: int) -> bytes | None:
        """Read a file of the source; None where it is left out, which is told."""
        try:
            return await self._read(self._source(key), largest)
        except Stopping:
            raise
        except Transient as error:
            if not self._puts_off(aspect, error):
                self._leave(aspect, error.code, f"{error}, in two runs")
        except SOURCE_FAULTS as error:
            self._leave(aspect, error.code, str(error))
        return None

    def _puts_off(self, aspect: str, error: Transient) -> bool:
        """Put the item off where that was not done for this aspect before."""
        if aspect in self._tried:
            return False
        self.found.put_off = error
        self.found.aspects[aspect] = left(AspectOutcome.RETRYABLE, error.code, str(error))
        return True

    def _leave(self, aspect: str, reason: str, why: str, carried_all_the_same: int | None = None) -> None:
        """Tell that an aspect, or part of it, is left out. Of several reasons the first is kept."""
        told = left(AspectOutcome.PERMANENT, reason, why)
        told |= {} if carried_all_the_same is None else {"value": carried_all_the_same}
        self.found.aspects.setdefault(aspect, told)

    def _source(self, key: str) -> Source:
        return Source(self._selected.event.identifier, key)


def ending_of(picture: bytes) -> str | None:
    """Return the ending of a picture's file name by its first bytes; None where it is no JPEG and no PNG."""
    if picture.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    return ".png" if picture.startswith(b"\x89PNG\r\n\x1a\n") else None
