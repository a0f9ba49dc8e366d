"""How many records a second does a checkpoint take, each durable before its writer goes on?

    python -m benchmarks.appends [--records 20000] [--writers 1 16 64]

Prints one JSON line. Writers that wait at the same time share an fsync, so more of them write more.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import Record, open_checkpoint

LONGEST = 5.0
"""Seconds for each number of writers; a disk may take 10 ms for an fsync."""


async def appended(path: Path, records: int, writers: int) -> float:
    """Return records a second of so many writers."""
    numbers = iter(range(records))
    end = time.monotonic() + LONGEST
    written = 0

    async with open_checkpoint(path, {"benchmark": "yes"}) as checkpoint:

        async def one_after_another() -> None:
            nonlocal written
            for number in numbers:
                await checkpoint.append(Record(f"event-{number % 100}", "part", {"number": number}))
                written += 1
                if time.monotonic() > end:
                    return

        begun = time.monotonic()
        await asyncio.gather(*(one_after_another() for _ in range(writers)))
        return written / (time.monotonic() - begun)


def main() -> None:
    """Measure, and say it."""
    parser = argparse.ArgumentParser(description="How many records a second does a checkpoint take?")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 16, 64])
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = {
            f"appends_a_second_by_{writers}": round(
                asyncio.run(appended(Path(folder) / f"of-{writers}", asked.records, writers))
            )
            for writers in asked.writers
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
