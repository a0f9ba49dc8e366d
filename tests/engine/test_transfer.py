"""One transfer, source to object: what is sent, what is recorded, and what never becomes an object."""

from collections.abc import Callable

import pytest
from fakes.carrying import DATA, PART, SOURCE, TARGET, TRANSFER, Carrying
from fakes.memory_journal import Killed, MemoryJournal
from fakes.memory_site import LOST, Break, File, MemoryFiles
from fakes.virtual_time import virtually

from engine import journal
from engine.errors import (
    Changed,
    Empty,
    FerryError,
    Gone,
    Interrupted,
    LocalResource,
    Refused,
    ServerFault,
    ShortBody,
    TargetDiffers,
    TimedOut,
    TooLarge,
    Unreachable,
)
from engine.integrity import Level, crc32
from engine.journal import Record
from engine.model import Blob, Source, Target, Transfer
from engine.wire import Places

KINDS = [
    journal.PROBED,
    journal.CREATE,
    journal.CREATED,
    *[journal.PART] * 10,
    journal.COMPLETE,
    journal.COMPLETED,
]


def files(data: bytes = DATA, **how: object) -> MemoryFiles:
    """Return a site of one file."""
    return MemoryFiles({SOURCE: File(data, **how)})


def fails(carrying: Carrying, kind: type[FerryError], transfer: Transfer = TRANSFER) -> None:
    """Carry it, and assert that it fails so, leaves no object and holds no place."""
    with pytest.raises(kind):
        carrying.carry(transfer)
    assert carrying.target.objects == {}
    assert carrying.free


class TracedJournal(MemoryJournal):
    """Writes each record into a trace that it shares with a target."""

    def __init__(self, trace: list[str]) -> None:
        super().__init__()
        self._trace = trace

    def _keep(self, record: Record) -> None:
        self._trace.append(record.kind)
        super()._keep(record)


# -- the first contract ------------------------------------------------------------------------


@pytest.mark.fault(2, 3)
@pytest.mark.parametrize("ranged", [True, False], ids=["ranged", "unranged"])
@pytest.mark.parametrize("told", [True, False], ids=["length told", "no length"])
@pytest.mark.parametrize("after", [0, 1, PART - 1, PART, 3 * PART, len(DATA) - 1])
def test_first_contract_a_body_that_ends_early_never_becomes_an_object(
    ranged: bool, told: bool, after: int
) -> None:
    """N bytes declared and fewer delivered, however often: no object, and a later run is whole."""
    carrying = Carrying(files(ranged=ranged))
    longest = PART if ranged else len(DATA)
    carrying.files.breaks = [Break(after=min(after, longest - 1), told=told)] * 1000
    fails(carrying, ShortBody)
    assert carrying.target.calls["complete"] == 0
    later = carrying.again()
    assert later.carry().crc32 == crc32(DATA)
    assert later.object == DATA


@pytest.mark.fault(2, 3)
@pytest.mark.parametrize("ranged", [True, False], ids=["ranged", "unranged"])
@pytest.mark.parametrize("told", [True, False], ids=["length told", "no length"])
@pytest.mark.parametrize("after", [0, 1, PART, 2 * PART - 1, 3000])
def test_a_body_that_ends_early_once_is_read_again(ranged: bool, told: bool, after: int) -> None:
    """The object is the source byte for byte."""
    carrying = Carrying(files(ranged=ranged))
    carrying.files.breaks = (
        [None, Break(after=after, told=told)] if ranged else [Break(after=after, told=told)]
    )
    carrying.carry()
    assert carrying.object == DATA


@pytest.mark.fault(2)
@pytest.mark.parametrize("lacks", [1, 5, 10])
def test_fewer_bytes_than_the_source_has_are_never_completed(lacks: int) -> None:
    """Counted right before Complete: where its intent is on record and a receipt is not, it begins anew."""
    first = Carrying()
    first.journal.end_at(len(KINDS) - 1, kept=True)
    with pytest.raises(Killed):
        first.carry()
    later = first.again()
    later.journal = MemoryJournal()
    for record in first.journal.log:
        if record.kind != journal.PART or record.facts["number"] != lacks:
            later.journal._keep(record)
    later = later.again()
    assert later.state.complete_intended
    assert later.carry().size == len(DATA)
    assert (later.object, later.target.calls["complete"]) == (DATA, 1)


