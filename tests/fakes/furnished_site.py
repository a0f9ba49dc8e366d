"""A migration in memory of one event that carries everything: captions, chapters, pictures, notes, tags."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from lxml import etree

from engine.engine import Engine
from engine.model import Source
from fakes.memory_luminus import MemoryLuminus
from fakes.memory_site import File, MemoryTarget
from fakes.store_journal import StoreJournal
from fakes.swept_site import SweptPanopto, SweptSite
from pipelines.items import ItemState
from pipelines.migration.furnish.aspects import ExternalId, Owner, SubjectTags
from pipelines.migration.furnish.captions import Captions
from pipelines.migration.furnish.furnisher import Furnisher
from pipelines.migration.gather import Gatherer
from pipelines.migration.sending import Sending
from pipelines.opencast.model import Element
from pipelines.panopto.manifest import NAMESPACE
from pipelines.panopto.model import Session, SessionUpload

WISHED = ("captions", "chapters", "slides", "thumbnail", "attachments", "tags")
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning.\n"
DFXP = b"""<tt xmlns='http://www.w3.org/ns/ttml' xml:lang='de'><body><div>
<p begin='00:00:01.000' end='00:00:02.000'>Guten Morgen.</p></div></body></tt>"""
MPEG7 = b"""<Mpeg7 xmlns='urn:mpeg:mpeg7:schema:2001'><VideoSegment id='s'><MediaTime>
<MediaRelTimePoint>T00:00:01:41F1000</MediaRelTimePoint></MediaTime></VideoSegment></Mpeg7>"""
JPEG, PNG = b"\xff\xd8\xff\xe0" + b"x" * 200, b"\x89PNG\r\n\x1a\n" + b"x" * 300
LANGUAGES = {"en-US": "English_USA", "de-DE": "German"}
"""Panopto's words for what the manifest says."""

Kept = tuple[Element, bytes]


def _attachment(key: str, flavor: str, mediatype: str, ref: str = "") -> Element:
    return Element(key, "attachment", f"https://f/{key}", flavor, mediatype, ref)


BESIDE: tuple[Kept, ...] = (
    (_attachment("en.vtt", "captions/vtt+en", "text/vtt"), VTT),
    (_attachment("de.xml", "captions/dfxp+de", "application/xml"), DFXP),
    (Element("toc.xml", "catalogue", "https://f/toc.xml", "mpeg-7/segments", "text/xml"), MPEG7),
    *(
        (
            _attachment(
                f"{place}.jpg",
                "presentation/segment+preview",
                "image/jpeg",
                f"track:1;time=T00:00:0{place}:0F1000",
            ),
            JPEG + bytes([place]),
        )
        for place in (1, 2)
    ),
    (_attachment("cover.png", "presenter/player+preview", "image/png"), PNG),
    (_attachment("notes.pdf", "attachment/notes", "application/pdf"), Random(3).randbytes(1500)),
)


class FurnishedPanopto(SweptPanopto):
    """Keeps what sessions are given; a second caption file in one language is a second set.

    With `refuses` the captions of manifests are passed over in silence.
    """

    def __init__(self, target: MemoryTarget, luminus: MemoryLuminus, *, refuses: bool) -> None:
        super().__init__(target, luminus)
        self.refuses = refuses
        self.captions: dict[str, list[str]] = defaultdict(list)
        self.given: dict[str, dict[str, Any]] = defaultdict(dict)

    async def submit(self, upload: SessionUpload) -> SessionUpload | None:
        """Make a session, with the captions of its manifest."""
        before = set(self.sessions)
        found = await super().submit(upload)
        for session_id in set(self.sessions) - before:
            if not self.refuses:
                manifest = etree.fromstring(self.uploads[upload.id].objects["manifest.xml"])
                spoken = [
                    one.text or "" for one in manifest.iterfind(f".//{{{NAMESPACE}}}Transcript/{{*}}Language")
                ]
                self.captions[session_id] += [LANGUAGES[one] for one in spoken]
        return found

    async def has_captions(self, session_id: str, *, awaited: bool = False) -> bool:
        """Tell whether there are any."""
        return bool(self.captions[session_id])

    async def add_captions(
        self, session_id: str, language: str, webvtt: bytes, *, others: bool = False
    ) -> None:
        """Add captions, whatever is there."""
        self.captions[session_id].append(language)

    async def tags(self, session_id: str) -> tuple[str, ...]:
        """Tell the tags."""
        return tuple(self.given[session_id].get("tags", ()))

    async def set_tags(self, session_id: str, tags: tuple[str, ...]) -> None:
        """Set tags."""
        self.given[session_id]["tags"] = tags

    async def set_owner(self, session_id: str, user_key: str) -> None:
        """Set the owner."""
        self.given[session_id]["owner"] = user_key

    async def set_external_id(self, session_id: str, external_id: str) -> None:
        """Set the external id."""
        self.given[session_id]["external_id"] = external_id

    async def by_external_id(self, external_id: str) -> tuple[Session, ...]:
        """Tell who has it."""
        return tuple(
            self.sessions[one] for one, given in self.given.items() if given.get("external_id") == external_id
        )


class FurnishedSite(SweptSite):
    """One event with everything; its captions come by the manifest, or by calls where that `refuses` them."""

    def __init__(self, *, lists: bool = False, refuses: bool = False) -> None:
        super().__init__(1, lists=lists)
        (name, event), *_ = self.events.items()
        elements = tuple(one for one, _ in BESIDE)
        published = replace(event.publications[0], elements=elements)
        self.events[name] = replace(event, publications=(published,), subjects=("Physics", "Optics"))
        self.files |= {Source(name, one.key): File(data) for one, data in BESIDE}
        self.furnished = FurnishedPanopto(self.target, self.luminus, refuses=refuses)
        self.panopto = self.furnished

    def _sending(self, engine: Engine, journal: StoreJournal) -> Sending | None:
        return Sending(engine, journal, ("engage-player",), gatherer=Gatherer(engine.read, WISHED))

    def _furnisher(self, engine: Engine, journal: StoreJournal) -> Furnisher | None:
        panopto = self.furnished
        aspects = (
            ExternalId(panopto),
            SubjectTags(panopto),
            Captions(panopto, engine.read, journal),
            Owner(panopto, {"Ada": "unified\\ada"}),
        )
        return Furnisher(aspects, journal)

    def end(self) -> dict[str, Any]:
        """Return what the systems hold at an end, but for captions (`spoken`)."""
        return {**super().end(), "given": list(self.furnished.given.values())}

    @property
    def spoken(self) -> list[str]:
        """The languages of the session's captions, one as often as it is there."""
        return sorted(one for found in self.furnished.captions.values() for one in found)

    def told(self, states: Mapping[str, ItemState]) -> tuple[str, list[str], list[str]]:
        """Return how captions stand by the checkpoint: the outcome, the languages there, those in doubt."""
        ((_, state),) = states.items()
        told = state.aspects["captions"]
        return told["outcome"], list(told["value"]), list(told.get("doubtful", ()))
