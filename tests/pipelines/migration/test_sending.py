"""What is sent of an item that is gone on with, whatever its event has become since its films were chosen."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fakes.memory_journal import MemoryJournal
from fakes.migration_site import Engine, Panopto, Upload, lecture
from lxml import etree

from engine import Unreachable
from pipelines import items
from pipelines.migration.gather import Gatherer
from pipelines.migration.select import select
from pipelines.migration.sending import Sending, file_of
from pipelines.opencast.model import Element, Event, Publication, Track
from pipelines.panopto.manifest import NAMESPACE

FILM = Track("1", "https://f/1.mp4", "video/mp4", "presenter/source", has_video=True, has_audio=True)
CUTS = Element("smil", "catalogue", "https://f/smil", "smil/cutting", "text/xml")
SMIL = b"""<smil xmlns='http://www.w3.org/ns/SMIL'><body><par>
<video src='a.mp4' clipBegin='1000ms' clipEnd='8000ms'/></par></body></smil>"""
COVER = Element("cover", "attachment", "https://f/cover", "presenter/player+preview", "image/png")
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 30

UNCUT = lecture("e", publications=(Publication("a", "archive", (FILM,), (CUTS,)),), duration_ms=9000)
NOW_CUT = lecture("e")
GONE = lecture("e", publications=())
ILLUSTRATED = lecture("e", publications=(Publication("p", "engage-player", (FILM,), (COVER,)),))


class Site:
    """An item whose session upload is open, and what is sent to it."""

    def __init__(self, begun: Event) -> None:
        self.panopto, self.journal = Panopto(), MemoryJournal()
        self.panopto.uploads["u"] = Upload("u", "home")
        self.engine: Any = Engine(self.panopto, self.journal, {})
        self.engine.small = {"smil": SMIL, "cover": PNG}
        selected: Any = select(begun)
        self._append(items.planned("e", estimate=None, series="", folder_id="home"))
        self._append(
            items.uploading(
                "e",
                upload_id="u",
                folder_id="home",
                target="https://s3.example.org/bucket/prefix-u",
                files=[file_of(one, selected.cuts_from) for one in selected.streams],
            )
        )

    def _append(self, record: Any) -> None:
        asyncio.run(self.journal.append(record))

    @property
    def state(self) -> items.ItemState:
        """What the checkpoint says."""
        return items.fold(self.journal.history("e"))

    def send(self, event: Event) -> Mapping[str, Any]:
        """Send what an event has now, and return what is kept of it."""
        gatherer = Gatherer(self.engine.read, ("thumbnail",))
        sending = Sending(self.engine, self.journal, ("engage-player",), gatherer=gatherer)
        meant = asyncio.run(sending.send(event, self.state))
        self._append(items.submit("e", meant))
        return meant

    @property
    def cuts(self) -> int:
        """How many cuts its manifest names."""
        manifest = etree.fromstring(self.panopto.uploads["u"].objects["manifest.xml"])
        return len(manifest.findall(f".//{{{NAMESPACE}}}Cut"))


def test_uncut_films_are_cut_whatever_is_published_now() -> None:
    """Retracted, or cut by now: what was sent is uncut, and would show what was cut away."""
    for now in (UNCUT, NOW_CUT, GONE):
        site = Site(UNCUT)
        assert site.send(now)["aspects"]["cuts"]["value"] == 2
        assert site.cuts == 2


def test_cut_films_are_not_cut_again() -> None:
    """Their event has nothing but the archive left, which tells of cuts of other films."""
    site = Site(NOW_CUT)
    assert "cuts" not in site.send(UNCUT)["aspects"]
    assert site.cuts == 0


def test_an_aspect_that_put_the_item_off_and_is_gone_by_now_is_not_waited_for() -> None:
    """It is no outcome any more: no later run could make it another one."""
    site = Site(ILLUSTRATED)
    site._append(items.aspects("e", {"thumbnail": {"outcome": "retryable", "reason": Unreachable.code}}))
    assert site.state.lacking == ("thumbnail",)
    site.send(lecture("e"))
    assert site.state.lacking == ()
