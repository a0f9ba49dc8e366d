"""Does a client's command carry bytes unchanged? The same command against a real target, without a clock."""

import hashlib
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.job import Job
from benchmarks.measure import PART, Bench, prepared, spend
from benchmarks.peers.client import Client
from benchmarks.real.target import RealTarget, Served
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


def compare(bench: Bench, client: Client, workload: str, target: RealTarget, *, tls: bool) -> Compared:
    """Let one client move a workload to a real target, and compare every file as it is read back."""
    files = WORKLOADS[workload].files
    bench.corpus.make(files)
    with TemporaryDirectory() as name:
        folder = Path(name)
        with target.serving(folder, bench.authority if tls else None) as served:
            job = Job(
                source=bench.source.url(tls, delayed=False),
                endpoint=served.endpoint,
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
                if not _arrived(served, bench.corpus.folder / file.name):
                    return Compared(client.name, tls, void=f"{file.name} is not the source's")
    return Compared(client.name, tls, len(files), job.bytes)


def _arrived(served: Served, source: Path) -> bool:
    """Say whether an object has its source's SHA-256; one that is not there has not."""
    try:
        with served.read(source.name) as there, source.open("rb") as here:
            return _sha256(there) == _sha256(here)
    except FileNotFoundError:
        return False


def _sha256(file: BufferedIOBase) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()
