"""Does one thing for each of many, some of them at once."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

from engine import FerryError

Thing = TypeVar("Thing")

AT_ONCE = 8
"""Calls in flight; a service's pace bounds them further."""


async def each(
    things: Iterable[Thing], do: Callable[[Thing], Awaitable[None]], at_once: int = AT_ONCE
) -> None:
    """Await `do` for each thing, at most `at_once` together. The first FerryError ends all, and is raised."""
    rest = iter(things)
    failed: list[FerryError] = []

    async def work(scope: anyio.CancelScope) -> None:
        try:
            for thing in rest:
                await do(thing)
        except FerryError as error:
            failed.append(error)
            scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(at_once):
            group.start_soon(work, group.cancel_scope)
    if failed:
        raise failed[0]
