"""Many transfers over one set of limits, measured first, drained, and counted."""

from random import Random

import anyio
import pytest
from fakes.carrying import DATA, SOURCE, TRANSFER, Carrying
from fakes.memory_site import Break, File, MemoryFiles
from fakes.virtual_time import virtually

from engine import journal
from engine.errors import Gone, Interrupted, ServerFault
from engine.limits import Slots
from engine.model import Source, Target, Transfer, TransferResult, Validator


def transfer(number: int) -> tuple[Source, Transfer]:
    """Return one of many transfers, each of a subject of its own."""
    source = Source(f"event-{number}", "a.mp4")
    return source, Transfer(source.group, "a.mp4", source, Target("memory://target", "Upload", f"{number}/a"))


def many(count: int, slots: Slots) -> tuple[Carrying, list[Transfer], dict[str, bytes]]:
    """Make a site of many files of different lengths."""
    pairs = [transfer(number) for number in range(count)]
    data = {
        one.target.key: Random(number).randbytes(500 + 700 * number) for number, (_, one) in enumerate(pairs)
    }
    files = MemoryFiles({source: File(data[one.target.key]) for source, one in pairs})
    return Carrying(files, slots=slots), [one for _, one in pairs], data


def test_many_transfers_arrive_side_by_side() -> None:
    """Each object is its source, the ceiling is kept, and all is free at the end."""
    carrying, transfers, data = many(12, Slots(5, 5, 3))
    highest = [0]

    def heard(call: str) -> None:
        highest.append(carrying.engine.statistics().slots.total.taken)

    carrying.target.heard = heard

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for one in transfers:
                group.start_soon(carrying.engine.transfer, one)

    virtually(all_of_them())
    assert {key: found for key, (found, _) in carrying.target.objects.items()} == data
    assert max(highest) == 5
    found = carrying.engine.statistics()
    assert (found.transfers, found.slots.total.taken, found.slots.waiting, found.draining) == (0, 0, 0, False)
    assert carrying.snapshot.transfers_finished == 12


def test_a_file_among_many_is_read_in_one_go() -> None:
    """Fewer lanes than files: a GET a file, not one a part; at the end the places share what is left."""
    carrying, transfers, _ = many(12, Slots(5, 5, 3))

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for one in transfers:
                group.start_soon(carrying.engine.transfer, one)

    virtually(all_of_them())
    assert len(carrying.target.puts) == 58
    assert 12 <= carrying.files.gets <= 12 + 2 * 5


def test_what_was_measured_is_not_asked_for_again() -> None:
    """One probe before the session upload, one before Complete; and one record."""
    carrying = Carrying()

    async def both() -> TransferResult:
        assert await carrying.engine.measure("event", "presenter.mp4", SOURCE) == Validator(len(DATA), "1")
        return await carrying.engine.transfer(TRANSFER)

    virtually(both())
    assert (carrying.files.probes, carrying.files.located) == (2, 1)
    assert carrying.journal.kinds("event").count(journal.PROBED) == 1


def test_a_look_at_a_file_leaves_nothing() -> None:
    """Its size is told; no record is written, and nothing is remembered for a transfer."""
    carrying = Carrying()

    async def both() -> None:
        assert await carrying.engine.look(SOURCE) == Validator(len(DATA), "1")
        assert carrying.journal.kinds("event") == []
        await carrying.engine.transfer(TRANSFER)

    virtually(both())
    assert carrying.files.located == 2


def test_what_is_forgotten_is_measured_again() -> None:
    """A subject that is not transferred after all leaves nothing in memory."""
    carrying = Carrying()
    virtually(carrying.engine.measure("event", "presenter.mp4", SOURCE))
    carrying.engine.forget("other")
    assert carrying.engine._measured
    carrying.engine.forget("event")
    assert not carrying.engine._measured
    carrying.carry()
    assert carrying.files.probes == 3


def test_a_measure_that_may_pass_is_tried_again() -> None:
    """An address that ran out is located anew; a file that is gone is gone at once."""
    carrying = Carrying()
    file = carrying.files.files[SOURCE]
    file.gone = True
    with pytest.raises(Gone):
        virtually(carrying.engine.measure("event", "presenter.mp4", SOURCE))
    assert carrying.files.located == 1
    assert carrying.journal.log == []


def test_an_engine_that_is_drained_ends_all_its_transfers() -> None:
    """Those that are whole are whole, the others raise Interrupted, and nothing is given up."""
    carrying, transfers, data = many(8, Slots(3, 3, 3))
    ends: list[str] = []

    def heard(call: str) -> None:
        if carrying.target.calls["part"] == 6:
            carrying.engine.drain()

    carrying.target.heard = heard

    async def move(one: Transfer) -> None:
        try:
            await carrying.engine.transfer(one)
            ends.append("whole")
        except Interrupted:
            ends.append("interrupted")

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for one in transfers:
                group.start_soon(move, one)

    virtually(all_of_them())
    assert len(ends) == 8
    assert "interrupted" in ends
    assert carrying.engine.statistics().draining
    assert carrying.free
    assert len(carrying.target.puts) <= 6 + 3
    later = carrying.again()
    kept = {one.subject for one in carrying.journal.log if one.kind == journal.COMPLETED}

    async def the_rest() -> None:
        for one in transfers:
            await later.engine.transfer(one)

    virtually(the_rest())
    assert {key: found for key, (found, _) in later.target.objects.items()} == data
    assert len(kept) + later.target.calls["complete"] == 8


def test_transfers_are_counted_while_they_are_under_way() -> None:
    """Also one that fails is counted out."""
    carrying = Carrying(attempts=1)
    carrying.files.breaks = [Break(status=500)] * 9
    seen: list[int] = []
    carrying.target.heard = lambda call: seen.append(carrying.engine.statistics().transfers)
    with pytest.raises(ServerFault):
        carrying.carry()
    assert set(seen) == {1}
    assert carrying.engine.statistics().transfers == 0
