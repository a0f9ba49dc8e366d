"""Whether a session that a run made may be deleted: only what is ours, and as we meant it to be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine import Record
from pipelines import items, sources
from pipelines.items import AspectOutcome, Outcome, fold
from pipelines.migration import added
from pipelines.migration.ends import End, end_record
from pipelines.migration.verify import fingerprint
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.reconcile.release import OVER
from pipelines.reconcile.rollback import Fate, Undone, made, run_of, undo
from pipelines.runs import BEFORE

WORDS = "About it.\n\nOpencast: e"
FOUND = {"title": "Analysis", "date": "2024-03-01T08:00:00+00:00", "duration": None, "folder_id": "f"}
START = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)
SESSION = Session("s", "Analysis", WORDS, START, 60.0, "f")
WHOLE = SessionUpload("u", "f", "s", "https://t/b/k", State.COMPLETE)
FAILED = replace(WHOLE, state=State.PROCESSING_ERROR)
MEANT: dict[str, Any] = {
    "title": "Analysis",
    "date": START.isoformat(),
    "duration": 60.0,
    "files": ["presenter.mp4"],
    "described": fingerprint(WORDS),
}


def history(run: str | None = "1", **more: Any) -> list[Record]:
    """Return the records of an item whose session is right."""
    meant = {**MEANT, **({"run": run} if run else {}), **more}
    return [
        items.planned("e", estimate=1, series="x", folder_id="f"),
        items.uploading("e", upload_id="u", folder_id="f", target="https://t/b/k", files=[]),
        items.submit("e", meant),
        items.submitted("e"),
        items.session("e", "s"),
        items.right("e", "s", None),
    ]


def ended(records: Sequence[Record]) -> list[Record]:
    """Return what is left of an item once it is done."""
    return [end_record("e", fold(records), End(Outcome.VERIFIED))]


def decided(
    upload: SessionUpload | None = WHOLE,
    session: Session | None = SESSION,
    records: Sequence[Record] | None = None,
    streams: Sequence[Record] = (),
) -> Undone:
    """Decide about an item."""
    return undo(made("e", ended(history()) if records is None else records, streams), upload, session)


@pytest.mark.parametrize("records", [history(), ended(history())], ids=["under way", "done"])
def test_a_session_that_is_ours_and_as_it_was_meant_goes(records: list[Record]) -> None:
    """Whether the records of its making are there, or its end alone."""
    assert decided(records=records) == Undone("e", Fate.TO_DELETE, "session s", "s")


@pytest.mark.parametrize(
    "changes",
    [{"name": "Analysis I"}, {"description": "Other words.\n\nOpencast: e"}, {"description": "About it."},
     {"folder_id": "g"}, {"duration": 30.0}, {"start_time": START.replace(year=2025)}, {"id": "t"}],
    ids=lambda one: next(iter(one)),
)  # fmt: skip
def test_one_that_somebody_changed_is_for_a_person(changes: dict[str, Any]) -> None:
    """Its title, its words, its marker, its folder, its length, its date: each is told."""
    found = decided(session=replace(SESSION, **changes))
    assert found.fate is Fate.BY_HAND
    assert "somebody changed it" in found.why


def test_a_failed_one_goes_though_it_has_no_length() -> None:
    """Panopto could not process it."""
    assert decided(FAILED, replace(SESSION, duration=None)).fate is Fate.TO_DELETE


def test_white_space_is_no_change() -> None:
    """Panopto may lay the words of a description out in another way."""
    assert (
        decided(session=replace(SESSION, description="About  it.\r\n\r\nOpencast: e")).fate is Fate.TO_DELETE
    )


@pytest.mark.parametrize(
    ("upload", "why"),
    [
        (None, "does not know its session upload"),
        (replace(WHOLE, session_id=None), "does not say which session"),
        (replace(WHOLE, session_id="t"), "another one is on record"),
    ],
)
def test_one_of_which_panopto_does_not_say_that_it_is_ours_is_for_a_person(
    upload: SessionUpload | None, why: str
) -> None:
    """Our own record is not enough."""
    found = decided(upload)
    assert found.fate is Fate.BY_HAND
    assert why in found.why


@pytest.mark.parametrize("state", [*sorted(set(State) - OVER), 99])
def test_what_panopto_has_not_finished_is_not_decided(state: State | int) -> None:
    """Nor what is in a state that nobody knows."""
    assert decided(replace(WHOLE, state=state)).fate is Fate.UNDECIDED


def test_one_that_was_given_away_is_not_taken_for_gone() -> None:
    """The account may not be let in any more; one whose deletion was begun is gone."""
    owned = [*history(), items.aspects("e", {"owner": {"outcome": "carried", "value": "jsmith"}})]
    found = decided(session=None, records=ended(owned))
    assert (found.fate, "another owner" in found.why) == (Fate.BY_HAND, True)
    assert decided(session=None, records=[*ended(owned), items.delete("e", "s")]).fate is Fate.GONE


def test_one_that_is_gone_begins_anew() -> None:
    """Its session, or the upload that never became one; an end without a folder cannot."""
    assert decided(session=None) == Undone("e", Fate.GONE, "session s is not there any more", "s")
    never = history()[:4]
    assert decided(replace(FAILED, session_id=None), None, never).fate is Fate.GONE
    nowhere = items.ended("e", Outcome.VERIFIED, upload_id="u", session_id="s")
    assert decided(session=None, records=[nowhere]).fate is Fate.BY_HAND


@pytest.mark.parametrize("record", [sources.retract("e", "s"), sources.retracted("e", "s")])
def test_the_only_copy_of_a_recording_stays(record: Record) -> None:
    """Its event was deleted at Opencast, or is about to be."""
    found = decided(records=[*ended(history()), record])
    assert (found.fate, "all that there is" in found.why) == (Fate.BY_HAND, True)


def test_one_that_got_a_stream_later_is_for_a_person() -> None:
    """Whether Panopto has taken it or not; one that was never sent whole is none."""
    submitted = [added.submit("e", "slides.mp4")]
    found = decided(streams=submitted)
    assert (found.fate, "slides.mp4" in found.why) == (Fate.BY_HAND, True)
    failed = [added.ended("e", "slides.mp4", AspectOutcome.PERMANENT)]
    assert decided(streams=failed).fate is Fate.TO_DELETE


def test_what_was_meant_has_to_be_on_record() -> None:
    """An older version kept less: then nobody knows whether it was changed."""
    older = items.ended("e", Outcome.VERIFIED, upload_id="u", session_id="s", folder_id="f", title="Analysis")
    found = decided(records=[older])
    assert (found.fate, "date is not on record" in found.why) == (Fate.BY_HAND, True)


@pytest.mark.parametrize(
    ("records", "run"),
    [
        (history(), "1"),
        (ended(history()), "1"),
        (ended(history("7")), "7"),
        (history()[:3], "1"),
        (ended(history(None)), BEFORE),
        (history()[:2], None),
        ([items.ended("e", Outcome.PERMANENT, "gone", upload_id="u")], None),
        ([items.found("e", ["s"], FOUND), items.right("e", "s", None)], None),
        ([*ended(history()), items.anew("e", "rolled_back")], None),
        ([], None),
    ],
)
def test_the_run_of_an_item(records: list[Record], run: str | None) -> None:
    """The one that told Panopto that it is complete; what was found there or never submitted has none."""
    assert run_of(fold(records)) == run
