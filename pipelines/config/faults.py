"""Says in one sentence what is wrong with a setting: where it stands, its name, and what it may be."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipelines.config.error import SettingsError

OUT_OF_BOUNDS = frozenset(
    {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"}
)
"""Faults of numbers, which are no secrets: those alone are told with the value."""

KINDS: Mapping[str, tuple[str, str]] = {
    "int_parsing": ("this is a whole number", ""),
    "int_type": ("this is a whole number", ""),
    "int_from_float": ("this is a whole number", ""),
    "float_parsing": ("this is a number", ""),
    "float_type": ("this is a number", ""),
    "bool_parsing": ("this is true or false", ""),
    "bool_type": ("this is true or false", ""),
    "string_type": ("this is a text", "write it in quotes"),
    "path_type": ("this is a path", "write it in quotes"),
    "tuple_type": ("this is a list", 'write it as ["one", "another"]'),
}
"""What a value of another kind should have been, and how that is written."""

BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def first_of(error: ValidationError) -> ErrorDetails:
    """Return the fault to tell: a word that nothing reads goes first, as it may mean what is missing."""
    faults = error.errors(include_url=False)
    return next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])


def told(fault: ErrorDetails, where: str, section: type[BaseModel] | None) -> SettingsError:
    """Return the error of a fault in a section (None: in none that is known). Only numbers are told."""
    steps = [str(step) for step in fault["loc"]]
    name, kind, held = ".".join(steps), fault["type"], section.model_fields if section else {}
    match kind:
        case "missing":
            what, advice = f"{name if len(steps) > 1 else f'the section [{name}]'} is missing", ""
        case "extra_forbidden":
            near = get_close_matches(steps[-1], held, n=1)
            advice = f"perhaps {'.'.join([*steps[:-1], *near])} is meant" if near else ""
            what = f"{name} is a setting that nothing reads"
        case _ if kind in OUT_OF_BOUNDS and section is not None:
            what, advice = f"{name}: {fault['input']} is out of bounds", bounds(section, steps[-1])
        case "literal_error":
            what, advice = f"{name}: this is one of {fault['ctx']['expected']}", ""
        case _:
            said, advice = KINDS.get(kind, (fault["msg"].removeprefix("Value error, "), ""))
            what = f"{name}: {said}"
    return SettingsError(what, where=where, advice=advice)


def bounds(section: type[BaseModel], name: str) -> str:
    """Say between which bounds a number of a section may be."""
    found: Mapping[str, Any] = section.model_json_schema()["properties"][name]
    limits = {key: value for one in found.get("anyOf", [found]) for key, value in one.items()}
    told = " and ".join(f"{words} {limits[key]:g}" for key, words in BOUNDS.items() if key in limits)
    return f"it is {told}" if told else "it is a number"


def line_of(text: str, *steps: str) -> int | None:
    """Return the line, from 1, on which a section or a setting of it begins; None where none does.

    Each beginning of the text that is TOML is read: the first that has it ends with its last line.
    """
    lines, before = text.splitlines(keepends=True), 0
    for count in range(1, len(lines) + 1):
        try:
            document = tomllib.loads("".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        if _holds(document, steps):
            return before + 1
        before = count
    return None


def _holds(document: Any, steps: tuple[str, ...]) -> bool:
    for step in steps:
        if not isinstance(document, dict) or step not in document:
            return False
        document = document[step]
    return True
