"""Reads the operator's CSV tables, and says in one sentence which line is wrong and how.

A table is UTF-8 (with or without a byte order mark, as Excel writes it), its first line names the columns,
and cells are parted by commas or, where the first line has none, by semicolons.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipelines.config import SettingsError

Row = tuple[int, Mapping[str, str]]
"""The number of a line, from 1, and its cells by column."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def read_folders(path: Path) -> Mapping[str, str]:
    """Read the table that leads from an Opencast series to a Panopto folder: columns series and folder_id.

    Returns folder ids in lower case by series id. Raises SettingsError.
    """
    return folders_of(_content(path), str(path))


def folders_of(content: bytes, where: str) -> Mapping[str, str]:
    """Read the same from bytes; `where` names the table in errors."""
    lines: dict[str, int] = {}
    folders: dict[str, str] = {}
    for line, cells in rows(content, ("series", "folder_id"), where):
        series, folder = cells["series"], cells["folder_id"]
        if series in lines:
            raise _fault(where, line, f"names the series {series} again", f"line {lines[series]} has it too")
        if not _GUID.fullmatch(folder):
            raise _fault(
                where,
                line,
                f"has {folder!r} as folder_id",
                "a folder's id is a GUID, to be found in its settings",
            )
        lines[series], folders[series] = line, folder.lower()
    return folders


def rows(content: bytes, columns: Sequence[str], where: str) -> Iterator[Row]:
    """Yield the lines of a table with the cells of `columns`, none of them empty; other columns are left.

    Empty lines are passed over. Raises SettingsError, which names the line.
    """
    text = _text(content, where)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        missing = [name for name in columns if name not in names]
        if missing:
            raise _fault(where, 1, f"has no column {missing[0]}", f"the columns are {', '.join(columns)}")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _row(names, cells, columns, where, reader.line_num)
    except csv.Error as error:
        raise _fault(where, reader.line_num, f"is not CSV ({error})", "look at its quotes") from error


def _row(
    names: Sequence[str], cells: Sequence[str], columns: Sequence[str], where: str, line: int
) -> Mapping[str, str]:
    if len(cells) > len(names):
        raise _fault(where, line, f"has {len(cells)} cells", "put quotes around a cell that holds a comma")
    found = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
    for column in columns:
        if not found.get(column):
            raise _fault(where, line, f"has no {column}", "fill the cell, or take the line out")
    return {column: found[column] for column in columns}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"cannot be read ({error.strerror})",
            where=str(path),
            advice="paths are relative to the settings file",
        ) from error


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _fault(where, line, "is not UTF-8", "save the table as CSV in UTF-8") from error


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return ";" if ";" in first and "," not in first else ","


def _fault(where: str, line: int, what: str, advice: str) -> SettingsError:
    return SettingsError(what, where=f"{where}, line {line}", advice=advice)
