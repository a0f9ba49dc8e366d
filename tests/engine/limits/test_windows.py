"""What holds of windows: their size, and who gets them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.limits import Windows, window_size
from engine.parts import KIB, MIB


@given(budget=st.integers(0, 10**10), in_flight=st.integers(1, 10_000))
def test_a_window_is_within_its_bounds(budget: int, in_flight: int) -> None:
    """From 256 KiB to 1 MiB; in between, two for each part in flight fit the budget."""
    size = window_size(budget, in_flight)
    assert 256 * KIB <= size <= MIB
    if size > 256 * KIB:
        assert 2 * in_flight * size <= budget


async def test_windows_are_leased_in_the_order_of_asking() -> None:
    """One who wants many is not overtaken by those who want few."""
    windows, order = Windows(4 * MIB, 2), list[int]()

    async def take(count: int) -> None:
        async with windows.lease(count) as size:
            assert size == count * MIB
            order.append(count)

    async with asyncio.TaskGroup() as group, windows.lease(2):
        for count in (4, 1, 2):
            group.create_task(take(count))
        for _ in range(20):
            await asyncio.sleep(0)
        assert order == []
        assert windows.statistics().waiting == 3
    assert order == [4, 1, 2]


@pytest.mark.parametrize("count", [0, 5])
async def test_more_windows_than_there_are_is_a_mistake(count: int) -> None:
    """Such a lease would wait for ever."""
    windows = Windows(4 * MIB, 2)
    with pytest.raises(ValueError, match="windows of 4"):
        async with windows.lease(count):
            pass


def test_a_budget_without_a_window_is_a_mistake() -> None:
    """Less than 256 KiB moves nothing."""
    with pytest.raises(ValueError, match="hold no window"):
        Windows(255 * KIB, 1)
