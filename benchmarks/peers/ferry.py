"""Our engine at each level, on both loops, by PutObject where a file has one part, and at rest."""

from pathlib import Path

from benchmarks.job import Job
from benchmarks.peers.client import Client, Command, ours


def ferry(level: str, loop: str = "uvloop") -> Client:
    """Return the engine at a level, on a loop."""

    def command(_: Job, path: Path, __: Path) -> Command:
        return Command(ours("ferry", path, "--level", level, "--loop", loop))

    ending = "" if loop == "uvloop" else ", default loop"
    return Client(f"ferry {level}{ending}", command, level=level)


def _put_object(_: Job, path: Path, __: Path) -> Command:
    return Command(ours("ferry", path, "--level", "crc", "--dialect", "s3"))


def _idle(_: Job, path: Path, __: Path) -> Command:
    return Command(ours("ferry", path, "--idle"))


CLIENTS = (
    ferry("crc"),
    ferry("spot"),
    ferry("etag"),
    ferry("crc", "asyncio"),
    ferry("spot", "asyncio"),
    Client("ferry crc, PutObject", _put_object, level="crc"),
    Client("ferry idle", _idle, moves=False),
)
