"""What holds of a ceiling that a host finds by throttling."""

from hypothesis import given
from hypothesis import strategies as st

from engine.limits import Ceiling

events = st.lists(st.one_of(st.none(), st.integers(0, 40)), max_size=80)
"""A part that went well (None), or one that was throttled with so many in flight."""


@given(least=st.integers(1, 8), more=st.integers(0, 30), events=events)
def test_a_ceiling_stays_between_its_bounds_and_moves_by_its_rule(
    least: int, more: int, events: list[int | None]
) -> None:
    """Up by one place at most, and only when a part went well; down only by a throttle."""
    ceiling = Ceiling(least + more, least, least + more)
    for in_flight in events:
        before = ceiling
        if in_flight is None:
            ceiling = ceiling.after_part()
            assert before.places <= ceiling.places <= before.places + 1
        else:
            ceiling = ceiling.after_throttle(in_flight)
            assert ceiling.places <= before.places
            assert ceiling.places <= max(before.places // 2, least) or before.deaf
        assert ceiling.least <= ceiling.places <= ceiling.most


@given(places=st.integers(1, 64), in_flight=st.integers(1, 64))
def test_one_burst_of_throttling_is_heard_once(places: int, in_flight: int) -> None:
    """All parts that were in flight are throttled: the places are halved once and not to nothing."""
    ceiling = Ceiling(places, 1, 64).after_throttle(in_flight)
    for _ in range(in_flight - 1):
        assert ceiling.after_throttle(in_flight).places == ceiling.places
        ceiling = ceiling.after_throttle(in_flight)
    assert ceiling.places == max(min(places, in_flight) // 2, 1)


@given(places=st.integers(1, 20))
def test_a_host_that_throttles_no_more_is_back_at_its_bound(places: int) -> None:
    """After as many rounds as there are places to win."""
    ceiling = Ceiling(places, 1, 20)
    for _ in range(20 * 20):
        ceiling = ceiling.after_part()
    assert (ceiling.places, ceiling.deaf) == (20, 0)


def test_a_new_bound_holds_for_a_host_that_throttles() -> None:
    """Lowered, it is lowered there too; raised, the host finds its way up by itself."""
    ceiling = Ceiling(6, 2, 8)
    assert ceiling.within(4) == Ceiling(4, 2, 4)
    assert ceiling.within(1) == Ceiling(1, 1, 1)
    assert ceiling.within(20) == Ceiling(6, 2, 20)
