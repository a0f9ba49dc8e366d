"""Languages: what Opencast calls them, and the names that Panopto has for 31 of them.

A language that is not in the table has no name at Panopto, and none is guessed: a region is kept where
Panopto tells regions apart, and left out where it has one name for the whole language.
Source: Panopto's Swagger, ContentLanguage; ISO 639-2 has two codes for some languages (deu and ger).
"""

import re
from dataclasses import dataclass

_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?(?:-[a-z0-9]{2,8})*")
_UNKNOWN = frozenset({"und", "mul", "zxx", "mis"})


@dataclass(frozen=True, slots=True)
class _Language:
    """Panopto's value, the LCID text for a manifest, the tags that mean it, and whether any region does."""

    value: str
    lcid: str
    tags: frozenset[str]
    any_region: bool = True


def _language(value: str, lcid: str, tags: str, *, any_region: bool = True) -> _Language:
    return _Language(value, lcid, frozenset(tags.split()), any_region)


_LANGUAGES = (
    _language("English_USA", "en-US", "en en-US", any_region=False),
    _language("English_GBR", "en-GB", "en-GB", any_region=False),
    _language("English_AUS", "en-AU", "en-AU", any_region=False),
    _language("Spanish_ESP", "es-ES", "es es-ES", any_region=False),
    _language("Spanish_MEX", "es-MX", "es-MX", any_region=False),
    _language("French_CAN", "fr-CA", "fr-CA", any_region=False),
    _language("French", "fr-FR", "fr"),
    _language("German", "de-DE", "de"),
    _language("Dutch", "nl-NL", "nl"),
    _language("Thai", "th-TH", "th"),
    _language("Chinese_Simplified", "zh-CN", "zh zh-Hans zh-CN zh-SG", any_region=False),
    _language("Chinese_Traditional", "zh-TW", "zh-Hant zh-TW zh-HK zh-MO", any_region=False),
    _language("Korean", "ko-KR", "ko"),
    _language("Japanese", "ja-JP", "ja"),
    _language("Russian", "ru-RU", "ru"),
    _language("Portuguese", "pt-BR", "pt"),
    _language("Polish", "pl-PL", "pl"),
    _language("Danish", "da-DK", "da"),
    _language("Finnish", "fi-FI", "fi"),
    _language("Hungarian", "hu-HU", "hu"),
    _language("Norwegian", "nb-NO", "no nb nn"),
    _language("Swedish", "sv-SE", "sv"),
    _language("Italian", "it-IT", "it"),
    _language("Welsh", "cy-GB", "cy"),
    _language("Catalan", "ca-ES", "ca"),
    _language("Galician", "gl-ES", "gl"),
    _language("Basque", "eu-ES", "eu"),
    _language("Arabic", "ar-SA", "ar"),
    _language("Hindi", "hi-IN", "hi"),
    _language("Hebrew", "he-IL", "he"),
    _language("Vietnamese", "vi-VN", "vi"),
)
_SHORT = {
    **dict.fromkeys(("deu", "ger"), "de"),
    **dict.fromkeys(("fra", "fre"), "fr"),
    **dict.fromkeys(("nld", "dut"), "nl"),
    **dict.fromkeys(("zho", "chi", "cmn"), "zh"),
    **dict.fromkeys(("cym", "wel"), "cy"),
    **dict.fromkeys(("eus", "baq"), "eu"),
    **dict.fromkeys(("heb", "iw"), "he"),
    "eng": "en",
    "spa": "es",
    "tha": "th",
    "kor": "ko",
    "jpn": "ja",
    "rus": "ru",
    "por": "pt",
    "pol": "pl",
    "dan": "da",
    "fin": "fi",
    "hun": "hu",
    "nor": "no",
    "nob": "nb",
    "nno": "nn",
    "swe": "sv",
    "ita": "it",
    "cat": "ca",
    "glg": "gl",
    "ara": "ar",
    "hin": "hi",
    "vie": "vi",
}
VALUES = tuple(one.value for one in _LANGUAGES)
"""Every value that a caption call takes as `language`."""


def tag_of(code: str) -> str:
    """Return a code as a BCP-47 tag (eng as en, de_ch as de-CH), or an empty text where it names no language.

    A tag holds language, script and region; variants behind them are left out.
    """
    found = _TAG.fullmatch(code.strip().lower().replace("_", "-"))
    if found is None or found[1] in _UNKNOWN:
        return ""
    language, script, region = found.groups()
    parts = (_SHORT.get(language, language), (script or "").title(), (region or "").upper())
    return "-".join(filter(None, parts))


def lcid_of(code: str) -> str | None:
    """Return the text of a manifest's LCID (eng as en-US), or None where Panopto has no such language."""
    found = _find(tag_of(code))
    return found.lcid if found else None


def value_of(code: str) -> str | None:
    """Return the `language` of Panopto's caption calls (deu as German), or None where it has none."""
    found = _find(tag_of(code))
    return found.value if found else None


def _find(tag: str) -> _Language | None:
    """Return the language that a tag means: as it is, then without its region, then by its language alone."""
    language, *rest = tag.split("-")
    script = f"{language}-{rest[0]}" if rest and len(rest[0]) == 4 else ""
    for one in _LANGUAGES:
        if tag in one.tags or script in one.tags:
            return one
    return next((one for one in _LANGUAGES if one.any_region and language in one.tags), None)
