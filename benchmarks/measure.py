"""One run of one client: timed from outside, and judged by what arrived."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.authority import Authority
from benchmarks.corpus import Corpus
from benchmarks.discard.process import ROOT, Report, standing
from benchmarks.job import Job
from benchmarks.peers.client import Client, Command
from benchmarks.source import DELAY_MS, Source
from benchmarks.workloads import GIB, MIB, WORKLOADS

PART = 16 * MIB
RUN_LIMIT = 900.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what a client is measured: a workload's letter, TLS at both ends, a delay, parts in flight."""

    workload: str
    tls: bool = False
    delayed: bool = False
    in_flight: int = 16


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run took, the whole process.

    `start_s` and `start_cpu_s` of it had passed before the first call, where the client tells.
    `bytes_checked` are those that arrived as the source has them; `void` says why a run does not count.
    """

    client: str
    workload: str
    tls: bool
    delay_ms: int
    in_flight: int
    level: str
    seconds: float = 0.0
    mib_s: float = 0.0
    cpu_s_per_gib: float = 0.0
    cpu_s: float = 0.0
    peak_rss_mib: float = 0.0
    start_s: float = 0.0
    start_cpu_s: float = 0.0
    bytes_checked: int = 0
    target_cpu_s: float = 0.0
    said: dict[str, object] = field(default_factory=dict)
    void: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the operating system says of a process and those it waited for."""

    seconds: float
    cpu: float
    peak_rss: int
    code: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What stands for all runs."""

    corpus: Corpus
    source: Source
    authority: Authority

    def run(self, client: Client, under: Conditions) -> Measured:
        """Let one client move one workload, to a target of its own."""
        files = WORKLOADS[under.workload].files
        part = client.part or PART
        self.corpus.make(files)
        rows = self.corpus.rows(files, [part])
        delay = DELAY_MS / 1000 if under.delayed else 0.0
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            authority = self.authority if under.tls else None
            with standing(rows, folder, authority, delay) as target:
                job = Job(
                    source=self.source.url(under.tls, under.delayed),
                    endpoint=target.endpoint,
                    ca=str(self.authority.ca.resolve()) if under.tls else None,
                    local=str(self.corpus.folder.resolve()),
                    files=files,
                    in_flight=under.in_flight,
                    part=part,
                )
                spent = spend(prepared(client, job, folder), folder)
                report = target.report()
        return _measured(client, under, job, spent, report)


def prepared(client: Client, job: Job, folder: Path) -> Command:
    """Write a job down, and return the command that does it."""
    path = folder / "job.json"
    job.write(path)
    own = folder / "own"
    own.mkdir()
    return client.command(job, path, own)


def spend(command: Command, folder: Path, limit: float = RUN_LIMIT) -> Spent:
    """Run a command to its end, or for `limit` seconds, and ask the operating system what it took."""
    spent, said, errors = folder / "spent.json", folder / "said", folder / "errors"
    launch = (sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "launch.py"))
    argv = (*launch, str(spent), str(said), str(errors), *command.argv)
    environment = {**os.environ, **command.environment}
    with subprocess.Popen(
        argv, cwd=ROOT, env=environment, stdin=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            process.communicate(b"\n", limit)
        except subprocess.TimeoutExpired:
            return Spent(limit, 0.0, 0, 124, "", f"took longer than {limit:.0f} s")
        finally:
            _end(process)
    texts = (path.read_text(errors="replace") for path in (said, errors))
    return Spent(*json.loads(spent.read_text()).values(), *texts)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what is left of the process and those that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def why_void(job: Job, spent: Spent, report: Report) -> str:
    """Say why a run does not count; empty where it does."""
    wanted = {file.name: file.size for file in job.files}
    if spent.code:
        return f"exit {spent.code}: {spent.errors.strip()[-300:]}"
    if report.voids:
        return report.voids[0]
    if report.bytes != job.bytes or report.objects != wanted:
        return (
            f"{report.bytes} of {job.bytes} bytes and {len(report.objects)} of {len(wanted)} objects arrived"
        )
    return ""


def _measured(client: Client, under: Conditions, job: Job, spent: Spent, report: Report) -> Measured:
    void = why_void(job, spent, report) if client.moves else ""
    gib = job.bytes / GIB
    said = _said(spent.output)
    return Measured(
        client=client.name,
        workload=under.workload,
        tls=under.tls,
        delay_ms=DELAY_MS if under.delayed else 0,
        in_flight=under.in_flight,
        level=str(said.get("level", client.level)),
        seconds=round(spent.seconds, 3),
        mib_s=round(job.bytes / MIB / spent.seconds, 1),
        cpu_s_per_gib=round(spent.cpu / gib, 3),
        cpu_s=round(spent.cpu, 3),
        peak_rss_mib=round(spent.peak_rss / MIB, 1),
        start_s=_number(said, "start_s"),
        start_cpu_s=_number(said, "start_cpu_s"),
        bytes_checked=report.bytes,
        target_cpu_s=report.cpu_s,
        said=said,
        void=void,
    )


def _said(output: str) -> dict[str, object]:
    """Return what a client printed of itself, if it did."""
    lines = output.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(said: dict[str, object], name: str) -> float:
    found = said.pop(name, 0.0)
    return found if isinstance(found, float) else 0.0


def line(measured: Measured) -> dict[str, object]:
    """Return it as one line of JSON has it."""
    return asdict(measured)
