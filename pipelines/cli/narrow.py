"""Rows on a terminal that is too narrow for their table: each is a few lines, a name and a cell on each.

A table would cut its numbers there; here only a long text is cut, after a few lines of it.
"""

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pipelines.cli.text import plain

NARROWEST = 80
"""Columns that a table needs."""

LEAST = 24
"""Columns that these lines need: no number is longer, and only an id is broken."""

LINES = 3
"""Lines of a cell."""

INDENT = "  "


def is_narrow(width: int) -> bool:
    """Tell whether lines are too short for a table."""
    return width < NARROWEST


def stacked(names: Sequence[str], rows: Iterable[Sequence[str | None]], width: int) -> Iterator[str]:
    """Give rows in lines of at most `width` columns, or 24: the first cell, and below it the others by name.

    What is empty is passed over.
    """
    width = max(width, LEAST)
    for first, *others in rows:
        yield from within(plain(first or "-"), width).plain.split("\n")
        for name, cell in zip(names[1:], others, strict=True):
            if cell:
                told = within(f"{name}: {plain(cell)}", width - 2 * len(INDENT)).plain
                yield from (INDENT + told).replace("\n", f"\n{2 * INDENT}").split("\n")


def within(text: str, columns: int) -> Text:
    """Return a text as the few lines that it may have, broken between words where that can be."""
    wrapped = Text(text.strip()).wrap(Console(width=columns), columns, overflow="fold")
    lines = [line.plain.rstrip() for line in wrapped]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], ellipted(lines[LINES - 1], columns)]
    return Text("\n".join(lines))


def ellipted(line: str, columns: int) -> str:
    """Return the words of a line that an ellipsis has room behind; of a single long one its beginning."""
    words = line.split(" ")
    while len(words) > 1 and cell_len(" ".join(words)) >= columns:
        words.pop()
    told = Text(f"{' '.join(words)}…")
    told.truncate(columns, overflow="ellipsis")
    return told.plain
