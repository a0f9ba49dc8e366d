"""A file of one part at a target that has PutObject: what is sent, recorded, sent again and given up."""

import pytest
from fakes.carrying import DATA, PART, SOURCE, TARGET, Carrying
from fakes.memory_journal import Killed
from fakes.memory_site import LOST, Break, File, MemoryFiles, MemoryTarget

from engine import journal
from engine.errors import Changed, FerryError, Refused, ServerFault, ShortBody, TargetDiffers
from engine.integrity import Level, crc32

SMALL = DATA[:PART]
KINDS = [journal.PROBED, journal.PART, journal.COMPLETED]
CONTROL = ("create", "complete", "abort", "list", "head")


def one_put(data: bytes = SMALL, *, ranged: bool = True, level: Level = Level.ETAG) -> Carrying:
    """Return a file and a target that takes it by one PUT."""
    files = MemoryFiles({SOURCE: File(data, ranged=ranged)})
    return Carrying(files, MemoryTarget(put_object=True), level=level)


def control_calls(carrying: Carrying) -> int:
    """Count what is no PUT."""
    return sum(carrying.target.calls[name] for name in CONTROL)


@pytest.mark.parametrize("ranged", [True, False], ids=["ranged", "unranged"])
@pytest.mark.parametrize("size", [1, PART - 1, PART])
@pytest.mark.parametrize(("level", "checked"), [(Level.CRC, 0), (Level.ETAG, 1)])
def test_a_file_of_one_part_goes_by_one_put(size: int, ranged: bool, level: Level, checked: int) -> None:
    """No other call is made; the result has the PUT's ETag, and the source is asked twice."""
    carrying = one_put(DATA[:size], ranged=ranged, level=level)
    result = carrying.carry()
    assert carrying.target.objects == {TARGET.key: (DATA[:size], result.etag)}
    assert (result.size, result.crc32, result.parts, result.checked) == (size, crc32(DATA[:size]), 1, checked)
    assert control_calls(carrying) == 0
    assert carrying.journal.kinds("event") == KINDS
    assert carrying.files.probes == 2
    assert (carrying.snapshot.bytes.sent, carrying.snapshot.bytes.sent_again) == (size, 0)
    assert carrying.free


@pytest.mark.parametrize(
    ("size", "has_it"), [(PART + 1, True), (PART, False)], ids=["two parts", "a target without PutObject"]
)
def test_all_else_stays_a_multipart_upload(size: int, has_it: bool) -> None:
    """A file of several parts, and every file at Panopto."""
    carrying = one_put(DATA[:size])
    carrying.target.put_object = has_it
    carrying.carry()
    assert carrying.object == DATA[:size]
    assert (carrying.target.calls["put"], carrying.target.calls["complete"]) == (0, 1)


@pytest.mark.parametrize("tick", range(24))
def test_killed_at_every_moment(tick: int) -> None:
    """The next process ends whole; what has a durable receipt is not sent again."""
    later = one_put().killed(tick)
    kept = bool(later.state.parts) or later.state.completed is not None
    result = later.carry()
    assert (later.object, result.crc32) == (SMALL, crc32(SMALL))
    assert later.target.puts == ([] if kept else [1])
    assert later.snapshot.bytes.skipped == (PART if kept else 0)
    assert control_calls(later) == 0


@pytest.mark.parametrize("kept", [True, False], ids=["durable", "lost"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_killed_at_every_record(number: int, kept: bool) -> None:
    """Whether the record became durable or not."""
    first = one_put()
    first.journal.end_at(number, kept=kept)
    with pytest.raises((Killed, BaseExceptionGroup)):
        first.carry()
    later = first.again()
    later.carry()
    assert later.object == SMALL
    assert first.target.puts + later.target.puts in ([1], [1, 1])


def test_a_lost_answer_is_sent_again_under_the_same_key() -> None:
    """The bytes are told as sent again."""
    carrying = one_put()
    carrying.target.faults = {("put", 1): LOST}
    carrying.carry()
    assert list(carrying.target.objects) == [TARGET.key]
    assert (carrying.snapshot.bytes.sent, carrying.snapshot.bytes.sent_again) == (PART, PART)


@pytest.mark.fault(2)
def test_a_body_that_ends_early_never_becomes_an_object() -> None:
    """However often: the PUT that is short is cut, and a later run is whole."""
    carrying = one_put()
    carrying.files.breaks = [Break(after=PART - 1)] * 99
    with pytest.raises(ShortBody):
        carrying.carry()
    assert carrying.target.objects == {}
    later = carrying.again()
    later.carry()
    assert later.object == SMALL


def test_an_object_stored_wrong_is_sent_again_and_twice_the_same_stops_the_run() -> None:
    """Judged as a part is."""
    once = one_put()
    once.target.flips = {1}
    assert once.carry().checked == 1
    assert once.object == SMALL
    always = one_put()
    always.target.flips = {1, 2, 3}
    with pytest.raises(TargetDiffers):
        always.carry()
    assert always.state.completed is None


@pytest.mark.fault(12)
def test_a_source_that_changes_while_it_is_read_does_not_count() -> None:
    """The object is there and is never told as whole; nor is it, should the old source come back."""
    carrying = one_put()
    file = carrying.files.files[SOURCE]
    carrying.target.heard = lambda call: setattr(file, "etag", "2")
    with pytest.raises(Changed, match="under its key"):
        carrying.carry()
    assert carrying.journal.kinds("event") == [journal.PROBED, journal.PART, journal.ABANDONED]
    assert control_calls(carrying) == 0
    file.etag = "1"
    later = carrying.again()
    later.carry()
    assert later.target.puts == [1]


@pytest.mark.parametrize("error", [Refused("no"), ServerFault("500")])
def test_a_put_that_fails_for_good_leaves_nothing_to_abort(error: FerryError) -> None:
    """Refused at once, or after six tries."""
    carrying = one_put()
    carrying.target.faults = {("put", number): error for number in range(1, 99)}
    with pytest.raises(type(error)):
        carrying.carry()
    assert carrying.target.calls["put"] == (1 if isinstance(error, Refused) else 6)
    assert control_calls(carrying) == 0
    assert carrying.journal.kinds("event") == [journal.PROBED]


def test_a_multipart_upload_that_was_begun_is_ended() -> None:
    """The target has learnt PutObject meanwhile: what has receipts is not sent again."""
    first = Carrying(MemoryFiles({SOURCE: File(SMALL)}))
    first.journal.end_at(5)
    with pytest.raises((Killed, BaseExceptionGroup)):
        first.carry()
    later = first.again()
    later.target.put_object = True
    later.carry()
    assert (later.object, later.target.puts) == (SMALL, [])
    assert later.target.calls["complete"] == 1


def test_a_receipt_of_one_put_is_none_of_an_upload() -> None:
    """The target has lost PutObject meanwhile: the part is sent again, and told so."""
    first = one_put()
    first.journal.end_at(3, kept=False)
    with pytest.raises((Killed, BaseExceptionGroup)):
        first.carry()
    later = first.again()
    later.target.put_object = False
    later.carry()
    assert (later.object, later.target.puts) == (SMALL, [1])
    assert later.target.calls["complete"] == 1
    assert later.snapshot.bytes.sent_again == PART


@pytest.mark.parametrize("tick", range(0, 24, 2))
def test_other_bytes_in_memory_begin_anew(tick: int) -> None:
    """The object is never a mixture, nor the old one."""
    other = bytes(reversed(SMALL))
    first = one_put()
    later = first.killed(tick, first.blob(SMALL))
    later.carry(later.blob(other))
    assert later.object == other
