"""Where the folders of series lie, as the operator words it: names between slashes, with fields in braces."""

import re

from pipelines.config.template import FIELD

FIELDS = ("year", "series", "series_id")
"""What a name may ask for."""


def folder_template(text: str) -> str:
    """Return a template as it is.

    Raises ValueError where a name is empty, a field is unknown or a brace belongs to none.
    """
    unknown = [name for name in FIELD.findall(text) if name not in FIELDS]
    if unknown:
        raise ValueError(f"there is no field {unknown[0]!r}; there are {', '.join(FIELDS)}")
    if re.search(r"[{}]", FIELD.sub("", text)):
        raise ValueError("a brace belongs to no field; fields are written as {series}")
    if not all(part.strip() for part in text.split("/")):
        raise ValueError("a name is empty; names stand between slashes, as in {year}/{series}")
    return text
