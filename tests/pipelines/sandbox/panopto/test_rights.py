"""Levels and permissions that come from above."""

from datetime import UTC, datetime

import pytest

from pipelines.sandbox.panopto import rights
from pipelines.sandbox.panopto.model import Access, Folder, Grant, Session
from pipelines.sandbox.panopto.rights import LEVELS, Permission, Settings

NOW = datetime(2024, 1, 1, tzinfo=UTC)
STAFF = Grant("staff", "Group", "Viewer")
OWNER = Grant("owner", "User", "Creator")
TOP = Folder("top", "Top", access=Access("Organization", [OWNER]))
BELOW = Folder("below", "Below", parent="top")
OWN = Folder("own", "Own", parent="top", access=Access("Restricted", [STAFF]))
FOLDERS = {one.id: one for one in (TOP, BELOW, OWN)}


def session(level: str | None, folder: str = "below", grants: tuple[Grant, ...] = ()) -> Session:
    """A session with a level of its own."""
    return Session("s", folder, "", "", NOW, NOW, access=Access(level, list(grants)))


@pytest.mark.parametrize("own", [None, *LEVELS])
def test_the_broader_level_of_a_session_counts(own: str | None) -> None:
    """Its own where it is broader than its folder's, else the folder's."""
    settings = rights.settings(session(own), FOLDERS)
    broader = own in {"PublicUnlisted", "Public"}
    assert settings == (Settings(False, str(own)) if broader else Settings(True, "Organization"))


def test_a_folder_has_its_own_level_or_its_parents() -> None:
    """Its own may be narrower than the parent's; a top-level one without a level is Restricted."""
    assert rights.settings(BELOW, FOLDERS) == Settings(True, "Organization")
    assert rights.settings(OWN, FOLDERS) == Settings(False, "Restricted")
    assert rights.settings(Folder("x", "X"), {}) == Settings(False, "Restricted")


def test_a_session_has_its_folders_permissions_besides_its_own() -> None:
    """Those of the folders above are told as inherited."""
    held = list(rights.permissions(session(None, grants=(STAFF,)), FOLDERS))
    assert held == [Permission(False, STAFF), Permission(True, OWNER)]


def test_a_folder_has_either_its_own_permissions_or_its_parents() -> None:
    """One that does not inherit has nothing from above, nor have its sessions."""
    assert list(rights.permissions(OWN, FOLDERS)) == [Permission(False, STAFF)]
    assert list(rights.permissions(BELOW, FOLDERS)) == [Permission(True, OWNER)]
    assert list(rights.permissions(session("Public", "own"), FOLDERS)) == [Permission(True, STAFF)]
