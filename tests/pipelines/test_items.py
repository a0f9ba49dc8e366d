"""Records of an item fold to a state, and states to counts and an exit code."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Record
from pipelines import items
from pipelines.items import ItemState, Outcome, Outcomes, fold
from pipelines.migration.ends import End, end_record

FILES = [{"name": "presenter.mp4", "track": "t", "role": "Primary", "duration_ms": 1000}]
MEANT = {"title": "T", "date": "2020-01-01T00:00:00+00:00", "duration": 1.0, "files": ["presenter.mp4"]}
PLAN = items.planned("e", estimate=5, series="s", folder_id="f")
UPLOAD = items.upload("e", "f")
UPLOADING = items.uploading("e", upload_id="u", folder_id="f", target="https://t/b/k", files=FILES)


def done(outcome: Outcome, reason: str | None = None, **facts: Any) -> Record:
    """Return a record of an end."""
    return items.ended("e", outcome, reason, **facts)


any_record = st.one_of(
    st.builds(
        items.planned,
        st.just("e"),
        estimate=st.none() | st.integers(0, 10**12),
        series=st.text(max_size=3),
        folder_id=st.just("f"),
    ),
    st.just(UPLOAD),
    st.builds(
        items.uploading,
        st.just("e"),
        upload_id=st.sampled_from(["u1", "u2"]),
        folder_id=st.just("f"),
        target=st.just("https://t/b/k"),
        files=st.just(FILES),
    ),
    st.just(items.submit("e", MEANT)),
    st.just(items.submitted("e")),
    st.builds(items.session, st.just("e"), st.sampled_from(["s1", "s2"])),
    st.builds(items.anew, st.just("e"), st.just("upload_gone")),
    st.builds(
        items.ended,
        st.just("e"),
        st.sampled_from(Outcome),
        st.none() | st.sampled_from(items.SKIPS + items.PERMANENT),
        session_id=st.none() | st.just("s3"),
    ),
    st.builds(Record, st.just("e"), st.sampled_from(["transfer.part", "item.of.tomorrow"])),
)


@given(st.lists(any_record, max_size=12))
def test_any_records_fold_to_a_valid_state(records: list[Record]) -> None:
    """Whatever stands in a checkpoint, in whatever order, is a state with an outcome, and counts."""
    state = fold(records)
    assert state.outcome in Outcome
    assert state.generation == 1 + sum(record.kind == items.ANEW for record in records)
    assert not state.settled() or state.ended is not None
    assert Outcomes.of([state]).exit_code in {0, 3, 4, 5}
    assert sum(Outcomes.of([state]).outcomes.values()) == 1


@given(st.lists(any_record, max_size=6), st.lists(any_record, max_size=6))
def test_folding_goes_on_where_it_was(before: list[Record], after: list[Record]) -> None:
    """A fold in two halves is the fold of all."""
    state = fold(before)
    for record in after:
        state = state.after(record)
    assert state == fold([*before, *after])


def test_what_has_not_begun_waits() -> None:
    """An item of which nothing is known, or that is only planned, waits."""
    assert fold([]) == ItemState()
    assert fold([PLAN]).outcome is Outcome.WAITING
    assert not fold([PLAN]).settled()


def test_an_intent_is_not_an_upload() -> None:
    """A session upload that was asked for and not answered is not there to go on with."""
    assert fold([PLAN, UPLOAD]).upload is None
    assert fold([PLAN, UPLOAD, UPLOADING]).upload == UPLOADING.facts


def test_starting_anew_forgets_the_upload_and_keeps_the_plan() -> None:
    """A new generation has the plan of the old one, and nothing of its upload but the id."""
    records = [PLAN, UPLOADING, items.submit("e", MEANT), items.submitted("e"), items.session("e", "s1")]
    state = fold([*records, items.anew("e", "cancelled")])
    assert state == ItemState(PLAN.facts, generation=2, given_up=("u",))


def test_no_session_upload_is_forgotten() -> None:
    """Of whichever generation, whatever ended in between, and where an end is all that is left of an item."""
    second = items.uploading("e", upload_id="u2", folder_id="f", target="https://t/b/k", files=FILES)
    history = [PLAN, UPLOADING, items.anew("e", "cancelled"), second]
    assert fold(history).uploads == ("u", "u2")
    state = fold([end_record("e", fold(history), End(Outcome.PERMANENT, "gone"))])
    assert state.uploads == ("u", "u2")
    third = items.uploading("e", upload_id="u3", folder_id="f", target="https://t/b/k", files=FILES)
    again = fold([end_record("e", state, End(Outcome.PERMANENT, "gone")), PLAN, third])
    assert again.uploads == ("u", "u2", "u3")
    assert fold([end_record("e", again, End(Outcome.PERMANENT, "gone"))]).uploads == ("u", "u2", "u3")


def test_a_session_that_is_about_to_be_deleted_is_right_no_more() -> None:
    """No run takes it up, and it is not done: a rollback goes on with it. A failed one stays as it ended."""
    end = end_record("e", fold([PLAN, UPLOADING, items.right("e", "s1", None)]), End(Outcome.VERIFIED))
    state = fold([end, items.delete("e", "s1")])
    assert (state.deleting, state.right, state.outcome, state.stage) == (
        "s1", None, Outcome.WAITING, "rolling_back"
    )  # fmt: skip
    assert state.settled()
    assert state.uploads == ("u",)
    found = items.found("e", ["s1"], {**MEANT, "folder_id": "f"})
    assert fold([end, items.delete("e", "s1"), found]).deleting is None
    failed = fold([done(Outcome.PERMANENT, "processing_error"), items.delete("e", "s1")])
    assert (failed.deleting, failed.outcome) == (None, Outcome.PERMANENT)


def test_the_session_is_kept_from_its_own_record_and_from_the_end() -> None:
    """The session's id is kept as soon as it is seen, and an end without one takes nothing away."""
    seen = [PLAN, UPLOADING, items.session("e", "s1")]
    assert fold([*seen, done(Outcome.RETRYABLE, "timed_out", session_id=None)]).session_id == "s1"
    assert fold([done(Outcome.VERIFIED, session_id="s2")]).session_id == "s2"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_can_go_on_keeps_its_records(outcome: Outcome) -> None:
    """An end closes its item unless a later run goes on with it: then its records are needed."""
    assert done(outcome).closes is (outcome in {Outcome.VERIFIED, Outcome.PERMANENT, Outcome.SKIPPED})


