"""The records of a transfer, and what they fold to in whatever order they come."""

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from engine import journal
from engine.journal import Record, TransferState, fold
from engine.model import Validator
from engine.wire import PartReceipt

TEXT = st.text(max_size=8)
RECEIPTS = st.builds(
    PartReceipt,
    st.integers(1, 10_000),
    st.integers(0, 2**40),
    st.integers(0, 2**32 - 1),
    st.none() | st.text("0123456789abcdef", min_size=32, max_size=32),
    TEXT,
)
VALIDATORS = st.builds(Validator, st.integers(1, 2**50), st.none() | TEXT, st.none() | TEXT)
UPLOADS = st.sampled_from(["u1", "u2", "u3"])


def records(name: st.SearchStrategy[str]) -> st.SearchStrategy[Record]:
    """Any record of a transfer."""
    subject = st.just("s")
    return st.one_of(
        st.builds(journal.probed, subject, name, VALIDATORS, st.integers(1, 2**30)),
        st.builds(journal.create, subject, name),
        st.builds(journal.created, subject, name, UPLOADS),
        st.builds(journal.part, subject, name, RECEIPTS),
        st.builds(journal.complete, subject, name),
        st.builds(journal.completed, subject, name, st.just({"size": 1})),
        st.builds(journal.abandoned, subject, name, TEXT),
        st.builds(journal.aborted, subject, name, UPLOADS),
        st.builds(Record, subject, st.just("item.planned"), st.just({"name": "x"})),
        st.builds(Record, subject, st.just("transfer.colour"), st.just({})),
    )


NAMES = st.sampled_from(["a.mp4", "b.mp4"])


@given(st.lists(records(NAMES), max_size=30))
def test_any_records_fold_to_a_state(found: list[Record]) -> None:
    """No order raises, and what holds of every state holds of this one."""
    state = fold(found, "a.mp4")
    assert state.upload not in state.orphans or state.upload is None or _given_up_before(found, state.upload)
    if state.validator is None:
        assert state.part_size == 0
    created = {one.facts["upload"] for one in found if one.kind == journal.CREATED}
    assert set(state.orphans) <= created


def _given_up_before(found: list[Record], upload: str) -> bool:
    """Tell whether an id was used twice: only a target that repeats itself does that."""
    return sum(one.kind == journal.CREATED and one.facts["upload"] == upload for one in found) > 1


@given(st.lists(records(NAMES), max_size=30))
def test_transfers_of_one_subject_do_not_meet(found: list[Record]) -> None:
    """The records of another name change nothing."""
    own = [one for one in found if one.facts.get("name") == "a.mp4"]
    assert fold(found, "a.mp4") == fold(own, "a.mp4")


@given(st.lists(records(st.just("a.mp4")), max_size=20), records(st.just("a.mp4")))
def test_no_receipt_outlives_its_upload(found: list[Record], last: Record) -> None:
    """A new probe, a new upload, or giving up: the parts count no more, and the upload is an orphan."""
    before, after = fold(found, "a.mp4"), fold([*found, last], "a.mp4")
    if after.upload != before.upload:
        assert after.parts == {}
        if before.upload:
            assert before.upload in after.orphans


@given(st.lists(records(st.just("a.mp4")), max_size=20))
def test_records_survive_being_written_and_read(found: list[Record]) -> None:
    """They hold JSON only, and fold to the same."""
    read = [replace(one, facts=orjson.loads(orjson.dumps(dict(one.facts)))) for one in found]
    assert fold(read, "a.mp4") == fold(found, "a.mp4")


@given(RECEIPTS)
def test_a_receipt_comes_back_as_it_was(one: PartReceipt) -> None:
    """Every field of it."""
    assert journal.receipt(journal.part("s", "n", one).facts) == one


@given(VALIDATORS, st.integers(1, 2**30))
def test_a_probe_comes_back_as_it_was(found: Validator, size: int) -> None:
    """Validator and part size hold to the end."""
    state = fold([journal.probed("s", "n", found, size)], "n")
    assert (state.validator, state.part_size) == (found, size)


def test_a_whole_transfer_step_by_step() -> None:
    """Each record says one thing."""
    one = PartReceipt(1, 5, 7, None, "e")
    steps = [
        journal.probed("s", "n", Validator(5, "v"), 5),
        journal.create("s", "n"),
        journal.created("s", "n", "u"),
        journal.part("s", "n", one),
        journal.complete("s", "n"),
        journal.completed("s", "n", {"size": 5}),
    ]
    states = [fold(steps[:count], "n") for count in range(len(steps) + 1)]
    assert states[0] == TransferState()
    assert [state.create_intended for state in states] == [False, False, *[True] * 5]
    assert [state.upload for state in states] == [None, None, None, *["u"] * 4]
    assert [len(state.parts) for state in states] == [0, 0, 0, 0, 1, 1, 1]
    assert [state.complete_intended for state in states] == [*[False] * 5, True, True]
    assert [state.completed is not None for state in states] == [*[False] * 6, True]


def test_an_orphan_is_one_until_it_is_known_to_be_gone() -> None:
    """Given up, begun anew, and aborted at last."""
    steps = [
        journal.probed("s", "n", Validator(5), 5),
        journal.created("s", "n", "u1"),
        journal.abandoned("s", "n", "changed"),
        journal.created("s", "n", "u2"),
    ]
    assert fold(steps, "n").orphans == ("u1",)
    assert fold([*steps, journal.aborted("s", "n", "u1")], "n").orphans == ()
    assert fold([*steps, journal.aborted("s", "n", "u1")], "n").upload == "u2"


def test_a_part_sent_again_has_its_last_receipt() -> None:
    """The later record of a number counts."""
    steps = [
        journal.created("s", "n", "u"),
        journal.part("s", "n", PartReceipt(1, 5, 7, None, "old")),
        journal.part("s", "n", PartReceipt(1, 5, 7, None, "new")),
    ]
    assert fold(steps, "n").parts[1].etag == "new"
