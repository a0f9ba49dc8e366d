"""What does it take to open a checkpoint of a million records?

    python -m benchmarks.replay [--records 1000000] [--open 1] [--file FILE]

One in `--open` items is still under way, with all its records; each other was finished and folds to one. With
1, no record is dead. Writes the file first, in a process of its own, where it is not there yet; opens it in
this one. Prints one JSON line.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import Record, open_checkpoint

IDENTITY = {"benchmark": "yes"}
AN_ITEM = 10
"""Records that an item leaves on its way."""


def records(number: int, finished: bool) -> list[Record]:
    """Return what one item leaves behind."""
    subject = f"event-{number:07}"
    middle = [
        Record(
            subject, "part", {"name": "presenter.mp4", "number": part, "etag": f"{number:016x}{part:016x}"}
        )
        for part in range(1, AN_ITEM)
    ]
    return [*middle, Record(subject, "done", {"outcome": "moved"}, closes=finished)]


async def write(path: Path, count: int, still_open: int) -> None:
    """Write a checkpoint of about so many records, many at a time so that they share an fsync."""
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        items = count // AN_ITEM
        for first in range(0, items, 1000):
            batch = range(first, min(first + 1000, items))
            await asyncio.gather(
                *(
                    checkpoint.append(record)
                    for number in batch
                    for record in records(number, number % still_open > 0)
                )
            )


async def opened(path: Path) -> dict[str, object]:
    """Open it, and say what that took."""
    begun, used = time.monotonic(), time.process_time()
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        seconds = time.monotonic() - begun
        found = checkpoint.statistics()
        return {
            "replay_s": round(seconds, 2),
            "replay_cpu_s": round(time.process_time() - used, 2),
            "file_mib": round(found.bytes / 1024**2, 1),
            "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "open_items": found.open_subjects,
            "closed_items": found.closed_subjects,
        }


def main() -> None:
    """Write, open, and say it."""
    parser = argparse.ArgumentParser(description="What does it take to open a checkpoint?")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--open", type=int, default=1)
    parser.add_argument("--file", type=Path, help="kept, and opened again by a later call")
    parser.add_argument("--only-write", action="store_true")
    asked = parser.parse_args()
    if asked.only_write:
        asyncio.run(write(asked.file, asked.records, asked.open))
        return
    with TemporaryDirectory() as folder:
        path = asked.file or Path(folder) / "checkpoint"
        if not path.exists():
            write_apart(path, asked.records, asked.open)
        print(json.dumps({"records": asked.records, **asyncio.run(opened(path))}))


def write_apart(path: Path, count: int, still_open: int) -> None:
    """Write in a process of its own, so that this one's memory is that of opening."""
    fresh = path.with_name(f"{path.name}.fresh")
    options = ("--records", str(count), "--open", str(still_open), "--file", str(fresh), "--only-write")
    subprocess.run((sys.executable, "-m", "benchmarks.replay", *options), check=True)
    fresh.rename(path)


if __name__ == "__main__":
    main()
