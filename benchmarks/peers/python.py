"""The libraries that people write their own uploaders with, and Panopto's sample of one."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.clients.sample_way import PART_SIZE
from benchmarks.job import Job
from benchmarks.peers.client import Client, Command, ours


def _way(program: str, *options: str) -> Callable[[Job, Path, Path], Command]:
    def command(_: Job, path: Path, __: Path) -> Command:
        return Command(ours(program, path, *options))

    return command


CLIENTS = (
    Client("boto3 upload_fileobj", _way("boto_upload"), modules=("boto3",), level="none"),
    Client("obstore", _way("obstore_put"), modules=("obstore",), level="none"),
    Client("sample way", _way("sample_way"), modules=("boto3",), level="none", part=PART_SIZE),
    Client(
        "sample way after download",
        _way("sample_way", "--download"),
        modules=("boto3",),
        level="none",
        part=PART_SIZE,
    ),
)
