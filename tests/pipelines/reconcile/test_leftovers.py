"""Which session uploads on record may be open with nobody to go on with them."""

from engine import Record
from pipelines import items
from pipelines.items import Outcome, fold
from pipelines.migration.ends import End, end_record
from pipelines.reconcile.leftovers import Leftover, leftovers, unheard

PLAN = items.planned("e", estimate=1, series="x", folder_id="f")


def opened(upload_id: str) -> Record:
    """Return the record of a session upload."""
    return items.uploading("e", upload_id=upload_id, folder_id="f", target="https://t/b/k", files=[])


def part(name: str) -> Record:
    """Return a record of a file."""
    return Record("e", "transfer.create", {"name": name})


def found(*records: Record) -> list[Leftover]:
    """Return what may be left."""
    return list(leftovers("e", records))


def test_one_that_a_run_goes_on_with_is_told_as_such() -> None:
    """With the files that are on record."""
    assert found(PLAN, opened("u"), part("1/a.mp4"), part("1/a.mp4"), part("1/b.mp4")) == [
        Leftover("e", "u", live=True, names=("1/a.mp4", "1/b.mp4"))
    ]
    retried = items.ended("e", Outcome.RETRYABLE, "unreachable")
    assert found(PLAN, opened("u"), retried) == [Leftover("e", "u", live=True)]


def test_one_that_was_given_up_is_left_with_its_own_files() -> None:
    """The one after it is the item's."""
    given_up = (PLAN, opened("u"), part("1/a.mp4"), items.anew("e", "unknown_upload"))
    history = (*given_up, opened("v"), part("2/a.mp4"))
    assert found(*history) == [
        Leftover("e", "u", names=("1/a.mp4",)), Leftover("e", "v", live=True, names=("2/a.mp4",))
    ]  # fmt: skip
    assert found(*given_up) == [Leftover("e", "u", names=("1/a.mp4",))]


def test_one_that_was_submitted_is_none() -> None:
    """Panopto was told that it is complete, or has made a session of it, or the item is done."""
    submitted = (PLAN, opened("u"), items.submit("e", {}), items.submitted("e"))
    assert found(*submitted) == []
    right = (*submitted, items.session("e", "s"), items.right("e", "s", None))
    assert found(*right) == []
    assert found(end_record("e", fold(right), End(Outcome.VERIFIED))) == []
    assert found(PLAN, opened("u"), items.submit("e", {})) == [Leftover("e", "u", live=True)]


def test_one_of_an_item_that_ended_is_left() -> None:
    """Whether its end is all that there is, or it was planned again since: another one is made then."""
    for outcome in (Outcome.PERMANENT, Outcome.SKIPPED):
        end = end_record("e", fold([PLAN, opened("u")]), End(outcome, "gone"))
        assert found(end) == [Leftover("e", "u")]
        assert found(end, PLAN) == [Leftover("e", "u")]
        assert found(end, PLAN, opened("v")) == [Leftover("e", "u"), Leftover("e", "v", live=True)]


def test_an_item_without_any_has_nothing_left() -> None:
    """It was planned, or skipped."""
    assert found() == found(PLAN) == found(items.ended("e", Outcome.SKIPPED, "live")) == []


def test_those_that_were_never_heard_of_are_counted() -> None:
    """An intent without an id; what an end has replaced is not counted twice."""
    intent = items.upload("e", "f")
    assert unheard([PLAN, intent]) == 1
    assert unheard([PLAN, intent, opened("u")]) == 0
    assert unheard([PLAN, intent, intent, opened("u")]) == 1
    assert unheard([opened("u")]) == 0
