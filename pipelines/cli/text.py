"""How values are written for people."""

import io
import re
import shutil
import sys
import unicodedata
from typing import Any

import orjson
from rich.console import Console, RenderableType

WIDEST = 160
"""Columns of a table where neither COLUMNS nor a terminal says any."""


def page() -> Console:
    """Return stdout as paper for words and tables. Only a terminal has an edge at which lines are wrapped."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def columns() -> int:
    """Return how many columns a line has: by COLUMNS, else by the terminal."""
    return shutil.get_terminal_size((WIDEST, 24)).columns


def laid(drawn: RenderableType, width: int) -> list[str]:
    """Return the lines of a table or a text that is `width` columns wide, without blanks at their ends."""
    console = Console(
        file=io.StringIO(), width=width, color_system=None, markup=False, emoji=False, highlight=False
    )
    with console.capture() as written:
        console.print(drawn)
    return [line.rstrip() for line in written.get().splitlines()]


def size(count: float) -> str:
    """Return bytes in the unit a person would choose."""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if count < 1024:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:.1f} TiB"


def document(value: Any) -> bytes:
    """Return a value as one JSON document that may go to a terminal too.

    JSON escapes all control characters of ASCII but one; those that some terminals obey are escaped here.
    """
    told = orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
    return _CONTROL.sub(lambda found: b"\\u00%02x" % found[0][-1], told)


_CONTROL = re.compile(rb"\x7f|\xc2[\x80-\x9f]")


def plain(text: str) -> str:
    """Return a text of others as it may go to a terminal: no escape, no control character, no new line."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if unicodedata.category(character) == "Zs" else "\ufffd"
