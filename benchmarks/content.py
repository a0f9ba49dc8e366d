"""Does a client's command carry bytes unchanged? The same command against a real target, without a clock."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.job import Job
from benchmarks.measure import PART, Bench, prepared, spend
from benchmarks.peers.client import Client
from benchmarks.real import real_target
from benchmarks.workloads import WORKLOADS

IN_FLIGHT = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """Files whose SHA-256 at the target is the source's, and their bytes; `void` says what is not so."""

    client: str
    tls: bool
    files: int = 0
    bytes: int = 0
    void: str = ""


def compare(bench: Bench, client: Client, workload: str, *, tls: bool) -> Compared:
    """Let one client move a workload to a real target, and compare every file."""
    files = WORKLOADS[workload].files
    bench.corpus.make(files)
    with TemporaryDirectory() as name:
        folder = Path(name)
        with real_target(folder, bench.authority if tls else None) as (endpoint, stored):
            job = Job(
                source=bench.source.url(tls, delayed=False),
                endpoint=endpoint,
                ca=str(bench.authority.ca.resolve()) if tls else None,
                local=str(bench.corpus.folder.resolve()),
                files=files,
                in_flight=IN_FLIGHT,
                part=client.part or PART,
            )
            spent = spend(prepared(client, job, folder), folder)
        if spent.code:
            return Compared(client.name, tls, void=f"exit {spent.code}: {spent.errors.strip()[-300:]}")
        for file in files:
            there = stored / file.name
            if not there.exists() or _sha256(there) != _sha256(bench.corpus.folder / file.name):
                return Compared(client.name, tls, void=f"{file.name} is not the source's")
    return Compared(client.name, tls, len(files), job.bytes)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
