"""`ferry schedules`: carries future bookings over, from Opencast's scheduling to VALT's schedules."""

import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from engine import ClockDiffers, FerryError, HostAnswers, HostRests, Interrupted, Waiting
from pipelines.app.bookings import open_schedules, schedules_preview
from pipelines.cli import loop
from pipelines.cli.bookings import ENDS, WORDING, WORDS, Bookings, of_plan, of_run, write
from pipelines.cli.exits import Exit
from pipelines.cli.run import tell
from pipelines.cli.screen import about_run
from pipelines.cli.summary import answered, write_json
from pipelines.cli.usage import Group
from pipelines.config import Settings, load
from pipelines.schedules.pipeline import Done, ScheduleEnded
from pipelines.schedules.planner import SchedulePlan
from pipelines.schedules.records import End, Outcome

app = typer.Typer(
    add_completion=False,
    cls=Group,
    help="Carry future bookings over from Opencast to VALT.",
)

Config = Annotated[Path, typer.Option("-c", "--config", help="Settings file.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

SETTINGS = Path("migration.toml")


@app.command()
def plan(config: Config = SETTINGS, json: Json = False) -> None:
    """Show what a run would change at VALT, and write nothing anywhere."""
    with answered(json, lambda code: Bookings(code, WORDS).document):
        settings = load(config)

        async def look() -> SchedulePlan:
            return await schedules_preview(settings)

        seen = loop.run(look)
        told = of_plan(seen, zone_of(settings))
    show(told, zone_of(settings), json)


@app.command()
def run(config: Config = SETTINGS, json: Json = False) -> None:
    """Change VALT's schedules as the plan says; what is right already is not sent again."""
    with answered(json, lambda code: Bookings(code, ENDS).document):
        settings = load(config)
        told = book(settings)
    show(told, zone_of(settings), json)


def book(settings: Settings) -> Bookings:
    """Carry bookings over until all are done, or a signal comes."""

    async def go() -> Bookings:
        ended: list[Done | FerryError] = []
        async with open_schedules(settings, say) as schedules:
            signals = loop.Signals(schedules.drain, tell)

            async def main() -> None:
                try:
                    ended.append(await schedules.run())
                except Interrupted:
                    return
                except FerryError as error:
                    ended.append(error)

            await signals.guard(main)
        return judged(ended, signals.exit, zone_of(settings))

    return loop.run(go)


def judged(ended: list[Done | FerryError], signalled: Exit | None, zone: ZoneInfo) -> Bookings:
    """Return what is told of a run. Raises what stopped it."""
    match ended:
        case [Done() as done]:
            told = of_run(done, zone)
            return Bookings(signalled or told.code, told.words, told.rows, told.left, told.problems)
        case [FerryError() as error]:
            raise error
        case _:
            return Bookings(signalled or Exit.RETRYABLE, ENDS)


def zone_of(settings: Settings) -> ZoneInfo:
    """Return the zone in which people read times; `open_schedules` has refused settings without VALT."""
    return ZoneInfo(settings.valt.timezone if settings.valt else "UTC")


def say(fact: object) -> None:
    """Tell what happens while it happens."""
    match fact:
        case ScheduleEnded(event_id=event_id, end=end) if end.outcome not in _QUIET:
            tell(became(event_id, end))
        case Waiting(where=where, seconds=seconds, reason=reason):
            tell(f"waits {seconds:.1f} s for {where} ({reason})")
        case HostRests() | HostAnswers() | ClockDiffers():
            tell(about_run(fact))


def became(event_id: str, end: End) -> str:
    """Say what became of one event's booking."""
    title = end.title or event_id
    if (done := _DONE.get(end.outcome)) is not None:
        return f"schedule {end.schedule_id} {done}: {title}"
    why = f": {end.why}" if end.why else ""
    return f"{WORDING.get(end.outcome.value, end.outcome.value)}: {title}{why}"


_DONE = {Outcome.VERIFIED: "set", Outcome.CREATED: "created"}
_QUIET = frozenset({Outcome.EQUAL, Outcome.SKIPPED})


def show(told: Bookings, zone: ZoneInfo, json: bool) -> None:
    """Write what is told and end with its code."""
    if json:
        write_json(told.document)
    else:
        write(told, zone)
    sys.exit(told.code)
