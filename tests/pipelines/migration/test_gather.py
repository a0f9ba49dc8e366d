"""What goes into a manifest beside the films: each aspect by itself, none in the way of another."""

import asyncio
from typing import Any

import pytest
from fakes.migration_site import lecture

from engine import Blob, FerryError, Gone, Interrupted, Refused, Source, TransferResult, Unreachable, crc32
from pipelines.migration.aspects.refusals import BadCuts
from pipelines.migration.gather import Gathered, Gatherer, ending_of
from pipelines.migration.select import Selected, select
from pipelines.opencast.model import Element, Publication, Track
from pipelines.panopto.manifest import Cut, Entry

FILM = Track("1", "https://f/1.mp4", "video/mp4", "presenter/delivery", has_video=True, has_audio=True)
WEBVTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nGood morning.\n"
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 30
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 30
ALL = ("captions", "chapters", "slides", "thumbnail", "attachments", "tags")
LENGTH = 9000


def mpeg7(*times: str) -> bytes:
    """Return a table of contents."""
    segments = "".join(
        "<VideoSegment id='s'><MediaTime>"
        f"<MediaRelTimePoint>{one}</MediaRelTimePoint></MediaTime></VideoSegment>"
        for one in times
    )
    return f"<Mpeg7 xmlns='urn:mpeg:mpeg7:schema:2001'>{segments}</Mpeg7>".encode()


ELEMENTS = {
    "captions/vtt+en": ("c-en", WEBVTT, ""),
    "captions/vtt+de": ("c-de", WEBVTT, ""),
    "mpeg-7/segments": ("toc", mpeg7("T00:00:01:41F1000", "T00:00:03:123F1000"), ""),
    "presentation/segment+preview": ("slide", JPEG, "track:1;time=T00:00:01:41F1000"),
    "presenter/player+preview": ("thumb", PNG, ""),
    "attachment/notes": ("notes", b"%PDF", ""),
}


def element(flavor: str, key: str, ref: str = "") -> Element:
    """Return an attachment or a catalogue."""
    kind: Any = "catalogue" if flavor.startswith("mpeg-7") else "attachment"
    mediatype = {"captions": "text/vtt", "attachment": "application/pdf", "mpeg-7": "text/xml"}
    return Element(
        key,
        kind,
        f"https://f/{key}.pdf" if key == "notes" else f"https://f/{key}",
        flavor,
        mediatype.get(flavor.partition("/")[0], "image/jpeg"),
        ref,
    )


class Site:
    """Files of one event, read by key, and what is sent of them. `faults` are raised by key."""

    def __init__(self, **files: bytes) -> None:
        self.files = {key: content for key, content, _ in ELEMENTS.values()} | files
        self.faults: dict[str, FerryError] = {}
        self.refuses: FerryError | None = None
        self.sent: dict[str, bytes] = {}
        self.read: list[str] = []

    async def small(self, source: Source, largest: int) -> bytes:
        """Read a small source."""
        self.read.append(source.name)
        if source.name in self.faults:
            raise self.faults[source.name]
        return self.files[source.name]

    async def send(self, name: str, content: Blob | Source) -> TransferResult:
        """Take a file."""
        if self.refuses is not None:
            raise self.refuses
        data = content.data if isinstance(content, Blob) else await self.small(content, 0)
        self.sent[name] = data
        return TransferResult(len(data), crc32(data), "e", 1, 1, "crc")

    def gather(
        self,
        *flavors: str,
        wished: tuple[str, ...] = ALL,
        earlier: dict[str, Any] | None = None,
        **event: Any,
    ) -> Gathered:
        """Gather for an event with elements of these flavors, or of all."""
        elements = tuple(element(one, ELEMENTS[one][0], ELEMENTS[one][2]) for one in flavors or ELEMENTS)
        publication = Publication("p", "engage-player", (FILM,), elements)
        selected = select(lecture("e", publications=(publication,), **event))
        assert isinstance(selected, Selected)
        return asyncio.run(Gatherer(self.small, wished).gather(selected, LENGTH, self.send, earlier or {}))


