"""One long run of tiny items, each fault at one call in a hundred: does memory grow, does all arrive?

    python -m campaign.soak [--items 50000] [--out FILE]

Memory is that of the process of `ferry run` (its pace lifted), held against the items that Panopto has by
then, every second. The sandbox drops bytes once they are hashed, and keeps no log. LumiNUS is left out:
its few modules would hold tens of thousands of lecture items, and each list tells all of them.
"""

import argparse
import json
import random
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from fakes.processes import Stand, standing

from campaign.at_random import CALLS, QUICK, SETTINGS, begun, is_done, lacking, script
from campaign.auditor import Bounds, findings
from campaign.books import read
from campaign.record import write
from campaign.surroundings import growing, slope

EVERY = 100
MOST = 200.0
"""Bytes an item by which memory may grow: the plan is one compact row an event."""

TINY: Mapping[str, Any] = {"largest": 4000, "typical": 4000, "keep_bytes": "off", "log": "off"}
SECOND = 1.0


@dataclass(frozen=True, slots=True)
class Soaked:
    """What became of it: items with a session, calls, memory at its peak in bytes, bytes by which it grew an
    item, and findings."""

    items: int
    calls: int
    seconds: float
    peak: int
    growth: float
    found: tuple[str, ...]


def soak(events: int) -> Soaked:
    """Move them, and audit it."""
    started = time.monotonic()
    samples: list[tuple[float, int]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        faults = script(random.Random(events), EVERY)
        with standing(folder, events=events, faults=faults, **{**QUICK, **TINY}) as stand:
            (run := folder / "run").mkdir()
            settings = stand.settings(run, SETTINGS)
            calls, document = 1, _watched(settings, stand, samples)
            while not is_done(document["exit"], document) and calls < CALLS:
                calls += 1
                document = _watched(settings, stand, [])
            books = read(stand)
    sessions = {one.event_id for one in books.sessions}
    told = [str(one) for one in (*findings(books, Bounds()), *growing(samples, MOST))]
    told += lacking(document["exit"], document, len(sessions), events)
    peak = max(one for _, one in samples)
    settled = samples[len(samples) // 3 :]
    return Soaked(
        len(sessions), calls, round(time.monotonic() - started, 1), peak, slope(settled), tuple(told)
    )


def _watched(settings: Path, stand: Stand, samples: list[tuple[float, int]]) -> dict[str, Any]:
    """Run to the end, and note memory against the items that are there."""
    with begun(settings) as process:
        seen = psutil.Process(process.pid)
        while True:
            try:
                output, _ = process.communicate(timeout=SECOND)
            except subprocess.TimeoutExpired:
                samples.append((_completed(stand), seen.memory_info().rss))
                continue
            document: dict[str, Any] = json.loads(output)
            return document


def _completed(stand: Stand) -> float:
    return float(sum(one["count"] for one in stand.audit("requests") if one["call"] == "put_session_upload"))


def main() -> None:
    """Soak, and end with 1 where anything was found."""
    parser = argparse.ArgumentParser(description="One long run of tiny items under faults.")
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    one = soak(asked.items)
    write(
        {
            "soak": {
                "items": one.items,
                "calls": one.calls,
                "seconds": one.seconds,
                "peak_mib": round(one.peak / 1024 / 1024, 1),
                "bytes_an_item": round(one.growth, 1),
                "found": list(one.found),
            }
        },
        asked.out,
    )
    raise SystemExit(1 if one.found else 0)


if __name__ == "__main__":
    main()
