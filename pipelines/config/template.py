"""The description of a session as the operator words it: a text whose lines have fields in braces."""

import re

FIELDS = (
    "description",
    "presenters",
    "contributors",
    "location",
    "language",
    "rightsholder",
    "license",
    "source",
    "series",
    "subjects",
    "creator",
)
"""What a template may ask for."""

FIELD = re.compile(r"\{([^{}]*)\}")
"""A field of a template; its name is the first group."""

DESCRIPTION = """\
{description}

Presenters: {presenters}
Contributors: {contributors}
Location: {location}
Language: {language}
Rights: {rightsholder}
Licence: {license}
Source: {source}
"""


def description_template(text: str) -> str:
    """Return a template as it is. Raises ValueError where a field is unknown or a brace belongs to none."""
    unknown = [name for name in FIELD.findall(text) if name not in FIELDS]
    if unknown:
        raise ValueError(f"there is no field {unknown[0]!r}; there are {', '.join(FIELDS)}")
    if re.search(r"[{}]", FIELD.sub("", text)):
        raise ValueError("a brace belongs to no field; fields are written as {location}")
    return text
