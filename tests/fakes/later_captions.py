"""Aspects of events in memory that need no file at the target: captions in two languages, and tags."""

from collections.abc import Mapping
from typing import Any

from engine.engine import Engine
from engine.model import Source
from fakes.memory_site import File
from pipelines.migration.furnish.aspects import SubjectTags
from pipelines.migration.furnish.captions import Captions
from pipelines.migration.furnish.furnisher import Furnisher
from pipelines.migration.furnish.wants import CaptionFile
from pipelines.migration.gather import Gathered, Gatherer, Sends
from pipelines.migration.select import Selected
from pipelines.panopto.aspects import Aspects

LANGUAGES = ("de", "en")
TAGS = ("Physics",)
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning.\n"


def captions_of(event_id: str) -> dict[Source, File]:
    """Return the caption files of an event, by their sources."""
    return {Source(event_id, f"captions {one}"): File(VTT) for one in LANGUAGES}


class LaterCaptions(Gatherer):
    """Leaves all captions to be added when the session is there."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.read, ())

    async def gather(
        self,
        selected: Selected,
        duration_ms: int | None,
        send: Sends,
        earlier: Mapping[str, Mapping[str, Any]],
        cuts: str | None = None,
    ) -> Gathered:
        """Gather the names of caption files, and tags."""
        files = tuple(CaptionFile(f"captions {one}", "vtt", one, sent=False) for one in LANGUAGES)
        return Gathered(tags=TAGS, captions=files)


def furnisher(aspects: Aspects, engine: Engine, journal: Any) -> Furnisher:
    """Return what sets them."""
    return Furnisher((SubjectTags(aspects), Captions(aspects, engine.read, journal)), journal)
