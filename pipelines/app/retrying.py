"""Lets items begin anew that no run takes up by itself, after a look at what Panopto has of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine import Journal, Refused, Transient
from pipelines import items
from pipelines.app.reconciliation import Books, open_books
from pipelines.app.services import open_services
from pipelines.config import Settings, SettingsError
from pipelines.items import ItemState, Outcome
from pipelines.migration.ends import known
from pipelines.migration.found import Marked
from pipelines.panopto.client import Panopto
from pipelines.panopto.model import Session
from pipelines.recheck.each import each
from pipelines.reconcile.release import HELD_BACK, Fate, Released, begun_anew, release
from pipelines.report.advice import next_step

FAILED = frozenset({Outcome.PERMANENT, Outcome.RETRYABLE})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which items are asked for: all that failed, of one `reason` where it is given, or some by their ids."""

    events: Collection[str] = ()
    failed: bool = False
    reason: str | None = None

    def states_in(self, books: Books) -> dict[str, ItemState]:
        """Return the items. Raises SettingsError where one that is named is not on record."""
        on_record = [name for name in books.subjects if items.is_item(name)]
        if strangers := set(self.events) - set(on_record):
            advice = "`ferry report` lists what is on record"
            raise SettingsError(
                "no such event is on record", where=", ".join(sorted(strangers)), advice=advice
            )
        states = {name: books.state(name) for name in (on_record if self.failed else self.events)}
        return {name: state for name, state in sorted(states.items()) if self._meant(name, state)}

    def _meant(self, name: str, state: ItemState) -> bool:
        if name in self.events:
            return True
        return state.outcome in FAILED and self.reason in {None, state.reason}


async def retried(settings: Settings, asked: Asked, *, dry_run: bool) -> list[Released]:
    """Decide about each item that is asked for, and let those begin anew that may.

    Raises what opening the checkpoint raises, SettingsError, and the Stopping errors of Panopto; what was
    done until then is on record.
    """
    async with open_books(settings, dry_run) as books:
        states = asked.states_in(books)
        held = {name: state for name, state in states.items() if state.reason == HELD_BACK}
        found = [left(name, state) for name, state in states.items() if name not in held]
        if held:
            async with open_services(settings) as services:
                found += await looked_at(held, services.panopto, books.journal)
    return sorted(found, key=lambda one: one.event_id)


def left(event_id: str, state: ItemState) -> Released:
    """Leave an item to the runs, with what to do about it."""
    return Released(event_id, state.reason or "", Fate.LEFT, next_step(state))


async def looked_at(
    held: Mapping[str, ItemState], panopto: Panopto, journal: Journal | None
) -> list[Released]:
    """Look at each item at Panopto, and write where there is a journal."""
    found: list[Released] = []
    retrier = Retrier(panopto, Marked(panopto), journal)

    async def one(event_id: str) -> None:
        try:
            found.append(await retrier.retry(event_id, held[event_id]))
        except (Refused, Transient) as error:
            found.append(Released(event_id, HELD_BACK, Fate.UNDECIDED, str(error)))

    await each(held, one)
    return found


@dataclass(frozen=True, slots=True)
class Retrier:
    """Looks, deletes and writes, one item after the other; without a `journal` it only looks."""

    panopto: Panopto
    marked: Marked
    journal: Journal | None

    async def retry(self, event_id: str, state: ItemState) -> Released:
        """Decide about an item, and let it begin anew where it may. Raises what Panopto's calls raise."""
        facts = known(state)
        if not facts.get("folder_id"):
            why = "its folder is not on record, so that nobody knows where to look"
            return Released(event_id, HELD_BACK, Fate.BY_HAND, why)
        upload_id = facts.get("upload_id")
        upload = await self.panopto.get(upload_id) if upload_id else None
        made = upload.session_id if upload else None
        marked = await self.marked.unrecorded(event_id, facts["folder_id"])
        ids = dict.fromkeys(one for one in (state.session_id, made, *marked) if one)
        decided = release(event_id, upload, await self._there(list(ids)))
        if decided.fate is Fate.RELEASED and self.journal is not None:
            if decided.delete is not None:
                await self.journal.append(items.delete(event_id, decided.delete))
                await self.panopto.delete_session(decided.delete)
                await self.journal.append(items.deleted(event_id, decided.delete))
            for record in begun_anew(event_id, state, facts):
                await self.journal.append(record)
        return decided

    async def _there(self, ids: Sequence[str]) -> list[Session]:
        found = [await self.panopto.session(one) for one in ids]
        return [one for one in found if one is not None]
