"""Many things, some of them at once."""

import anyio
import pytest

from engine import Unreachable
from pipelines.recheck.each import each


async def test_every_thing_once_and_so_many_together() -> None:
    """Each is done, and never more than allowed at one moment."""
    running, most, done = 0, 0, list[int]()

    async def do(thing: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()
        running -= 1
        done.append(thing)

    await each(range(50), do, at_once=4)
    assert sorted(done) == list(range(50))
    assert most == 4


async def test_the_first_failure_ends_it() -> None:
    """It is raised as it is, not in a group, and nothing is begun after it."""
    begun = []

    async def do(thing: int) -> None:
        begun.append(thing)
        if thing == 2:
            raise Unreachable("no answer")
        await anyio.sleep_forever()

    with pytest.raises(Unreachable):
        await each(range(50), do, at_once=3)
    assert begun == [0, 1, 2]


async def test_nothing_to_do() -> None:
    """No thing is no call."""

    async def do(thing: int) -> None:
        raise AssertionError(thing)

    await each([], do)
