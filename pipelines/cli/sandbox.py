"""`ferry sandbox`: serves an emulated Opencast, Panopto, LumiNUS and VALT until stopped."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import anyio
import typer

from pipelines.cli import loop
from pipelines.cli.text import plain
from pipelines.cli.verbs import first
from pipelines.config import SettingsError
from pipelines.sandbox import Sandbox, Standing, serve

app = typer.Typer(add_completion=False)


@app.command()
def sandbox(
    out: Annotated[Path, typer.Option(help="Folder for sandbox.json, migration.toml, tables and secrets.")],
    events: Annotated[int, typer.Option(min=1, help="Events of the seeded world.")] = 16,
    media: Annotated[
        Path | None, typer.Option(help="Serve the video files of this folder as events instead.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the world.")] = 7,
    bandwidth: Annotated[
        float | None, typer.Option(help="MiB a second over all media that Opencast serves; more than 0.")
    ] = None,
    faults: Annotated[Path | None, typer.Option(help="JSON file of faults to play.")] = None,
    switch: Annotated[
        list[str] | None, typer.Option(metavar="<name=value>", help="May be given several times.")
    ] = None,
    bookings: Annotated[
        int,
        typer.Option(min=0, help="Further events, still to be recorded: VALT's bookings."),
    ] = 2,
) -> None:
    """Serve an emulated Opencast, Panopto, LumiNUS and VALT on loopback until stopped by SIGINT or SIGTERM.

    When ready, the folder holds sandbox.json, written last, and a migration.toml that the other verbs take.
    """
    out.mkdir(parents=True, exist_ok=True)
    standing = Standing(out, events, media, seed, bandwidth, faults, tuple(switch or ()), bookings)

    async def until_stopped() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(_stop_on_signal, group.cancel_scope)
            await serve(standing, _tell)

    try:
        loop.run(until_stopped)
    except ExceptionGroup as group:
        wrong, _ = group.split(ValueError)
        if wrong is None:
            raise
        raise SettingsError(str(first(wrong))) from group


def _tell(standing: Sandbox) -> None:
    for path in standing.world.left_out:
        sys.stderr.write(f"sandbox: not taken, as it is no video or sound file: {plain(str(path))}\n")
    sys.stderr.write(f"sandbox: ready, {standing.folder / 'sandbox.json'} says where\n")
    sys.stderr.flush()


async def _stop_on_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as received:
        async for _ in received:
            scope.cancel()
            return
