"""Reads single values out of VALT's JSON: ids, numbers, texts and lists, in each of the forms they come in.

Sources: IVS wiki, API_List_Schedules and API_Update_Schedule (numbers as numbers and as texts), the vendor's
ivs-valt-python 35f843f.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from engine import ServerFault

LARGEST_NUMBER = 2**53
"""From here on not every reader of JSON keeps a number whole (RFC 8259, 6)."""


def data_of(json: Any) -> Any:
    """Return what an answer has by the name data, or the answer itself where it has no such name."""
    return json["data"] if isinstance(json, Mapping) and "data" in json else json


def several(value: Any, name: str, where: str) -> Iterable[Any]:
    """Return the members of a list; one with gaps comes as an object whose names are numbers."""
    listed = members(value)
    if listed is not None:
        return listed
    raise ServerFault(f"answers no list of {name}", where=where)


def members(value: Any) -> Iterable[Any] | None:
    """Return the members of a list in either form; None where it is none."""
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and all(str(key).isdecimal() for key in value):
        return list(value.values())
    return None


def ids(value: Any) -> frozenset[str]:
    """Read a list of ids, or of objects that have one; what makes no sense is left out."""
    listed = members(value) or ()
    return frozenset(found for one in listed if (found := id_of(one) or identifier_of(one)) is not None)


def id_of(json: Any) -> str | None:
    """Read the id of an object."""
    return identifier_of(json.get("id")) if isinstance(json, Mapping) else None


def identifier_of(value: Any) -> str | None:
    """Read an id, a number or a text, as a text; a sentence is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    told = str(value).strip()
    return told if told and len(told.split()) == 1 else None


def number(value: Any) -> int | None:
    """Read 7, 7.0 and "7" from 0 on; anything else measures nothing."""
    if isinstance(value, bool):
        return None
    try:
        read = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(read) if 0 <= read < LARGEST_NUMBER else None


def text(value: Any) -> str:
    """Read a text, or a number as one; empty where it is neither."""
    return str(value) if isinstance(value, str | int | float) else ""
