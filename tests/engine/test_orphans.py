"""Multipart uploads of files that nobody goes on with are aborted, and what is gone is put on record."""

from collections.abc import Sequence

import anyio
import pytest
from fakes.carrying import TARGET, TRANSFER, Carrying
from fakes.memory_journal import Killed, MemoryJournal
from fakes.memory_site import MemoryTarget

from engine import Record, journal
from engine.errors import ServerFault
from engine.orphans import abort_left, left_open

NAME = (TRANSFER.subject, TRANSFER.name)


async def kept(*records: Record) -> MemoryJournal:
    """Return a journal of these records."""
    found = MemoryJournal()
    for record in records:
        await found.append(record)
    return found


async def cleared(target: MemoryTarget, held: MemoryJournal, *, dead: bool = True) -> tuple[int, int]:
    """Clear up after the file."""
    return await abort_left(*NAME, TARGET, target, held, dead=dead, sleep=anyio.sleep)


def open_upload() -> Sequence[Record]:
    """Return the records of a file whose upload is open."""
    return (journal.create(*NAME), journal.created(*NAME, "upload-1"))


@pytest.mark.parametrize(
    ("records", "live", "dead"),
    [
        ((), (), ()),
        (open_upload(), (), ("upload-1",)),
        ((*open_upload(), journal.completed(*NAME, {})), (), ()),
        ((*open_upload(), journal.abandoned(*NAME, "gone")), ("upload-1",), ("upload-1",)),
        ((*open_upload(), journal.created(*NAME, "upload-2")), ("upload-1",), ("upload-1", "upload-2")),
        ((*open_upload(), journal.abandoned(*NAME, "gone"), journal.aborted(*NAME, "upload-1")), (), ()),
    ],
)
def test_what_is_left_by_the_records(
    records: Sequence[Record], live: tuple[str, ...], dead: tuple[str, ...]
) -> None:
    """What was given up, and of a dead file what is open as well."""
    assert left_open(records, TRANSFER.name, dead=False) == live
    assert left_open(records, TRANSFER.name, dead=True) == dead


@pytest.mark.fault(17)
@pytest.mark.parametrize("lists", [True, False])
async def test_a_dead_file_is_cleared_up_and_a_live_one_is_not_touched(lists: bool) -> None:
    """Its giving up is on record before its abort; a second time there is nothing to do."""
    target = MemoryTarget(lists=lists)
    upload = await target.create(TARGET)
    held = await kept(journal.create(*NAME), journal.created(*NAME, upload))
    assert await cleared(target, held, dead=False) == (0, 0)
    assert list(target.uploads) == [upload]
    assert await cleared(target, held) == (1, 0)
    assert target.uploads == {}
    assert held.kinds(TRANSFER.subject)[2:] == ["transfer.abandoned", "transfer.aborted"]
    assert await cleared(target, held) == (0, 0)


@pytest.mark.fault(17)
async def test_one_that_was_never_heard_of_is_found_where_uploads_are_listed() -> None:
    """A killed run left it: its intent alone is on record."""
    target = MemoryTarget(lists=True)
    await target.create(TARGET)
    assert await cleared(target, await kept(journal.create(*NAME))) == (1, 0)
    assert target.uploads == {}


async def test_one_that_cannot_be_aborted_is_counted() -> None:
    """It is tried again the next time."""
    target = MemoryTarget(lists=False)
    upload = await target.create(TARGET)
    held = await kept(journal.create(*NAME), journal.created(*NAME, upload))
    target.faults = {("abort", 1): ServerFault("no")}
    assert await cleared(target, held) == (0, 1)
    assert await cleared(target, held) == (1, 0)


@pytest.mark.parametrize("record", [2, 3])
def test_a_file_that_was_killed_is_cleared_up(record: int) -> None:
    """Before its Create, and when that was answered: nothing of it is left at the target."""
    carrying = Carrying(target=MemoryTarget(lists=True))
    carrying.journal.end_at(record)
    with pytest.raises(Killed):
        carrying.carry()
    carrying.journal.go_on()
    assert len(carrying.target.uploads) == record - 2
    assert anyio.run(cleared, carrying.target, carrying.journal) == (record - 2, 0)
    assert carrying.target.uploads == {}
