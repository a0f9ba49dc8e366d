"""What is looked at, written and deleted where items are to begin anew, and in which order."""

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from fakes.memory_journal import MemoryJournal

from engine import Record, Refused
from pipelines import items
from pipelines.app.reconciliation import Books
from pipelines.app.retrying import Asked, looked_at
from pipelines.config import SettingsError
from pipelines.items import Outcome, fold
from pipelines.migration.external_ids import ExternalIds
from pipelines.migration.found import Marked
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.reconcile.release import Fate

FAILED = items.ended(
    "a", Outcome.PERMANENT, "processing_error", upload_id="u", session_id="s", folder_id="f", series="s-1"
)


class Site:
    """A Panopto with one failed session; it writes down what the journal held when it was to delete it."""

    def __init__(self, journal: MemoryJournal, state: State = State.PROCESSING_ERROR) -> None:
        self.journal = journal
        self.state = state
        self.sessions = {"s": Session("s", "Analysis", "Opencast: a", None, None, "f")}
        self.listed = self.sessions
        self.refuses = False
        self.at_delete: list[str] = []
        self.elsewhere: tuple[Session, ...] = ()

    async def get(self, upload_id: str) -> SessionUpload:
        """The session upload."""
        return SessionUpload(upload_id, "f", "s", "https://t/b/k", self.state)

    async def session(self, session_id: str) -> Session | None:
        """A session."""
        return self.sessions.get(session_id)

    async def by_external_ids(self, external_ids: Sequence[str]) -> Mapping[str, tuple[Session, ...]]:
        """The sessions that have these external ids."""
        return dict.fromkeys(external_ids, self.elsewhere)

    async def sessions_of(self, folder_id: str) -> AsyncIterator[Session]:
        """The sessions of the folder."""
        for session in self.listed.values():
            yield session

    async def delete_session(self, session_id: str) -> None:
        """Delete one."""
        if self.refuses:
            raise Refused("does not delete session s (no permission)", where="panopto")
        self.at_delete = [one.kind for one in self.journal.history("a")]
        del self.sessions[session_id]


async def begun(record: Record = FAILED, state: State = State.PROCESSING_ERROR) -> tuple[MemoryJournal, Site]:
    """Return a journal that holds an end, and the site."""
    journal = MemoryJournal()
    await journal.append(record)
    return journal, Site(journal, state)


async def look(journal: MemoryJournal, site: Site, *, dry: bool = False) -> tuple[Fate, str | None]:
    """Retry the item, and return what became of it."""
    held = {"a": fold(journal.history("a"))}
    marked = Marked(site, ExternalIds(site))
    (found,) = await looked_at(held, site, None if dry else journal, marked)  # type: ignore[arg-type]
    return found.fate, found.delete


async def test_a_session_that_its_external_id_finds_elsewhere_is_for_a_person() -> None:
    """Whatever folder it lies in: of two sessions neither is deleted."""
    journal, site = await begun()
    other = Session("t", "Analysis", "other words", None, 9.0, "elsewhere")
    site.sessions["t"], site.elsewhere = other, (other,)
    site.listed = {"s": site.sessions["s"]}
    assert await look(journal, site) == (Fate.BY_HAND, None)
    assert set(site.sessions) == {"s", "t"}


async def test_the_intent_is_on_record_before_the_session_goes() -> None:
    """Then the answer, and then the word that it begins anew."""
    journal, site = await begun()
    assert await look(journal, site) == (Fate.RELEASED, "s")
    assert site.at_delete == ["item.ended", "item.delete"]
    assert [one.kind for one in journal.history("a")][2:] == ["item.deleted", "item.anew", "item.planned"]
    assert site.sessions == {}


async def test_a_dry_run_looks_and_does_nothing() -> None:
    """It says the same, and neither writes nor deletes."""
    journal, site = await begun()
    assert await look(journal, site, dry=True) == (Fate.RELEASED, "s")
    assert len(journal.history("a")) == 1
    assert list(site.sessions) == ["s"]


async def test_a_retry_that_ended_before_its_answer_goes_on() -> None:
    """The session may be there or not: both are asked, and the item is released once."""
    journal, site = await begun()
    await journal.append(items.delete("a", "s"))
    site.sessions.clear()
    assert await look(journal, site) == (Fate.RELEASED, None)
    assert fold(journal.history("a")).generation == 2


async def test_a_second_session_by_the_marker_keeps_the_item() -> None:
    """Found in the folder and in no record: nothing is deleted."""
    journal, site = await begun()
    site.sessions["t"] = Session("t", "Analysis", "Opencast: a", None, 60.0, "f")
    assert await look(journal, site) == (Fate.BY_HAND, None)
    assert len(journal.history("a")) == 1
    assert len(site.sessions) == 2


async def test_a_session_that_may_not_be_deleted_keeps_the_item() -> None:
    """The intent stays, and the item is not released."""
    journal, site = await begun()
    site.refuses = True
    assert await look(journal, site) == (Fate.UNDECIDED, None)
    assert fold(journal.history("a")).settled()


async def test_an_end_without_a_folder_is_for_a_person() -> None:
    """An older version kept none, so that nobody knows where its session would be."""
    journal, site = await begun(items.ended("a", Outcome.PERMANENT, "processing_error"))
    assert await look(journal, site) == (Fate.BY_HAND, None)


RECORDS = {
    "a": [FAILED],
    "b": [items.ended("b", Outcome.PERMANENT, "gone")],
    "c": [items.ended("c", Outcome.VERIFIED)],
    "schedule:a": [],
}
BOOKS = Books(list(RECORDS), RECORDS.__getitem__)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (Asked(failed=True), ["a", "b"]),
        (Asked(failed=True, reason="gone"), ["b"]),
        (Asked(["c"]), ["c"]),
        (Asked(["c"], failed=True, reason="gone"), ["b", "c"]),
    ],
)
def test_who_is_asked_for(asked: Asked, names: list[str]) -> None:
    """All that failed, of one reason or of any, and whoever is named."""
    assert list(asked.states_in(BOOKS)) == names


@pytest.mark.parametrize("name", ["x", "schedule:a", ""])
def test_who_is_not_on_record_is_told(name: str) -> None:
    """A beginning of an id is none: something may be deleted."""
    with pytest.raises(SettingsError, match="no such event is on record"):
        Asked([name]).states_in(BOOKS)
