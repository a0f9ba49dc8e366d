"""What becomes of session uploads that may be open, by what Panopto says of each."""

import pytest
from fakes.memory_journal import MemoryJournal
from fakes.memory_site import MemoryTarget

from engine import AccountRefused, Record, Refused, Target, Unreachable
from pipelines import items
from pipelines.app.cleaning import Cleaner, file_of, left_in
from pipelines.app.reconciliation import Books
from pipelines.panopto.model import SessionUpload, State
from pipelines.reconcile.leftovers import Cleaned, Fate

WHERE = Target("https://t", "Upload", "u/presenter.mp4")
NAME = "1/presenter.mp4"


class Site:
    """A Panopto that has session uploads in some state."""

    def __init__(self, **states: State) -> None:
        self.states: dict[str, State] = dict(states)
        self.errors: list[Exception] = []
        self.cancels = True
        self.cancelled: list[str] = []

    async def get(self, upload_id: str) -> SessionUpload | None:
        """A session upload."""
        state = self.states.get(upload_id)
        if state is None:
            return None
        return SessionUpload(upload_id, "f", None, f"https://t/Upload/{upload_id}", state)

    async def cancel(self, upload_id: str) -> None:
        """Cancel one, whatever is answered."""
        self.cancelled.append(upload_id)
        if self.cancels:
            self.states[upload_id] = State.DELETED
        if self.errors:
            raise self.errors.pop()


async def opened(target: MemoryTarget) -> MemoryJournal:
    """Return the journal of an item that a run would go on with, in the middle of its file."""
    journal = MemoryJournal()
    for record in (
        items.planned("e", estimate=1, series="x", folder_id="f"),
        items.uploading("e", upload_id="u", folder_id="f", target="https://t/Upload/u", files=[]),
        Record("e", "transfer.create", {"name": NAME}),
        Record("e", "transfer.created", {"name": NAME, "upload": await target.create(WHERE)}),
    ):
        await journal.append(record)
    return journal


async def cleaned(
    site: Site, journal: MemoryJournal, target: MemoryTarget, *, all_open: bool = True, dry: bool = False
) -> Cleaned:
    """Clean up, or only look, and return what became of the one session upload."""
    books = Books(journal.subjects(), journal.history, None if dry else journal)
    cleaner = Cleaner(site, target, books, all_open)  # type: ignore[arg-type]
    (found,) = await cleaner.clean(left_in(books)[0])
    return found


async def test_one_that_is_open_is_cancelled_with_what_is_in_it() -> None:
    """A look says so and does nothing; a second time it is over."""
    site, target = Site(u=State.UPLOADING), MemoryTarget(lists=True)
    journal = await opened(target)
    records = len(journal.log)
    assert await cleaned(site, journal, target, dry=True) == Cleaned(
        "e", "u", Fate.TO_CANCEL, "it is open", 0, 1
    )
    assert (len(journal.log), site.cancelled, len(target.uploads)) == (records, [], 1)
    assert await cleaned(site, journal, target) == Cleaned("e", "u", Fate.CANCELLED, "it was open", 1, 0)
    assert (site.cancelled, target.uploads) == (["u"], {})
    assert (await cleaned(site, journal, target)).fate is Fate.OVER
    assert site.cancelled == ["u"]


async def test_one_that_a_run_goes_on_with_is_kept_whole() -> None:
    """Neither it nor what is in it is touched."""
    site, target = Site(u=State.UPLOADING), MemoryTarget(lists=True)
    journal = await opened(target)
    assert (await cleaned(site, journal, target, all_open=False)).fate is Fate.KEPT
    assert (site.cancelled, len(target.uploads)) == ([], 1)


@pytest.mark.parametrize("state", sorted(set(State) - {State.UPLOADING}))
async def test_one_that_is_not_open_is_left(state: State) -> None:
    """A session may come of it, or it is gone already."""
    site, target = Site(u=state), MemoryTarget(lists=True)
    assert (await cleaned(site, await opened(target), target)).fate is Fate.OVER
    assert (site.cancelled, len(target.uploads)) == ([], 1)


async def test_one_that_panopto_does_not_know_is_over() -> None:
    """Nothing is cancelled."""
    target = MemoryTarget(lists=True)
    found = await cleaned(Site(), await opened(target), target)
    assert (found.fate, "does not know" in found.why) == (Fate.OVER, True)


@pytest.mark.parametrize(("cancels", "fate"), [(True, Fate.CANCELLED), (False, Fate.UNDECIDED)])
async def test_a_no_counts_only_where_it_is_open_still(cancels: bool, fate: Fate) -> None:
    """The answer to the call before may have been lost."""
    site, target = Site(u=State.UPLOADING), MemoryTarget(lists=True)
    site.cancels, site.errors = cancels, [Refused("no", where="panopto")]
    assert (await cleaned(site, await opened(target), target)).fate is fate


async def test_what_fails_for_now_is_not_decided_and_a_refused_account_ends_all() -> None:
    """Nothing is said of the others then."""
    site, target = Site(u=State.UPLOADING), MemoryTarget(lists=True)
    site.cancels, site.errors = False, [Unreachable("does not answer", where="panopto")]
    journal = await opened(target)
    assert (await cleaned(site, journal, target)).fate is Fate.UNDECIDED
    site.errors = [AccountRefused("no", where="panopto")]
    with pytest.raises(AccountRefused):
        await cleaned(site, journal, target)


def test_the_key_of_a_file() -> None:
    """What the engine calls it has its start before it, and its checksum after it where it has others."""
    assert file_of("2/presenter.mp4") == "presenter.mp4"
    assert file_of("1/manifest.xml@0a1b2c3d") == "manifest.xml"
