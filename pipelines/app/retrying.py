"""Lets items begin anew that no run takes up by itself, after a look at what Panopto has of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine import Journal, Refused, Transient
from pipelines import items
from pipelines.app.furnishing import external_ids_of
from pipelines.app.reconciliation import Books, open_books
from pipelines.app.services import open_services
from pipelines.config import Settings, SettingsError
from pipelines.items import ItemState, Outcome
from pipelines.migration.ends import End, end_record, known, noted
from pipelines.migration.found import Marked
from pipelines.panopto.client import Panopto
from pipelines.panopto.model import Session
from pipelines.recheck.each import each
from pipelines.reconcile.aspects import released, tried_again
from pipelines.reconcile.release import HELD_BACK, Fate, Released, begun_anew, release
from pipelines.report.advice import next_step

FAILED = frozenset({Outcome.PERMANENT, Outcome.RETRYABLE})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which items are asked for: all that failed, of one `reason` where it is given, or some by their ids.

    With `aspects` those of these names are meant that could not be carried, of all items or of those named.
    """

    events: Collection[str] = ()
    failed: bool = False
    reason: str | None = None
    aspects: Collection[str] = ()

    def states_in(self, books: Books) -> dict[str, ItemState]:
        """Return the items. Raises SettingsError where one that is named is not on record."""
        on_record = [name for name in books.subjects if items.is_item(name)]
        if strangers := set(self.events) - set(on_record):
            advice = "`ferry report` lists what is on record"
            raise SettingsError(
                "no such event is on record", where=", ".join(sorted(strangers)), advice=advice
            )
        everything = self.failed or (bool(self.aspects) and not self.events)
        states = {name: books.state(name) for name in (on_record if everything else self.events)}
        return {name: state for name, state in sorted(states.items()) if self._meant(name, state)}

    def _meant(self, name: str, state: ItemState) -> bool:
        if name in self.events or self.aspects:
            return True
        return state.outcome in FAILED and self.reason in {None, state.reason}


async def retried(settings: Settings, asked: Asked, *, dry_run: bool) -> list[Released]:
    """Decide about each item that is asked for, and let those begin anew that may.

    Raises what opening the checkpoint raises, SettingsError, and the Stopping errors of Panopto; what was
    done until then is on record.
    """
    async with open_books(settings, dry_run) as books:
        states = asked.states_in(books)
        if asked.aspects:
            return [
                one
                for name, state in states.items()
                for one in await again(name, state, asked.aspects, books.journal)
            ]
        held = {name: state for name, state in states.items() if state.reason == HELD_BACK}
        found = [left(name, state) for name, state in states.items() if name not in held]
        if held:
            async with open_services(settings) as services:
                marked = Marked(
                    services.panopto,
                    external_ids_of(settings, services),
                    settings.panopto.refused_folder_id,
                )
                found += await looked_at(held, services.panopto, books.journal, marked)
    return sorted(found, key=lambda one: one.event_id)


async def again(
    event_id: str, state: ItemState, names: Collection[str], journal: Journal | None
) -> list[Released]:
    """Let aspects of an item be tried again, and write it where there is a journal."""
    found = tried_again(event_id, state, names)
    told = released(state, found)
    if told and journal is not None:
        await journal.append(items.aspects(event_id, told))
        if state.ended is not None:
            after = state.after(items.aspects(event_id, told))
            end = End(state.outcome, state.reason, state.ended.get("why") or "")
            verified = state.outcome is Outcome.VERIFIED
            await journal.append(noted(event_id, after) if verified else end_record(event_id, after, end))
    return found


def left(event_id: str, state: ItemState) -> Released:
    """Leave an item to the runs, with what to do about it."""
    return Released(event_id, state.reason or "", Fate.LEFT, next_step(state))


async def looked_at(
    held: Mapping[str, ItemState], panopto: Panopto, journal: Journal | None, marked: Marked
) -> list[Released]:
    """Look at each item at Panopto, and write where there is a journal; `marked` finds sessions of items."""
    found: list[Released] = []
    marked.follow(held)
    retrier = Retrier(panopto, marked, journal)

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
        marked = await self.marked.unrecorded(event_id, facts["folder_id"], state.earlier_sessions)
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
