"""How values are written for people."""

import sys
import unicodedata

from rich.console import Console


def page() -> Console:
    """Return stdout as paper for words and tables. Only a terminal has an edge at which lines are wrapped."""
    return Console(highlight=False, markup=False, soft_wrap=not sys.stdout.isatty())


def size(count: float) -> str:
    """Return bytes in the unit a person would choose."""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if count < 1024:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:.1f} TiB"


def plain(text: str) -> str:
    """Return a text of others as it may go to a terminal: no escape, no control character, no new line."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if unicodedata.category(character) == "Zs" else "\ufffd"
