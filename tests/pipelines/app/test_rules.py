"""The tables that settings name are read before anything is asked of anybody."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.app.rules import rules
from pipelines.config import Settings, SettingsError

ACCOUNT: dict[str, Any] = {"url": "https://a.example", "username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("owners", None, "cannot be read"),
        ("owners", "presenter,username\nAda,a\nAda,b\n", "line 3: names Ada again"),
        ("availability", None, "cannot be read"),
        ("availability", "series,from,until\ns,2026-02-01,2026-01-01\n", "line 2: ends before it begins"),
    ],
)
def test_a_table_for_later_is_read_at_once(
    tmp_path: Path, name: str, content: str | None, sentence: str
) -> None:
    """A plan tells of it as a run does, though it is needed only where a session has arrived."""
    table = tmp_path / "table.csv"
    if content is not None:
        table.write_text(content)
    panopto = {**ACCOUNT, "client_id": "c", "client_secret": "s"}
    told = {"opencast": ACCOUNT, "panopto": panopto, "session": {name: table}}
    with pytest.raises(SettingsError, match=sentence) as refused:
        rules(Settings.model_validate(told))
    assert str(table) in str(refused.value)
