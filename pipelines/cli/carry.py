"""`ferry carry`: carries on to LumiNUS what waits for it, once or until nothing waits any more."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from engine import PANOPTO_RATES, Audience, FerryError, Interrupted, Rate
from pipelines.app.carrying import Carrying, open_carrying
from pipelines.cli import loop
from pipelines.cli.exits import Exit, exit_for
from pipelines.cli.run import tell
from pipelines.cli.screen import Picture, shown
from pipelines.cli.status import path_of
from pipelines.cli.summary import LectureItems, answered, document, write_json, write_table
from pipelines.config import Settings, load
from pipelines.items import Outcomes

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Carried:
    """How it ended: the items that waited and how they stand now, what is to be mended, what stopped it."""

    code: Exit
    outcomes: Outcomes
    lecture_items: LectureItems
    problems: Sequence[str] = ()
    unfurnished: int = 0
    error: str | None = None


@app.command()
def carry(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again until nothing waits.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Carry on to LumiNUS what waits for it, and move nothing: LumiNUS makes lecture items hours later.

    Says first what LumiNUS would refuse. Ends as `run` does, by the items that waited; with 7 where LumiNUS's
    token has ended, which cannot be renewed: with a new one the same command goes on.
    """
    with answered(json, lambda code: told(Carried(code, Outcomes(), LectureItems()))):
        settings = load(config)
        path_of(settings)
        carried = carried_on(settings, watch=watch)
    if json:
        write_json(told(carried))
    else:
        stopped = carried.error is not None
        write_table(carried.code, carried.outcomes, lecture_items=carried.lecture_items, stopped=stopped)
    if carried.error:
        tell(carried.error)
    sys.exit(carried.code)


def told(carried: Carried) -> dict[str, Any]:
    """Return the JSON document: run's, of the items that waited, with what is to be mended at LumiNUS."""
    base = document(carried.code, carried.outcomes, lecture_items=carried.lecture_items)
    return {**base, "problems": list(carried.problems), "unfurnished": carried.unfurnished}


def carried_on(
    settings: Settings, *, watch: bool = False, panopto_rates: Sequence[Rate] = PANOPTO_RATES
) -> Carried:
    """Carry on until it ends, stops or is stopped."""
    picture = Picture()

    async def go() -> Carried:
        with shown(picture) as observer:
            audience = Audience((picture, observer))
            async with open_carrying(
                settings, audience, watch=watch, panopto_rates=panopto_rates
            ) as carrying:
                problems: list[str] = []
                signals = loop.Signals(carrying.drain, tell)
                error = await guarded(carrying, signals, problems)
                outcomes = carrying.outcomes()
        stopped = exit_for(error) if error else None
        code = signals.exit or stopped or Exit(outcomes.exit_code)
        lecture_items = LectureItems(picture.set, picture.set_again)
        why = str(error) if error else None
        return Carried(code, outcomes, lecture_items, problems, carrying.unfurnished, why)

    return loop.run(go)


async def guarded(carrying: Carrying, signals: loop.Signals, problems: list[str]) -> FerryError | None:
    """Say what is to be mended, and carry under the signals; return what stopped it, if anything did."""
    stopped: list[FerryError] = []

    async def main() -> None:
        say_how_many(carrying)
        try:
            problems.extend(await carrying.problems())
            for sentence in problems:
                tell(sentence)
            await carrying.run()
        except Interrupted:
            return
        except FerryError as error:
            stopped.append(error)

    await signals.guard(main)
    return stopped[0] if stopped else None


def say_how_many(carrying: Carrying) -> None:
    """Say what there is to do."""
    count = len(carrying.waiting)
    tell(f"{count} items wait for LumiNUS" if count else "nothing waits for LumiNUS")
    if carrying.unfurnished:
        tell(f"{carrying.unfurnished} more have yet to get something at Panopto: `ferry run` takes them up")
