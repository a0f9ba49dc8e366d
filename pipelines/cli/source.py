"""`ferry source`: marks moved events at Opencast, takes marks away, deletes events. Never part of a run."""

import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.app.source.asked import Fate, Told
from pipelines.app.source.lost import STREAMS
from pipelines.app.source.work import Retraction, marked, retracted, to_be_gone, unmarked
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain
from pipelines.cli.usage import Group
from pipelines.config import Settings, SettingsError, load
from pipelines.items import ASPECTS
from pipelines.opencast.marks import ACTION, Mark, field_mark, role_mark
from pipelines.report.listed import read_report

app = typer.Typer(
    add_completion=False,
    cls=Group,
    help="Mark events at Opencast as moved, or delete them there. Shows what would be done; --apply does it.",
)

ROLE = "ROLE_MIGRATED"
"""The role that marks, unless another is said: one that nobody needs to have."""

NAMED = 100
"""So many events are named; JSON names them all."""

WORDS = {
    Fate.TO_DO: "would be done",
    Fate.DONE: "done",
    Fate.ALREADY: "were so already",
    Fate.RETRACTING: "are being retracted by Opencast",
    Fate.LEFT: "left alone",
    Fate.UNDECIDED: "not decided: look again later",
    Fate.REFUSED: "refused by Opencast",
    Fate.BY_HAND: "for a person to look at",
}

