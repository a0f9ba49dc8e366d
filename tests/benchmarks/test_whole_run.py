"""The benchmark of a whole run tells what it says it tells; its times are not judged."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_what_a_whole_run_costs() -> None:
    """A small run counts, with the bytes that were checked."""
    command = [sys.executable, "-m", "benchmarks.whole_run", "--mib", "8", "--runs", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    run, medians = (json.loads(line) for line in done.stdout.splitlines())
    assert run["bytes_checked"] == 8 * 1024 * 1024
    assert set(run) == {
        "mib_s",
        "cpu_s_per_gib",
        "peak_rss_mib",
        "level",
        "parts_in_flight",
        "bytes_checked",
    }
    assert medians["median_of"] == 1
