"""`ferry rollback`: deletes the sessions that one run made, after a look at each; shows it until --apply."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.app.undoing import Listed, rolled_back, runs_in
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain
from pipelines.config import SettingsError, load
from pipelines.reconcile.rollback import Fate, Undone

app = typer.Typer(add_completion=False)

WORDS = {
    Fate.TO_DELETE: "sessions would be DELETED at Panopto",
    Fate.DELETED: "sessions deleted at Panopto; the next run moves them again",
    Fate.GONE: "have no session at Panopto: the next run moves them again",
    Fate.UNDECIDED: "not decided: look again later",
    Fate.BY_HAND: "left alone, for a person to look at",
}

ELSEWHERE = "Nothing is changed at Opencast; LumiNUS's items and VALT's bookings stay as they are."

NAMED = 100
"""So many items are named; JSON names them all."""


@app.command()
def rollback(
    run: Annotated[str | None, typer.Option("--run", help="The run; without it the runs are listed.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without it nothing is deleted.")] = False,
    sessions: Annotated[
        int | None, typer.Option("--sessions", help="The number of sessions that was shown; with --apply.")
    ] = None,
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """DELETE the sessions at Panopto that one run made, and let their events be moved again by the next run.

    Each is looked at first. One goes only where Panopto says that it came of the session upload on record,
    and nobody has changed it since. Nothing is done at Opencast, LumiNUS or VALT. `--apply` needs the number
    of sessions that were shown. Exits with 5 where a person has to look, else with 3 where something is not
    decided yet.
    """
    if run is None:
        listed(apply, sessions, config, json)
        return
    with answered(json, lambda code: document(run, [], code, apply)):
        count = number(apply, sessions)
        settings = load(config)
        path_of(settings)

        async def act() -> list[Undone]:
            return await rolled_back(settings, run, count)

        found = loop.run(act)
    code = code_of(found)
    if json:
        write_json(document(run, found, code, apply))
    else:
        say(lines(run, found, apply))
    sys.exit(code)


def listed(apply: bool, sessions: int | None, config: Path, json: bool) -> None:
    """List the runs. Raises SettingsError where something is to be deleted and no run is named."""
    with answered(json, lambda code: {"version": VERSION, "exit": int(code), "runs": []}):
        if apply or sessions is not None:
            option = "--apply" if apply else "--sessions"
            raise SettingsError("goes with --run, which says what is rolled back", where=option)
        settings = load(config, offline=True)
        path_of(settings)
        found = runs_in(settings)
    if json:
        write_json(runs_document(found))
    else:
        say(run_lines(found))


def number(apply: bool, sessions: int | None) -> int | None:
    """Return how many sessions are to go, None where that is only looked at. Raises SettingsError."""
    if apply != (sessions is not None):
        advice = "look without both; then say the number that was told"
        raise SettingsError(
            f"goes with {'--sessions' if apply else '--apply'}",
            where="--apply" if apply else "--sessions",
            advice=advice,
        )
    return sessions


def code_of(found: Sequence[Undone]) -> Exit:
    """Return the code that the findings stand for."""
    fates = {one.fate for one in found}
    if Fate.BY_HAND in fates:
        return Exit.DIFFERS
    return Exit.RETRYABLE if Fate.UNDECIDED in fates else Exit.DONE


def document(run: str, found: Sequence[Undone], code: Exit, apply: bool) -> dict[str, Any]:
    """Return the JSON document of one run."""
    counts = Counter(one.fate for one in found)
    return {
        "version": VERSION,
        "exit": int(code),
        "applied": apply,
        "run": run,
        "events": {fate.value: counts[fate] for fate in Fate},
        "items": [
            {"event_id": one.event_id, "fate": one.fate.value, "session_id": one.session_id, "why": one.why}
            for one in found
        ],
    }


def runs_document(found: Sequence[Listed]) -> dict[str, Any]:
    """Return the JSON document of the list."""
    runs = [
        {"run": one.run.id, "began": one.run.at or None, "by": one.run.by or None, "sessions": one.sessions}
        for one in found
    ]
    return {"version": VERSION, "exit": int(Exit.DONE), "runs": runs}


def lines(run: str, found: Sequence[Undone], apply: bool) -> Iterator[str]:
    """Give the lines for people: what becomes of each item, then how many, then what to say to do it."""
    for one in found[:NAMED]:
        yield f"{one.fate.value}: {one.event_id}: {one.why}"
    if len(found) > NAMED:
        yield f"and {len(found) - NAMED} more, as --json names them"
    counts = Counter(one.fate for one in found)
    yield from (f"{counts[fate]} {words}" for fate, words in WORDS.items() if counts[fate])
    if not found:
        yield f"Run {run} has no session on record any more."
        return
    yield ELSEWHERE
    if not apply:
        yield f"Nothing was deleted. To do it: --run {run} --apply --sessions {counts[Fate.TO_DELETE]}"


def run_lines(found: Sequence[Listed]) -> Iterator[str]:
    """Give the lines of the list."""
    for one in found:
        by = f", by ferry {one.run.by}" if one.run.by else ""
        yield f"run {one.run.id}: {one.sessions} sessions, the first from {one.run.at or 'earlier'}{by}"
    if not found:
        yield "No run on record has made a session."


def say(told: Iterator[str]) -> None:
    """Write lines to stdout."""
    console = page()
    for line in told:
        console.print(plain(line))
