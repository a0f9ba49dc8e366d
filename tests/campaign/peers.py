"""The movers that are held against ours, as people run them: with their own retries, the same parts."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.client import program

MIB = 1024 * 1024
PART = 8 * MIB
IN_FLIGHT = 2
PATIENCE = 10
"""Seconds of silence after which a mover that can be told so gives a call up."""

BUCKET = "bench"
ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "AKIDBENCHMARK",
    "AWS_SECRET_ACCESS_KEY": "SK0123456789",
    "AWS_REGION": "us-east-1",
}
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Way:
    """From one file's address to BUCKET at an endpoint; `folder` is kept between two calls of one mover."""

    source: str
    endpoint: str
    key: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Mover:
    """Its name, its command, and which GET of the source is that of the bytes: ours probes before."""

    name: str
    command: Callable[[Way], tuple[str, ...]]
    first_get: int = 1

    @property
    def environment(self) -> Mapping[str, str]:
        """What its process is given."""
        return {**os.environ, **ACCOUNT, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}


def _rclone(way: Way) -> tuple[str, ...]:
    base, _, name = way.source.rpartition("/")
    return (
        str(program("rclone")), "copyto", f":http:{name}", f":s3:{BUCKET}/{way.key}", "--config=/dev/null",
        f"--http-url={base}", "--s3-provider=Other", f"--s3-endpoint={way.endpoint}", "--s3-env-auth",
        "--s3-no-check-bucket", "--s3-upload-cutoff=0", f"--s3-chunk-size={PART}B",
        f"--s3-upload-concurrency={IN_FLIGHT}", f"--timeout={PATIENCE}s", f"--contimeout={PATIENCE}s",
        "--stats=0", "--log-level=ERROR",
    )  # fmt: skip


def _s5cmd(way: Way) -> tuple[str, ...]:
    pipe = (
        f"'{program('curl')}' -sSf --speed-limit 1 --speed-time {PATIENCE} '{way.source}' |"
        f" '{program('s5cmd')}' --endpoint-url '{way.endpoint}' pipe -c {IN_FLIGHT} -p {PART // MIB}"
        f" s3://{BUCKET}/{way.key}"
    )
    return (str(program("bash")), "-o", "pipefail", "-c", pipe)


def _python(module: str) -> Callable[[Way], tuple[str, ...]]:
    def command(way: Way) -> tuple[str, ...]:
        return (
            sys.executable,
            "-m",
            f"campaign.{module}",
            way.source,
            way.endpoint,
            way.key,
            str(way.folder),
        )

    return command


OURS = Mover("lecture-ferry", _python("mover"), first_get=2)
MOVERS = (
    OURS,
    Mover("rclone", _rclone),
    Mover("s5cmd", _s5cmd),
    Mover("boto3", _python("boto_mover")),
)
