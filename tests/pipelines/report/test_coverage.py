"""What is said of how an item was checked, at each level: what was not compared is never left out."""

from typing import Any

import pytest

from pipelines.migration.receipts import FileReceipt
from pipelines.report.coverage import files_of, unchecked

FILES = ["presenter.mp4", "presentation.mp4"]
SOURCE = "unverified at the source: presenter.mp4, presentation.mp4"

pytestmark = pytest.mark.fault(4)


def facts(level: str, checked: int, *proven: str) -> dict[str, Any]:
    """Return what is on record of two files of ten parts."""
    receipts = [
        FileReceipt(name, name, 9, 7, level, 5, checked // 2, md5="a" * 32 if name in proven else None).facts
        for name in FILES
    ]
    return {"files": FILES, "level": level, "parts": 10, "checked": checked, "receipts": receipts}


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (facts("crc", 0), ["10 of 10 parts not compared with the target", SOURCE]),
        (facts("spot", 4), ["6 of 10 parts not compared with the target", SOURCE]),
        (facts("etag", 10), [SOURCE]),
        (facts("etag", 10, "presenter.mp4"), ["unverified at the source: presentation.mp4"]),
        (facts("source", 10, *FILES), []),
        (facts("crc", 0, *FILES), ["10 of 10 parts not compared with the target"]),
        ({**facts("etag", 10), "receipts": None}, [SOURCE]),
        ({"session_id": None}, []),
        ({"session_id": "s"}, ["nothing is on record of how its files were checked"]),
        ({}, []),
    ],
)
def test_each_level_says_what_it_left_out(known: dict[str, Any], said: list[str]) -> None:
    """Parts by number, files by name; of an item that was not moved nothing is said."""
    assert list(unchecked(known)) == said


def test_files_are_counted() -> None:
    """What is not on record is None, and no file counts as proven by default."""
    assert files_of(facts("source", 10, "presenter.mp4")) == (2, 1)
    assert files_of(facts("etag", 10)) == (2, 0)
    assert files_of({"files": FILES, "level": "etag"}) == (2, None)
    assert files_of({}) == (None, None)
