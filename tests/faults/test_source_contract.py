"""The first contract (F1, F2, F3): a body that ends early never becomes an object, over every relay there is,
with sources that know ranges or do not, and targets that take parts or whole objects.

The relay in memory has the same contract in `tests/engine/test_transfer.py`, single lanes theirs in
`tests/engine/relay/test_relay.py`.
"""

from pathlib import Path
from random import Random

import pytest
from fakes.wire_site import KEY, Serving, WireSite, wire_site

from engine import journal
from engine.errors import ShortBody, Transient, Unreachable, Unreadable
from engine.multipart import PANOPTO, S3, Dialect

PART = 100_000
DATA = b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + Random(7).randbytes(2 * PART + 50_000)

KINDS = pytest.mark.parametrize("kind", ["protocols", "protocols tls", "streams"])
RANGED = pytest.mark.parametrize("ranged", [True, False], ids=["ranged", "unranged"])
TARGETS = pytest.mark.parametrize(
    ("dialect", "part"),
    [(S3, PART), (PANOPTO, PART), (PANOPTO, 10 * PART), (S3, 10 * PART)],
    ids=["s3 parts", "panopto parts", "panopto one part", "s3 put object"],
)


async def nothing_comes_of_it(site: WireSite) -> None:
    """Move the file, and assert that it fails, and that neither a part too short nor an object is there."""
    with pytest.raises((ShortBody, Unreachable)) as failure:
        await site.engine.transfer(site.transfer)
    assert isinstance(failure.value, Transient)
    assert site.target.objects == {}
    assert (site.calls["complete"], site.calls["put"]) == (0, 0)
    assert journal.COMPLETE not in site.journal.kinds("event")
    right_so_far(site)


def right_so_far(site: WireSite) -> None:
    """Assert that each part that arrived is that part of the source."""
    for number, data in site.bodies:
        assert data in (DATA[(number - 1) * PART : number * PART], DATA), f"part {number}"


@KINDS
@RANGED
@TARGETS
@pytest.mark.parametrize(
    "told",
    [
        pytest.param(True, marks=pytest.mark.fault(2), id="length told"),
        pytest.param(False, marks=pytest.mark.fault(3), id="no length"),
    ],
)
async def test_a_short_body_never_becomes_an_object(
    kind: str, ranged: bool, told: bool, dialect: Dialect, part: int, tmp_path: Path
) -> None:
    """Every GET ends early: retryable, and nothing is completed. Mended, the same journal ends whole."""
    serving = Serving(DATA, ranged, after=PART - 1, told=told)
    async with wire_site(kind, tmp_path, serving, dialect=dialect, part=part) as site:
        await nothing_comes_of_it(site)
        serving.after, serving.told = None, True
        result = await site.engine.transfer(site.transfer)
        right_so_far(site)
        assert (site.target.objects[KEY][0], result.size) == (DATA, len(DATA))


@pytest.mark.fault(3)
@KINDS
@TARGETS
async def test_a_source_that_tells_its_size_nowhere_is_refused(
    kind: str, dialect: Dialect, part: int, tmp_path: Path
) -> None:
    """Neither a range's total nor a length: permanent, and no call of the target's is made."""
    serving = Serving(DATA, ranged=False, told=False, probe_told=False)
    async with wire_site(kind, tmp_path, serving, dialect=dialect, part=part) as site:
        with pytest.raises(Unreadable, match="size"):
            await site.engine.transfer(site.transfer)
        assert site.calls.total() == 0
        assert site.journal.log == []


@pytest.mark.fault(1, 2)
@KINDS
async def test_a_part_is_read_again_from_its_first_byte(kind: str, tmp_path: Path) -> None:
    """Each GET is cut in its second part: what has a receipt is not sent again, and every GET begins where a
    part does, under the validator of the probe."""
    serving = Serving(DATA, after=PART + 12_345)
    async with wire_site(kind, tmp_path, serving, part=PART) as site:
        await site.engine.transfer(site.transfer)
        assert site.target.objects[KEY][0] == DATA
        assert site.journal.kinds("event").count(journal.PART) == 3
        assert len(serving.asked) >= 2
        starts = [int(one.removeprefix("bytes=").partition("-")[0]) for one in serving.asked]
        assert all(start % PART == 0 for start in starts)
        assert set(serving.conditions) == {"42"}
