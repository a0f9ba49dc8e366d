"""Reads the two tables that only bookings have: template fields by Opencast's fields, shares by its roles."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines.config import SettingsError
from pipelines.schedules.details import VALUES
from pipelines.tables import Row, read_rows
from pipelines.valt.model import Share

_ID = re.compile(r"[0-9A-Za-z-]+")


def read_fields(path: Path) -> Mapping[str, str]:
    """Read which field of an event goes into which of VALT's: columns opencast_field and valt_field_id.

    Returns Opencast's fields by VALT's field ids; one may go into several. Raises SettingsError.
    """
    found: dict[str, str] = {}
    for line, cells in read_rows(path, ("opencast_field", "valt_field_id")):
        name, field_id = cells["opencast_field"], cells["valt_field_id"]
        if name not in VALUES:
            raise _fault(path, line, f"has {name!r} as opencast_field", f"it may be {', '.join(VALUES)}")
        if not _ID.fullmatch(field_id):
            raise _fault(path, line, f"has {field_id!r} as valt_field_id", "it is a number of VALT's own")
        if field_id in found:
            raise _fault(path, line, f"names the field {field_id} again", "each takes one value")
        found[field_id] = name
    return found


def read_shares(path: Path) -> Mapping[str, Share]:
    """Read with whom a role of Opencast shares: columns role, users and groups, ids with commas between them.

    Returns shares by role; one with neither shares with nobody, and is known. Raises SettingsError.
    """
    found: dict[str, Share] = {}
    for line, cells in _shares(path):
        if cells["role"] in found:
            raise _fault(path, line, f"names the role {cells['role']} again", "one line holds all its ids")
        users, groups = (_ids(path, line, cells.get(name, "")) for name in ("users", "groups"))
        found[cells["role"]] = Share(users, groups)
    return found


def _shares(path: Path) -> Iterator[Row]:
    for line, cells in read_rows(path, ("role",), optional=("users", "groups")):
        if "users" not in cells and "groups" not in cells:
            raise _fault(path, line, "has neither users nor groups", "the columns are role, users, groups")
        yield line, cells


def _ids(path: Path, line: int, cell: str) -> frozenset[str]:
    """Read ids with commas, semicolons or spaces between them."""
    found = [one for one in re.split(r"[,;\s]+", cell) if one]
    wrong = next((one for one in found if not _ID.fullmatch(one)), None)
    if wrong is not None:
        raise _fault(path, line, f"has {wrong!r} as an id", "ids are numbers of VALT's own")
    return frozenset(found)


def _fault(path: Path, line: int, what: str, advice: str) -> SettingsError:
    return SettingsError(what, where=f"{path}, line {line}", advice=advice)
