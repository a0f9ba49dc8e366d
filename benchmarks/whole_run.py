"""What does a whole run cost? One file from a sandbox's Opencast to its Panopto, by the command itself.

    python -m benchmarks.whole_run [--mib 1024] [--runs 3] [--level spot] [--parts 16]

Prints one JSON line a run, and one with medians. A run counts only if the SHA-256 of the object that arrived
is its source's, by the sandbox's audit. The sandbox is Python too and shares the machine, so it bounds the
speed: compare runs with each other, not with a link.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.sandbox import FERRY, audit, standing

MIB = 1024 * 1024


def measured(size: int, level: str, parts: int) -> dict[str, Any]:
    """Run once, and return what it took; raises SystemExit where what arrived is not what was sent."""
    with tempfile.TemporaryDirectory() as folder, standing(Path(folder), 1, f"largest={size}") as details:
        environment = {
            **os.environ,
            "FERRY_TRANSFER__INTEGRITY": level,
            "FERRY_TRANSFER__PARTS_IN_FLIGHT": str(parts),
            "FERRY_SESSION__THUMBNAIL": "false",  # the film alone, as in every series before
        }
        begun = time.monotonic()
        process = subprocess.Popen(
            [*FERRY, "run", "-c", f"{folder}/migration.toml", "--json"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begun
        sources = {row["sha256"] for row in audit(details, "sources")}
        arrived = [row for row in audit(details, "objects") if not row["key"].endswith(".xml")]
        if process.returncode or [row["size"] for row in arrived] != [size]:
            raise SystemExit(f"the run ended with {process.returncode}; {len(arrived)} objects arrived")
        if arrived[0]["sha256"] not in sources:
            raise SystemExit("what arrived is not what was sent")
    return {
        "mib_s": round(size / MIB / seconds, 1),
        "cpu_s_per_gib": round((usage.ru_utime + usage.ru_stime) / (size / MIB / 1024), 2),
        "peak_rss_mib": round(usage.ru_maxrss / 1024, 1),
        "level": level,
        "parts_in_flight": parts,
        "bytes_checked": size,
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What does a whole run cost?")
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--level", choices=("crc", "spot", "etag"), default="spot")
    parser.add_argument("--parts", type=int, default=16)
    asked = parser.parse_args()
    runs = []
    for _ in range(asked.runs):
        runs.append(measured(asked.mib * MIB, asked.level, asked.parts))
        print(json.dumps(runs[-1]), flush=True)
    names = ("mib_s", "cpu_s_per_gib", "peak_rss_mib")
    medians = {name: statistics.median(run[name] for run in runs) for name in names}
    print(json.dumps({"median_of": asked.runs, **medians}))


if __name__ == "__main__":
    main()
