"""Many small files at once: the calls, parts and manifests of different events do not wait for each other."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import anyio
from fakes.crashing_disk import CrashingDisk
from fakes.memory_site import File
from fakes.swept_site import SweptSite
from fakes.virtual_time import virtually

SECONDS = 10.0
"""What each call to Panopto and its S3 takes."""


def slowed(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return a call that takes its time."""

    async def later(*arguments: Any) -> Any:
        await anyio.sleep(SECONDS)
        return await call(*arguments)

    return later


def took(events: int) -> float:
    """Return the seconds in which events of two small files each are moved, two of them at once."""
    site = SweptSite(events)
    site.files = {source: File(one.data[:500]) for source, one in site.files.items()}
    site.target.slow = SECONDS
    for here, names in ((site.panopto, ("create", "submit", "get")), (site.target, ("create", "complete"))):
        for name in names:
            setattr(here, name, slowed(getattr(here, name)))

    async def run() -> float:
        begun = anyio.current_time()
        await site.run(CrashingDisk(Random(0)))
        return anyio.current_time() - begun

    return virtually(run())


def test_two_events_take_as_long_as_one() -> None:
    """Each call of the one is under way while one of the other is: session upload, parts, manifest, word."""
    one = took(1)
    assert one > 6 * SECONDS
    assert took(2) < one + SECONDS
    assert took(4) < 2 * one + SECONDS
