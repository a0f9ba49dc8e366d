"""`ferry retry`: lets what Panopto could not process begin anew, after a look at what Panopto has of it."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.app.retrying import Asked, retried
from pipelines.cli import loop
from pipelines.cli.exits import Exit
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import page, plain
from pipelines.config import SettingsError, load
from pipelines.items import ASPECTS
from pipelines.reconcile.release import Fate, Released
from pipelines.report.aspects import WORDS as ASPECT_WORDS

app = typer.Typer(add_completion=False)

WORDS = {
    Fate.RELEASED: "THE NEXT RUN MOVES THEM AGAIN",
    Fate.LEFT: "left as they are: no retry is needed, as each line or `ferry show` says",
    Fate.THERE: "processed by Panopto after all: `ferry reconcile` takes them in",
    Fate.UNDECIDED: "not decided: retry again later",
    Fate.BY_HAND: "for a person to look at",
}

TRIED = "the next run tries them again"
"""The same of aspects that are released: nothing is moved again."""

_NAMES = {words: name for name, words in ASPECT_WORDS.items()}
"""The names of aspects by what `ferry status` and `ferry report` call them."""

NAMED = 100
"""So many items are named; JSON names them all."""


@app.command()
def retry(
    failed: Annotated[bool, typer.Option("--failed", help="All items that failed.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Of those that failed, this reason.")] = None,
    event: Annotated[
        list[str] | None, typer.Option("--event", metavar="<id>", help="This event; may be repeated.")
    ] = None,
    aspect: Annotated[
        list[str] | None,
        typer.Option(
            "--aspect",
            metavar="<aspect>",
            help="What could not be carried of them, such as owner; may be repeated.",
        ),
    ] = None,
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it; delete and write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Let items begin anew that no run takes up by itself: what Panopto received and could not process.

    With --aspect the next run tries again what could not be carried of a session: captions, tags, folder,
    owner, availability, external_id; that calls nobody. Without it this looks at Panopto first. The failed
    session is DELETED there where it is sure that it came of the session upload on record; an item of which
    any other session is there is left alone. Try `--dry-run` first. Exits with 5 where a person has to look,
    else with 3 where something is not decided yet.
    """
    with answered(json, lambda code: document([], code, dry_run)):
        asked = asked_for(failed, reason, event or [], aspect or [])
        settings = load(config)
        path_of(settings)

        async def act() -> list[Released]:
            return await retried(settings, asked, dry_run=dry_run)

        found = loop.run(act)
    code = code_of(found)
    if json:
        write_json(document(found, code, dry_run))
    else:
        console = page()
        for line in lines(found, dry_run, WORDS | {Fate.RELEASED: TRIED} if aspect else WORDS):
            console.print(plain(line))
    sys.exit(code)


def asked_for(failed: bool, reason: str | None, events: Sequence[str], aspects: Sequence[str]) -> Asked:
    """Return which items are meant; aspects go by their names or by words. Raises SettingsError."""
    aspects = [_NAMES.get(one, one) for one in aspects]
    if unknown := [one for one in aspects if one not in ASPECTS]:
        raise SettingsError(
            f"there is no aspect {unknown[0]}", where="--aspect", advice=f"there are {', '.join(ASPECTS)}"
        )
    if aspects and (failed or reason is not None):
        raise SettingsError("goes with --event, or alone", where="--aspect")
    if aspects:
        return Asked(tuple(events), aspects=tuple(aspects))
    if not failed and (reason is not None or not events):
        raise SettingsError("say --failed, which --reason goes with, or --event, or --aspect", where="retry")
    return Asked(tuple(events), failed, reason)


def code_of(found: Sequence[Released]) -> Exit:
    """Return the code that the findings stand for."""
    fates = {one.fate for one in found}
    if Fate.BY_HAND in fates:
        return Exit.DIFFERS
    return Exit.RETRYABLE if fates & {Fate.THERE, Fate.UNDECIDED} else Exit.DONE


def document(found: Sequence[Released], code: Exit, dry_run: bool) -> dict[str, Any]:
    """Return the JSON document; `deleted` is the failed session that was deleted, or would be."""
    counts = Counter(one.fate for one in found)
    return {
        "version": VERSION,
        "exit": int(code),
        "dry_run": dry_run,
        "events": {fate.value: counts[fate] for fate in Fate},
        "items": [
            {
                "event_id": one.event_id,
                "reason": one.reason,
                "fate": one.fate.value,
                "deleted": one.delete,
                "why": one.why,
            }
            for one in found
        ],
    }


def lines(found: Sequence[Released], dry_run: bool, words: Mapping[Fate, str] = WORDS) -> Iterator[str]:
    """Give the lines for people: what becomes of each item, then how many."""
    did = "would be deleted at Panopto" if dry_run else "was deleted at Panopto"
    ordered = sorted(found, key=lambda one: one.fate is Fate.LEFT)
    for one in ordered[:NAMED]:
        why = f"{one.why} {did}" if one.delete else one.why
        yield f"{one.fate.value}: {one.event_id}: {one.reason or 'no failure'}: {why}"
    if len(ordered) > NAMED:
        yield f"and {len(ordered) - NAMED} more, as --json names them"
    counts = Counter(one.fate for one in found)
    yield from (f"{counts[fate]} {told}" for fate, told in words.items() if counts[fate])
    if not found:
        yield "No item has failed so."
    if dry_run:
        yield "Nothing was deleted or written."
