"""One transfer and its target: uploads that are lost or forgotten, lost answers, ETags, tries, draining."""

import anyio
import pytest
from fakes.carrying import DATA, PART, SOURCE, TARGET, TRANSFER, Carrying
from fakes.memory_journal import Killed
from fakes.memory_site import LOST, Break, File, MemoryFiles, MemoryTarget
from fakes.virtual_time import virtually

from engine import journal
from engine.errors import (
    FerryError,
    Interrupted,
    PartDiffers,
    PartRefused,
    ServerFault,
    TargetDiffers,
    Throttled,
    Unreachable,
    UploadGone,
)
from engine.integrity import Level
from engine.model import Target, Transfer
from engine.progress import LevelFell, PartFailed, TransferStarted, Waiting


def files(data: bytes = DATA, **how: object) -> MemoryFiles:
    """Return a site of one file."""
    return MemoryFiles({SOURCE: File(data, **how)})


def fails(carrying: Carrying, kind: type[FerryError], transfer: Transfer = TRANSFER) -> None:
    """Carry it, and assert that it fails so, leaves no object and holds no place."""
    with pytest.raises(kind):
        carrying.carry(transfer)
    assert carrying.target.objects == {}
    assert carrying.free


# -- create and list ---------------------------------------------------------------------------


@pytest.mark.fault(17)
@pytest.mark.parametrize("lists", [True, False])
def test_a_lost_create_is_made_again(lists: bool) -> None:
    """Never more than one object. The orphan is aborted where uploads are listed, else it is told."""
    carrying = Carrying(target=MemoryTarget(lists=lists))
    carrying.target.faults = {("create", 1): LOST}
    carrying.carry()
    assert carrying.object == DATA
    assert list(carrying.target.uploads) == ([] if lists else ["upload-1"])
    assert carrying.snapshot.orphan_uploads == (0 if lists else 1)


@pytest.mark.fault(17)
def test_an_upload_that_outlives_its_abort_is_aborted_until_it_is_gone() -> None:
    """A part that arrived meanwhile keeps it: ListParts shows it, and the abort is repeated."""
    carrying = Carrying(target=MemoryTarget(lists=True))
    carrying.target.faults = {("create", 1): LOST}
    whole = carrying.target.abort

    async def outlived(target: Target, upload: str) -> None:
        kept = carrying.target.uploads[upload]
        await whole(target, upload)
        if carrying.target.calls["abort"] < 3:
            carrying.target.uploads[upload] = kept

    carrying.target.abort = outlived
    carrying.carry()
    assert carrying.target.calls["abort"] == 3
    assert (carrying.target.uploads, carrying.snapshot.orphan_uploads) == ({}, 0)


@pytest.mark.fault(17)
def test_an_upload_that_cannot_be_aborted_is_told() -> None:
    """Three aborts are enough; the file is whole all the same."""
    carrying = Carrying(target=MemoryTarget(lists=True))
    carrying.target.faults = {("create", 1): LOST}

    async def nothing(target: Target, upload: str) -> None:
        carrying.target.calls["abort"] += 1

    carrying.target.abort = nothing
    carrying.carry()
    assert carrying.object == DATA
    assert carrying.target.calls["abort"] == 3
    assert carrying.snapshot.orphan_uploads == 1


@pytest.mark.fault(17)
@pytest.mark.parametrize("lists", [True, False])
def test_a_create_that_was_killed_before_its_answer_is_looked_for_by_the_next_run(lists: bool) -> None:
    """Its intent is on record and no id is: the orphan is aborted where uploads are listed, else told."""
    first = Carrying(target=MemoryTarget(lists=lists))
    first.journal.end_at(3)
    with pytest.raises(Killed):
        first.carry()
    assert list(first.target.uploads) == ["upload-1"]
    later = first.again()
    later.carry()
    assert later.object == DATA
    assert list(later.target.uploads) == ([] if lists else ["upload-1"])
    assert later.snapshot.orphan_uploads == (0 if lists else 1)


@pytest.mark.fault(17)
def test_a_list_that_fails_fails_no_file() -> None:
    """What may be left is told."""
    carrying = Carrying(target=MemoryTarget(lists=True))
    carrying.target.faults = {("create", 1): LOST, ("list uploads", 1): ServerFault("no")}
    carrying.carry()
    assert carrying.object == DATA
    assert carrying.snapshot.orphan_uploads == 1