def outcome(found: Gathered, aspect: str) -> tuple[str, str]:
    """Return how an aspect stands."""
    told = found.aspects[aspect]
    return told["outcome"], told.get("reason", "")


def test_everything_is_gathered() -> None:
    """Each file is sent under a plain name, and lands in the manifest with its CRC-32 and its time."""
    site = Site()
    found = site.gather()
    assert set(site.sent) == {
        "captions-de.vtt",
        "captions-en.vtt",
        "slide-0001.jpg",
        "thumbnail.png",
        "notes.pdf",
    }
    assert [(one.file, one.language) for one in found.transcripts] == [
        ("captions-de.vtt", "de-DE"), ("captions-en.vtt", "en-US")
    ]  # fmt: skip
    assert found.entries == (Entry("Slide 1", 1041), Entry("Slide 2", 3123))
    assert [(one.file, one.time_ms, one.crc32) for one in found.images] == [
        ("slide-0001.jpg", 1041, crc32(JPEG))
    ]
    assert found.thumbnail is not None
    assert found.thumbnail.crc32 == crc32(PNG)
    assert [(one.file, one.mediatype) for one in found.attachments] == [("notes.pdf", "application/pdf")]
    assert {name: one["outcome"] for name, one in found.aspects.items()} == dict.fromkeys(
        ("chapters", "slides", "thumbnail", "attachments"), "carried"
    )
    assert [(one.language, one.sent) for one in found.captions] == [("de", True), ("en", True)]
    assert found.put_off is None


def test_what_is_not_wished_is_not_read() -> None:
    """Nothing is asked for that the operator does not want."""
    site = Site()
    assert site.gather(wished=(), subjects=("Physics",)) == Gathered()
    assert site.read == []


