"""What a migration moves, moved by the engine alone: no plan, no session uploads, no records of items.

    python -m benchmarks.clients.bare_engine migration.toml

All files go to one session upload, which is never completed, each event's with a manifest's worth of bytes
after them. Prints one JSON line; its CPU seconds begin when all addresses are known.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import uvloop

from engine import Blob, Drain, Engine, Source, Transfer, open_checkpoint, silence
from pipelines.app.migration import open_engine
from pipelines.app.reading import fallback_of
from pipelines.app.rules import rules
from pipelines.app.services import Services, open_services
from pipelines.config import Settings, load
from pipelines.migration.discover import discover
from pipelines.migration.planning import Row, Rules, decide
from pipelines.migration.select import Selected, select
from pipelines.opencast.fallback import Fallback
from pipelines.opencast.locate import EventLocator
from pipelines.opencast.model import Event
from pipelines.panopto.model import target_of

MANIFEST = Blob(bytes(600))


@dataclass(frozen=True, slots=True)
class Files:
    """The tracks of one event that a migration would move."""

    event_id: str
    tracks: tuple[str, ...]


async def wanted(
    services: Services, decided: Rules, locator: EventLocator, fallback: Fallback
) -> list[Files]:
    """Return what would be moved, also what is told elsewhere; the locator learns where it is."""
    found = []
    async with aclosing(discover(services.opencast, decided.wanted)) as events:  # type: ignore[type-var]
        whole = [await fallback.whole(one) async for one in events]
    names = [one.identifier for one in whole if isinstance(decide(one, decided, 0), Row)]
    for listed in await services.opencast.batch(names, sign=True):
        event = await fallback.whole(listed)
        if not isinstance(event, Event):
            continue
        locator.learn(event)
        selected = select(event, decided.wanted, decided.channels)
        if isinstance(selected, Selected):
            found.append(Files(event.identifier, tuple(one.track for one in selected.streams)))
    return found


async def move(engine: Engine, target: str, events: Sequence[Files], at_once: int) -> int:
    """Move all files of some events at once, as the pipeline does; return how many files that were."""
    left = iter(events)
    moved = 0

    async def one(event: Files, name: str, source: Source | Blob) -> None:
        nonlocal moved
        name = f"{event.event_id}-{name}"
        await engine.transfer(Transfer(event.event_id, name, source, target_of(target, name)))
        moved += 1

    async def one_event_after_another() -> None:
        for event in left:
            sources = [Source(event.event_id, track) for track in event.tracks]
            for number, source in enumerate(sources):
                await engine.measure(event.event_id, f"{event.event_id}-{number}.mp4", source)
            async with anyio.create_task_group() as group:
                for number, source in enumerate(sources):
                    group.start_soon(one, event, f"{number}.mp4", source)
            await one(event, "manifest.xml", MANIFEST)

    async with anyio.create_task_group() as group:
        for _ in range(at_once):
            group.start_soon(one_event_after_another)
    return moved


async def run(settings: Settings) -> dict[str, object]:
    """Move everything, and say what that took."""
    decided = rules(settings)
    drain = Drain()
    with TemporaryDirectory() as folder:
        async with (
            open_services(settings, silence, drain, panopto_rates=()) as services,
            open_checkpoint(Path(folder) / "checkpoint", {"benchmark": "yes"}) as checkpoint,
        ):
            fallback = fallback_of(settings, services.opencast)
            locator = EventLocator(services.opencast, fallback=fallback, keep=1_000_000)
            events = await wanted(services, decided, locator, fallback)
            upload = await services.panopto.create(settings.panopto.folder_id or "")
            async with open_engine(settings, checkpoint, locator, drain, silence) as engine:
                begun, used = time.monotonic(), time.process_time()
                moved = await move(engine, upload.upload_target, events, settings.transfer.items_in_flight)
                took = time.monotonic() - begun, time.process_time() - used
    return {
        "events": len(events),
        "files": moved,
        "seconds": took[0],
        "cpu_s": took[1],
        "upload": upload.id,
    }


def main() -> None:
    """Move, and say it."""
    parser = argparse.ArgumentParser(description="Move what a migration would with the engine alone.")
    parser.add_argument("settings", type=Path)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(load(asked.settings)))))


if __name__ == "__main__":
    main()
