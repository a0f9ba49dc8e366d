"""The table of faults, and that each of them has its tests."""

from pathlib import Path

from campaign.marks import marked
from campaign.table import FAULTS

TESTS = Path(__file__).resolve().parents[1]


def test_there_are_43() -> None:
    """F1 to F43, each with what has to be shown."""
    assert list(FAULTS) == list(range(1, 44))
    assert all(fault.what and fault.shown for fault in FAULTS.values())


def test_markers_name_faults_that_there_are() -> None:
    """Every number of the table stands in a marker, and no other."""
    assert marked(TESTS.rglob("test_*.py")).keys() == FAULTS.keys()


def test_a_marker_is_found(tmp_path: Path) -> None:
    """On a function, on a class, and among the arguments of a row."""
    path = tmp_path / "test_it.py"
    path.write_text(
        "import pytest\n@pytest.mark.fault(1, 2)\ndef test_a(): ...\n"
        "ROWS = [pytest.param(1, marks=pytest.mark.fault(7))]\npytestmark = [pytest.mark.fault(9)]\n"
    )
    assert marked([path]) == {1: ["test_it.py"], 2: ["test_it.py"], 7: ["test_it.py"], 9: ["test_it.py"]}
