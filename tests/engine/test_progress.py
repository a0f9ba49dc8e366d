"""The facts folded to one picture."""

from hypothesis import given
from hypothesis import strategies as st

from engine.model import Tally
from engine.progress import (
    Audience,
    BytesFlowed,
    LevelFell,
    PartFailed,
    PartSettled,
    Snapshot,
    TransferFailed,
    TransferFinished,
    TransferStarted,
    Waiting,
    silence,
)

NAMES = st.sampled_from(["a", "b"])
COUNTS = st.integers(0, 1000)
FACTS = st.one_of(
    st.builds(TransferStarted, NAMES, NAMES, COUNTS, COUNTS, COUNTS, COUNTS),
    st.builds(BytesFlowed, COUNTS),
    st.builds(lambda one, count: PartSettled("a", "b", 1, count, min(one, count)), COUNTS, COUNTS),
    st.builds(lambda one, count: PartFailed("a", "b", 1, count, "x", min(one, count)), COUNTS, COUNTS),
    st.builds(TransferFinished, NAMES, NAMES, COUNTS),
    st.builds(TransferFailed, NAMES, NAMES, st.just("gone")),
    st.builds(Waiting, NAMES, st.floats(0, 9), NAMES),
    st.builds(LevelFell, NAMES, NAMES),
    st.just("something else"),
)


def folded(*facts: object) -> Snapshot:
    """Fold facts."""
    found = Snapshot()
    for fact in facts:
        found = found.after(fact)
    return found


@given(st.lists(FACTS, max_size=40))
def test_any_facts_in_any_order_fold(facts: list[object]) -> None:
    """Nothing is negative, and bytes sent, first and again, are those of the settled parts."""
    found = folded(*facts)
    parts = [fact for fact in facts if isinstance(fact, PartSettled | PartFailed)]
    assert found.bytes.sent + found.bytes.sent_again == sum(fact.bytes for fact in parts)
    assert min(found.bytes.sent, found.bytes.sent_again, found.transfers_open) >= 0
    assert found.parts.sent + found.parts.sent_again + found.parts_failed == len(parts)
    assert found.transfers_open <= 4


def test_a_file_from_start_to_end() -> None:
    """What was there is skipped, what is sent counts once as sent, and the rest as sent again."""
    found = folded(
        TransferStarted("e", "n", 100, 20, 10, 2),
        PartSettled("e", "n", 3, 10, 0),
        PartFailed("e", "n", 4, 6, "reset"),
        PartSettled("e", "n", 4, 10, 6),
    )
    assert found.bytes == Tally(sent=20, sent_again=6, skipped=20)
    assert found.parts == Tally(sent=1, sent_again=1, skipped=2)
    assert (found.transfers_open, found.parts_failed) == (1, 1)
    assert folded(TransferStarted("e", "n", 1, 0, 1, 0), TransferFinished("e", "n", 1)).transfers_open == 0


def test_a_file_that_is_begun_anew_is_open_once() -> None:
    """And ends once."""
    start = TransferStarted("e", "n", 1, 0, 1, 0)
    assert folded(start, start).transfers_open == 1
    assert folded(start, start, TransferFailed("e", "n", "gone")).transfers_open == 0


def test_a_file_that_fails_before_it_starts_was_never_open() -> None:
    """It is counted as failed."""
    found = folded(TransferFailed("e", "n", "gone"))
    assert (found.transfers_open, found.transfers_failed) == (0, 1)


def test_every_observer_of_an_audience_is_told_in_turn() -> None:
    """Also one that does not look."""
    told: list[tuple[int, object]] = []
    fact = BytesFlowed(1)
    Audience([lambda one: told.append((1, one)), silence, lambda one: told.append((2, one))])(fact)
    assert told == [(1, fact), (2, fact)]
