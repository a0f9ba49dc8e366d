"""Undoes a run: deletes the sessions that it made, after a look at each; the next run moves them again.

All that is to go is looked at first, and counted; only who says that number has anything deleted, and each
session is looked at once more just before it goes. Nothing is done at Opencast, LumiNUS or VALT.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine import Journal, Record, Refused, Transient
from pipelines import items, runs
from pipelines.app.books import contents_of
from pipelines.app.reconciliation import Books, open_books
from pipelines.app.services import open_services
from pipelines.config import Settings, SettingsError
from pipelines.items import RUNS, STREAMS
from pipelines.panopto.client import Panopto
from pipelines.recheck.each import each
from pipelines.reconcile.release import begun_anew
from pipelines.reconcile.rollback import ROLLED_BACK, Fate, Made, Undone, made, run_of, undo
from pipelines.runs import BEFORE, Run


@dataclass(frozen=True, slots=True)
class Listed:
    """A run of the checkpoint, and how many items have a session that it made, or one that is to come."""

    run: Run
    sessions: int


def runs_in(settings: Settings) -> list[Listed]:
    """Return the runs of the checkpoint, oldest first. Raises what looking into it raises."""
    with contents_of(settings) as contents:
        return runs_of(contents.each())


def runs_of(subjects: Iterable[tuple[str, Iterable[Record]]]) -> list[Listed]:
    """Return the runs among a checkpoint's subjects, oldest first."""
    found: dict[str, Run] = {}
    sessions: dict[str, int] = {}
    for subject, records in subjects:
        if subject.startswith(RUNS):
            run = runs.read(next(iter(records)))
            found[run.id] = run
        elif items.is_item(subject) and (name := run_of(items.fold(records))) is not None:
            sessions[name] = sessions.get(name, 0) + 1
    ordered = sorted({*found, *sessions}, key=lambda name: int(name) if name.isdigit() else 0)
    return [Listed(found.get(name, Run(name)), sessions.get(name, 0)) for name in ordered]


async def rolled_back(settings: Settings, run_id: str, sessions: int | None) -> list[Undone]:
    """Delete the sessions that a run made, if they are so many; where no number is said, only look.

    Raises SettingsError where there is no such run or another number is to go (nothing was deleted then),
    what opening the checkpoint raises, and the Stopping errors of Panopto; what was done is on record.
    """
    async with open_books(settings, dry_run=sessions is None) as books:
        wanted = made_by(run_id, books)
        if not wanted:
            return []
        async with open_services(settings) as services:
            rollback = Rollback(services.panopto, books.journal)
            found = await rollback.look_at(wanted)
            if sessions is not None:
                check(sessions, found)
                found = await rollback.undo(wanted, found)
    return sorted(found, key=lambda one: one.event_id)


def made_by(run_id: str, books: Books) -> Mapping[str, Made]:
    """Return the items of a run. Raises SettingsError where there is no such run."""
    found = {
        name: made(name, books.history(name), books.history(STREAMS + name))
        for name in books.subjects
        if items.is_item(name) and run_of(books.state(name)) == run_id
    }
    if not found and run_id != BEFORE and not books.history(runs.subject(run_id)):
        advice = "`ferry rollback` without --run lists the runs"
        raise SettingsError("no such run is on record", where=f"--run {run_id}", advice=advice)
    return found


def check(said: int, looked: Iterable[Undone]) -> None:
    """Refuse a number that is not that of the sessions which are to go."""
    count = sum(one.fate is Fate.TO_DELETE for one in looked)
    if said != count:
        raise SettingsError(
            f"{count} sessions are to be deleted, and not {said}",
            where="--sessions",
            advice="look again without --apply; nothing was deleted",
        )


@dataclass(frozen=True, slots=True)
class Rollback:
    """Looks at sessions, deletes them and writes; without a `journal` it only looks."""

    panopto: Panopto
    journal: Journal | None

    async def look_at(self, wanted: Mapping[str, Made]) -> list[Undone]:
        """Say what would become of all. Raises Stopping errors."""
        found: list[Undone] = []

        async def one(event_id: str) -> None:
            found.append(await self._looked(wanted[event_id]))

        await each(wanted, one)
        return found

    async def undo(self, wanted: Mapping[str, Made], looked: Iterable[Undone]) -> list[Undone]:
        """Undo what a look has found to be undone, and say what became of all. Raises Stopping errors."""
        found: list[Undone] = []

        async def one(seen: Undone) -> None:
            try:
                found.append(await self._undone(wanted[seen.event_id]))
            except (Refused, Transient) as error:
                found.append(replace(seen, fate=Fate.UNDECIDED, why=str(error)))

        todo = {Fate.TO_DELETE, Fate.GONE}
        looked = list(looked)
        found += [seen for seen in looked if seen.fate not in todo]
        await each([seen for seen in looked if seen.fate in todo], one)
        return found

    async def _looked(self, one: Made) -> Undone:
        """Look at a session. What cannot be read is not decided."""
        try:
            upload = await self.panopto.get(one.facts["upload_id"])
            named = upload.session_id if upload else None
            return undo(one, upload, await self.panopto.session(named) if named else None)
        except (Refused, Transient) as error:
            return Undone(one.event_id, Fate.UNDECIDED, str(error), one.state.session_id)

    async def _undone(self, one: Made) -> Undone:
        """Look once more, delete the session, and let its item begin anew. Raises what the calls raise."""
        seen = await self._looked(one)
        if self.journal is None or seen.fate not in {Fate.TO_DELETE, Fate.GONE}:
            return seen
        if seen.fate is Fate.TO_DELETE and seen.session_id is not None:
            await self.journal.append(items.delete(one.event_id, seen.session_id))
            await self.panopto.delete_session(seen.session_id)
            await self.journal.append(items.deleted(one.event_id, seen.session_id))
            seen = replace(seen, fate=Fate.DELETED)
        for record in begun_anew(one.event_id, one.state, one.facts, ROLLED_BACK):
            await self.journal.append(record)
        return seen
