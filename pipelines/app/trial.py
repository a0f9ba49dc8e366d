"""Tries how fast bytes move between the operator's own endpoints, and leaves nothing there.

::

    some files of the selection ──engine──> a session upload ──> cancelled, whatever happened
                                                 (never submitted: no session comes of it)

Opencast is only read. The checkpoint is a throw-away one; the migration's own is not touched.
"""

import resource
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from engine import (
    Drain,
    Engine,
    FerryError,
    Interrupted,
    Source,
    TimedOut,
    Transfer,
    TransferResult,
    open_checkpoint,
    silence,
)
from pipelines.app.books import identity
from pipelines.app.migration import open_engine
from pipelines.app.rules import rules
from pipelines.app.services import Services, open_services
from pipelines.config import Settings, SettingsError
from pipelines.config.limits import settled
from pipelines.migration.discover import Lists, discover
from pipelines.migration.planning import Row, Rules, decide
from pipelines.migration.select import Selected, select
from pipelines.opencast.locate import EventLocator
from pipelines.opencast.model import Event
from pipelines.panopto.model import SessionUpload, target_of

CANCEL_LIMIT = 30.0
"""Seconds that giving the session upload up may take."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whole files until there are so many bytes, once with each number of parts in flight."""

    bytes: int
    parts_in_flight: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What one pass over the files took. CPU and peak memory are this process's."""

    parts_in_flight: int
    level: str
    files: int
    bytes: int
    seconds: float
    cpu_seconds: float
    peak_rss: int
    parts: int
    parts_checked: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The files that are moved, and the folder that a session upload is opened in."""

    folder_id: str
    sources: tuple[Source, ...]


async def trial(settings: Settings, asked: Asked, told: Callable[[Tried], None], drain: Drain) -> None:
    """Try each number of parts in flight, and tell of each as it ends.

    Raises SettingsError where the settings select nothing that could be moved, Interrupted where `drain`
    says so, and what the engine and the clients raise.
    """
    decided = rules(settings)
    passes = [with_parts(settings, parts) for parts in asked.parts_in_flight]
    async with open_services(settings, silence, drain) as services:
        chosen = await choose(services.opencast, decided, asked.bytes)
        for one in passes:
            await _try(one, services, chosen, told, drain)


async def choose(opencast: Lists, decided: Rules, enough: int) -> Chosen:
    """Return files of the first events that would be moved, until there are enough bytes.

    Those of an event whose size is not known are moved where there are no others, and no second event's.
    """
    found: list[Source] = []
    unsized: list[Source] = []
    folder, estimate = "", 0
    async with aclosing(discover(opencast, decided.wanted)) as events:  # type: ignore[type-var]
        async for event in events:
            row = decide(event, decided, 0)
            if not isinstance(event, Event) or not isinstance(row, Row):
                continue
            folder = folder or row.folder_id
            if row.estimate is None:
                unsized = unsized or _sources(event, decided)
                continue
            found += _sources(event, decided)
            estimate += row.estimate
            if estimate >= enough:
                break
    if not (found or unsized):
        raise SettingsError(
            "the settings select no file that could be moved", advice="`ferry plan` shows why"
        )
    return Chosen(folder, tuple(found or unsized))


def _sources(event: Event, decided: Rules) -> list[Source]:
    selected = select(event, decided.wanted, decided.channels)
    streams = selected.streams if isinstance(selected, Selected) else ()
    return [Source(event.identifier, one.track) for one in streams]


def with_parts(settings: Settings, parts: int) -> Settings:
    """Return settings with so many parts in flight, whatever they or their file of limits say of it."""
    settings = settled(settings)
    transfer = settings.transfer.model_copy(
        update={"parts_in_flight": parts, "parts_per_host": None, "parts_per_file": None}
    )
    return settings.model_copy(update={"transfer": transfer})


async def _try(
    settings: Settings, services: Services, chosen: Chosen, told: Callable[[Tried], None], drain: Drain
) -> None:
    """Move the files once, and tell of it; the session upload that they went to is cancelled afterwards."""
    locator = EventLocator(services.opencast, file_credentials=settings.opencast.credentials_for_files)
    upload = await services.panopto.create(chosen.folder_id)
    try:
        with TemporaryDirectory(prefix="ferry-bench-") as folder:
            async with (
                open_checkpoint(Path(folder) / "checkpoint", identity(settings)) as checkpoint,
                open_engine(settings, checkpoint, locator, drain, silence) as engine,
            ):
                begun, used = time.monotonic(), time.process_time()
                results = await _moved(engine, upload, chosen.sources)
                told(_told(settings, results, time.monotonic() - begun, time.process_time() - used))
    finally:
        await _cancel(services, upload)


def _told(settings: Settings, results: Sequence[TransferResult], seconds: float, cpu: float) -> Tried:
    return Tried(
        parts_in_flight=settings.transfer.parts_in_flight,
        level=results[-1].level,
        files=len(results),
        bytes=sum(one.size for one in results),
        seconds=seconds,
        cpu_seconds=cpu,
        peak_rss=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        parts=sum(one.parts for one in results),
        parts_checked=sum(one.checked for one in results),
    )


async def _moved(engine: Engine, upload: SessionUpload, sources: Sequence[Source]) -> list[TransferResult]:
    """Move all files at once; the first that fails ends the others."""
    results: list[TransferResult] = []
    failures: list[FerryError] = []

    async def move(number: int, source: Source, scope: anyio.CancelScope) -> None:
        name = f"bench-{number}.mp4"
        target = target_of(upload.upload_target, name)
        try:
            results.append(await engine.transfer(Transfer(source.group, name, source, target)))
        except FerryError as error:
            failures.append(error)
            if not isinstance(error, Interrupted):
                scope.cancel()

    async with anyio.create_task_group() as group:
        for number, source in enumerate(sources):
            group.start_soon(move, number, source, group.cancel_scope)
    if failures:
        raise next((one for one in failures if not isinstance(one, Interrupted)), failures[0])
    return results


async def _cancel(services: Services, upload: SessionUpload) -> None:
    """Give the session upload up, also where this is cancelled; what was sent goes with it.

    Raises TimedOut, or what the client raises, and names the upload that is left.
    """
    try:
        with anyio.CancelScope(shield=True), anyio.fail_after(CANCEL_LIMIT):
            await services.panopto.cancel(upload.id)
    except TimeoutError as error:
        raise _left_open(TimedOut, upload, f"no answer within {CANCEL_LIMIT:.0f} s") from error
    except FerryError as error:
        raise _left_open(type(error), upload, str(error)) from error


def _left_open(kind: type[FerryError], upload: SessionUpload, why: str) -> FerryError:
    return kind(
        f"session upload {upload.id} could not be cancelled ({why})",
        where="Panopto",
        advice="it was never submitted, so no session comes of it, and Panopto gives it up by itself",
    )
