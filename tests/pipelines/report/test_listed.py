"""A report is read back as it was written, in both forms; what is none is refused."""

from pathlib import Path

import orjson
import pytest

from pipelines.config import SettingsError
from pipelines.items import ItemState, Outcome
from pipelines.report.document import Report
from pipelines.report.listed import Listed, listed_in, read_report
from pipelines.report.rows import row
from pipelines.report.sheet import MARK, sheet

NAMES = ["a", "-odd", "=1+1", "ID-3d print", 'x","y']


def report() -> Report:
    """A report of items whose ids look like what a spreadsheet would reckon with."""
    ended = {"outcome": Outcome.VERIFIED.value, "reason": None}
    states = [(name, ItemState(session_id=f"s-{name}", ended=ended)) for name in NAMES]
    return Report(tuple(row(name, state) for name, state in states))


@pytest.mark.parametrize("form", ["json", "csv", "csv with a mark"])
def test_what_was_written_is_read(form: str) -> None:
    """Ids come back as they are, whatever a spreadsheet is kept from doing to them."""
    document = orjson.dumps(report().document)
    data = {"json": document, "csv": sheet(report()), "csv with a mark": MARK + sheet(report())}[form]
    assert listed_in(data, "r") == [Listed(name, "verified", f"s-{name}") for name in NAMES]


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"{", b'{"items": 3}', b'{"items": [{"event_id": "a"}]}', b"\xff\xfe", b"a,b\n1,2\n",
     b'{"items": [{"event_id": 1, "outcome": "verified", "session_id": "s"}]}',
     b"kind,event_id,outcome,session_id\nitem,a\n"],
)  # fmt: skip
def test_what_is_no_report(data: bytes) -> None:
    """One sentence says which file, and how to make one."""
    with pytest.raises(SettingsError, match=r"^r: is no report; name a file that `ferry report"):
        listed_in(data, "r")


def test_a_report_that_is_not_there(tmp_path: Path) -> None:
    """A mistyped name is the person's matter, and no fault of the machine."""
    with pytest.raises(SettingsError, match=r"none.json: cannot be read \(No such file.*; name a"):
        read_report(tmp_path / "none.json")
