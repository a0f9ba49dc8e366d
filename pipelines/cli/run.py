"""`ferry run`: moves what the settings select, and goes on where an earlier run was."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import anyio
import typer

from engine import PANOPTO_RATES, Audience, FerryError, Interrupted, Rate, Snapshot
from pipelines.app.migration import Application, open_application
from pipelines.cli import loop
from pipelines.cli.exits import Exit, exit_for
from pipelines.cli.screen import Picture, shown
from pipelines.cli.summary import LectureItems, answered, document, nothing, write_json, write_table
from pipelines.cli.text import plain
from pipelines.config import Settings, SettingsError, load
from pipelines.items import Outcomes
from pipelines.migration.stages import Compared
from pipelines.secrecy import redacted

app = typer.Typer(add_completion=False)


MISSED = (
    "{path}: begun anew, although {owner} had one of this name; if it is lost, stop, "
    "and let `ferry reconcile` take in what is at Panopto"
)
"""Said where a checkpoint is not there that was."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended: its exit code, how all items stand, what this process moved, and what stopped it.

    `compared` is what it found of the events when it last planned.
    """

    code: Exit
    outcomes: Outcomes
    snapshot: Snapshot
    lecture_items: LectureItems
    unheard: int = 0
    error: str | None = None
    compared: Compared = field(default_factory=Compared)


@app.command()
def run(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    carry_again: Annotated[
        bool,
        typer.Option(
            "--carry-again", help="Also look at lecture items that were right, and mend what differs."
        ),
    ] = False,
    stop_at_window: Annotated[
        bool, typer.Option("--stop-at-window", help="End with 8 where a time window ends; wait for none.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Move what the settings select; on a checkpoint that exists, go on where it was."""
    with answered(json, nothing):
        settings = load(config)
        if carry_again and settings.luminus is None:
            raise SettingsError(f"needs the section [luminus] in {config}", where="--carry-again")
        if stop_at_window and not (settings.limits.windows or settings.limits.file):
            raise SettingsError(f"needs limits.windows in {config}", where="--stop-at-window")
        ran = migrate(settings, carry_again=carry_again, stop_at_window=stop_at_window)
    told = (ran.outcomes, ran.snapshot, ran.lecture_items)
    if json:
        write_json(document(ran.code, *told, ran.unheard, ran.compared))
    else:
        write_table(ran.code, *told, ran.compared, stopped=ran.error is not None)
    if ran.error:
        tell(ran.error)
    sys.exit(ran.code)


def migrate(
    settings: Settings,
    *,
    carry_again: bool = False,
    stop_at_window: bool = False,
    panopto_rates: Sequence[Rate] = PANOPTO_RATES,
) -> Ran:
    """Run a migration until it ends, stops or is stopped."""
    picture = Picture()

    async def go() -> Ran:
        with shown(picture) as observer:
            audience = Audience((picture, observer))
            async with open_application(
                settings,
                audience,
                carry_again=carry_again,
                stop_at_window=stop_at_window,
                panopto_rates=panopto_rates,
            ) as application:
                limits = application.limits
                if application.missed:
                    tell(MISSED.format(path=settings.checkpoint.path, owner=application.missed))
                signals = loop.Signals(application.drain, tell, limits.read if settings.limits.file else None)
                error = await guarded(application, signals, observer.go_on, limits.look)
                outcomes = application.outcomes()
        stopped = exit_for(error) if error else None
        code = signals.exit or stopped or Exit(max(outcomes.exit_code, picture.exit_code))
        carried = LectureItems(picture.set, picture.set_again)
        why = str(error) if error else None
        return Ran(code, outcomes, picture.snapshot, carried, picture.unheard, why, picture.compared)

    return loop.run(go)


async def guarded(
    application: Application, signals: loop.Signals, *each_second: Callable[[], None]
) -> FerryError | None:
    """Run under the signals, and return what stopped the run, if anything did.

    `each_second` is what is to be done then: to say how far it is, and to look at the limits.
    """
    stopped: list[FerryError] = []

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(every_second, each_second)
            try:
                await application.run()
            except Interrupted:
                return
            except FerryError as error:
                stopped.append(error)
            finally:
                group.cancel_scope.cancel()

    await signals.guard(main)
    return stopped[0] if stopped else None


async def every_second(calls: Sequence[Callable[[], None]]) -> None:
    """Call all of them until cancelled."""
    while True:
        await anyio.sleep(1)
        for call in calls:
            call()


def tell(sentence: str) -> None:
    """Say something to the person in front of it."""
    sys.stderr.write(f"ferry: {plain(redacted(sentence))}\n")
    sys.stderr.flush()
