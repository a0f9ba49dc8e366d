"""Our engine at each level, on both loops, and at rest."""

from pathlib import Path

from benchmarks.job import Job
from benchmarks.peers.client import Client, Command, ours


def ferry(level: str, loop: str = "uvloop") -> Client:
    """Return the engine at a level, on a loop."""

    def command(_: Job, path: Path, __: Path) -> Command:
        return Command(ours("ferry", path, "--level", level, "--loop", loop))

    ending = "" if loop == "uvloop" else ", default loop"
    return Client(f"ferry {level}{ending}", command, level=level)


def _idle(_: Job, path: Path, __: Path) -> Command:
    return Command(ours("ferry", path, "--idle"))


CLIENTS = (
    ferry("crc"),
    ferry("spot"),
    ferry("etag"),
    ferry("crc", "asyncio"),
    ferry("spot", "asyncio"),
    Client("ferry idle", _idle, moves=False),
)
