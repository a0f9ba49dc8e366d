"""The faults that a mover of single files can meet as well, played on ours and on three others.

    python -m campaign.shared [--turns 5] [--faults 1 2 ...] [--out FILE]

One file of five parts goes from an HTTP server to SeaweedFS, each behind a proxy that plays one fault. Judged
is the object that is there afterwards, by its SHA-256, what the mover said by its exit code, what it sent
twice, and uploads that nobody ended. The others do a more general job than ours.
"""

import argparse
import asyncio
import hashlib
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from io import BufferedIOBase
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from benchmarks.real.seaweedfs import SEAWEEDFS
from benchmarks.real.target import Served
from campaign.chaos import PROXY, Chaos, chaos
from campaign.peers import BUCKET, MIB, MOVERS, Mover, Way
from campaign.record import write
from pipelines.sandbox.faults import Fault

SIZE = 40 * MIB
LIMIT = 60.0
"""Seconds after which a mover that does not end is ended: it counts as silent."""

PART_TWO = "partNumber=2"
COMPLETE = f"POST /{BUCKET}/{{key}}?uploadId"
CREATE = "?uploads"
NAME = "lecture.mp4"
LATER = {"status": 503, "headers": {"Retry-After": "2"}}


@dataclass(frozen=True, slots=True)
class Scene:
    """One fault: its number, where it strikes, and what it is; `kill` ends the mover at so many parts."""

    number: int
    name: str
    at_source: bool = False
    action: str = ""
    match: str = ""
    arguments: Mapping[str, Any] | None = None
    kill: int = 0

    def faults(self, mover: Mover, key: str) -> list[Fault]:
        """Return what a proxy is to play for one mover and its object."""
        if not self.action:
            return []
        nth = mover.first_get if self.at_source else 1
        return [Fault(PROXY, self.action, self.match.format(key=key), nth, arguments=self.arguments or {})]


SCENES = (
    Scene(1, "a part is reset in the middle", False, "cut", PART_TWO, {"bytes": 3 * MIB}),
    Scene(2, "the source ends short", True, "short", "GET", {"bytes": 20 * MIB}),
    Scene(4, "a byte of a part is flipped", False, "flip", PART_TWO, {"at": 1_000_000}),
    Scene(6, "the target stops reading a part", False, "stop_reading", PART_TWO, {"bytes": MIB}),
    Scene(8, "503 with Retry-After for a part", False, "status", PART_TWO, LATER),
    Scene(15, "the answer to a part is lost", False, "lose_answer", PART_TWO),
    Scene(17, "the answer to Create is lost", False, "lose_answer", CREATE),
    Scene(18, "the answer to Complete is lost", False, "lose_answer", COMPLETE),
    Scene(19, "Complete answers 200 with an error", False, "error_in_200", COMPLETE),
    Scene(19, "Complete answers 200 with nothing", False, "empty", COMPLETE),
    Scene(30, "killed after two parts, and called again", kill=2),
)


@dataclass(frozen=True, slots=True)
class Played:
    """What one mover made of one fault in one turn.

    `right` tells whether the object is the source's, None where there is none; `parts` are those that were
    begun, of five; `orphans` the uploads that nobody ended; `struck` how often the fault did strike.
    """

    fault: int
    scene: str
    mover: str
    turn: int
    code: int | None
    right: bool | None
    parts: int
    orphans: int
    struck: int
    seconds: float

    @property
    def verdict(self) -> str:
        """One word or two: what a person who trusts the exit code is left with."""
        if self.code is None:
            return "silent"
        if self.code == 0:
            if not self.right:
                return "CORRUPT" if self.right is False else "MISSING"
            return "whole, an orphan" if self.orphans else "whole"
        if self.right is None:
            return "failed, said so"
        return "whole, called failed" if self.right else "failed, a torn object stays"


@asynccontextmanager
async def source(folder: Path) -> AsyncIterator[tuple[str, int]]:
    """Serve a folder over HTTP, with ranges and validators."""
    app = web.Application()
    app.router.add_static("/", folder)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][:2]
    finally:
        await runner.cleanup()


async def play(scene: Scene, mover: Mover, turn: int, files: Path, served: Served) -> Played:
    """Let one mover meet one fault, on its way to an object of its own."""
    key = f"{turn}-{SCENES.index(scene)}-{mover.name}.mp4"
    faults, target = scene.faults(mover, key), urlsplit(served.endpoint)
    with TemporaryDirectory() as name:
        async with (
            source(files) as origin,
            chaos(origin, faults if scene.at_source else ()) as before,
            chaos(("127.0.0.1", target.port or 0), () if scene.at_source else faults) as behind,
        ):
            way = Way(
                f"http://127.0.0.1:{before.port}/{NAME}", f"http://127.0.0.1:{behind.port}", key, Path(name)
            )
            begun = time.monotonic()
            if scene.kill:
                await run(mover, way, behind, kill=scene.kill)
            code = await run(mover, way, behind)
            seconds = round(time.monotonic() - begun, 2)
            right = is_right(served, key, files / NAME)
            struck = before.struck + behind.struck + bool(scene.kill)
            parts, orphans = behind.count("partNumber="), len(behind.orphans())
    return Played(scene.number, scene.name, mover.name, turn, code, right, parts, orphans, struck, seconds)


async def run(mover: Mover, way: Way, behind: Chaos, *, kill: int = 0) -> int | None:
    """Run a mover to its end, or to where so many parts are there; None where it does not end."""
    process = await asyncio.create_subprocess_exec(
        *mover.command(way),
        env=mover.environment,
        cwd=way.folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(LIMIT):
            while kill and process.returncode is None and _parts_there(behind) < kill:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            return None if kill else await process.wait()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            _end(process.pid)
        await process.wait()


def _end(leader: int) -> None:
    os.killpg(leader, signal.SIGKILL)


def _parts_there(behind: Chaos) -> int:
    return sum(one.status == 200 and "partNumber=" in one.subject for one in behind.exchanges)


def is_right(served: Served, key: str, here: Path) -> bool | None:
    """Tell whether an object has its source's SHA-256; None where there is no object."""
    try:
        with served.read(key) as there, here.open("rb") as source:
            return (
                hashlib.file_digest(there, "sha256").digest()
                == hashlib.file_digest(source, "sha256").digest()
            )
    except FileNotFoundError:
        return None


def _sha256(file: BufferedIOBase) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Play, and append one JSON line for each turn of each mover."""
    parser = argparse.ArgumentParser(description="Play the shared faults on four movers.")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--faults", type=int, nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=None)
    asked = parser.parse_args()
    scenes = [one for one in SCENES if not asked.faults or one.number in asked.faults]
    with TemporaryDirectory() as name:
        (files := Path(name) / "files").mkdir()
        (files / NAME).write_bytes(Random(1).randbytes(SIZE))
        for turn in range(asked.turns):
            for scene in scenes:
                _in_turn(scene, turn, files, asked.out)


def _in_turn(scene: Scene, turn: int, files: Path, out: Path | None) -> None:
    """Let all movers meet one fault, at a target of their own: what they leave behind fills no other's."""
    with TemporaryDirectory() as stored, SEAWEEDFS.serving(Path(stored), None) as served:
        for mover in MOVERS[turn % len(MOVERS) :] + MOVERS[: turn % len(MOVERS)]:
            played = asyncio.run(play(scene, mover, turn, files, served))
            write({"shared": asdict(played)}, out)


if __name__ == "__main__":
    main()
