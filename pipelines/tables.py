"""Reads the operator's CSV tables, and says in one sentence which line is wrong and how.

A table is UTF-8 (with or without a byte order mark, as Excel writes it), its first line names the columns,
and cells are parted by commas or, where the first line has none, by semicolons.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.config import SettingsError

Row = tuple[int, Mapping[str, str]]
"""The number of a line, from 1, and its cells by column."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """An id that a table leads to, and the name that is to be found there; empty where it asks for none."""

    id: str
    name: str = ""


def read_folders(path: Path) -> Mapping[str, str]:
    """Read the table that leads from an Opencast series to a Panopto folder: columns series and folder_id.

    Returns folder ids in lower case by series id. Raises SettingsError.
    """
    return folders_of(_content(path), str(path))


def folders_of(content: bytes, where: str) -> Mapping[str, str]:
    """Read the same from bytes; `where` names the table in errors."""
    return _guids(
        content, ("series", "folder_id"), where, "a folder's id is a GUID, to be found in its settings"
    )


def read_modules(path: Path) -> Mapping[str, str]:
    """Read the table that leads from an Opencast series to a LumiNUS module: columns series and module_id.

    Returns module ids in lower case by series id. Raises SettingsError.
    """
    return modules_of(_content(path), str(path))


def modules_of(content: bytes, where: str) -> Mapping[str, str]:
    """Read the same from bytes."""
    return _guids(
        content, ("series", "module_id"), where, "a module's id is a GUID, to be found in its address"
    )


def read_rooms(path: Path) -> Mapping[str, Named]:
    """Read the table that leads from a capture agent to a room: agent_id, room_id and perhaps room_name.

    Returns rooms by agent; several agents may share one. Raises SettingsError.
    """
    return rooms_of(_content(path), str(path))


def rooms_of(content: bytes, where: str) -> Mapping[str, Named]:
    """Read the same from bytes."""
    found = _named(content, ("agent_id", "room_id", "room_name"), where)
    return {key: named for _, key, named in found}


def read_schedules(path: Path, *, shared: bool = False) -> Mapping[str, Named]:
    """Read the table that leads from an event to a schedule: event_id, schedule_id and perhaps expect_name.

    Returns schedules by event; no two events have the same one, unless it may be `shared`. Raises
    SettingsError.
    """
    return schedules_of(_content(path), str(path), shared=shared)


def schedules_of(content: bytes, where: str, *, shared: bool = False) -> Mapping[str, Named]:
    """Read the same from bytes."""
    lines: dict[str, int] = {}
    schedules: dict[str, Named] = {}
    for line, event, named in _named(content, ("event_id", "schedule_id", "expect_name"), where):
        if named.id in lines and not shared:
            raise _fault(
                where, line, f"names the schedule {named.id} again", f"line {lines[named.id]} has it too"
            )
        lines[named.id], schedules[event] = line, named
    return schedules


def _guids(content: bytes, columns: tuple[str, str], where: str, advice: str) -> Mapping[str, str]:
    """Return the GUIDs of the second column by the keys of the first."""
    key, value = columns
    found: dict[str, str] = {}
    for line, cells in _once(rows(content, columns, where), key, where):
        if not _GUID.fullmatch(cells[value]):
            raise _fault(where, line, f"has {cells[value]!r} as {value}", advice)
        found[cells[key]] = cells[value].lower()
    return found


def _named(content: bytes, columns: tuple[str, str, str], where: str) -> Iterator[tuple[int, str, Named]]:
    """Yield each line with its key, and the id and perhaps the name that it leads to."""
    key, value, name = columns
    for line, cells in _once(rows(content, (key, value), where, optional=(name,)), key, where):
        yield line, cells[key], Named(cells[value], cells.get(name, ""))


def _once(found: Iterator[Row], key: str, where: str) -> Iterator[Row]:
    """Pass lines on. Raises SettingsError at one whose key another line has."""
    lines: dict[str, int] = {}
    for line, cells in found:
        name = cells[key]
        if name in lines:
            raise _fault(
                where, line, f"names the {_WORDS[key]} {name} again", f"line {lines[name]} has it too"
            )
        lines[name] = line
        yield line, cells


_WORDS = {"series": "series", "agent_id": "agent", "event_id": "event"}


def read_rows(path: Path, columns: Sequence[str], *, optional: Sequence[str] = ()) -> Iterator[Row]:
    """Yield the lines of a table as `rows` does. Raises SettingsError."""
    return rows(_content(path), columns, str(path), optional=optional)


def rows(
    content: bytes, columns: Sequence[str], where: str, *, optional: Sequence[str] = ()
) -> Iterator[Row]:
    """Yield the lines of a table with the cells of `columns`, none of them empty, and of `optional` ones.

    Other columns are left. Empty lines are passed over. Raises SettingsError, which names the line.
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
                yield reader.line_num, _row(names, cells, columns, optional, where, reader.line_num)
    except csv.Error as error:
        raise _fault(where, reader.line_num, f"is not CSV ({error})", "look at its quotes") from error


def _row(
    names: Sequence[str],
    cells: Sequence[str],
    columns: Sequence[str],
    optional: Sequence[str],
    where: str,
    line: int,
) -> Mapping[str, str]:
    if len(cells) > len(names):
        raise _fault(where, line, f"has {len(cells)} cells", "put quotes around a cell that holds a comma")
    found = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
    for column in columns:
        if not found.get(column):
            raise _fault(where, line, f"has no {column}", "fill the cell, or take the line out")
    return {column: found[column] for column in (*columns, *optional) if column in found}


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
