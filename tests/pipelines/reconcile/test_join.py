"""What holds of joining events with sessions by their marker."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.migration_site import HOME, WHEN, lecture

from engine import Record
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.migration.planning import Row
from pipelines.migration.select import Selected, select
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.reconcile.join import Joined, Verdict, failed, is_failed, joined, meant

ROW = Row("a", None, "s1", HOME, title="Lecture a", date=WHEN.isoformat())
SELECTED = select(lecture("a"), channels=("p",))
assert isinstance(SELECTED, Selected)
FACTS = meant(SELECTED, HOME)
SESSION = Session("S-1", "Lecture a", "words\n\nOpencast: a", WHEN, 9.0, HOME)


def after(state: ItemState, found: Joined) -> ItemState:
    """Return what the checkpoint says afterwards."""
    for record in found.records:
        state = state.after(record)
    return state


def begun(*more: Record) -> ItemState:
    """Return an item whose session upload is on record."""
    upload = items.uploading("a", upload_id="u", folder_id=HOME, target="https://t/b/p", files=[])
    records = [items.planned("a", estimate=None, series="s1", folder_id=HOME), upload, *more]
    return items.fold(records)


MEANT = items.submit("a", {"title": "Lecture a", "date": WHEN.isoformat(), "duration": 9.0, "files": []})


def test_what_an_event_is_meant_to_be() -> None:
    """Title, date, duration of its longest stream, and folder: as a manifest would say it."""
    said = meant(SELECTED, HOME)
    assert said == {"folder_id": HOME, "title": "Lecture a", "date": WHEN.isoformat(), "duration": 9.0}


@pytest.mark.parametrize(
    "state",
    [ItemState(), begun(), begun(MEANT), begun(MEANT, items.submitted("a"))],
    ids=lambda one: one.stage,
)
def test_a_session_as_it_was_meant_is_taken_in(state: ItemState) -> None:
    """Whatever the checkpoint knew: it is verified now, with all that the next stage needs."""
    found = joined(ROW, FACTS, state, [SESSION])
    assert (found.verdict, found.session_ids) == (Verdict.ADOPTED, ("S-1",))
    now = after(state, found)
    assert (now.outcome, now.session_id, now.series) == (Outcome.VERIFIED, "S-1", "s1")
    assert now.right == {"session_id": "S-1", "start": WHEN.isoformat()}
    assert found.records[-1].closes
    alone = items.fold([found.records[-1]])
    assert (alone.right, alone.series, alone.settled()) == (now.right, "s1", True)
    assert not alone.settled(carries=True)


def test_a_session_in_the_operators_folder_is_taken_in_there() -> None:
    """It is right but for its aspect, with which its own folder is on record; elsewhere it differs."""
    aside = replace(SESSION, folder_id="Team")
    found = joined(ROW, FACTS, ItemState(), [aside], refused_folder="team")
    now = after(ItemState(), found)
    assert (found.verdict, now.outcome) == (Verdict.ADOPTED, Outcome.VERIFIED)
    told = now.aspects["folder"]
    assert (told["outcome"], told["lies_in"], told["path"]) == ("permanent", "team", [HOME])
    assert (now.ended or {})["folder_id"] == "team"
    assert joined(ROW, FACTS, ItemState(), [aside], refused_folder="other").verdict is Verdict.DIFFERS
    home = joined(ROW, FACTS, ItemState(), [SESSION], refused_folder="team")
    assert after(ItemState(), home).aspects == {}


def test_what_goes_on_to_luminus_is_not_done_yet() -> None:
    """Its session is right, and its lecture item is still to be set: the next run takes it up there."""
    found = joined(ROW, FACTS, ItemState(), [SESSION], carries=True)
    now = after(ItemState(), found)
    assert (found.verdict, now.outcome, now.stage) == (Verdict.ADOPTED, Outcome.WAITING, "carrying")
    assert now.right == {"session_id": "S-1", "start": WHEN.isoformat()}


@pytest.mark.parametrize(
    ("change", "verdict", "outcome"),
    [
        ({"name": "Another"}, Verdict.DIFFERS, Outcome.DIFFERS),
        ({"folder_id": "elsewhere"}, Verdict.DIFFERS, Outcome.DIFFERS),
        ({"duration": 3.0}, Verdict.DIFFERS, Outcome.DIFFERS),
        ({"duration": None}, Verdict.PROCESSING, Outcome.WAITING),
        ({"duration": 0.0}, Verdict.PROCESSING, Outcome.WAITING),
        ({"duration": 0.0, "name": "Another"}, Verdict.DIFFERS, Outcome.DIFFERS),
    ],
)
def test_a_session_that_is_otherwise(change: dict[str, Any], verdict: Verdict, outcome: Outcome) -> None:
    """It is on record as it is, and never shipped again."""
    found = joined(ROW, FACTS, ItemState(), [replace(SESSION, **change)])
    now = after(ItemState(), found)
    assert (found.verdict, now.outcome) == (verdict, outcome)
    assert now.under_way
    assert now.right is None


def test_two_sessions_are_told_and_none_is_chosen() -> None:
    """Both are named, nothing is right, and nothing is shipped."""
    found = joined(ROW, FACTS, ItemState(), [SESSION, replace(SESSION, id="S-2")])
    now = after(ItemState(), found)
    assert (found.verdict, found.session_ids) == (Verdict.TWICE, ("S-1", "S-2"))
    assert "S-1, S-2" in found.why
    assert (now.outcome, now.reason, now.under_way, now.right) == (
        Outcome.DIFFERS,
        "two_sessions",
        True,
        None,
    )


def test_what_is_on_record_as_right_stays_so() -> None:
    """Nothing is written; a second session of it is told."""
    state = begun(items.right("a", "S-1", None))
    assert joined(ROW, FACTS, state, [SESSION]) == Joined("a", Verdict.KNOWN, ("S-1",))
    assert joined(ROW, FACTS, state, []).verdict is Verdict.KNOWN
    twice = joined(ROW, FACTS, state, [SESSION, replace(SESSION, id="S-2")])
    assert (twice.verdict, twice.records) == (Verdict.TWICE, ())


def test_an_upload_that_panopto_lost_is_released() -> None:
    """It was told to be complete, and there is neither upload nor session: it is begun anew."""
    gone = begun(MEANT, items.ended("a", Outcome.RETRYABLE, "upload_gone"))
    found = joined(ROW, FACTS, gone, [], lost=True)
    now = after(gone, found)
    assert found.verdict is Verdict.RELEASED
    assert "moves it again" in found.why
    assert (now.upload, now.generation, now.outcome) == (None, 2, Outcome.WAITING)


def test_an_upload_that_panopto_may_still_know_is_held() -> None:
    """A list lags, or was not read: as long as its upload was not asked for, nothing is begun anew."""
    gone = begun(MEANT, items.ended("a", Outcome.RETRYABLE, "upload_gone"))
    found = joined(ROW, FACTS, gone, [])
    assert (found.verdict, found.records) == (Verdict.HELD, ())


@pytest.mark.parametrize("state", [ItemState(), begun(), begun(MEANT)], ids=["unknown", "open", "in doubt"])
def test_what_has_no_session_is_left_to_the_run(state: ItemState) -> None:
    """Nothing is written: the run knows what to do."""
    assert joined(ROW, FACTS, state, []) == Joined("a", Verdict.TO_MOVE)


def test_a_session_that_was_found_and_is_gone() -> None:
    """It is told, and not made again: somebody may have put it into the recycle bin."""
    state = after(ItemState(), joined(ROW, FACTS, ItemState(), [replace(SESSION, name="Another")]))
    found = joined(ROW, FACTS, state, [])
    assert (found.verdict, found.session_ids, found.records) == (Verdict.MISSING, ("S-1",), ())


UNPROCESSED = items.fold(
    [items.ended("a", Outcome.PERMANENT, "processing_error", upload_id="u", session_id="S-1", folder_id=HOME)]
)


@pytest.mark.fault(25)
@pytest.mark.parametrize(
    ("state", "upload", "sessions", "still"),
    [
        (UNPROCESSED, State.PROCESSING_ERROR, [SESSION], True),
        (UNPROCESSED, None, [SESSION], True),
        (UNPROCESSED, State.COMPLETE, [SESSION], False),
        (UNPROCESSED, State.PROCESSING_ERROR, [replace(SESSION, id="S-2")], False),
        (UNPROCESSED, State.PROCESSING_ERROR, [SESSION, replace(SESSION, id="S-2")], False),
        (ItemState(), State.PROCESSING_ERROR, [SESSION], False),
    ],
)
def test_a_session_that_could_not_be_processed_is_no_right_one(
    state: ItemState, upload: State | None, sessions: list[Session], still: bool
) -> None:
    """By its session upload, as the session tells no state; one that came otherwise may be taken in."""
    now = SessionUpload("u", HOME, "S-1", "https://t/b/p", upload) if upload is not None else None
    assert is_failed(state, now, sessions) is still


def test_what_stays_failed_is_told_and_nothing_is_written() -> None:
    """With what to do about it."""
    found = failed("a", [SESSION])
    assert (found.verdict, found.session_ids, found.records) == (Verdict.KNOWN, ("S-1",), ())
    assert "`ferry retry`" in found.why
