"""Our engine, through its front door, with its checks, retries and a checkpoint on disk.

    python -m benchmarks.clients.ferry JOB.json [--level spot] [--loop uvloop] [--dialect panopto] [--idle]

Prints one JSON line: what was checked. By `--dialect s3` parts are signed, and a file of one part is one
PutObject. `--idle` opens all of it, makes one control call and moves nothing:
what an engine takes before its first byte.
"""

import argparse
import asyncio
import gc
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio
import uvloop

from benchmarks.clients.start import Start, since_start
from benchmarks.job import ACCESS_KEY, BUCKET, SECRET_KEY, Job, read_job
from benchmarks.workloads import MIB, File
from engine import (
    PANOPTO,
    S3,
    Checks,
    Credentials,
    Dialect,
    Engine,
    HttpReads,
    Level,
    Location,
    Multipart,
    Network,
    Observer,
    Ports,
    RelayFell,
    RetryPolicy,
    Slots,
    Source,
    Target,
    Transfer,
    TransferResult,
    Windows,
    open_checkpoint,
    open_http,
    open_multipart,
    open_relay,
)

LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
DIALECTS = {one.name: one for one in (PANOPTO, S3)}
MEMORY = 64 * MIB


@dataclass(slots=True)
class Said:
    """What the engine says of a run; `fell` is why bytes went by aiohttp instead of the protocols."""

    level: str
    parts: int = 0
    parts_checked: int = 0
    fell: str = ""

    def add(self, result: TransferResult) -> None:
        """Count one file."""
        self.level = result.level
        self.parts += result.parts
        self.parts_checked += result.checked


class Files:
    """Where the files of a job are: the engine's locator."""

    def __init__(self, source: str) -> None:
        self._source = source

    async def locate(self, source: Source, refused: Location | None = None) -> Location:  # noqa: ARG002
        """Tell it."""
        return Location(f"{self._source}/{source.name}")


@asynccontextmanager
async def open_engine(
    job: Job, level: Level, dialect: Dialect, checkpoint: Path, observer: Observer
) -> AsyncIterator[tuple[Engine, Multipart]]:
    """Build the engine as the application does, with as many places as the job has parts in flight."""
    checks = Checks(level, observer=observer)
    network = Network(Path(job.ca) if job.ca else None, connections=4 * job.in_flight)
    async with (
        open_checkpoint(checkpoint, {"benchmark": "yes"}, allow_network=()) as journal,
        open_http(network) as http,
        open_relay(
            http, windows=Windows(MEMORY, job.in_flight), spent=checks.spent, observer=observer
        ) as relay,
        open_multipart(
            dialect, network, Credentials(ACCESS_KEY, SECRET_KEY), connections=2 * job.in_flight
        ) as uploads,
    ):
        ports = Ports(
            journal=journal,
            relay=relay,
            uploads=uploads,
            slots=Slots(job.in_flight, job.in_flight, job.in_flight),
            checks=checks,
            limits=dialect.limits,
            preferred_part=job.part,
            policy=RetryPolicy(attempts=1),
            observer=observer,
        )
        yield Engine(ports, Files(job.source), HttpReads(http)), uploads


async def move(job: Job, level: Level, dialect: Dialect, folder: Path, *, idle: bool) -> tuple[Said, Start]:
    """Move all files of a job, as many at once as there are places."""
    said = Said(level)
    files = iter(job.files)

    def heard(fact: object) -> None:
        if isinstance(fact, RelayFell):
            said.fell = fact.reason

    async with open_engine(job, level, dialect, folder / "checkpoint", heard) as (engine, uploads):
        gc.freeze()  # as `ferry` does when its modules are loaded
        started = since_start()

        async def one_after_another() -> None:
            for file in files:
                said.add(await engine.transfer(_transfer(job, file)))

        if idle:
            target = Target(job.endpoint, BUCKET, "idle")
            await uploads.abort(target, await uploads.create(target))
            return said, started
        async with anyio.create_task_group() as group:
            for _ in range(min(2 * job.in_flight, len(job.files))):
                group.start_soon(one_after_another)
    return said, started


def _transfer(job: Job, file: File) -> Transfer:
    source = Source(file.name, file.name)
    return Transfer(file.name, file.name, source, Target(job.endpoint, BUCKET, file.name))


def main() -> None:
    """Move, and say what was checked."""
    parser = argparse.ArgumentParser(description="Move the files of a job with our engine.")
    parser.add_argument("job")
    parser.add_argument("--level", choices=[one.value for one in Level], default="spot")
    parser.add_argument("--loop", choices=sorted(LOOPS), default="uvloop")
    parser.add_argument("--dialect", choices=sorted(DIALECTS), default=PANOPTO.name)
    parser.add_argument("--idle", action="store_true")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=LOOPS[asked.loop]) as runner,
    ):
        level, dialect = Level(asked.level), DIALECTS[asked.dialect]
        work = move(read_job(asked.job), level, dialect, Path(folder), idle=asked.idle)
        said, started = runner.run(work)
    print(json.dumps({**asdict(said), **asdict(started)}))


if __name__ == "__main__":
    main()
