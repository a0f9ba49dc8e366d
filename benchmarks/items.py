"""What does one item cost, in CPU and in memory, and does that grow with their number?

    python -m benchmarks.items [--events 40 400] [--bare] [--carry]

For each number: a sandbox with so many events of a few KB, and a migration of all of it, that of `ferry run`
but for Panopto's pace, in a process of its own. `--bare` moves the same files by the engine alone as well;
`--carry` goes on to LumiNUS. Prints one JSON line: slopes are between the least number and the most. A run
in which not every object arrived as its source has it, or not every session is right, counts for nothing.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import Spent, spend
from benchmarks.peers.client import MIB, Command
from benchmarks.sandbox import audit, standing

TINY = ("largest=4000", "typical=4000", "seconds_to_processing=0", "seconds_to_complete=0")
TO_LUMINUS = ("lecture_item_lag=0", "luminus_rate=0", "luminus_page=0")
"""Further switches: lecture items at once, to as many calls as are made."""

SECONDS_AN_EVENT = 0.25
LEAST_LIMIT = 120.0
"""Seconds that a run may take at least, however few events there are."""

ROOM = {"FERRY_LUMINUS__CALLS_PER_SECOND": "100"}
COMPLETE = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """What one number of events took; `bare_cpu` is that of the engine alone, 0 where it was not run."""

    events: int
    items: int
    seconds: float
    cpu: float
    peak_rss: int
    bytes_checked: int
    bare_cpu: float = 0.0


def measured(events: int, bare: bool, carry: bool) -> Cost:
    """Migrate so many events. Raises SystemExit where what arrived is not what was sent."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        world = folder / "world"
        with standing(world, events, *TINY, *(TO_LUMINUS if carry else ())) as details:
            spent = _run("migration", world, folder, events, *(("--carry",) if carry else ()))
            outcomes = json.loads(spent.output)["outcomes"]
            sources = Counter(row["sha256"] for row in audit(details, "sources"))
            whole = arrived(audit(details, "objects"), sources)
            right = [row for row in audit(details, "sessions") if row["state"] == COMPLETE]
            all_ended = outcomes["verified"] + outcomes["skipped"] == events
            if not 0 < len(right) == outcomes["verified"] or not all_ended:
                raise SystemExit(f"{len(right)} sessions are there, and the run says {outcomes}")
            bare_cpu = _bare(world, folder, details, sources, len(right)) if bare else 0.0
    return Cost(events, len(right), spent.seconds, spent.cpu, spent.peak_rss, whole, bare_cpu)


def arrived(objects: Sequence[dict[str, Any]], sources: Counter[str]) -> int:
    """Return the bytes that arrived as they were. Raises SystemExit where an object is none of the sources.

    Manifests are written here, and captions written anew.
    """
    media = [row for row in objects if not row["key"].endswith((".xml", ".vtt"))]
    strange = [row["key"] for row in media if row["sha256"] not in sources]
    if strange or not media:
        raise SystemExit(f"{len(strange)} of {len(media)} objects are none of the sources")
    return sum(row["size"] for row in media)


def _bare(world: Path, folder: Path, details: dict[str, Any], sources: Counter[str], items: int) -> float:
    """Move the same by the engine alone, and return its CPU seconds."""
    said = json.loads(_run("bare_engine", world, folder, items).output)
    objects = [row for row in audit(details, "objects") if row["session_upload_id"] == said["upload"]]
    arrived(objects, sources)
    if (said["events"], said["files"]) != (items, len(objects)):
        raise SystemExit(f"the engine moved {said} of {items} items, and {len(objects)} objects arrived")
    return float(said["cpu_s"])


def _run(client: str, world: Path, folder: Path, events: int, *options: str) -> Spent:
    argv = (sys.executable, "-m", f"benchmarks.clients.{client}", str(world / "migration.toml"), *options)
    spent = spend(Command(argv, ROOM), folder, max(LEAST_LIMIT, SECONDS_AN_EVENT * events))
    if spent.code:
        raise SystemExit(f"{client} ended with {spent.code}: {spent.errors.strip()[-500:]}")
    return spent


def said(costs: Sequence[Cost], bare: bool) -> dict[str, object]:
    """Return the figures: the whole of each number of events, and slopes from the least to the most."""
    figures: dict[str, object] = {"events": costs[-1].events, "items": costs[-1].items}
    for one in costs:
        figures[f"cpu_s_of_{one.events}"] = round(one.cpu, 2)
        figures[f"seconds_of_{one.events}"] = round(one.seconds, 1)
        figures[f"peak_rss_mib_of_{one.events}"] = round(one.peak_rss / MIB, 1)
    figures["bytes_checked"] = sum(one.bytes_checked for one in costs)
    figures["cpu_ms_an_event"] = round(1000 * costs[-1].cpu / costs[-1].events, 2)
    first, last = costs[0], costs[-1]
    if more := last.items - first.items:
        figures["cpu_ms_an_item"] = round(1000 * (last.cpu - first.cpu) / more, 2)
        figures["rss_kib_an_item"] = round((last.peak_rss - first.peak_rss) / 1024 / more, 2)
        if bare:
            engine = 1000 * (last.bare_cpu - first.bare_cpu) / more
            figures["bare_engine_ms_an_item"] = round(engine, 2)
            figures["over_bare_engine_ms_an_item"] = round(1000 * (last.cpu - first.cpu) / more - engine, 2)
    return figures


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What does one item cost?")
    parser.add_argument("--events", type=int, nargs="+", default=[40, 400])
    parser.add_argument("--bare", action="store_true", help="also by the engine alone")
    parser.add_argument("--carry", action="store_true", help="on to LumiNUS as well")
    asked = parser.parse_args()
    costs = []
    for events in sorted(asked.events):
        costs.append(measured(events, asked.bare, asked.carry))
        print(costs[-1], file=sys.stderr, flush=True)
    print(json.dumps(said(costs, asked.bare)))


if __name__ == "__main__":
    main()