def test_a_receipt_of_another_length_does_not_count() -> None:
    """Whatever a relay says, a part that is not as long as it should be is no part."""
    carrying = Carrying(level=Level.CRC)

    class Liar:
        async def lane(self, get: object, next_put: Callable, settle: Callable, *, places: Places) -> None:
            while (put := next_put()) is not None:
                await settle(
                    journal.receipt(
                        {"number": put.part.number, "bytes": 5, "crc32": 1, "md5": None, "etag": "x"}
                    )
                )

    object.__setattr__(carrying.ports, "relay", Liar())
    fails(carrying, ShortBody)
    assert journal.PART not in carrying.journal.kinds("event")


# -- sources -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ranged", [True, False], ids=["ranged", "unranged"])
@pytest.mark.parametrize("size", [1, PART - 1, PART, PART + 1, len(DATA)])
def test_a_file_arrives_whole(size: int, ranged: bool) -> None:
    """Object, size, CRC-32, parts and ETag are those of the source; every byte is sent once."""
    data = DATA[:size]
    carrying = Carrying(files(data, ranged=ranged))
    result = carrying.carry()
    assert carrying.object == data
    assert (result.size, result.crc32, result.parts) == (size, crc32(data), -(-size // PART))
    assert result.etag == carrying.target.objects[TARGET.key][1]
    assert carrying.target.uploads == {}
    found = carrying.snapshot
    assert (found.bytes.sent, found.bytes.sent_again, found.bytes.skipped) == (size, 0, 0)
    assert (found.transfers_open, found.transfers_finished, found.transfers_failed) == (0, 1, 0)
    assert carrying.free


def test_an_unranged_source_and_a_slow_target_never_mix_parts_up() -> None:
    """A lane that ends early, as one does that waits too long for a place, begins at the first byte again."""
    carrying = Carrying(files(ranged=False))
    whole = carrying.ports.relay.lane
    lanes = []

    async def early(get: object, next_put: Callable, settle: Callable, *, places: Places) -> None:
        left = 3 if len(lanes) < 2 else 100
        lanes.append(get)

        def following() -> object:
            nonlocal left
            left -= 1
            return next_put() if left >= 0 else None

        await whole(get, following, settle, places=places)

    carrying.ports.relay.lane = early
    carrying.carry()
    assert carrying.object == DATA
    assert len(lanes) == 3
    assert carrying.target.puts[6:] == list(range(1, 11))


def test_an_unranged_source_that_is_always_too_slow_is_left_to_a_later_run() -> None:
    """The tries are counted for the whole file, not for each of its parts."""
    carrying = Carrying(files(ranged=False))
    whole = carrying.ports.relay.lane
    lanes = []

    async def early(get: object, next_put: Callable, settle: Callable, *, places: Places) -> None:
        lanes.append(get)
        left = [next_put() for _ in range(1)]
        await whole(get, lambda: left.pop() if left else None, settle, places=places)

    carrying.ports.relay.lane = early
    fails(carrying, TimedOut)
    assert len(lanes) == 6


@pytest.mark.parametrize("after", [0, 2500, 9000])
def test_an_unranged_source_begins_at_its_first_byte_after_a_failure(after: int) -> None:
    """A second reading sends everything again; six failures anywhere in the file are enough."""
    carrying = Carrying(files(ranged=False))
    carrying.files.breaks = [Break(after=after)]
    carrying.carry()
    assert carrying.object == DATA
    assert carrying.target.puts[-10:] == list(range(1, 11))
    broken = Carrying(files(ranged=False))
    broken.files.breaks = [Break(after=number * PART) for number in range(10)]
    fails(broken, ShortBody)
    assert broken.files.gets == 6


def test_a_server_that_loses_its_ranges_on_the_way_mixes_nothing_up() -> None:
    """The parts that are left wait for a later run, which begins at the first byte."""
    carrying = Carrying()
    file = carrying.files.files[SOURCE]

    def worse() -> None:
        file.ranged = False
        file.version += 1

    carrying.files.before = {3: worse}
    fails(carrying, ServerFault)
    later = carrying.again()
    later.carry()
    assert later.object == DATA


def test_an_address_that_runs_out_is_located_again_once_for_all_lanes() -> None:
    """Four lanes are refused at once; one of them asks, and the locator is told what does not work."""
    carrying = Carrying()
    file = carrying.files.files[SOURCE]
    carrying.files.before = {1: lambda: setattr(file, "version", 1)}
    carrying.carry()
    assert carrying.object == DATA
    assert carrying.files.located == 2
    assert carrying.files.refused[0] is None
    assert carrying.files.refused[1].url.endswith("?0")


@pytest.mark.parametrize("error", [Gone, Changed])
def test_a_source_that_is_gone_or_another_one_is_given_up(error: type[FerryError]) -> None:
    """Before the first byte nothing is created."""
    carrying = Carrying()
    file = carrying.files.files[SOURCE]
    virtually(carrying.engine.measure("event", "presenter.mp4", SOURCE))
    if error is Gone:
        file.gone = True
    else:
        file.etag = "2"
    fails(carrying, error)
    assert carrying.target.uploads == {}


@pytest.mark.fault(12)
@pytest.mark.parametrize("get", [1, 2])
def test_a_source_that_changes_while_it_is_read_is_given_up(get: int) -> None:
    """Parts of two states never become one object; the upload is aborted."""
    carrying = Carrying()
    file = carrying.files.files[SOURCE]

    def other() -> None:
        file.data, file.etag = bytes(len(DATA)), "2"

    carrying.files.before = {get: other}
    fails(carrying, Changed)
    assert carrying.target.uploads == {}
    assert carrying.target.calls["complete"] == 0
    assert carrying.journal.kinds("event")[-2:] == [journal.ABANDONED, journal.ABORTED]


@pytest.mark.fault(12)
def test_a_source_that_changes_after_its_last_part_is_given_up() -> None:
    """A validator is judged only where a request starts, so it is asked once more before Complete."""
    carrying = Carrying()

    def heard(call: str) -> None:
        if call == "part" and carrying.target.calls["part"] == 9:
            carrying.files.files[SOURCE].etag = "2"

    carrying.target.heard = heard
    fails(carrying, Changed)
    assert len(carrying.target.puts) == 10
    assert carrying.target.uploads == {}


@pytest.mark.fault(12)
def test_a_source_that_changed_between_two_runs_is_given_up() -> None:
    """What an earlier run sent is aborted, and nothing is sent."""
    later = Carrying().killed(30)
    later.files.files[SOURCE].etag = "2"
    assert later.state.parts
    fails(later, Changed)
    assert (later.target.puts, later.target.uploads) == ([], {})


@pytest.mark.fault(22)
@pytest.mark.parametrize(("data", "error"), [(b"", Empty), (bytes(20), TooLarge)])
def test_no_bytes_and_too_many_record_nothing(data: bytes, error: type[FerryError]) -> None:
    """Nothing is made at the target either."""
    carrying = Carrying(files(data))
    object.__setattr__(carrying.ports.limits, "maximum", 2)
    object.__setattr__(carrying.ports.limits, "count", 5)
    fails(carrying, error)
    with pytest.raises(error):
        virtually(carrying.engine.measure("event", "presenter.mp4", SOURCE))
    assert carrying.journal.log == []
    assert carrying.target.calls["create"] == 0


# -- bytes in memory ---------------------------------------------------------------------------


def test_bytes_in_memory_are_carried_as_a_file_is() -> None:
    """They need no source."""
    carrying = Carrying(MemoryFiles({}))
    result = carrying.carry(carrying.blob(DATA))
    assert (carrying.object, result.crc32) == (DATA, crc32(DATA))


@pytest.mark.parametrize("tick", range(56))
def test_other_bytes_in_memory_begin_anew(tick: int) -> None:
    """Wherever the first ones were: the object is never a mixture, nor the old one."""
    other = bytes(reversed(DATA))
    first = Carrying(MemoryFiles({}))
    later = first.killed(tick, first.blob(DATA))
    result = later.carry(later.blob(other))
    assert (later.object, result.crc32) == (other, crc32(other))
    assert later.carry(later.blob(other)) == result


# -- records -----------------------------------------------------------------------------------


def test_intents_are_durable_before_their_calls_and_answers_before_the_next_step() -> None:
    """The order of records and calls, as one trace."""
    trace: list[str] = []
    carrying = Carrying(files(DATA[:PART]), journal=TracedJournal(trace))
    carrying.target.heard = trace.append
    carrying.carry()
    assert trace == [
        journal.PROBED,
        journal.CREATE,
        "create",
        journal.CREATED,
        "part",
        journal.PART,
        journal.COMPLETE,
        "complete",
        journal.COMPLETED,
    ]


def test_what_was_completed_is_not_touched_again() -> None:
    """The result comes from the record, and its bytes are told as skipped."""
    first = Carrying()
    result = first.carry()
    later = first.again()
    later.files.files[SOURCE].gone = True
    assert later.carry() == result
    assert not later.target.calls["create"] + later.target.calls["complete"]
    assert later.snapshot.bytes.skipped == len(DATA)
    assert later.snapshot.transfers_open == 0


def test_a_final_error_aborts_with_the_intent_on_record() -> None:
    """`abandoned` is durable before the call, `aborted` after it."""
    trace: list[str] = []
    carrying = Carrying(journal=TracedJournal(trace))
    carrying.target.heard = trace.append
    carrying.target.faults = {("part", 3): Refused("no")}
    fails(carrying, Refused)
    assert trace[-5:] == [journal.ABANDONED, "list uploads", "abort", "list", journal.ABORTED]
    assert (carrying.target.uploads, carrying.state.orphans) == ({}, ())
    assert carrying.snapshot.transfers_failed == 1


@pytest.mark.fault(17)
@pytest.mark.parametrize("fault", [ServerFault("no"), Refused("no"), LOST])
def test_an_abort_that_fails_leaves_an_orphan_on_record(fault: FerryError | str) -> None:
    """The error that is raised is the first one; the upload is told as given up and perhaps still there."""
    carrying = Carrying()
    carrying.target.faults = {("part", 3): Refused("first"), ("abort", 1): fault}
    with pytest.raises(Refused, match="first"):
        carrying.carry()
    assert carrying.state.orphans == ("upload-1",)
    assert carrying.target.calls["abort"] == 1


def test_an_abort_that_hangs_has_five_seconds() -> None:
    """It stays an orphan, and the run goes on."""
    carrying = Carrying()
    carrying.target.faults = {("part", 3): Refused("no")}

    async def hangs(target: Target, upload: str) -> None:
        await carrying.ports.sleep(1e9)

    carrying.target.abort = hangs
    fails(carrying, Refused)
    assert carrying.state.orphans == ("upload-1",)


@pytest.mark.parametrize(
    "error", [LocalResource("full"), TargetDiffers("other bytes"), Interrupted("stopped"), Unreachable("no")]
)
def test_what_is_not_final_for_the_file_aborts_nothing(error: FerryError) -> None:
    """An error that stops the run, or may pass, leaves the upload to the next run."""
    carrying = Carrying(attempts=1)
    carrying.target.faults = {("part", 3): error}
    fails(carrying, type(error))
    assert list(carrying.target.uploads) == ["upload-1"]
    assert carrying.target.calls["abort"] == 0
    later = carrying.again()
    later.carry()
    assert later.object == DATA
    assert not set(later.target.puts) & set(carrying.state.parts)


def test_a_journal_that_fails_stops_the_run_and_loses_nothing() -> None:
    """The disk is full at a part's record: raised as itself, nothing aborted."""
    carrying = Carrying()
    carrying.journal.end_at(6, error=LocalResource("disk full"))
    fails(carrying, LocalResource)
    assert carrying.target.calls["abort"] == 0
    later = carrying.again()
    later.carry()
    assert later.object == DATA


def test_names_keep_transfers_of_one_subject_apart() -> None:
    """Two files of an event have their records under one subject and do not meet."""
    other = Source("event", "slides.mp4")
    carrying = Carrying(MemoryFiles({SOURCE: File(DATA), other: File(DATA[:1500])}))
    carrying.carry()
    carrying.carry(
        Transfer("event", "slides.mp4", other, Target("memory://target", "Upload", "guid/slides.mp4"))
    )
    assert carrying.object == DATA
    assert carrying.target.objects["guid/slides.mp4"][0] == DATA[:1500]
    assert carrying.journal.kinds("event")[: len(KINDS)] == KINDS


@pytest.mark.fault(22)
def test_an_empty_blob_is_refused() -> None:
    """As an empty file is."""
    fails(Carrying(), Empty, Transfer("event", "x", Blob(b""), TARGET))
