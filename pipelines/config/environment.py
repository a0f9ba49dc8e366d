"""What the environment says: which of its variables are settings, and which variable a value came from."""

import json
from collections.abc import Mapping
from typing import get_args, get_origin

from pydantic import BaseModel

from pipelines.config.error import SettingsError, variable
from pipelines.config.settings import Settings

OTHERS = frozenset({"FERRY_TRACEBACK", "FERRY_REFERENCE", "FERRY_REQUIRE_ALL"})
"""Variables that begin like ours and are no settings: they are for whoever works on the program."""


def _sections() -> Mapping[str, type[BaseModel]]:
    """Return each section by its name; one that may be left out is a union with None."""
    found = {
        name: kind
        for name, field in Settings.model_fields.items()
        for kind in (field.annotation, *get_args(field.annotation))
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }
    if found.keys() != Settings.model_fields.keys():
        raise AssertionError("a setting is no section")
    return found


SECTIONS = _sections()
"""Each section of the settings by its name."""

_SETTINGS = {variable(section, name) for section, held in SECTIONS.items() for name in held.model_fields}
_TABLES = {variable(section) for section in SECTIONS}
_LISTS = {
    variable(section, name)
    for section, held in SECTIONS.items()
    for name, field in held.model_fields.items()
    if get_origin(field.annotation) is tuple
}


def check(environment: Mapping[str, str]) -> None:
    """Refuse a variable FERRY_... that nothing reads, and one that has to be JSON and is none.

    Raises SettingsError with the variable's name, never with its value.
    """
    for name, value in environment.items():
        known = name.upper()
        if not known.startswith("FERRY_") or known in OTHERS:
            continue
        if known not in _SETTINGS | _TABLES:
            raise SettingsError("is a variable that nothing reads", where=name, advice=_advice(known))
        if known in _LISTS | _TABLES and not _is_json(value):
            what = 'a list has to be, such as ["a", "b"]' if known in _LISTS else "a whole section has to be"
            raise SettingsError(f"is not JSON, as {what}", where=name)


def origin(environment: Mapping[str, str], section: str, name: str = "") -> str | None:
    """Return the variable that gives a setting, as it is written there; None where none does."""
    written = {one.upper(): one for one in environment}
    whole = written.get(variable(section))
    if not name:
        return whole
    if (own := written.get(variable(section, name))) is not None:
        return own
    return whole if whole is not None and name in _table(environment[whole]) else None


def _advice(known: str) -> str:
    """Name the setting that was meant, where it can be told by its letters."""
    meant = {one.replace("_", ""): one for one in sorted(_SETTINGS)}.get(known.replace("_", ""))
    if meant:
        return f"{meant} is one"
    return "settings are FERRY_, the section, two underscores and the name, such as FERRY_PANOPTO__URL"


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _table(value: str) -> Mapping[str, object]:
    found = json.loads(value)
    return found if isinstance(found, dict) else {}
