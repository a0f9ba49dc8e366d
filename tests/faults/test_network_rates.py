"""A service that asks for fewer calls: its endpoint is left alone for as long, and the rest goes on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import ferry, standing

QUICK: Mapping[str, Any] = {
    "largest": 12 * 1024 * 1024,
    "typical": 12 * 1024 * 1024,
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
ASKED = 4


def most_in_a_second(moments: Sequence[float]) -> int:
    """Return how many calls arrived in the busiest second."""
    return max(sum(at <= one < at + 1.0 for one in moments) for at in moments)


@pytest.mark.slow
@pytest.mark.fault(8)
def test_a_throttled_endpoint_is_left_alone_by_everybody(tmp_path: Path, record_property: Any) -> None:
    """No call there before its time, however many items wait; files are read meanwhile, and no second sees
    more calls than Panopto takes. It is told on the terminal, as there is no page yet."""
    asking = {"status": 429, "headers": {"Retry-After": str(ASKED)}}
    fault = {
        "operation": "panopto.create_session_upload",
        "action": "status",
        "nth": 3,
        "arguments": asking,
    }
    with standing(tmp_path, events=8, bandwidth=8, faults=[fault], **QUICK) as stand:
        settings = stand.settings(tmp_path, {"transfer.part_size_mib": 5, "transfer.items_in_flight": 8})
        ran = ferry("run", "-c", settings, "--json", seconds=100)
        assert ran.code == 0, ran.talk
        assert "throttled" in ran.talk
        log = stand.audit("log")
        opened = [row for row in log if row["call"] == "create_session_upload"]
        (struck,) = [row["at"] for row in opened if row["status"] == 429]
        assert not [row for row in opened if struck + 0.5 < row["at"] < struck + ASKED]
        assert [row for row in log if row["service"] == "files" and struck < row["at"] < struck + ASKED]
        for call in {row["call"] for row in log if row["service"] == "panopto"} - {"upload_part"}:
            rest = [row["at"] for row in log if row["call"] == call and "/Upload/" not in row["path"]]
            assert not rest or most_in_a_second(rest) <= 5, call
    record_property("injected", 1)
    record_property("happened", f"nobody called the endpoint for {ASKED} s; the bytes of two items went on")
