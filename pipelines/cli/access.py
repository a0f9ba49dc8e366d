"""`ferry access`: who may see the sessions that were moved, against Opencast's access lists."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.access.grant import Fate, Told
from pipelines.access.report import ADVICE, AccessReport, report_in
from pipelines.app.access import difference_of, granted, roles_of
from pipelines.cli import loop, sharing
from pipelines.cli.exits import Exit
from pipelines.cli.report import Format, refuse_ours, save
from pipelines.cli.status import path_of
from pipelines.cli.summary import VERSION, answered, write_json
from pipelines.cli.text import document as as_json
from pipelines.cli.text import page, plain
from pipelines.config import Settings, SettingsError, load
from pipelines.report.listed import content_of
from pipelines.report.sheet import MARK

app = typer.Typer(add_completion=False)

NAMED = 100
"""So many sessions are named; JSON names them all."""

WORDS = {
    Fate.DONE: "done",
    Fate.ALREADY: "were so already",
    Fate.IN_PART: "done in part: a role has no row, or Panopto does not have who is named",
    Fate.CHANGED: "left alone, as something has changed since: look again",
    Fate.BY_HAND: "for a person to look at",
    Fate.REFUSED: "refused by Panopto",
    Fate.UNDECIDED: "not done yet: the same command goes on",
    Fate.LEFT: "left alone",
}


@app.command()
def access(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    style: Annotated[
        Format, typer.Option("--format", help="Lines for people, one JSON document, or CSV.")
    ] = Format.TABLE,
    output: Annotated[
        Path | None, typer.Option("--output", help="A file to write to, whole or not at all; else stdout.")
    ] = None,
    grant: Annotated[
        bool, typer.Option("--grant", help="Do what a report says; needs --from-report.")
    ] = False,
    from_report: Annotated[
        Path | None, typer.Option("--from-report", help="What `--format json --output FILE` wrote.")
    ] = None,
) -> None:
    """Show who may see each verified session, and who is to by its access list and the table of roles.

    Writes nothing anywhere, unless --grant says to do exactly what a report says; what has changed since is
    left alone, and named. Exits with 5 where something differs, or a person has to look; else with 4 where a
    role has no row, somebody is not at Panopto or Panopto refuses; else with 3 where something could not be
    read or done yet.
    """
    with answered(style is Format.JSON, lambda code: nothing(code, grant=grant)):
        what = asked(grant, from_report, style, output)
        settings = load(config)
        path_of(settings)
        roles_of(settings)
        if output is not None:
            refuse_ours(output, config, settings)
        told = done(settings, what, str(from_report)) if what is not None else []
        found = looked(settings) if what is None else AccessReport({})
    if what is not None:
        code = code_of(told)
        show(style, lambda: document(told, code), lambda: lines(told))
    else:
        code = code_of_look(found)
        write(found, code, style, output)
    sys.exit(code)


def asked(grant: bool, path: Path | None, style: Format, output: Path | None) -> AccessReport | None:
    """Return the report that is to be done, None for a look. Raises SettingsError."""
    if grant != (path is not None):
        advice = "look first; then give the report of that look"
        option, other = ("--grant", "--from-report") if grant else ("--from-report", "--grant")
        raise SettingsError(f"goes with {other}", where=option, advice=advice)
    if path is None:
        return None
    if style is Format.CSV or output is not None:
        advice = "redirect what it says, with --format json"
        raise SettingsError("writes no report", where="--grant", advice=advice)
    return report_in(content_of(path, ADVICE), str(path))


def looked(settings: Settings) -> AccessReport:
    """Look at both sides."""

    async def look() -> AccessReport:
        return await difference_of(settings)

    return loop.run(look)


def done(settings: Settings, report: AccessReport, where: str) -> Sequence[Told]:
    """Do what a report says."""

    async def act() -> Sequence[Told]:
        return await granted(settings, report, where)

    return loop.run(act)


def code_of_look(found: AccessReport) -> Exit:
    """Return the code that a look stands for."""
    if any(one.differs for one in found.lines):
        return Exit.DIFFERS
    if any(one.lacks for one in found.lines):
        return Exit.PERMANENT
    return Exit.RETRYABLE if any(one.passing for one in found.lines) else Exit.DONE


def code_of(told: Sequence[Told]) -> Exit:
    """Return the code that what was done stands for."""
    fates = {one.fate for one in told}
    if fates & {Fate.CHANGED, Fate.BY_HAND}:
        return Exit.DIFFERS
    if fates & {Fate.IN_PART, Fate.REFUSED, Fate.LEFT}:
        return Exit.PERMANENT
    return Exit.RETRYABLE if Fate.UNDECIDED in fates else Exit.DONE


def nothing(code: Exit, *, grant: bool) -> dict[str, Any]:
    """Return the document of a command that came to nothing."""
    return document([], code) if grant else {"exit": int(code), **AccessReport({}).document}


def document(told: Sequence[Told], code: Exit) -> dict[str, Any]:
    """Return the JSON document of what was done."""
    counts = Counter(one.fate for one in told)
    return {
        "version": VERSION,
        "exit": int(code),
        "sessions": {fate.value: counts[fate] for fate in Fate},
        "items": [{"event_id": one.event_id, "fate": one.fate.value, "why": one.why} for one in told],
    }


def lines(told: Sequence[Told]) -> Iterator[str]:
    """Give what was done in lines: what asks for something, then how many."""
    asking = [one for one in told if one.fate not in {Fate.DONE, Fate.ALREADY}]
    yield from (f"{one.fate.value}: {one.event_id}: {one.why}" for one in asking[:NAMED])
    if len(asking) > NAMED:
        yield f"and {len(asking) - NAMED} more, as --format json names them"
    counts = Counter(one.fate for one in told)
    yield from (f"{counts[fate]} {words}" for fate, words in WORDS.items() if counts[fate])


def write(found: AccessReport, code: Exit, style: Format, output: Path | None) -> None:
    """Write what was seen, to a file or to stdout."""
    told = {"exit": int(code), **found.document}
    if output is None and style is not Format.CSV:
        show(style, lambda: told, lambda: (*sharing.lines(found), "Nothing was written."))
        return
    match style:
        case Format.CSV:
            content = sharing.sheet(found)
        case Format.JSON:
            content = as_json(told)
        case Format.TABLE:
            content = "".join(f"{plain(one)}\n" for one in sharing.lines(found)).encode()
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    save([MARK + content if style is Format.CSV else content], output)


def show(style: Format, json: Callable[[], Any], people: Callable[[], Iterator[str] | Sequence[str]]) -> None:
    """Write to stdout, as a document or in lines."""
    if style is Format.JSON:
        write_json(json())
        return
    console = page()
    for line in people():
        console.print(plain(line))
