"""`ferry run`: moves what the settings select, and goes on where an earlier run was."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine import Audience, FerryError, Interrupted
from pipelines.app import open_application
from pipelines.cli import loop
from pipelines.cli.exits import Exit, exit_for
from pipelines.cli.screen import Picture, shown
from pipelines.cli.summary import document, write_json, write_table
from pipelines.config import Settings, load
from pipelines.items import Outcomes

app = typer.Typer()


@app.command()
def run(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Move what the settings select; on a checkpoint that exists, go on where it was."""
    sys.exit(migrate(load(config), json=json))


def migrate(settings: Settings, *, json: bool) -> Exit:
    """Run a migration to its end, say how the items stand, and return the exit code."""
    picture = Picture()
    error: list[FerryError] = []

    async def go() -> tuple[Exit, Outcomes]:
        with shown(picture) as observer:
            async with open_application(settings, Audience((picture, observer))) as application:
                signals = loop.Signals(application.drain, tell)

                async def main() -> None:
                    try:
                        await application.run()
                    except Interrupted:
                        return
                    except FerryError as stopped:
                        error.append(stopped)

                await signals.guard(main)
                outcomes = application.outcomes()
        stopped = exit_for(error[0]) if error else None
        return signals.exit or stopped or Exit(outcomes.exit_code), outcomes

    code, outcomes = loop.run(go)
    if json:
        write_json(document(code, outcomes, picture.snapshot, str(error[0]) if error else None))
    else:
        write_table(code, outcomes, picture.snapshot)
    if error:
        tell(str(error[0]))
    return code


def tell(sentence: str) -> None:
    """Say something to the person in front of it."""
    sys.stderr.write(f"ferry: {sentence}\n")
    sys.stderr.flush()
