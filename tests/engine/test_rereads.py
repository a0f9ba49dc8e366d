"""Sources read once more: what their bytes come to, whatever happens on the way."""

import asyncio
import hashlib
from concurrent.futures import Executor

import pytest
from fakes.memory_bodies import AtOnce, bodies
from fakes.memory_site import Break, File, MemoryFiles
from fakes.virtual_time import virtually

from engine import rereads
from engine.errors import Changed, FerryError, Gone, ServerFault, ShortBody
from engine.integrity import crc32
from engine.limits import Slots
from engine.model import Source, Validator
from engine.pace import Bandwidth
from engine.reader import RemoteReader
from engine.rereads import ReadLimits, Rereads, Summed
from engine.retry import RetryPolicy

SOURCE = Source("event", "presenter.mp4")
DATA = bytes(range(256)) * 40_000
WHOLE = Summed(len(DATA), crc32(DATA), hashlib.md5(DATA).hexdigest())


@pytest.fixture
def hashing() -> Executor:
    """Stand in for threads, which know no virtual time."""
    return AtOnce()


@pytest.fixture(autouse=True)
def _short_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rereads, "SPAN", 2 * 1024 * 1024)


def files(**how: object) -> MemoryFiles:
    """Return a site of one file."""
    return MemoryFiles({SOURCE: File(DATA, **how)})


def summed(site: MemoryFiles, hashing: Executor, slots: Slots | None = None, **limits: object) -> Summed:
    """Read the file again, and assert that every place is free afterwards."""
    slots = slots or Slots(2, 2, 2)
    again = Rereads(bodies(site), hashing, ReadLimits(slots, policy=RetryPolicy(attempts=3), **limits))

    async def look() -> Summed:
        reader = RemoteReader(SOURCE, site, site)
        return await again.sum(reader, Validator(len(DATA), "1"), "event/presenter.mp4", md5=True)

    try:
        return virtually(look())
    finally:
        assert slots.statistics().total.taken == 0


@pytest.mark.parametrize("ranged", [True, False])
def test_a_whole_file(hashing: Executor, ranged: bool) -> None:
    """Size, CRC-32 and MD5 are those of all its bytes; ranges are asked for where the server has them."""
    site = files(ranged=ranged)
    assert summed(site, hashing) == WHOLE
    assert (site.gets, site.probes) == (5 if ranged else 1, 2)


@pytest.mark.parametrize("ranged", [True, False])
def test_what_breaks_off_goes_on_where_it_was(hashing: Executor, ranged: bool) -> None:
    """Each byte counts once, however often a body ends early or an answer is no good."""
    site = files(ranged=ranged)
    site.breaks = [Break(after=700_001), Break(status=503), None, Break(after=0)]
    assert summed(site, hashing) == WHOLE


@pytest.mark.parametrize(("break_", "kind"), [(Break(status=500), ServerFault), (Break(after=10), ShortBody)])
def test_its_tries_are_counted(hashing: Executor, break_: Break, kind: type[FerryError]) -> None:
    """What never goes well ends with its last error."""
    site = files(ranged=False)
    site.breaks = [break_] * 100
    with pytest.raises(kind):
        summed(site, hashing)
    assert site.gets == 3


def test_a_source_that_is_gone(hashing: Executor) -> None:
    """It is told as that."""
    with pytest.raises(Gone):
        summed(files(gone=True), hashing)


@pytest.mark.parametrize("get", [0, 2, 5])
def test_a_source_that_changes(hashing: Executor, get: int) -> None:
    """Before it is read, meanwhile and during its last range: no sum is told of a mixture."""
    site = files(etag="2" if get == 0 else "1")

    def change() -> None:
        site.files[SOURCE].etag = "2"

    site.before[get] = change
    with pytest.raises(Changed):
        summed(site, hashing)


def test_an_address_that_runs_out(hashing: Executor) -> None:
    """It is located anew, and the reading goes on."""
    site = files()

    def expire() -> None:
        site.files[SOURCE].version += 1

    site.before[3] = expire
    assert summed(site, hashing) == WHOLE
    assert site.located == 2


def test_bytes_a_second_are_kept(hashing: Executor) -> None:
    """Under a limit it takes as long as that allows, and asks for no more at once than a second pays."""
    site = files()

    async def look() -> tuple[Summed, float]:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        limits = ReadLimits(Slots(2, 2, 2), Bandwidth(1024 * 1024, clock=loop.time))
        again = Rereads(bodies(site), hashing, limits)
        found = await again.sum(RemoteReader(SOURCE, site, site), Validator(len(DATA), "1"), "x", md5=True)
        return found, loop.time() - begun

    found, took = virtually(look())
    assert found == WHOLE
    assert site.gets == 10
    assert took == pytest.approx(9.0, abs=0.01)


def test_a_slow_body_is_cut(hashing: Executor) -> None:
    """A range has its deadline, and what came before it counts."""
    site = files()
    site.breaks = [None, Break(wait=40.0), None]
    assert summed(site, hashing) == WHOLE
