"""The texts of simple types: read as WCF's serializer reads them, written as it writes them.

A date without a zone is read in the site's own, as a manifest's is; what the real server does is not
established.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.sandbox.panopto.answers import moment
from pipelines.sandbox.panopto.manifest import SITE_ZONE
from pipelines.sandbox.panopto.soap.contract import (
    BOOLEAN,
    DATE_TIME,
    DOUBLE,
    GUID,
    INT,
    SHORT,
    STRING,
    Simple,
)

NO_GUID = "00000000-0000-0000-0000-000000000000"
DATE = re.compile(r"(?P<whole>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)?")
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def read(kind: Simple, text: str) -> Any:
    """The value of a text. Raises ValueError with one sentence where the type has no such text."""
    if kind.values:
        return _one_of(kind, text)
    try:
        return READERS[kind](text if kind is STRING else text.strip())
    except (ValueError, KeyError) as error:
        raise ValueError(f"The value '{text}' cannot be parsed as the type '{kind.name}'.") from error


def absent(kind: Simple) -> Any:
    """What .NET takes where an element that cannot be nil is not there: its first value, or nothing's."""
    return kind.values[0] if kind.values else {BOOLEAN: False, GUID: NO_GUID}.get(kind, 0)


def write(value: Any) -> str:
    """The text of a value; a date is one in UTC."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return moment(value.astimezone(UTC))
    return str(value)


def _one_of(kind: Simple, text: str) -> str:
    if text not in kind.values:
        raise ValueError(f"Invalid enum value '{text}' cannot be deserialized into type '{kind.name}'.")
    return text


def _guid(text: str) -> str:
    if not re.fullmatch(GUID.pattern, text):
        raise ValueError
    return text.lower()


def _date(text: str) -> datetime:
    """A date with at most the seven digits of a second's fraction that .NET keeps, cut to six."""
    found = DATE.fullmatch(text)
    if found is None:
        raise ValueError
    date = datetime.fromisoformat(found["whole"] + (found["fraction"] or "")[:7] + (found["zone"] or ""))
    return (date if date.tzinfo else date.replace(tzinfo=SITE_ZONE)).astimezone(UTC)


READERS: Mapping[Simple, Callable[[str], Any]] = {
    STRING: str,
    BOOLEAN: BOOLEANS.__getitem__,
    INT: int,
    SHORT: int,
    DOUBLE: float,
    DATE_TIME: _date,
    GUID: _guid,
}
