"""The files of an item, under way and done."""

from typing import Any

from fakes.kept import MEANT, steps

from engine import Record
from pipelines import items
from pipelines.items import Outcome, fold
from pipelines.report.files import FileLine, file_lines

NAME = "1/presenter.mp4"
RECEIPT: dict[str, Any] = {
    "name": "presenter.mp4",
    "track": "t",
    "size": 3000,
    "crc32": 255,
    "level": "spot",
    "parts": 3,
    "checked": 2,
}


def lines(*records: Record) -> list[FileLine]:
    """Return the files after some records of a begun item."""
    found = [*steps("a")[:3], *records]
    return file_lines(fold(found), found)


def transfer(kind: str, **facts: Any) -> Record:
    """Return a record of the file's transfer."""
    return Record("a", f"transfer.{kind}", {"name": NAME, **facts})


def test_a_file_under_way_has_the_parts_on_record() -> None:
    """Each number once; those of an upload that was given up count no more."""
    probed, parts = transfer("probed", size=30, part_size=10), [transfer("part", number=n) for n in (1, 2, 2)]
    assert lines() == [FileLine("presenter.mp4", False)]
    assert lines(probed, *parts) == [FileLine("presenter.mp4", False, 30, parts=2)]
    assert lines(probed, *parts, transfer("abandoned", reason="r")) == [
        FileLine("presenter.mp4", False, 30, parts=0)
    ]


def test_a_file_of_an_earlier_start_is_not_this_one() -> None:
    """What went to the first session upload says nothing of the second."""
    opened = steps("a")[2]
    again = lines(transfer("completed", size=30), items.anew("a", "cancelled"), opened)
    assert again == [FileLine("presenter.mp4", False)]


def test_a_file_that_is_whole_says_how_it_was_checked() -> None:
    """By the engine's record while the item is open, by its receipt ever after."""
    told = {name: value for name, value in RECEIPT.items() if name not in {"name", "track"}}
    whole = FileLine("presenter.mp4", True, 3000, 255, "spot", 3, 2)
    assert lines(transfer("completed", **told)) == [whole]
    ended = items.ended("a", Outcome.VERIFIED, **MEANT, receipts=[RECEIPT])
    assert file_lines(fold([ended]), [ended]) == [whole]


def test_without_receipts_there_is_but_a_name() -> None:
    """An older version's end names its files and tells nothing of them."""
    ended = items.ended("a", Outcome.VERIFIED, **MEANT)
    assert file_lines(fold([ended]), [ended]) == [FileLine("presenter.mp4", False)]
