"""How deep `ferry verify` is asked to look, and a word every ten seconds while files are read."""

import secrets
import sys
from collections.abc import Awaitable, Callable

import anyio

from engine import FerryError
from pipelines.cli.text import size
from pipelines.config import SettingsError
from pipelines.recheck.depth import USUAL, Depth, Level, sample_size
from pipelines.recheck.found import Found
from pipelines.recheck.sources import ReadSoFar

EVERY = 10.0
"""Seconds between two words."""

SEEDS = 1_000_000
"""Seeds are drawn below this: short enough to be typed."""


def depth_of(level: Level | None, sample: str | None, seed: int | None) -> Depth:
    """Return what is asked for; a size without a level is a sample. Raises SettingsError."""
    level = level or (Level.QUICK if sample is None else Level.SAMPLE)
    if level is not Level.SAMPLE:
        if sample is not None or seed is not None:
            option = "--seed" if sample is None else "--sample"
            raise SettingsError("goes with --level sample", where=option)
        return Depth(level)
    try:
        wanted = sample_size(sample or USUAL)
    except ValueError as error:
        raise SettingsError(str(error), where=f"--sample {sample}") from error
    return Depth(level, wanted, secrets.randbelow(SEEDS) if seed is None else seed)


async def telling(look: Callable[[], Awaitable[Found]], so_far: ReadSoFar) -> Found:
    """Await a look, and tell meanwhile how far it is. Raises what it raises."""
    found: list[Found] = []
    failed: list[FerryError] = []
    async with anyio.create_task_group() as group:
        group.start_soon(_tell, so_far)
        try:
            found.append(await look())
        except FerryError as error:
            failed.append(error)
        group.cancel_scope.cancel()
    if failed:
        raise failed[0]
    return found[0]


async def _tell(so_far: ReadSoFar) -> None:
    while True:
        await anyio.sleep(EVERY)
        if so_far.of:
            sys.stderr.write(f"ferry: {words(so_far)}\n")
            sys.stderr.flush()


def words(so_far: ReadSoFar) -> str:
    """Say how far a look is."""
    return f"{so_far.files} of {so_far.of} files read again, {size(so_far.bytes)}"
