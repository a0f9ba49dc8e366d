"""`ferry reconcile`: makes a lost or older checkpoint know again what Panopto holds."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.app.reconciliation import Reconciled, reconciliation_of
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain
from pipelines.config import load
from pipelines.reconcile.join import Verdict

app = typer.Typer(add_completion=False)

WORDS = {
    Verdict.KNOWN: "on record already",
    Verdict.ADOPTED: "found at Panopto as they were meant: taken in",
    Verdict.PROCESSING: "found at Panopto, which has not finished them: the next run looks again",
    Verdict.DIFFERS: "found at Panopto, and not what they were meant to be",
    Verdict.TWICE: "there more than once at Panopto",
    Verdict.HELD: "told to be complete and not found yet: the next run looks again, and sends nothing",
    Verdict.RELEASED: "nowhere at Panopto, their uploads neither: THE NEXT RUN MOVES THEM AGAIN",
    Verdict.MISSING: "found by an earlier look, and gone from Panopto",
    Verdict.TO_MOVE: "not at Panopto: the next run moves them",
}

DIFFERING = frozenset({Verdict.DIFFERS, Verdict.TWICE, Verdict.MISSING})

UNDECIDED = frozenset({Verdict.PROCESSING, Verdict.HELD})

NAMED = 100
"""So many events are named that ask for something; JSON names them all."""


@app.command()
def reconcile(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, and write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Take into the checkpoint what Panopto holds of the selected events, by marker and by external id.

    Adds to a checkpoint, and never takes anything out of it. Exits with 5 where a session differs or an event
    has two, else with 3 where Panopto has not finished, may not have, or a folder could not be listed.
    """
    with answered(json, lambda code: document(Reconciled(), code, dry_run)):
        settings = load(config)

        async def look() -> Reconciled:
            return await reconciliation_of(settings, dry_run=dry_run)

        found = loop.run(look)
    code = code_of(found)
    if json:
        write_json(document(found, code, dry_run))
    else:
        write(found, dry_run)
    sys.exit(code)


def code_of(found: Reconciled) -> Exit:
    """Return the code that the findings stand for."""
    verdicts = {one.verdict for one in found.joined}
    if verdicts & DIFFERING:
        return Exit.DIFFERS
    return Exit.RETRYABLE if found.unread or verdicts & UNDECIDED else Exit.DONE


def document(found: Reconciled, code: Exit, dry_run: bool) -> dict[str, Any]:
    """Return the JSON document of a reconciliation: all events but those that are only to be moved."""
    counts = Counter(one.verdict for one in found.joined)
    return {
        "version": VERSION,
        "exit": int(code),
        "dry_run": dry_run,
        "events": {verdict.value: counts[verdict] for verdict in Verdict},
        "others": found.others,
        "items": [
            {
                "event_id": one.event_id,
                "verdict": one.verdict.value,
                "session_ids": list(one.session_ids),
                "why": one.why,
            }
            for one in found.joined
            if one.verdict is not Verdict.TO_MOVE
        ],
        "unread": [{"what": one.what, "why": one.why} for one in found.unread],
        "unasked": found.unasked,
    }


def write(found: Reconciled, dry_run: bool) -> None:
    """Write the findings for people: what asks for something, then how many stand how."""
    console = page()
    for line in (*_named(found), *_counted(found)):
        console.print(plain(line))
    console.print("Nothing was written." if dry_run else "The checkpoint knows it now.", style="bold")


def _named(found: Reconciled) -> Iterator[str]:
    asking = [one for one in found.joined if one.why and one.verdict is not Verdict.ADOPTED]
    yield from (f"{one.verdict.value}: {one.event_id}: {one.why}" for one in asking[:NAMED])
    if len(asking) > NAMED:
        yield f"and {len(asking) - NAMED} more, as --json names them"
    yield from (f"not listed: {one.what}: {one.why}" for one in found.unread)
    if found.unasked:
        yield f"sessions are found by their markers alone, not by their external ids: {found.unasked}"


def _counted(found: Reconciled) -> Iterator[str]:
    counts = Counter(one.verdict for one in found.joined)
    yield from (f"{counts[verdict]} {words}" for verdict, words in WORDS.items() if counts[verdict])
    if found.unread:
        yield "What lies in a folder that was not listed would be moved again by a run: mend that first"
    if found.others:
        yield f"{found.others} sessions are of events that are not selected, or gone from Opencast"
