"""How the command line tells of itself: help in plain text, and each mistake in one sentence."""

import sys
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperGroup


class Group(TyperGroup):
    """A command of several; said alone it shows its help on stderr and ends with 2."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the words behind the command."""
        if not args:
            typer.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command; where there is none of a name, say which are spelled alike."""
        known = self.list_commands(ctx)
        if args[0] not in known:
            near = " or ".join(f"`{ctx.command_path} {name}`" for name in get_close_matches(args[0], known))
            ctx.fail(f"There is no command {args[0]!r}" + (f", perhaps {near} is meant" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with their first sentence, whole."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(sys.maxsize))
                    for name in self.list_commands(ctx)
                    if (command := self.get_command(ctx, name)) is not None
                ]
            )


def in_plain_text(app: typer.Typer) -> Any:
    """Return the command of an app: Rich's help would show a flag as if it took a value (`--json <bool>`)."""
    app.rich_markup_mode = None
    return typer.main.get_command(app)


def mistake(error: typer.TyperException) -> str:
    """Say in one sentence what is wrong with a command line, and where its help is."""
    told = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{told}; look at `{context.command_path} --help`" if context else told
