"""`ferry status`: how the items of a checkpoint stand, even while a run goes on."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pipelines.app.books import states_in
from pipelines.cli.exits import Exit
from pipelines.cli.summary import SENTENCES, answered, document, nothing, write_json, write_table
from pipelines.cli.text import page, plain
from pipelines.config import Settings, SettingsError, load
from pipelines.items import AspectOutcome, ItemState, Outcome, Outcomes
from pipelines.report.aspects import WORDS, aspect_lines

app = typer.Typer(add_completion=False)

TROUBLES = frozenset({Outcome.RETRYABLE, Outcome.PERMANENT, Outcome.DIFFERS})

WORDS_HERE: Mapping[Exit, str] = {
    **SENTENCES,
    Exit.RETRYABLE: "Some items wait or failed for now, as told above; `ferry run` goes on with them.",
    Exit.PERMANENT: "Some items cannot be moved, as told above.",
}
"""What an end means, to a person who has asked for the status already."""

LONGEST = 100
"""Items that are named; of more, the number."""


@app.command()
def status(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show how the items of a checkpoint stand, even while a run goes on."""
    with answered(json, nothing):
        states = read(load(config, offline=True))
    outcomes = Outcomes.of(states.values())
    code = Exit(outcomes.exit_code)
    if json:
        write_json(document(code, outcomes))
    else:
        write_troubles(states)
        write_table(code, outcomes, words=WORDS_HERE)
    sys.exit(code)


def read(settings: Settings) -> Mapping[str, ItemState]:
    """Return the state of every item. Raises SettingsError where there is no checkpoint."""
    path_of(settings)
    return states_in(settings)


def path_of(settings: Settings) -> Path:
    """Return where the checkpoint is. Raises SettingsError where there is none yet."""
    path = settings.checkpoint.path
    if not path.exists():
        advice = "`ferry run` begins one; one that is lost is made anew by `ferry reconcile`"
        raise SettingsError("there is no checkpoint yet", where=str(path), advice=advice)
    return path


def write_troubles(states: Mapping[str, ItemState]) -> None:
    """Write a line for each item that failed or differs, and for each aspect: which, how it stands, why."""
    troubles = [(name, state) for name, state in states.items() if state.ended and state.outcome in TROUBLES]
    for name, state in troubles[:LONGEST]:
        why = (state.ended or {}).get("why") or state.reason or ""
        page().print(plain(f"{state.outcome.value}: {name}: {why}"))
    if len(troubles) > LONGEST:
        page().print(f"and {len(troubles) - LONGEST} more")
    parts = [
        (name, line)
        for name, state in states.items()
        for line in aspect_lines(state.aspects)
        if line.outcome != AspectOutcome.CARRIED
    ]
    for name, line in parts[:LONGEST]:
        page().print(
            plain(f"{line.outcome}: {name}, {WORDS.get(line.aspect, line.aspect)}: {line.why or line.reason}")
        )
    if len(parts) > LONGEST:
        page().print(f"and {len(parts) - LONGEST} more")
    for (reason, why), count in waits(states).items():
        page().print(plain(f"waiting: {count} items, {reason}: {why}"))


def waits(states: Mapping[str, ItemState]) -> Mapping[tuple[str, str], int]:
    """Count what waits, by reason. Sentences of one reason that name their item count as one, the first."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for state in states.values():
        why = (state.ended or {}).get("why")
        if state.outcome is Outcome.WAITING and state.reason and why:
            counts[state.reason] += 1
            first.setdefault(state.reason, why)
    return {(reason, first[reason]): count for reason, count in sorted(counts.items())}
