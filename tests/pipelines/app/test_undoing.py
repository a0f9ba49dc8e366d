"""What is looked at, deleted and written where a run is rolled back, and in which order."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes.memory_journal import Killed, MemoryJournal

from engine import Record, Refused, Unreachable
from pipelines import items, runs
from pipelines.app.reconciliation import Books
from pipelines.app.undoing import Listed, Rollback, check, made_by, runs_of
from pipelines.config import SettingsError
from pipelines.items import Outcome, fold
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.reconcile.rollback import Fate, Undone
from pipelines.runs import Run

START = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)


def ended(name: str, run: str | None = "1") -> Record:
    """Return the end of an item whose session is right; session and upload are named after it."""
    told = {"run": run} if run else {}
    return items.ended(
        name, Outcome.VERIFIED, upload_id=f"u-{name}", session_id=f"s-{name}", folder_id="f", series="x",
        title=f"Title {name}", date=START.isoformat(), duration=60.0, files=["presenter.mp4"], **told,
    )  # fmt: skip


class Site:
    """A Panopto that has the sessions of some items; it writes down what is on record when one goes."""

    def __init__(self, journal: MemoryJournal, *names: str) -> None:
        self.journal = journal
        self.sessions = {
            f"s-{one}": Session(f"s-{one}", f"Title {one}", f"Opencast: {one}", START, 60.0, "f")
            for one in names
        }
        self.deaf: set[str] = set()
        self.refuses = False
        self.at_delete: list[list[str]] = []

    async def get(self, upload_id: str) -> SessionUpload:
        """The session upload."""
        if upload_id in self.deaf:
            raise Unreachable("does not answer", where="panopto")
        return SessionUpload(upload_id, "f", upload_id.replace("u-", "s-"), "https://t/b/k", State.COMPLETE)

    async def session(self, session_id: str) -> Session | None:
        """A session."""
        return self.sessions.get(session_id)

    async def delete_session(self, session_id: str) -> None:
        """Delete one."""
        if self.refuses:
            raise Refused("does not delete it (no permission)", where="panopto")
        self.at_delete.append(self.journal.kinds(session_id.removeprefix("s-")))
        del self.sessions[session_id]


async def begun(*names: str) -> tuple[MemoryJournal, Site]:
    """Return a journal that holds the ends of items, and a site that has their sessions."""
    journal = MemoryJournal()
    await journal.append(runs.began(Run("1", "2026", "1.0")))
    for name in names:
        await journal.append(ended(name))
    return journal, Site(journal, *names)


def books(journal: MemoryJournal) -> Books:
    """Return the books of a journal."""
    return Books(journal.subjects(), journal.history, journal)


async def rolled(journal: MemoryJournal, site: Site, *, dry: bool = False) -> dict[str, Fate]:
    """Roll run 1 back, or only look, and return what became of its items."""
    wanted = made_by("1", books(journal))
    rollback = Rollback(site, None if dry else journal)  # type: ignore[arg-type]
    found = await rollback.look_at(wanted)
    if not dry:
        found = await rollback.undo(wanted, found)
    return {one.event_id: one.fate for one in found}


async def test_the_intent_is_on_record_before_a_session_goes() -> None:
    """Then the answer, and the word that it begins anew; it is a planned item again."""
    journal, site = await begun("a", "b")
    assert await rolled(journal, site) == {"a": Fate.DELETED, "b": Fate.DELETED}
    assert site.at_delete == [["item.ended", "item.delete"]] * 2
    assert journal.kinds("a")[2:] == ["item.deleted", "item.anew", "item.planned"]
    state = fold(journal.history("a"))
    assert (state.stage, state.series, state.uploads) == ("not_begun", "x", ("u-a",))
    assert site.sessions == {}


async def test_a_look_changes_nothing() -> None:
    """It says the same."""
    journal, site = await begun("a")
    assert await rolled(journal, site, dry=True) == {"a": Fate.TO_DELETE}
    assert (len(journal.log), list(site.sessions)) == (2, ["s-a"])


async def test_what_is_changed_between_the_look_and_the_deletion_stays() -> None:
    """Each is looked at once more."""
    journal, site = await begun("a")
    wanted = made_by("1", books(journal))
    rollback = Rollback(site, journal)  # type: ignore[arg-type]
    looked = await rollback.look_at(wanted)
    site.sessions["s-a"] = replace(site.sessions["s-a"], name="Renamed")
    assert [one.fate for one in await rollback.undo(wanted, looked)] == [Fate.BY_HAND]
    assert (len(journal.log), list(site.sessions)) == (2, ["s-a"])


async def test_one_that_cannot_be_looked_at_holds_up_no_other() -> None:
    """It is not decided, and stays."""
    journal, site = await begun("a", "b")
    site.deaf = {"u-a"}
    assert await rolled(journal, site) == {"a": Fate.UNDECIDED, "b": Fate.DELETED}
    assert list(site.sessions) == ["s-a"]


async def test_one_that_may_not_be_deleted_is_not_done_and_not_forgotten() -> None:
    """The intent stays: no run takes the item up, and the next rollback goes on."""
    journal, site = await begun("a")
    site.refuses = True
    assert await rolled(journal, site) == {"a": Fate.UNDECIDED}
    state = fold(journal.history("a"))
    assert (state.stage, state.settled()) == ("rolling_back", True)
    site.refuses = False
    assert await rolled(journal, site) == {"a": Fate.DELETED}


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("number", range(1, 5))
async def test_whenever_it_is_killed_the_next_one_ends_it(number: int, kept: bool) -> None:
    """At each of its records, durable or not: one deletion, and the item is a planned one in the end."""
    journal, site = await begun("a")
    journal.end_at(number, kept=kept)
    with pytest.raises(BaseExceptionGroup) as raised:
        await rolled(journal, site)
    assert raised.group_contains(Killed)
    journal.go_on()
    if journal.kinds("a")[-1] == "item.anew":
        assert fold(journal.history("a")).stage == "not_begun"  # the next run plans it again
        return
    await rolled(journal, site)
    assert (fold(journal.history("a")).stage, site.sessions) == ("not_begun", {})
    assert len(site.at_delete) == 1
    assert await rolled(journal, site) == {}


def test_another_number_than_was_told_is_refused() -> None:
    """Only sessions that would be deleted count."""
    looked = [Undone("a", Fate.TO_DELETE), Undone("b", Fate.GONE), Undone("c", Fate.BY_HAND)]
    check(1, looked)
    for said in (0, 2, 3):
        with pytest.raises(SettingsError, match="1 sessions are to be deleted"):
            check(said, looked)


async def test_the_items_of_a_run_are_found_and_a_strange_run_is_refused() -> None:
    """One without sessions is no stranger; what has no run was made before runs were told apart."""
    journal = MemoryJournal()
    for record in (ended("a"), ended("b", "2"), ended("c", None), runs.began(Run("3", "2026", "1.0"))):
        await journal.append(record)
    found = {name: list(made_by(name, books(journal))) for name in ("1", "2", "3", "before")}
    assert found == {"1": ["a"], "2": ["b"], "3": [], "before": ["c"]}
    with pytest.raises(SettingsError, match="no such run"):
        made_by("4", books(journal))


async def test_the_runs_are_listed() -> None:
    """Oldest first, each with what it made; one of which the record was lost is told by its number."""
    journal = MemoryJournal()
    for number in ("10", "9"):
        await journal.append(runs.began(Run(number, "2026", "1.0")))
    for record in (ended("a", "10"), ended("b", "10"), ended("c", None), ended("d", "2")):
        await journal.append(record)
    assert runs_of(journal.each()) == [
        Listed(Run("before"), 1), Listed(Run("2"), 1), Listed(Run("9", "2026", "1.0"), 0),
        Listed(Run("10", "2026", "1.0"), 2),
    ]  # fmt: skip
