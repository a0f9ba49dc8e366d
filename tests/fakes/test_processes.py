"""Settings for a run against a sandbox that stands, written elsewhere."""

from pathlib import Path

import pytest

from fakes.processes import PATHS, Stand
from pipelines.config import load
from pipelines.sandbox import certificate
from pipelines.sandbox.handout import TABLES, Handout

DETAILS = {
    "opencast": {"url": "http://a", "files_url": "http://a:1", "username": "f", "password": "one"},
    "panopto": {
        "url": "https://b", "client_id": "c", "client_secret": "two", "username": "f", "password": "three",
        "folder_id": "00000000-0000-4000-8000-000000000001",
    },
    "luminus": {"url": "http://e", "token": "four", "subscription_key": "five"},
    "valt": {"url": "http://g", "username": "f", "password": "six"},
}  # fmt: skip


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    """What a sandbox leaves in a folder, without the sandbox."""
    Handout(DETAILS, certificate.issue().ca, dict.fromkeys(TABLES, ())).write(tmp_path / "sandbox")
    return Stand(tmp_path / "sandbox", DETAILS)


def test_settings_elsewhere_lead_to_the_sandbox(stand: Stand, tmp_path: Path) -> None:
    """Every path but the checkpoint's is the sandbox's own."""
    settings = load(stand.settings(tmp_path)).model_dump()
    for section, name in PATHS:
        assert settings[section][name] in {stand.folder / one.name for one in stand.folder.iterdir()}
    assert settings["checkpoint"]["path"].parent == tmp_path


def test_settings_and_sections_can_be_changed_and_left_out(stand: Stand, tmp_path: Path) -> None:
    """None leaves out, by "section.name" or by the section."""
    changes = {"luminus": None, "valt.schedules": None, "carry.wait": 3, "select.limit": 2}
    settings = load(stand.settings(tmp_path, changes))
    assert settings.luminus is None
    assert settings.valt is not None
    assert settings.valt.schedules is None
    assert (settings.carry.wait, settings.select.limit) == (3, 2)
