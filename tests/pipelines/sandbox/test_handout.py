"""What a person is handed: settings that load, whatever is in the tables and secrets beside them."""

import csv
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipelines.sandbox.handout import MARK, NAMES, READY, SECRETS, SETTINGS, TABLES, Handout

DETAILS: dict[str, Any] = {
    "opencast": {"url": "http://a", "files_url": "http://a:1", "username": "f", "password": "one"},
    "panopto": {
        "url": "https://b", "client_id": "c", "client_secret": "two", "username": "f", "password": "three",
        "folder_id": "d",
    },
    "luminus": {"url": "http://e", "token": "four", "subscription_key": "five"},
    "valt": {"url": "http://g", "username": 'qu"ote', "password": "six"},
}  # fmt: skip
LINES = ("a, b", 'c "d"'), ("é", "2")


def written(folder: Path) -> dict[str, Any]:
    """Hand everything out, and return the settings."""
    Handout(DETAILS, b"PEM", dict.fromkeys(TABLES, LINES)).write(folder)
    return tomllib.loads((folder / SETTINGS).read_text())


def test_every_file_is_a_known_name_and_none_is_missing(tmp_path: Path) -> None:
    """So a folder that a person has put one of them into is known to be theirs."""
    written(tmp_path)
    made = {one.name for one in tmp_path.iterdir()}
    assert made <= set(NAMES)
    assert made >= {SETTINGS, READY, *TABLES, *SECRETS}


def test_every_file_that_the_settings_name_is_there(tmp_path: Path) -> None:
    """By a path relative to them; texts may hold quotes."""
    settings = written(tmp_path)
    named = [
        value
        for section in settings.values()
        for name, value in section.items()
        if name.endswith("_file") or name in {"folders", "modules", "rooms", "schedules"}
    ]
    assert set(named) == {"ca.pem", *TABLES, *SECRETS}
    assert all((tmp_path / name).is_file() for name in named)
    assert settings["valt"]["username"] == 'qu"ote'
    assert (tmp_path / SETTINGS).read_text().startswith(MARK)


def test_tables_are_csv_with_their_columns(tmp_path: Path) -> None:
    """Cells may hold commas, quotes and letters of any kind."""
    written(tmp_path)
    for name, columns in TABLES.items():
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            assert list(csv.reader(file)) == [list(columns), *map(list, LINES)]


@pytest.mark.fault(42)
def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    """Also those that lay there before, more openly."""
    for name in SECRETS:
        (tmp_path / name).touch(mode=0o644)
    written(tmp_path)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in (*SECRETS, READY)} == {0o600}
