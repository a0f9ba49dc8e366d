"""Captions that the manifest did not bring: added one language after the other, each at most once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from engine import Final, Journal, Source, Stopping, Transient
from pipelines import items
from pipelines.items import AspectOutcome
from pipelines.migration.aspects.webvtt import as_webvtt
from pipelines.migration.furnish.furnisher import Before, Told, carried, failed, left
from pipelines.migration.furnish.wants import CaptionFile, Wants
from pipelines.panopto.aspects import InDoubt
from pipelines.panopto.languages import value_of

LARGEST = 4 * 1024 * 1024
"""Bytes of a caption file."""

LOOK = "look at the session, and add by hand what is missing"


class Panopto(Protocol):
    """The calls (pipelines.panopto.aspects.Aspects)."""

    async def has_captions(self, session_id: str) -> bool:
        """Tell whether a session has captions in any language."""
        ...

    async def add_captions(self, session_id: str, language: str, webvtt: bytes) -> None:
        """Give a session captions."""
        ...


class UnknownLanguage(Final):
    """Panopto has no word for the language of captions, or nobody says which it is."""

    code = "unknown_language"


class OtherTimes(Final):
    """The session is cut, and captions that are added later would have to be cut with it."""

    code = "other_times"


@dataclass(frozen=True, slots=True)
class Captions:
    """Sees whether Panopto took the captions of the manifest, and adds those that are not there."""

    panopto: Panopto
    read: Callable[[Source, int], Awaitable[bytes]]
    journal: Journal
    name: str = "captions"

    def wanted(self, wants: Wants) -> bool:
        """Whether it has any."""
        return bool(wants.captions)

    async def set(self, session_id: str, wants: Wants, before: Before) -> Told:
        """Add what is missing, and tell of what cannot be added in one sentence each."""
        there = await self.panopto.has_captions(session_id)
        if there and before.asked and len(wants.captions) > 1:
            return failed(InDoubt("has some of the captions, and does not tell which", advice=LOOK))
        # Nobody but the manifest brought any before the first of ours.
        manifest = before.told.get("manifest", there and not before.asked)
        added = set(before.told.get("value", ()))
        added |= {one.language for one in wants.captions if one.sent and manifest}
        added |= {one.language for one in wants.captions if there and before.asked}
        failures: list[Final | Transient] = []
        for file in wants.captions:
            if file.language in added:
                continue
            try:
                await self._add(session_id, wants, file)
                added.add(file.language)
            except Stopping:
                raise
            except (Final, Transient) as error:
                failures.append(error)
        return _told(sorted(added), failures) | {"manifest": manifest}

    async def _add(self, session_id: str, wants: Wants, file: CaptionFile) -> None:
        language = value_of(file.language)
        if language is None:
            raise UnknownLanguage(
                f"Panopto takes no captions in {file.language or 'a language that nobody names'}"
            )
        if wants.cut:
            raise OtherTimes("the session is cut, and its captions are not", advice="add them by hand")
        document = await self.read(Source(wants.event_id, file.key), LARGEST)
        webvtt = as_webvtt(document, file.form, language=file.language)
        await self.journal.append(items.aspect(wants.event_id, f"captions:{file.language}"))
        await self.panopto.add_captions(session_id, language, webvtt)


def _told(added: list[str], failures: list[Final | Transient]) -> dict[str, Any]:
    if not failures:
        return carried({"value": added})
    passing = [one for one in failures if isinstance(one, Transient)]
    outcome = AspectOutcome.RETRYABLE if passing else AspectOutcome.PERMANENT
    first = (passing or failures)[0]
    return left(outcome, first.code, "; ".join(map(str, failures))) | {"value": added}
