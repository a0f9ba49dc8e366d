"""The fields that a template asks for, and the values that a schedule has in them, as VALT tells them.

Sources: IVS wiki, API_List_Templates and API_List_Template_Fields (id, on, required, type, name);
API_Update_Schedule and API_Start_Recording: values by field id, the ids in quotes, null where there are none.
"""

from collections.abc import Mapping
from typing import Any

from pipelines.valt.model import TemplateField
from pipelines.valt.values import data_of, id_of, identifier_of, several, text

_OFF = frozenset({"0", "false", "off", "no", ""})


def read_templates(json: Any, where: str) -> tuple[str, ...]:
    """Read the ids in the answer to GET admin/templates. Raises ServerFault where it tells no templates."""
    data = data_of(json)
    listed = data.get("templates") if isinstance(data, Mapping) and "templates" in data else data
    return tuple(found for one in several(listed, "templates", where) if (found := id_of(one)) is not None)


def read_fields(json: Any, where: str) -> Mapping[str, TemplateField]:
    """Read the answer to GET admin/templates/{id}/fields, without the fields that are switched off."""
    data = data_of(json)
    listed = data.get("fields") if isinstance(data, Mapping) and "fields" in data else data
    found = {}
    for one in several(listed, "fields", where):
        if (identifier := id_of(one)) is not None and _is_on(one.get("on", True)):
            required, kind = _is_on(one.get("required")), text(one.get("type")).lower()
            found[identifier] = TemplateField(identifier, text(one.get("name")), required, kind)
    return found


def read_values(value: Any) -> Mapping[str, str] | None:
    """Read the values of a schedule's fields by their ids; None where they have no known form."""
    if not value:
        return {}
    told = (
        {one.get("id"): one for one in value if isinstance(one, Mapping)}
        if isinstance(value, list)
        else value
    )
    if not isinstance(told, Mapping) or len(told) != len(value):
        return None
    found = {_field_id(key): _value(one) for key, one in told.items()}
    return (
        None
        if None in found or None in found.values()
        else {str(key): str(one) for key, one in found.items()}
    )


def _field_id(key: Any) -> str | None:
    """Read the id of a field; a word is that of something else."""
    identifier = identifier_of(key)
    return identifier if identifier is not None and any(one.isdecimal() for one in identifier) else None


def _value(told: Any) -> str | None:
    if isinstance(told, Mapping):
        told = told.get("value", told.get("data"))
    return "" if told is None else text(told) if isinstance(told, str | int | float) else None


def _is_on(value: Any) -> bool:
    return str("" if value is None else value).strip().lower() not in _OFF
