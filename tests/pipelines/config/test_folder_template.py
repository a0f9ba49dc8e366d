"""Which templates of folders are taken."""

from pathlib import Path

import pytest

from pipelines.config.error import SettingsError
from pipelines.config.folder_template import folder_template
from pipelines.config.load import load

SETTINGS = """
[opencast]
url = "https://oc.example.org"
username = "u"
[panopto]
url = "https://p.example.org"
client_id = "c"
username = "u"
folder_template = "{template}"
"""


@pytest.mark.parametrize("text", ["{year}/{series}", "Archive", "A/{series} ({series_id})/{year}"])
def test_a_good_template_is_taken(text: str) -> None:
    """As it is; names need no field."""
    assert folder_template(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{year}/{title}", "no field 'title'; there are year, series, series_id"),
        ("{year/{series}", "a brace belongs to no field"),
        ("/{year}", "a name is empty"),
        ("{year}//{series}", "a name is empty"),
        ("{year}/ ", "a name is empty"),
        ("", "a name is empty"),
    ],
)
def test_a_wrong_template_is_refused(text: str, why: str) -> None:
    """The sentence says what is wrong."""
    with pytest.raises(ValueError, match=why):
        folder_template(text)


@pytest.mark.parametrize(
    ("template", "why"), [("{title}", "folder_template: there is no field"), ("{year}", "needs folder_id")]
)
def test_the_settings_are_refused_with_it(template: str, why: str, tmp_path: Path) -> None:
    """When they are loaded, in one sentence: also where the folder at the top is not named."""
    path = tmp_path / "migration.toml"
    path.write_text(SETTINGS.replace("{template}", template))
    with pytest.raises(SettingsError, match=why):
        load(path, offline=True)