def test_a_target_that_refuses_the_size_of_parts_stops_the_run_and_takes_smaller_ones_in_the_next() -> None:
    """Nothing has arrived, so the next run begins anew with its own size, and the first upload is aborted."""
    first = Carrying()
    first.target.faults = {("part", number): PartRefused("too large") for number in range(1, 99)}
    fails(first, PartRefused)
    later = first.again(part=PART // 2)
    later.carry()
    assert later.object == DATA
    assert sorted(later.target.puts) == list(range(1, 20))
    assert later.target.uploads == {}
    assert later.state.orphans == ()


def test_parts_that_are_refused_in_the_middle_of_a_file_stop_no_later_run() -> None:
    """Parts have arrived, and their upload is given up all the same: with their size it could never end."""
    first = Carrying().killed(26)
    assert len(first.state.parts) >= 3
    first.target.largest = PART - 1
    fails(first, PartRefused)
    later = first.again(part=PART // 2)
    later.carry()
    assert later.object == DATA
    assert later.target.uploads == {}


def test_a_file_whose_parts_have_arrived_keeps_their_size() -> None:
    """Another size in the settings begins nothing anew: what arrived is not sent again."""
    later = Carrying().killed(26)
    kept = len(later.state.parts)
    assert kept >= 3
    later = later.again(part=PART // 2)
    later.carry()
    assert later.object == DATA
    assert later.snapshot.bytes.skipped == kept * PART


@pytest.mark.fault(16)
def test_parts_that_the_target_does_not_list_are_sent_again_and_told_so() -> None:
    """Where a target lists its parts, that wins over the receipts."""
    first = Carrying(target=MemoryTarget(lists=True))
    later = first.killed(26)
    upload = later.target.uploads["upload-1"]
    kept = sorted(later.state.parts)
    assert len(kept) >= 3
    del upload.parts[kept[0]]
    upload.parts[kept[1]] = (b"x", '"other"')
    later.carry()
    assert later.object == DATA
    missing = set(range(1, 11)) - set(kept)
    assert sorted(later.target.puts) == sorted(missing | set(kept[:2]))
    assert later.snapshot.bytes.sent_again == 2 * PART
    assert later.snapshot.bytes.skipped == (len(kept) - 2) * PART


@pytest.mark.fault(16)
def test_a_part_that_the_target_loses_is_sent_again_before_complete() -> None:
    """Acknowledged, and then not in its list: that part alone goes again."""
    carrying = Carrying(target=MemoryTarget(lists=True))

    def heard(call: str) -> None:
        if call == "list" and carrying.target.calls["list"] == 0:
            del carrying.target.uploads["upload-1"].parts[4]

    carrying.target.heard = heard
    carrying.carry()
    assert carrying.object == DATA
    assert carrying.target.puts.count(4) == 2
    assert len(carrying.target.puts) == 11
    assert (carrying.snapshot.bytes.sent, carrying.snapshot.bytes.sent_again) == (len(DATA), PART)


@pytest.mark.fault(16)
def test_a_target_that_always_loses_a_part_completes_nothing() -> None:
    """Three tries in three uploads; the next run may do better."""
    carrying = Carrying(target=MemoryTarget(lists=True))

    def heard(call: str) -> None:
        for upload in carrying.target.uploads.values():
            upload.parts.pop(4, None)

    carrying.target.heard = heard
    fails(carrying, PartDiffers)
    assert carrying.target.calls["complete"] == 0


@pytest.mark.fault(20)
def test_an_upload_that_is_gone_when_its_parts_are_listed_begins_anew_at_once() -> None:
    """That it is gone is an answer: nothing is waited for."""
    later = Carrying(target=MemoryTarget(lists=True)).killed(26)
    sent = len(later.state.parts)
    later.target.uploads.clear()
    later.carry()
    assert later.object == DATA
    assert later.target.calls["list"] == 3, "before the first part, before Complete, and after the abort"
    assert not [fact for fact in later.facts if isinstance(fact, Waiting)]
    assert later.snapshot.parts.sent_again == sent


@pytest.mark.fault(20)
@pytest.mark.parametrize("number", [1, 3, 10])
def test_an_upload_that_the_target_forgot_is_begun_anew(number: int) -> None:
    """NoSuchUpload in the middle: the file is sent again under a new upload, and the old one stays on record
    until it is known to be gone."""
    carrying = Carrying()
    carrying.target.faults = {("part", number): UploadGone("NoSuchUpload")}
    carrying.carry()
    assert carrying.object == DATA
    assert carrying.target.calls["create"] == 2
    kept = [(one.kind, one.facts.get("upload")) for one in carrying.journal.log if "upload" in one.facts]
    assert kept == [
        (journal.CREATED, "upload-1"),
        (journal.CREATED, "upload-2"),
        (journal.ABORTED, "upload-1"),
    ]
    assert carrying.state.orphans == ()
    assert carrying.snapshot.transfers_open == 0


@pytest.mark.fault(20)
def test_an_upload_that_is_always_forgotten_is_left_to_the_next_run() -> None:
    """Three beginnings are enough; the error may pass."""
    carrying = Carrying()
    carrying.target.faults = {("complete", number): UploadGone("NoSuchUpload") for number in range(1, 99)}
    fails(carrying, UploadGone)
    assert carrying.target.calls["create"] == 3
    assert carrying.snapshot.bytes.sent == len(DATA)
    assert carrying.snapshot.bytes.sent_again == 2 * len(DATA)
    later = carrying.again()
    later.carry()
    assert later.object == DATA


# -- complete ----------------------------------------------------------------------------------


@pytest.mark.fault(18)
def test_a_lost_complete_is_settled_by_looking_where_the_target_tells() -> None:
    """Nothing is completed or sent twice."""
    carrying = Carrying(target=MemoryTarget(heads=True))
    carrying.target.faults = {("complete", 1): LOST}
    carrying.carry()
    assert carrying.object == DATA
    assert carrying.target.calls["complete"] == 1
    assert len(carrying.target.puts) == 10


@pytest.mark.fault(18)
def test_a_lost_complete_is_asked_again_and_then_sent_again_where_the_target_does_not_tell() -> None:
    """The second answer is NoSuchUpload, which proves nothing: the file goes again, under the same key."""
    carrying = Carrying()
    carrying.target.faults = {("complete", 1): LOST}
    carrying.carry()
    assert carrying.object == DATA
    assert list(carrying.target.objects) == [TARGET.key]
    assert carrying.target.calls["complete"] == 3
    assert carrying.snapshot.bytes.sent_again == len(DATA)


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    "held", [(DATA[:-1], '"0-10"'), (DATA, '"00000000000000000000000000000000-10"'), (DATA, '"opaque"')]
)
def test_an_object_of_another_size_or_etag_is_no_success(held: tuple[bytes, str]) -> None:
    """A look that finds something else than what was sent is no answer to a lost Complete."""
    carrying = Carrying(target=MemoryTarget(heads=True), attempts=1)
    carrying.target.objects[TARGET.key] = held
    carrying.target.faults = {("complete", 1): ServerFault("500")}
    with pytest.raises(ServerFault):
        carrying.carry()
    assert carrying.journal.kinds("event")[-1] == journal.COMPLETE


@pytest.mark.fault(18, 19)
@pytest.mark.parametrize("heads", [True, False])
def test_a_complete_that_failed_for_good_is_not_success(heads: bool) -> None:
    """A server that always fails: the parts stay, the next run asks for Complete alone."""
    carrying = Carrying(target=MemoryTarget(heads=heads))
    carrying.target.faults = {("complete", number): ServerFault("500") for number in range(1, 99)}
    fails(carrying, ServerFault)
    assert carrying.target.calls["complete"] == 6
    later = carrying.again()
    later.carry()
    assert later.object == DATA
    assert later.target.puts == []
    assert later.snapshot.bytes.skipped == len(DATA)
    assert later.snapshot.transfers_open == 0


def test_a_throttled_complete_waits_as_it_was_asked() -> None:
    """A 429 was certainly not done: nobody looks, and the wait is kept."""
    carrying = Carrying(target=MemoryTarget(heads=True))
    carrying.target.faults = {("complete", 1): Throttled("429", retry_after=30.0)}
    carrying.carry()
    assert carrying.target.calls["head"] == 0
    (wait,) = [fact for fact in carrying.facts if isinstance(fact, Waiting)]
    assert wait.seconds >= 30.0


def test_an_object_whose_etag_is_not_that_of_its_parts_is_sent_again() -> None:
    """The composite ETag of S3 is the MD5 of the parts' MD5s; a wrong one is no object of ours."""
    carrying = Carrying()
    complete = carrying.target.complete
    answers = iter(['"11111111111111111111111111111111-10"'])

    async def wrong_once(target: Target, upload: str, receipts: object) -> str:
        return next(answers, None) or await complete(target, upload, receipts)

    carrying.target.complete = wrong_once
    carrying.carry()
    assert carrying.object == DATA
    assert carrying.target.calls["create"] == 2


def test_an_object_whose_etag_is_never_that_of_its_parts_is_left_to_the_next_run() -> None:
    """No success by guess."""
    carrying = Carrying()
    complete = carrying.target.complete

    async def wrong(target: Target, upload: str, receipts: object) -> str:
        await complete(target, upload, receipts)
        return '"11111111111111111111111111111111-10"'

    carrying.target.complete = wrong
    with pytest.raises(PartDiffers):
        carrying.carry()
    assert carrying.state.completed is None


# -- ETags and levels --------------------------------------------------------------------------


@pytest.mark.fault(16)
def test_a_part_stored_wrong_once_is_sent_again() -> None:
    """Its ETag is not the MD5 of what was sent; the second one is."""
    carrying = Carrying()
    carrying.target.flips = {2}
    result = carrying.carry()
    assert carrying.object == DATA
    assert (result.level, result.checked) == ("etag", 10)
    assert len(carrying.target.puts) == 11
    (failed,) = [fact for fact in carrying.facts if isinstance(fact, PartFailed)]
    assert (failed.reason, failed.bytes) == ("part_differs", PART)
    assert (carrying.snapshot.bytes.sent, carrying.snapshot.bytes.sent_again) == (len(DATA), PART)


@pytest.mark.fault(16)
def test_the_same_wrong_etag_twice_stops_the_run() -> None:
    """The target stores something else than what is sent: nothing more goes there, nothing is aborted."""
    carrying = Carrying()
    carrying.target.flips = set(range(1, 99))
    fails(carrying, TargetDiffers)
    assert carrying.target.calls["abort"] == 0


def test_two_different_wrong_etags_fall_to_crc_and_are_told_once() -> None:
    """ETags of 32 digits that are no MD5s say nothing; the file is whole, and its level says so."""
    carrying = Carrying()
    count = iter(range(1000))
    carrying.target.etag_of = lambda data: f"{next(count):032x}"
    result = carrying.carry()
    assert carrying.object == DATA
    assert (result.level, result.checked) == ("crc", 0)
    assert len([fact for fact in carrying.facts if isinstance(fact, LevelFell)]) == 1


def test_random_etags_of_32_digits_do_not_condemn_the_object() -> None:
    """A target whose ETags are no MD5s, and whose objects' ETags look composite, can be used at level crc."""
    carrying = Carrying(level=Level.CRC)
    count = iter(range(1000))
    carrying.target.etag_of = lambda data: f"{next(count):032x}"
    result = carrying.carry()
    assert carrying.object == DATA
    assert (result.level, result.checked) == ("crc", 0)
    assert carrying.target.calls["create"] == 1


def test_an_opaque_etag_falls_to_crc_at_once() -> None:
    """No part is sent again for it."""
    carrying = Carrying()
    carrying.target.etag_of = lambda data: "opaque"
    result = carrying.carry()
    assert carrying.object == DATA
    assert (result.level, result.checked) == ("crc", 0)
    assert len(carrying.target.puts) == 10
    assert len([fact for fact in carrying.facts if isinstance(fact, LevelFell)]) == 1


@pytest.mark.parametrize(
    ("level", "share", "checked"),
    [(Level.CRC, 0.2, 0), (Level.SPOT, 0.2, 10), (Level.SPOT, 0.0, 1), (Level.ETAG, 0.0, 10)],
)
def test_each_level_says_how_many_parts_it_compared(level: Level, share: float, checked: int) -> None:
    """`spot` without a budget compares the first part of a file of several."""
    carrying = Carrying(level=level)
    carrying.ports.checks._spot._share = share
    result = carrying.carry()
    assert (result.level, result.checked) == (level.value, checked)


def test_spot_without_a_budget_finds_a_first_part_that_is_stored_wrong() -> None:
    """And sends it again."""
    carrying = Carrying(level=Level.SPOT)
    carrying.ports.checks._spot._share = 0.0
    carrying.target.flips = {1}
    carrying.carry()
    assert carrying.object == DATA


def test_checked_parts_stay_checked_over_a_resume() -> None:
    """The receipts carry what was compared."""
    later = Carrying().killed(35)
    assert later.state.parts
    assert later.carry().checked == 10


# -- tries and draining ------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["create", "complete", "list"])
def test_a_call_that_may_pass_is_tried_six_times_and_left(call: str) -> None:
    """The last error is raised; nothing is aborted, and a later run goes on."""
    carrying = Carrying() if call != "list" else Carrying(target=MemoryTarget(lists=True)).killed(26)
    carrying.target.faults = {(call, number): Unreachable("no") for number in range(1, 99)}
    fails(carrying, Unreachable)
    assert carrying.target.calls[call] == 6
    assert carrying.target.calls["abort"] == 0
    assert carrying.snapshot.transfers_open == 0
    later = carrying.again()
    later.carry()
    assert later.object == DATA


def test_a_part_that_never_succeeds_leaves_the_others_for_the_next_run() -> None:
    """Its tries are used up; what has a receipt is not sent again."""
    carrying = Carrying()
    carrying.files.breaks = [Break(status=503)] * 99
    fails(carrying, ServerFault)
    started = [fact for fact in carrying.facts if isinstance(fact, TransferStarted)]
    assert len(started) == 1
    later = carrying.again()
    later.carry()
    assert (later.object, later.snapshot.bytes.sent) == (DATA, len(DATA))


@pytest.mark.fault(15)
def test_bytes_are_told_as_they_were_sent() -> None:
    """A lost answer to a part: its bytes are sent, and sent again; nothing else is."""
    carrying = Carrying()
    carrying.target.faults = {("part", 4): LOST}
    carrying.carry()
    found = carrying.snapshot
    assert (found.bytes.sent, found.bytes.sent_again) == (len(DATA), PART)
    assert (found.parts.sent, found.parts.sent_again, found.parts_failed) == (9, 1, 1)


def test_a_drained_transfer_lets_its_parts_end_and_goes_on_later() -> None:
    """No part in flight is lost, none begins, and Interrupted is raised."""
    carrying = Carrying()
    carrying.target.heard = lambda call: carrying.engine.drain() if call == "part" else None
    fails(carrying, Interrupted)
    kept = set(carrying.state.parts)
    assert kept == set(carrying.target.puts)
    assert 0 < len(kept) < 10
    assert carrying.target.calls["abort"] == 0
    later = carrying.again()
    later.carry()
    assert later.object == DATA
    assert not kept & set(later.target.puts)


def test_a_transfer_whose_last_part_was_in_flight_is_completed_though_drained() -> None:
    """Nothing is left to begin."""
    carrying = Carrying(files(DATA[:PART]))
    carrying.target.heard = lambda call: carrying.engine.drain() if call == "part" else None
    carrying.carry()
    assert carrying.object == DATA[:PART]


def test_draining_waits_for_no_retry() -> None:
    """A part that is to be sent again in a quarter of an hour is left to the next run at once."""
    carrying = Carrying(files(DATA[:PART]))
    carrying.target.faults = {("part", 1): Throttled("429", retry_after=900.0)}

    async def drained() -> float:
        async def drain() -> None:
            await carrying.ports.sleep(5.0)
            carrying.engine.drain()

        begun = anyio.current_time()
        async with anyio.create_task_group() as group:
            group.start_soon(drain)
            with pytest.raises(Interrupted):
                await carrying.engine.transfer(TRANSFER)
        return anyio.current_time() - begun

    assert virtually(drained()) == pytest.approx(5.0)


def test_a_drained_engine_creates_no_upload() -> None:
    """What has not begun does not begin."""
    carrying = Carrying()
    carrying.engine.drain()
    fails(carrying, Interrupted)
    assert carrying.target.calls["create"] == 0
