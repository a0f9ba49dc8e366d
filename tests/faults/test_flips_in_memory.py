"""Ten thousand random flips (F4) between a source and a target in memory: none passes where it is covered.

A place is where a bit flips: at the source's disk, on the way to us, or on the way to the target. The levels
crc and spot promise nothing of a single flip; what they do not say of it is tested with the report.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from fakes.carrying import DATA as TEN_PARTS
from fakes.carrying import PART, SOURCE, TRANSFER, Carrying
from fakes.memory_site import Break, File, MemoryFiles, MemoryTarget, flipped
from fakes.virtual_time import virtually

from engine.errors import FerryError
from engine.integrity import Level

pytestmark = pytest.mark.fault(4)

DATA = TEN_PARTS[: 2 * PART + PART // 2]
"""Three parts, the last one a half."""
MD5 = hashlib.md5(DATA).hexdigest()
COVERED = {Level.ETAG: ("target",), Level.SOURCE: ("disk", "wire", "target")}
EACH = 1_000
"""Flips of one round: ten rounds in the long form, and a short one among the quick tests."""
ROUNDS = [
    pytest.param(level, EACH, seed, marks=pytest.mark.slow) for level in COVERED for seed in range(1, 6)
]
SHORT = [pytest.param(level, 30, 0) for level in COVERED]


class FlippingTarget(MemoryTarget):
    """Stores one byte of some parts with a flipped bit: `spoils` are places by number of PUT."""

    def __init__(self, spoils: dict[int, int]) -> None:
        super().__init__()
        self.spoils = spoils

    def stored(self, number: int, data: bytes) -> bytes:
        """Return what is stored of a part."""
        return flipped(data, self.spoils.get(number))


async def carried(level: Level, place: str, chance: Random) -> tuple[bytes | None, str]:
    """Carry a file with one flip at a place; return its object and how it ended."""
    at = chance.randrange(len(DATA))
    data = flipped(DATA, at) if place == "disk" else DATA
    process = Carrying(MemoryFiles({SOURCE: File(data)}), level=level)
    if place == "wire":
        before = [None] * chance.randrange(2)
        process.files.breaks = [*before, Break(flip=at)]
    if place == "target":
        process.target.flips, process.target.flip_at = {chance.randint(1, 3)}, at
    try:
        result = await process.engine.transfer(replace(TRANSFER, md5=MD5))
    except FerryError as error:
        return process.object, error.code
    return process.object, result.level


@pytest.mark.parametrize(("level", "flips", "seed"), [*SHORT, *ROUNDS])
def test_no_flip_passes_where_the_level_covers_it(
    level: Level, flips: int, seed: int, record_property: Callable[[str, object], None]
) -> None:
    """Each file is whole, or it is no object; what is damaged at the source is final."""
    chance = Random(seed)
    places = COVERED[level]
    ends: Counter[tuple[str, str]] = Counter()

    async def all_of_them() -> None:
        for number in range(flips):
            place = places[number % len(places)]
            stored, end = await carried(level, place, chance)
            assert stored in ({None} if place == "disk" else {DATA}), (number, place, end)
            ends[place, end] += 1

    virtually(all_of_them())
    assert set(ends) == {(place, "source_differs" if place == "disk" else level.value) for place in places}
    record_property("injected", flips)
    record_property("happened", f"level {level.value}: {flips} flips, 0 silently corrupt")


def test_a_flip_before_us_passes_where_no_level_covers_it() -> None:
    """At etag what we read is what is sent: that is what level source and a full verification are for."""
    stored, end = asyncio.run(carried(Level.ETAG, "disk", Random(1)))
    assert end == "etag"
    assert stored != DATA
