"""Opencast's language codes lead to Panopto's names, or to none."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.panopto.languages import VALUES, lcid_of, tag_of, value_of


@pytest.mark.parametrize(
    ("code", "tag", "lcid", "value"),
    [
        ("eng", "en", "en-US", "English_USA"),
        ("en", "en", "en-US", "English_USA"),
        ("en-GB-oxendict", "en-GB", "en-GB", "English_GBR"),
        ("deu", "de", "de-DE", "German"),
        ("ger", "de", "de-DE", "German"),
        ("de_ch", "de-CH", "de-DE", "German"),
        (" FR-ca ", "fr-CA", "fr-CA", "French_CAN"),
        ("fr-CH", "fr-CH", "fr-FR", "French"),
        ("nno", "nn", "nb-NO", "Norwegian"),
        ("zho", "zh", "zh-CN", "Chinese_Simplified"),
        ("zh-hant-hk", "zh-Hant-HK", "zh-TW", "Chinese_Traditional"),
        ("zh-Hans-HK", "zh-Hans-HK", "zh-CN", "Chinese_Simplified"),
        ("es-ES", "es-ES", "es-ES", "Spanish_ESP"),
    ],
)
def test_known_languages(code: str, tag: str, lcid: str, value: str) -> None:
    """Codes of two and three letters, of either kind, with a region or without."""
    assert (tag_of(code), lcid_of(code), value_of(code)) == (tag, lcid, value)


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("gsw", "gsw"),
        ("en-IE", "en-IE"),
        ("es-419", "es-419"),
        ("und", ""),
        ("", ""),
        ("Deutsch", ""),
        ("e", ""),
    ],
)
def test_unknown_languages(code: str, tag: str) -> None:
    """Where Panopto tells regions apart, one that it lacks is not guessed; nor is anything else."""
    assert (tag_of(code), lcid_of(code), value_of(code)) == (tag, None, None)


@given(st.text() | st.from_regex(r"[a-z]{2,3}([-_][A-Za-z]{2,4}){0,3}", fullmatch=True))
def test_any_code(code: str) -> None:
    """Nothing is raised; a tag is its own tag; a language has both names or neither."""
    assert tag_of(tag_of(code)) == tag_of(code)
    assert (lcid_of(code) is None) == (value_of(code) is None)
    assert value_of(code) in {None, *VALUES}
    if lcid := lcid_of(code):
        assert value_of(lcid) == value_of(code)


def test_the_values_are_those_of_the_swagger() -> None:
    """Just the values that Panopto's own description of its captions call lists."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of published references")
    swagger = json.loads((Path(folder) / "panopto-openapi/panopto-rest-api.json").read_bytes())
    parameters = swagger["paths"]["/api/v1/sessions/{id}/captions"]["post"]["parameters"]
    (told,) = (one["enum"] for one in parameters if one["name"] == "language")
    assert sorted(VALUES) == sorted(told)