@pytest.mark.parametrize(
    ("outcome", "reason", "settled"),
    [
        (Outcome.VERIFIED, None, True),
        (Outcome.PERMANENT, "processing_error", True),
        (Outcome.PERMANENT, "gone", False),
        (Outcome.PERMANENT, "no_folder", False),
        (Outcome.DIFFERS, "title", False),
        (Outcome.SKIPPED, "live", False),
        (Outcome.WAITING, "limit", False),
        (Outcome.RETRYABLE, "timed_out", False),
    ],
)
def test_what_no_run_looks_at_again(outcome: Outcome, reason: str | None, settled: bool) -> None:
    """All but what Panopto has is looked at again: its cause may be mended by now."""
    assert fold([done(outcome, reason)]).settled() is settled


def test_planning_again_opens_an_item() -> None:
    """A skipped item that is planned now waits."""
    state = fold([done(Outcome.SKIPPED, "not_ready"), PLAN])
    assert (state.outcome, state.reason, state.planned) == (Outcome.WAITING, None, PLAN.facts)


def states(**counts: int) -> list[ItemState]:
    """Return so many items of each outcome."""
    return [fold([done(Outcome(name))]) for name, count in counts.items() for _ in range(count)]


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({}, 0),
        ({"verified": 2, "skipped": 3}, 0),
        ({"skipped": 1}, 0),
        ({"verified": 9, "waiting": 1}, 3),
        ({"retryable": 1}, 3),
        ({"retryable": 5, "permanent": 1}, 4),
        ({"waiting": 5, "permanent": 1, "skipped": 1}, 4),
        ({"retryable": 1, "permanent": 7, "differs": 1, "verified": 1}, 5),
    ],
)
def test_the_highest_of_three_four_and_five_wins(counts: dict[str, int], code: int) -> None:
    """A skip never raises the code, and the worst item decides it."""
    counted = Outcomes.of(states(**counts))
    assert counted.exit_code == code
    assert {name.value: count for name, count in counted.outcomes.items()} == counts


def test_reasons_are_counted_by_name() -> None:
    """Reasons stand in the order of the alphabet; those without a reason count none."""
    ends = [("permanent", "gone"), ("skipped", "live"), ("skipped", "live"), ("verified", None)]
    counted = Outcomes.of(fold([done(Outcome(outcome), reason)]) for outcome, reason in ends)
    assert list(counted.reasons.items()) == [("gone", 1), ("live", 2)]
