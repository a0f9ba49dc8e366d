"""`ferry status`: how the items of a checkpoint stand, even while a run goes on."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.app import outcomes_in
from pipelines.cli.exits import Exit
from pipelines.cli.summary import answered, document, nothing, write_json, write_table
from pipelines.config import Settings, SettingsError, load
from pipelines.items import Outcomes

app = typer.Typer(add_completion=False)


@app.command()
def status(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show how the items of a checkpoint stand, even while a run goes on."""
    with answered(json, nothing):
        outcomes = read(load(config))
    code = Exit(outcomes.exit_code)
    if json:
        write_json(document(code, outcomes))
    else:
        write_table(code, outcomes)
    sys.exit(code)


def read(settings: Settings) -> Outcomes:
    """Count the items of the checkpoint. Raises SettingsError where there is none."""
    path = settings.checkpoint.path
    if not path.exists():
        raise SettingsError("there is no checkpoint yet", where=str(path), advice="`ferry run` begins one")
    return outcomes_in(settings)