Report = Annotated[
    Path, typer.Option("--from-report", help="What `ferry report` wrote, as JSON or CSV: the events.")
]
Config = Annotated[Path, typer.Option("-c", "--config", help="Settings file.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without it nothing is written anywhere.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Action = Annotated[
    str, typer.Option("--action", help="The action that the role is granted; none that Opencast knows.")
]

SETTINGS = Path("migration.toml")

Act = Callable[[Settings], Awaitable[Sequence[Told]]]


@app.command()
def mark(
    from_report: Report,
    role: Annotated[str | None, typer.Option("--role", help=f"The role that marks. [{ROLE}]")] = None,
    action: Action = ACTION,
    field: Annotated[
        str | None, typer.Option("--field", help="FIELD=VALUE of the metadata, in place of a role.")
    ] = None,
    config: Config = SETTINGS,
    apply: Apply = False,
    json: Json = False,
) -> None:
    """Mark events that are verified as moved: a role in the access control list, or a metadata field.

    The role gets an action that Opencast knows nothing of, so nobody may do more than before. A list of
    values gets one more, a text is set where it is empty. Each write makes a new version of the event in
    Opencast's archive; what is published stays as it is. Exits with 5 where a person has to look, with 4
    where Opencast refuses, with 3 where something is not decided yet.
    """
    with answered(json, lambda code: document([], code, apply)):
        wanted = meant(role, action, field)
        report = read_report(from_report)
        found = done(config, lambda settings: marked(settings, report, wanted, apply=apply))
    show(found, apply, json)


@app.command()
def unmark(
    from_report: Report,
    role: Annotated[str, typer.Option("--role", help="The role that marks.")] = ROLE,
    action: Action = ACTION,
    config: Config = SETTINGS,
    apply: Apply = False,
    json: Json = False,
) -> None:
    """Take the role away again from events that this checkpoint has marked by it."""
    with answered(json, lambda code: document([], code, apply)):
        wanted = meant(role, action, None)
        report = read_report(from_report)
        found = done(config, lambda settings: unmarked(settings, report, wanted, apply=apply))
    show(found, apply, json)


@app.command()
def retract(
    from_report: Report,
    events: Annotated[
        int | None, typer.Option("--events", help="The number of events that were shown; goes with --apply.")
    ] = None,
    losing: Annotated[
        list[str] | None, typer.Option("--losing", help="What may be lost, as slides; may be repeated.")
    ] = None,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for each event to be gone.")] = 600.0,
    config: Config = SETTINGS,
    apply: Apply = False,
    json: Json = False,
) -> None:
    """DELETE events at Opencast whose sessions are right at Panopto now, with all that Opencast has of them.

    Nothing brings them back. Each is looked at anew at both sides, and left alone where its session is not
    what was meant, where something of it was not carried, or where it was published anew. `--apply` needs the
    number of events that were shown. Exits with 3 while Opencast has not ended a retraction.
    """
    with answered(json, lambda code: document([], code, apply)):
        count = number(apply, events)
        asked = Retraction(read_report(from_report), losable(losing or ()), wait, count)
        found = done(config, lambda settings: retracted(settings, asked))
    show(found, apply, json, counted=True)


def meant(role: str | None, action: str, field: str | None) -> Mark:
    """Return the mark. Raises SettingsError where it is none, or would let somebody do more."""
    if role is not None and field is not None:
        raise SettingsError("goes without --role; leave one of them out", where="--field")
    try:
        return field_mark(field) if field is not None else role_mark(role or ROLE, action)
    except ValueError as error:
        raise SettingsError(str(error), where="--field" if field is not None else "--role") from error


def number(apply: bool, events: int | None) -> int | None:
    """Return how many events are to be gone, None where that is only looked at. Raises SettingsError."""
    if apply != (events is not None):
        advice = "look without both; then say the number that was told"
        raise SettingsError(
            f"goes with {'--events' if apply else '--apply'}",
            where="--apply" if apply else "--events",
            advice=advice,
        )
    return events


def losable(losing: Sequence[str]) -> frozenset[str]:
    """Return what may be lost. Raises SettingsError where that is nothing that a recording carries."""
    known = (*ASPECTS, STREAMS)
    if unknown := sorted(set(losing) - set(known)):
        raise SettingsError(
            f"a recording carries no {unknown[0]}", where="--losing", advice=f"say one of {', '.join(known)}"
        )
    return frozenset(losing)


def done(config: Path, act: Act) -> Sequence[Told]:
    """Load the settings and act."""
    settings = load(config)
    path_of(settings)

    async def main() -> Sequence[Told]:
        return await act(settings)

    return loop.run(main)


def code_of(found: Sequence[Told]) -> Exit:
    """Return the code that the findings stand for."""
    fates = {one.fate for one in found}
    if Fate.BY_HAND in fates:
        return Exit.DIFFERS
    if Fate.REFUSED in fates:
        return Exit.PERMANENT
    return Exit.RETRYABLE if fates & {Fate.UNDECIDED, Fate.RETRACTING} else Exit.DONE


def document(found: Sequence[Told], code: Exit, apply: bool) -> dict[str, Any]:
    """Return the JSON document."""
    counts = Counter(one.fate for one in found)
    return {
        "version": VERSION,
        "exit": int(code),
        "applied": apply,
        "events": {fate.value: counts[fate] for fate in Fate},
        "items": [{"event_id": one.event_id, "fate": one.fate.value, "why": one.why} for one in found],
    }


def show(found: Sequence[Told], apply: bool, json: bool, *, counted: bool = False) -> None:
    """Write what became of the events, and exit with its code."""
    code = code_of(found)
    if json:
        write_json(document(found, code, apply))
    else:
        console = page()
        for line in lines(found, apply, counted=counted):
            console.print(plain(line))
    sys.exit(code)


def lines(found: Sequence[Told], apply: bool, *, counted: bool = False) -> Iterator[str]:
    """Give the lines for people: what becomes of each event, those left alone last, then how many."""
    ordered = sorted(found, key=lambda one: one.fate in {Fate.LEFT, Fate.ALREADY})
    yield from (f"{one.fate.value}: {one.event_id}: {one.why}" for one in ordered[:NAMED])
    if len(ordered) > NAMED:
        yield f"and {len(ordered) - NAMED} more, as --json names them"
    counts = Counter(one.fate for one in found)
    yield from (f"{counts[fate]} {words}" for fate, words in WORDS.items() if counts[fate])
    if not found:
        yield "The report names no event."
    if not apply:
        yield "Nothing was written."
    if counted and not apply and counts[Fate.TO_DO]:
        yield f"To delete them for good: --apply --events {to_be_gone(found)}"
