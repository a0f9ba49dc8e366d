"""Which parts a lane takes, from those that nobody has and from another lane."""

from hypothesis import given
from hypothesis import strategies as st

from engine.lanes.runs import LONGEST_RUN, Missing, Taken, given_away, run_length

NUMBERS = st.sets(st.integers(1, 60))


@given(NUMBERS, st.lists(st.integers(1, 9)))
def test_runs_are_neighbours_lowest_first(numbers: set[int], lengths: list[int]) -> None:
    """Each part is taken once, no run is longer than asked for, and none has a gap."""
    missing = Missing(numbers)
    taken: list[int] = []
    for longest in [*lengths, *[3] * 60]:
        run = missing.take(longest)
        assert len(run) <= longest
        assert run == list(range(run[0], run[0] + len(run))) if run else not missing
        taken += run
    assert taken == sorted(numbers)


@given(NUMBERS, st.integers(1, 9))
def test_what_is_given_back_is_taken_again(numbers: set[int], longest: int) -> None:
    """In its place among the others."""
    missing = Missing(numbers)
    for number in reversed(missing.take(longest)):
        missing.put(number)
    assert missing.take(60) == Missing(numbers).take(60)
    assert len(missing) == len(numbers) - len(Missing(numbers).take(60))


@given(st.integers(0, 500), st.integers(1, 64))
def test_a_run_is_a_fair_share(missing: int, lanes: int) -> None:
    """As many lanes of that length reach every part, if no run is at its longest; one fewer part does not."""
    run = run_length(missing, lanes)
    assert 1 <= run <= LONGEST_RUN
    assert run == LONGEST_RUN or run * lanes >= missing
    assert run == 1 or (run - 1) * lanes < missing


@given(st.integers(0, 20), st.booleans())
def test_half_of_a_run_is_given_away(run: int, flows: bool) -> None:
    """Of one that flows the larger half; of another the smaller, so that it keeps one."""
    given = given_away(run, flows=flows)
    assert given in {run // 2, (run + 1) // 2}
    assert run - given + flows > 0 or run == 0


@given(st.integers(0, 20), st.booleans())
def test_what_is_given_is_the_end_of_what_was_not_asked_for(run: int, flows: bool) -> None:
    """Nothing is lost, nothing is in two places, and what is under way stays."""
    lane = Taken(list(range(5, 5 + run)), {4} if flows else set(), paid=True)
    given = lane.give()
    assert lane.run + given == list(range(5, 5 + run))
    assert len(given) == given_away(run, flows=flows)
    assert lane.under_way == ({4} if flows else set())


def test_what_is_not_paid_for_is_not_given() -> None:
    """Its bytes may not begin yet, in whatever lane."""
    lane = Taken([1, 2, 3, 4])
    assert (lane.to_give, lane.give(), lane.run) == (0, [], [1, 2, 3, 4])