@pytest.mark.parametrize(
    ("flavor", "aspect", "spoilt", "reason"),
    [
        ("mpeg-7/segments", "chapters", b"<html>", "bad_chapters"),
        ("mpeg-7/segments", "chapters", mpeg7(), "bad_chapters"),
        ("mpeg-7/segments", "chapters", mpeg7("T00:00:01:0F1000", "T01:00:00:0F1000"), "past_the_end"),
        ("mpeg-7/segments", "chapters", mpeg7("T00:00:01:0F1000", "soon"), "untimed"),
        ("presentation/segment+preview", "slides", b"GIF89a", "unreadable"),
        ("presenter/player+preview", "thumbnail", b"", "unreadable"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_left_out(
    flavor: str, aspect: str, spoilt: bytes, reason: str
) -> None:
    """Its aspect says so, and all the others are carried."""
    site = Site(**{ELEMENTS[flavor][0]: spoilt})
    found = site.gather()
    assert outcome(found, aspect) == ("permanent", reason)
    assert found.aspects[aspect]["why"]
    others = {name: one["outcome"] for name, one in found.aspects.items() if name != aspect}
    assert set(others.values()) == {"carried"}
    assert found.put_off is None


def test_captions_that_are_none_are_told_later() -> None:
    """They are not sent; who furnishes the session reads them again, and says what they are."""
    found = Site(**{"c-en": b"no captions"}).gather()
    assert [(one.language, one.sent) for one in found.captions] == [("de", True), ("en", False)]
    assert [one.file for one in found.transcripts] == ["captions-de.vtt"]
    assert "captions" not in found.aspects


@pytest.mark.parametrize("error", [Gone("not there"), Unreachable("no way")])
@pytest.mark.parametrize("key", ["c-en", "toc", "slide", "thumb"])
def test_a_file_that_cannot_be_read_stops_nothing(key: str, error: FerryError) -> None:
    """What is gone is left out; what cannot be read for now puts the item off, but for captions."""
    site = Site()
    site.faults[key] = error
    found = site.gather()
    if isinstance(error, Unreachable) and key != "c-en":
        assert found.put_off is error
        assert [one["outcome"] for one in found.aspects.values()].count("retryable") == 1
    else:
        assert found.put_off is None
        assert len(site.sent) == (5 if key == "toc" else 4)


def test_an_item_is_put_off_once_for_each_aspect() -> None:
    """The next run goes without what still cannot be read, and says so: the lecture does not wait for it."""
    site = Site()
    site.faults["toc"] = Unreachable("no way")
    first = site.gather()
    second = site.gather(earlier=first.aspects)
    assert second.put_off is None
    assert outcome(second, "chapters") == ("permanent", "unreachable")
    assert second.entries == ()
    assert second.thumbnail is not None


@pytest.mark.parametrize("key", ["slide", "notes"])
def test_what_is_streamed_and_what_comes_in_many_pieces_is_put_off_alike(key: str) -> None:
    """Once, and nothing more of it is asked for in that run; the next run leaves it out."""
    site = Site()
    site.faults[key] = Unreachable("no way")
    elements = ("presentation/segment+preview",) * 3 if key == "slide" else ("attachment/notes",)
    first = site.gather(*elements)
    assert first.put_off is site.faults[key]
    assert site.read == [key]
    name = "slides" if key == "slide" else "attachments"
    assert outcome(first, name) == ("retryable", "unreachable")
    second = site.gather(*elements, earlier=first.aspects)
    assert second.put_off is None
    assert outcome(second, name) == ("permanent", "unreachable")


def test_an_attachment_that_is_gone_leaves_the_others() -> None:
    """Only a fault of the source leaves it out."""
    site = Site()
    site.faults["notes"] = Gone("not there")
    assert outcome(site.gather(), "attachments") == ("permanent", "gone")


def test_an_attachment_in_xml_is_not_sent() -> None:
    """Panopto may take it for a second manifest."""
    site = Site()
    notes = Element("x", "attachment", "https://f/Notes.XML", "attachment/notes", "text/xml")
    publication = Publication("p", "engage-player", (FILM,), (notes,))
    selected = select(lecture("e", publications=(publication,)))
    assert isinstance(selected, Selected)
    found = asyncio.run(Gatherer(site.small, ALL).gather(selected, LENGTH, site.send, {}))
    assert outcome(found, "attachments") == ("permanent", "not_taken")
    assert site.sent == {}


def test_a_target_that_refuses_is_no_fault_of_an_aspect() -> None:
    """The whole session upload is looked at again then."""
    site = Site()
    site.refuses = Refused("no such upload")
    with pytest.raises(Refused):
        site.gather()


def test_a_run_that_stops_leaves_nothing_out() -> None:
    """To be interrupted is no outcome of an aspect."""
    site = Site()
    site.faults["c-en"] = Interrupted("stopped")
    with pytest.raises(Interrupted):
        site.gather()


SMIL = b"""<smil xmlns='http://www.w3.org/ns/SMIL'><body><par>
<video src='a.mp4' clipBegin='1000ms' clipEnd='8000ms'/></par></body></smil>"""


def uncut(smil: bytes) -> Gathered:
    """Gather for a film out of the archive."""
    site = Site(smil=smil)
    cut = Element("smil", "catalogue", "https://f/smil", "smil/cutting", "text/xml")
    publication = Publication("p", "archive", (FILM,), (cut,))
    event = lecture("e", publications=(publication,))
    streams = select(lecture("e"))
    assert isinstance(streams, Selected)
    selected = Selected(event, streams.streams, publication, (), cut)
    return asyncio.run(Gatherer(site.small, ()).gather(selected, LENGTH, site.send, {}, cut.key))


def test_an_uncut_film_gets_its_cuts() -> None:
    """What the cut list does not keep is cut, whatever else is wished."""
    found = uncut(SMIL)
    assert found.cuts == (Cut(0, 1000), Cut(8000, 1000))
    assert outcome(found, "cuts") == ("carried", "")


def test_an_uncut_film_without_a_cut_list_is_not_moved() -> None:
    """It would show what was cut away."""
    with pytest.raises(BadCuts):
        uncut(b"<smil/>")


@pytest.mark.parametrize(
    ("picture", "ending"), [(JPEG, ".jpg"), (PNG, ".png"), (b"", None), (b"<svg/>", None)]
)
def test_a_picture_is_known_by_its_first_bytes(picture: bytes, ending: str | None) -> None:
    """Whatever its address and its media type say."""
    assert ending_of(picture) == ending
