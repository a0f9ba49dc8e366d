"""Reads the operator's tables of owners and of availability, as `pipelines.tables` reads the others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipelines.config import SettingsError
from pipelines.migration.furnish.aspects import Window
from pipelines.tables import read_rows


def read_owners(path: Path) -> Mapping[str, str]:
    """Read the table that leads from a presenter's name to a user of Panopto: presenter and username.

    A user of an identity provider is `provider\\name`. Raises SettingsError.
    """
    found: dict[str, str] = {}
    for line, cells in read_rows(path, ("presenter", "username")):
        _once(found, cells["presenter"], path, line)
        found[cells["presenter"]] = cells["username"]
    return found


def read_windows(path: Path) -> Mapping[str, Window]:
    """Read the table that leads from a series to when its sessions are seen: series, from and until.

    Both are ISO moments; one without a zone is in UTC, an empty one is at once, or for ever. Raises
    SettingsError.
    """
    found: dict[str, Window] = {}
    for line, cells in read_rows(path, ("series",), optional=("from", "until")):
        _once(found, cells["series"], path, line)
        window = Window(*(_moment(cells.get(name, ""), path, line) for name in ("from", "until")))
        if window.opens and window.closes and window.opens >= window.closes:
            raise SettingsError("ends before it begins", where=f"{path}, line {line}")
        found[cells["series"]] = window
    return found


def _once(found: Mapping[str, object], key: str, path: Path, line: int) -> None:
    if key in found:
        raise SettingsError(f"names {key} again", where=f"{path}, line {line}", advice="leave one of them")


def _moment(text: str, path: Path, line: int) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"has {text!r} as a moment",
            where=f"{path}, line {line}",
            advice="write it as 2027-09-01T08:00+01:00",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
