"""Which templates of a description are taken."""

import pytest

from pipelines.config.template import DESCRIPTION, FIELDS, description_template


@pytest.mark.parametrize("text", ["", "No field.", DESCRIPTION, "".join(f"{{{name}}}" for name in FIELDS)])
def test_a_good_template_is_taken(text: str) -> None:
    """It stays as it is."""
    assert description_template(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{presenter}", "no field 'presenter'; there are description,"),
        ("{Location}", "no field 'Location'"),
        ("{}", "no field ''"),
        ("{ location }", "no field ' location '"),
        ("{location", "brace"),
        ("location}", "brace"),
        ("{{location}}", "brace"),
        ("{location!r}", "no field"),
    ],
)
def test_a_wrong_template_is_refused(text: str, why: str) -> None:
    """In one sentence that names the field, or says that a brace has none."""
    with pytest.raises(ValueError, match=why):
        description_template(text)
