"""Level source: a whole file held against its source's own checksum before it becomes an object."""

import hashlib
from dataclasses import replace

import pytest
from fakes.carrying import DATA, PART, SOURCE, TARGET, TRANSFER, Carrying
from fakes.memory_site import LOST, Break, File, MemoryFiles, MemoryTarget, flipped

from engine import journal
from engine.errors import PartDiffers, SourceDiffers
from engine.integrity import Level
from engine.journal import fold
from engine.model import Blob, Transfer
from engine.progress import LevelFell

MD5 = hashlib.md5(DATA).hexdigest()
TOLD = replace(TRANSFER, md5=MD5.upper())

pytestmark = pytest.mark.fault(4)


def carrying(data: bytes = DATA, *, ranged: bool = True, **how: object) -> Carrying:
    """Return a process at level source."""
    return Carrying(MemoryFiles({SOURCE: File(data, ranged=ranged)}), level=Level.SOURCE, **how)


@pytest.mark.parametrize("ranged", [True, False])
def test_a_file_that_is_what_its_source_says(ranged: bool) -> None:
    """Its result has the level and the MD5, and so has the record of it."""
    process = carrying(ranged=ranged)
    result = process.carry(TOLD)
    assert (result.level, result.md5, result.checked) == ("source", TOLD.md5, 10)
    assert process.object == DATA
    assert process.target.puts == list(range(1, 11))
    assert process.files.probes == 2  # before and after: it was not read a second time
    assert process.state.completed["md5"] == TOLD.md5
    assert process.again().carry(TOLD) == result


def test_a_source_that_says_nothing() -> None:
    """The file is moved at level etag, and is read once."""
    process = carrying()
    result = process.carry()
    assert (result.level, result.md5, process.object) == ("etag", None, DATA)
    assert "md5" not in process.state.completed


@pytest.mark.parametrize("level", [Level.CRC, Level.SPOT, Level.ETAG])
def test_other_levels_do_not_ask_what_the_source_says(level: Level) -> None:
    """A checksum that is wrong is not noticed there, as promised."""
    process = Carrying(level=level)
    result = process.carry(replace(TRANSFER, md5="0" * 32))
    assert (result.level, result.md5, process.object) == (level.value, None, DATA)


@pytest.mark.parametrize("ranged", [True, False])
@pytest.mark.parametrize("at", [0, PART, len(DATA) - 1])
def test_a_flip_on_the_way_to_us(ranged: bool, at: int) -> None:
    """What was sent never becomes an object; the file is sent again, and is whole."""
    process = carrying(ranged=ranged)
    process.files.breaks = [Break(flip=at)]
    assert process.carry(TOLD).level == "source"
    assert process.object == DATA
    assert process.snapshot.bytes.sent_again == len(DATA)
    assert process.free


def test_a_flip_in_every_reading() -> None:
    """No object comes of it in this run; the item is left to the next one."""
    process = carrying(attempts=2)
    process.files.breaks = [Break(flip=number) for number in range(1000)]
    with pytest.raises(PartDiffers):
        process.carry(TOLD)
    assert process.object is None
    assert process.again().carry(TOLD).level == "source"


@pytest.mark.parametrize("put_object", [False, True])
@pytest.mark.parametrize("data", [DATA, DATA[: PART // 2]])
def test_a_source_that_is_not_what_it_says(data: bytes, put_object: bool) -> None:
    """Damaged at the disk, or under a wrong checksum: final, no object, and the upload is given up."""
    process = carrying(flipped(data, 77), target=MemoryTarget(put_object=put_object))
    with pytest.raises(SourceDiffers, match="its own checksum"):
        process.carry(replace(TRANSFER, md5=hashlib.md5(data).hexdigest()))
    assert (process.object, process.target.uploads) == (None, {})
    assert process.target.calls["complete"] == 0
    assert process.free


def test_a_file_that_was_begun_by_another_process() -> None:
    """Parts that nobody summed are covered by reading the source once more."""
    for tick in range(0, carrying().ticks(), 7):
        later = carrying().killed(tick, TOLD)
        result = later.carry(TOLD)
        assert (result.level, result.md5, later.object) == ("source", TOLD.md5, DATA), tick


def test_a_complete_of_which_nobody_heard() -> None:
    """What was proven before it is on record, and is not read again."""
    process = carrying(attempts=1)
    process.target.faults["complete", 1] = LOST
    with pytest.raises(Exception, match="lost"):
        process.carry(TOLD)
    state = fold(process.journal.history("event"), "presenter.mp4")
    assert (state.complete_intended, state.md5) == (True, TOLD.md5)
    later = process.again()
    later.target.heads = True
    later.files.breaks = [Break(status=500)] * 100
    later.target.uploads.clear()
    assert later.carry(TOLD).level == "source"


def test_a_target_whose_etags_say_nothing() -> None:
    """The level falls to crc; the file is held against its source all the same."""
    target = MemoryTarget()
    target.etag_of = lambda data: f"opaque-{len(data)}"
    process = carrying(target=target)
    result = process.carry(TOLD)
    assert (result.level, result.md5, result.checked) == ("crc", TOLD.md5, 0)
    assert [one.level for one in process.facts if isinstance(one, LevelFell)] == [Level.CRC]


def test_bytes_in_memory_have_no_source() -> None:
    """A manifest is checked as at level etag."""
    process = carrying()
    result = process.carry(Transfer("event", "presenter.mp4", Blob(DATA), TARGET))
    assert (result.level, result.md5) == ("etag", None)
    assert journal.COMPLETED in process.journal.kinds("event")
