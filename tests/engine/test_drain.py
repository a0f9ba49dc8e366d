"""Sleeps that hear the word that nothing new is to begin."""

import anyio
import pytest
from fakes.virtual_time import virtually

from engine.drain import Drain
from engine.errors import Interrupted


def test_a_sleep_lasts_as_long_as_it_was_asked_for() -> None:
    """Where nobody says the word, time passes as usual."""

    async def run() -> float:
        begun = anyio.current_time()
        await Drain().before_another_try(900.0)
        return anyio.current_time() - begun

    assert virtually(run()) == pytest.approx(900.0)


@pytest.mark.parametrize("early", [True, False])
def test_a_sleep_ends_with_the_word(early: bool) -> None:
    """Said before or meanwhile, it ends the rest at once, and no other try follows."""

    async def run() -> float:
        drain = Drain()
        begun = anyio.current_time()

        async def say() -> None:
            await anyio.sleep(0.0 if early else 5.0)
            drain.begin()

        async with anyio.create_task_group() as group:
            group.start_soon(say)
            await drain.rest(900.0)
            with pytest.raises(Interrupted):
                await drain.before_another_try(900.0)
        assert drain.begun
        return anyio.current_time() - begun

    assert virtually(run()) <= 5.0
