"""rclone from its http remote to its s3 remote, tuned: the job's part size, its concurrency, no extra calls.

Its hashing of parts cannot be switched off by flags. A single PUT is its way below 200 MB, here at any size.
Of several ways to share 16 parts in flight among many files, 4 files with 4 parts each was its fastest.
"""

import math
from pathlib import Path

from benchmarks.job import ACCESS_KEY, BUCKET, SECRET_KEY, Job
from benchmarks.peers.client import Client, Command, program

QUIET = (
    "--config=/dev/null",
    "--s3-no-check-bucket",
    "--s3-no-head",
    "--no-check-dest",
    "--no-traverse",
    "--ignore-times",
    "--retries=1",
    "--low-level-retries=1",
    "--stats=0",
    "--log-level=ERROR",
)


def _multipart(job: Job, _: Path, folder: Path) -> Command:
    transfers = min(len(job.files), math.isqrt(job.in_flight))
    each = job.in_flight // transfers
    return _command(
        job,
        folder,
        f"--transfers={transfers}",
        "--s3-upload-cutoff=0",
        f"--s3-chunk-size={job.part}B",
        f"--s3-upload-concurrency={each}",
        f"--multi-thread-streams={each}",
        f"--multi-thread-chunk-size={job.part}B",
    )


def _single(job: Job, _: Path, folder: Path) -> Command:
    transfers = f"--transfers={job.in_flight}"
    return _command(job, folder, transfers, "--s3-upload-cutoff=5G", "--multi-thread-streams=0")


def _command(job: Job, folder: Path, *options: str) -> Command:
    listed = folder / "files"
    listed.write_text("".join(f"{file.name}\n" for file in job.files))
    trust = (f"--ca-cert={job.ca}",) if job.ca else ()
    if len(job.files) == 1:
        name = job.files[0].name
        what: tuple[str, ...] = ("copyto", f":http:{name}", f":s3:{BUCKET}/{name}")
    else:
        what = ("copy", ":http:", f":s3:{BUCKET}", f"--files-from-raw={listed}")
    remotes = (
        f"--http-url={job.source}",
        "--s3-provider=Other",
        f"--s3-endpoint={job.endpoint}",
        f"--s3-access-key-id={ACCESS_KEY}",
        f"--s3-secret-access-key={SECRET_KEY}",
        f"--checkers={job.in_flight}",
    )
    return Command((str(program("rclone")), *what, *remotes, *QUIET, *trust, *options))


CLIENTS = (
    Client("rclone multipart", _multipart, tools=("rclone",), level="MD5 of every part"),
    Client("rclone single PUT", _single, tools=("rclone",), level="none"),
)
