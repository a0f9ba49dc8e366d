"""Which runs count: those of which all bytes of all objects arrived, and nothing else."""

from dataclasses import replace

import pytest

from benchmarks.discard.process import Report
from benchmarks.job import Job
from benchmarks.measure import Spent, why_void
from benchmarks.workloads import File

JOB = Job("http://source", "http://target", None, "", (File("a.mp4", 4), File("b.mp4", 3)), 4, 4)
WELL = Spent(1.0, 0.5, 1000, 0, "", "")
WHOLE = Report(7, {"a.mp4": 4, "b.mp4": 3}, 2, 0, [], 0.1)


def test_a_run_of_which_everything_arrived_counts() -> None:
    """There is nothing to say of it."""
    assert why_void(JOB, WELL, WHOLE) == ""


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (replace(WHOLE, voids=["a.mp4: part 1 of 3 bytes is not the source's"]), "part 1 of 3 bytes"),
        (replace(WHOLE, bytes=6), "6 of 7 bytes"),
        (replace(WHOLE, bytes=11), "11 of 7 bytes"),
        (replace(WHOLE, objects={"a.mp4": 4}), "1 of 2 objects"),
        (replace(WHOLE, objects={"a.mp4": 3, "b.mp4": 4}), "7 of 7 bytes"),
    ],
    ids=["one wrong part", "too few bytes", "too many", "an object too few", "others"],
)
def test_a_run_of_which_anything_else_arrived_is_void(report: Report, said: str) -> None:
    """Also where the client made good what the target refused: it was measured doing something else."""
    assert said in why_void(JOB, WELL, report)
