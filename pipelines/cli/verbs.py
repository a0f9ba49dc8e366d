"""The table of verbs: names and one-line helps; a verb's module is loaded when it is used."""

import os
import sys
from importlib import import_module, metadata
from typing import Annotated, Any

import typer

from engine import FerryError
from pipelines.cli.exits import Exit, exit_for
from pipelines.cli.logs import logged_to_stderr, traced
from pipelines.cli.text import plain
from pipelines.cli.usage import Group, in_plain_text, mistake
from pipelines.secrecy import leave_no_core, redacted

VERBS = {
    "demo": "Move a world of lectures and bookings between four sandboxes, and show what became of them.",
    "sandbox": "Serve an emulated Opencast, Panopto, LumiNUS and VALT on this machine until stopped.",
    "plan": "Show what a run would do, and write nothing anywhere.",
    "run": "Move what the settings select; on a checkpoint that exists, go on where it was.",
    "carry": "Carry on to LumiNUS what waits for it and move nothing; --watch until nothing waits.",
    "schedules": "Carry future bookings over from Opencast to VALT: `plan` shows, `run` does it.",
    "status": "Show how the items of a checkpoint stand, even while a run goes on.",
    "show": "Show all that is on record of one event: its files, its history, what to do next.",
    "verify": "Hold what was moved, carried and booked against what the services tell now.",
    "reconcile": "Make a lost or older checkpoint know what Panopto holds, before anything is sent again.",
    "retry": "Let what Panopto could not process begin anew, after a look at what Panopto has of it.",
    "rollback": "Delete at Panopto the sessions that one run made; shows what it would do, until --apply.",
    "cleanup": "Cancel at Panopto what killed or failed runs left open; shows it, until --apply.",
    "add-stream": "Add a stream to a session that was moved: a track of its event, or a local file.",
    "bench": "Measure how fast bytes move between these endpoints, and leave nothing there.",
    "access": "Hold who may see what was moved against Opencast's access lists; --grant obeys a report.",
    "report": "List every item of a checkpoint: what it became, how it was checked, what was not carried.",
    "source": "Mark moved events at Opencast, or delete them there; shows what it would do, until --apply.",
    "redirects": "Write where each old player address leads, as a list or for nginx, Apache or HAProxy.",
}


class Verbs(Group):
    """Commands that are known by name before they are imported."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is Typer's
        """Return the names, in the order of a migration."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import a verb's module and return its command; None where there is no such verb."""
        if cmd_name not in VERBS:
            return None
        return in_plain_text(import_module(f"pipelines.cli.{module_of(cmd_name)}").app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the table without importing what it names."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


def module_of(verb: str) -> str:
    """Return the name of a verb's module: a hyphen is none of Python's names."""
    return verb.replace("-", "_")


app = typer.Typer(
    cls=Verbs,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"ferry {metadata.version('lecture-ferry')}\n")
        raise typer.Exit


@app.callback()
def ferry(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    """Move lecture recordings out of Opencast into Panopto, their metadata to LumiNUS, bookings to VALT."""


def main() -> None:
    """Run the command line. An error, ours or not, is one sentence on stderr and its exit code."""
    leave_no_core()
    with logged_to_stderr():
        try:
            ended = app(standalone_mode=False)
        except Exception as error:  # noqa: BLE001 - here each of them ends, as a sentence
            code, sentence = judged(first(error))
            if os.environ.get("FERRY_TRACEBACK"):
                sys.stderr.write(f"{traced(error)}\n")
            sys.stderr.write(f"ferry: {plain(redacted(sentence))}\n")
            sys.exit(code)
        sys.exit(ended)


def judged(error: BaseException) -> tuple[Exit, str]:
    """Return the exit code of an error that ended the program, and the sentence to say."""
    match error:
        case FerryError():
            return exit_for(error), str(error)
        case typer.TyperException():
            return Exit.USAGE, mistake(error)
        case OSError(strerror=str(reason)):
            return Exit.LOCAL, f"{error.filename or 'this machine'}: {reason}"
        case _:
            return Exit.INTERNAL, (
                f"internal error ({type(error).__name__}: {error}); "
                "FERRY_TRACEBACK=1 shows where; the checkpoint is safe to resume"
            )


def first(error: BaseException) -> BaseException:
    """Return the error, or the first that a group of them holds: tasks that fail make groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
