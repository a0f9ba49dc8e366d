"""The floor: our own relay of blocking sockets, without a check."""

from pathlib import Path

from benchmarks.job import Job
from benchmarks.peers.client import Client, Command, ours


def _command(_: Job, path: Path, __: Path) -> Command:
    return Command(ours("raw_relay", path))


CLIENTS = (Client("raw relay", _command, level="none"),)
