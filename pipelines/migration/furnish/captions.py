"""Captions that the manifest did not bring: added one language after the other, each at most once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from engine import (
    AccountRefused,
    FerryError,
    Final,
    Interrupted,
    Journal,
    Refused,
    Source,
    Stopping,
    Throttled,
    Transient,
)
from pipelines import items
from pipelines.items import AspectOutcome
from pipelines.migration.aspects.webvtt import AT_MOST, as_webvtt
from pipelines.migration.furnish.furnisher import Before, Told, carried, left
from pipelines.migration.furnish.wants import CaptionFile, Wants
from pipelines.panopto.aspects import InDoubt
from pipelines.panopto.languages import value_of

LOOK = "look at the session, and add by hand what is missing"


class Panopto(Protocol):
    """The calls (pipelines.panopto.aspects.Aspects)."""

    async def has_captions(self, session_id: str, *, awaited: bool = False) -> bool:
        """Tell whether a session has captions in any language, sooner or later where they are awaited."""
        ...

    async def add_captions(
        self, session_id: str, language: str, webvtt: bytes, *, others: bool = False
    ) -> None:
        """Give a session captions; `others` is whether it is known to have some in other languages."""
        ...


class UnknownLanguage(Final):
    """Panopto has no word for the language of captions, or nobody says which it is."""

    code = "unknown_language"


class OtherTimes(Final):
    """The session is cut, and captions that are added later would have to be cut with it."""

    code = "other_times"


@dataclass(slots=True)
class Known:
    """What is known of a session's captions, by language: those that it has, and those that it may have.

    `manifest` is whether its manifest brought any, None before the first look.
    """

    manifest: bool | None
    there: set[str]
    doubtful: set[str]

    @classmethod
    def of(cls, before: Before) -> "Known":
        """Return what is on record."""
        calls = [one.partition(":") for one in before.asked]
        doubtful = {language for name, _, language in calls if name == "captions"}
        told = before.told
        return cls(told.get("manifest"), set(told.get("value", ())), doubtful | set(told.get("doubtful", ())))

    def after(self, look: bool, wants: Wants) -> None:
        """Take in whether the session has captions. What was sent first, and alone, is what is there."""
        if self.manifest is None:
            self.manifest = look
        if self.manifest:
            self.there |= {one.language for one in wants.captions if one.sent}
        self.doubtful -= self.there
        if not look:
            self.doubtful.clear()
        elif not self.there and len(self.doubtful) == 1:
            self.there, self.doubtful = self.doubtful, set()

    @property
    def facts(self) -> dict[str, Any]:
        """The same as the checkpoint keeps it with the aspect; what is empty is left out."""
        doubtful = {"doubtful": sorted(self.doubtful)} if self.doubtful else {}
        return {"value": sorted(self.there), "manifest": self.manifest, **doubtful}


@dataclass(frozen=True, slots=True)
class Captions:
    """Sees whether Panopto took the captions of the manifest, and adds those that are not there.

    After each language what is known is kept, so that never more than one is in doubt.
    """

    panopto: Panopto
    read: Callable[[Source, int], Awaitable[bytes]]
    journal: Journal
    name: str = "captions"

    def wanted(self, wants: Wants) -> bool:
        """Whether it has any."""
        return bool(wants.captions)

    async def set(self, session_id: str, wants: Wants, before: Before) -> Told:
        """Add what is missing, and tell of what cannot be added in one sentence each."""
        known, failures = Known.of(before), list[FerryError]()
        try:
            awaited = bool(known.doubtful) or any(one.sent for one in wants.captions)
            known.after(await self.panopto.has_captions(session_id, awaited=awaited), wants)
            ready = await self._ready(wants, known, failures)
            if ready:
                await self._keep(wants, known)
            for file, webvtt in ready:
                await self._add(session_id, wants, file, webvtt, known, failures)
        except (AccountRefused, Transient) as error:
            failures.append(error)  # What came after it would hide what became of it.
        return _told(known, failures)

    async def _ready(
        self, wants: Wants, known: Known, failures: list[FerryError]
    ) -> list[tuple[CaptionFile, bytes]]:
        """Return what is missing as WebVTT; one that cannot be had keeps no other from being added."""
        ready = []
        for file in wants.captions:
            if file.language in known.there:
                continue
            try:
                ready.append((file, await self._had(wants, file, known)))
            except Stopping:
                raise
            except (Final, Transient) as error:
                failures.append(_of(file, error))
        return ready

    async def _had(self, wants: Wants, file: CaptionFile, known: Known) -> bytes:
        if file.language in known.doubtful:
            raise InDoubt(f"may have captions in {file.language} already, or not", advice=LOOK)
        if value_of(file.language) is None:
            raise UnknownLanguage(
                f"Panopto takes no captions in {file.language or 'a language that nobody names'}"
            )
        if wants.cut:
            raise OtherTimes("the session is cut, and its captions are not", advice="add them by hand")
        document = await self.read(Source(wants.event_id, file.key), AT_MOST)
        return as_webvtt(document, file.form, language=file.language)

    async def _add(
        self,
        session_id: str,
        wants: Wants,
        file: CaptionFile,
        webvtt: bytes,
        known: Known,
        failures: list[FerryError],
    ) -> None:
        """Add one language. Raises AccountRefused or a Transient error of Panopto's."""
        await self.journal.append(items.aspect(wants.event_id, f"captions:{file.language}"))
        known.doubtful.add(file.language)
        try:
            name = value_of(file.language) or ""
            await self.panopto.add_captions(session_id, name, webvtt, others=bool(known.there))
            known.there.add(file.language)
        except InDoubt as error:
            failures.append(error)
            return
        except Refused as error:
            failures.append(error)
        except (AccountRefused, Throttled):
            known.doubtful.discard(file.language)  # It was not taken.
            raise
        known.doubtful.discard(file.language)
        await self._keep(wants, known)

    async def _keep(self, wants: Wants, known: Known) -> None:
        """Keep what is known so far: what a kill leaves in doubt is one language then."""
        why = "the run ended before all languages were added"
        told = left(AspectOutcome.RETRYABLE, Interrupted.code, why) | known.facts
        await self.journal.append(items.aspects(wants.event_id, {self.name: told}))


def _of(file: CaptionFile, error: FerryError) -> FerryError:
    """Return an error that names the language of its captions."""
    if file.language and file.language not in error.what:
        error.where = ", ".join(filter(None, (f"in {file.language}", error.where)))
    return error


def _told(known: Known, failures: list[FerryError]) -> dict[str, Any]:
    if not failures:
        return carried(known.facts)
    passing = [one for one in failures if isinstance(one, Transient)]
    outcome = AspectOutcome.RETRYABLE if passing else AspectOutcome.PERMANENT
    first = (passing or failures)[0]
    return left(outcome, first.code, "; ".join(map(str, failures))) | known.facts
