"""`ferry cleanup`: cancels at Panopto what runs left open and none goes on with; shows it until --apply."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.app.cleaning import Cleanup, cleaned
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain
from pipelines.config import load
from pipelines.reconcile.leftovers import Fate

app = typer.Typer(add_completion=False)

WORDS = {
    Fate.TO_CANCEL: "session uploads would be cancelled",
    Fate.CANCELLED: "session uploads cancelled",
    Fate.OVER: "not open any more",
    Fate.KEPT: "left open: the next run goes on with them",
    Fate.UNDECIDED: "not decided: clean up again later",
}

NAMED = 100
"""So many session uploads are named; JSON names them all."""


@app.command()
def cleanup(
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without it nothing is cancelled.")] = False,
    all_open: Annotated[
        bool, typer.Option("--all-open", help="Those as well that a run would go on with: it begins anew.")
    ] = False,
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Cancel the session uploads at Panopto that runs left open, and abort the multipart uploads in them.

    Only those on record, only where Panopto says that they are open, and, but for --all-open, none that a
    run would go on with. No session is touched. Exits with 3 where something is not decided yet.
    """
    with answered(json, lambda code: document(Cleanup(), code, apply)):
        settings = load(config)
        path_of(settings)

        async def act() -> Cleanup:
            return await cleaned(settings, apply=apply, all_open=all_open)

        found = loop.run(act)
    code = code_of(found, apply)
    if json:
        write_json(document(found, code, apply))
    else:
        console = page()
        for line in lines(found, apply):
            console.print(plain(line))
    sys.exit(code)


def code_of(cleanup: Cleanup, apply: bool) -> Exit:
    """Return the code that the findings stand for: what is left of what was to go is not done."""
    undecided = any(one.fate is Fate.UNDECIDED or (apply and one.left) for one in cleanup.found)
    return Exit.RETRYABLE if undecided else Exit.DONE


def document(cleanup: Cleanup, code: Exit, apply: bool) -> dict[str, Any]:
    """Return the JSON document; `orphan_uploads` are multipart uploads that are known and still open."""
    counts = Counter(one.fate for one in cleanup.found)
    return {
        "version": VERSION,
        "exit": int(code),
        "applied": apply,
        "session_uploads": {fate.value: counts[fate] for fate in Fate},
        "aborted_uploads": sum(one.aborted for one in cleanup.found),
        "orphan_uploads": sum(one.left for one in cleanup.found),
        "orphan_session_uploads": cleanup.unheard,
        "items": [
            {
                "event_id": one.event_id,
                "session_upload_id": one.upload_id,
                "fate": one.fate.value,
                "aborted": one.aborted,
                "left": one.left,
                "why": one.why,
            }
            for one in cleanup.found
        ],
    }


def lines(cleanup: Cleanup, apply: bool) -> Iterator[str]:
    """Give the lines for people: what becomes of each that may be open; those that are over are counted."""
    told = [one for one in cleanup.found if one.fate is not Fate.OVER]
    for one in told[:NAMED]:
        yield f"{one.fate.value}: {one.event_id}: session upload {one.upload_id}: {one.why}"
    if len(told) > NAMED:
        yield f"and {len(told) - NAMED} more, as --json names them"
    counts = Counter(one.fate for one in cleanup.found)
    yield from (f"{counts[fate]} {words}" for fate, words in WORDS.items() if counts[fate])
    if aborted := sum(one.aborted for one in cleanup.found):
        yield f"{aborted} multipart uploads in them aborted"
    if left := sum(one.left for one in cleanup.found):
        yield f"{left} multipart uploads in them are still open"
    if cleanup.unheard:
        yield f"{cleanup.unheard} session uploads may be open whose ids were never heard: Panopto ends them"
    if not cleanup.found:
        yield "Nothing on record can be open."
    if not apply:
        yield "Nothing was cancelled or written; --apply does it."
