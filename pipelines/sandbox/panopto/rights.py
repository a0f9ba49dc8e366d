"""Who may see a session or folder: its access level and its permissions, its own and those from above.

Source: Panopto's Swagger 2.0. A session's level is the broader of its own and its folder's; a folder that
inherits has its parent's. Not established and chosen here: levels are broader in the order in which the
Swagger lists them; a session that was given none, or a narrower one, inherits; so does a folder below another
until it is told otherwise; a folder that inherits again forgets its own permissions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.sandbox.panopto.model import Folder, Grant, Session
from pipelines.sandbox.panopto.people import fixed_guid

LEVELS = ("Restricted", "OrganizationUnlisted", "Organization", "PublicUnlisted", "Public")
ROLES = {name: fixed_guid(f"role/{name}") for name in ("Viewer", "Creator", "Publisher")}

Folders = Mapping[str, Folder]


@dataclass(frozen=True, slots=True)
class Settings:
    """The level that counts, and whether it comes from above."""

    inherited: bool
    level: str


@dataclass(frozen=True, slots=True)
class Permission:
    """A grant as it is told of one session or folder."""

    inherited: bool
    grant: Grant


def settings(item: Session | Folder, folders: Folders) -> Settings:
    """The level of a session or folder that counts."""
    own, above = item.access.level, _above(item, folders)
    over = settings(above, folders).level if above else None
    if over is None:
        return Settings(False, own or LEVELS[0])
    if own is None or (isinstance(item, Session) and LEVELS.index(own) <= LEVELS.index(over)):
        return Settings(True, over)
    return Settings(False, own)


def permissions(item: Session | Folder, folders: Folders) -> Iterator[Permission]:
    """What is granted of a session or folder: first its own, then what comes from above.

    A session has its folder's besides its own, a folder either its own or its parent's.
    """
    for grant in item.access.grants:
        yield Permission(False, grant)
    above = _above(item, folders)
    if above is not None and (isinstance(item, Session) or settings(item, folders).inherited):
        for permission in permissions(above, folders):
            yield Permission(True, permission.grant)


def _above(item: Session | Folder, folders: Folders) -> Folder | None:
    above = item.folder_id if isinstance(item, Session) else item.parent
    return folders[above] if above else None
