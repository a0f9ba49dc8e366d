"""How ASP.NET Core binds the body of a PATCH to a lecture item, with all that it takes for granted.

Sources: the LumiNUS portal, PatchSession (members, 500); .NET's RequiredAttribute (whitespace is refused) and
StringLengthAttribute (`string.Length`: UTF-16 units); aspnet/Mvc issue 7815 ([Required] never fires for a
bool or a date that is absent); aspnet/Mvc JsonInputFormatter (media types; json-patch+json is one of
application/*+json). Not established and chosen here: an absent description clears; "true" is no boolean.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from pipelines.sandbox.luminus import dates
from pipelines.sandbox.luminus.answers import Invalid

LONGEST = 500
MEDIA_TYPE = re.compile(r"(application|text)/json|application/[^;\s]+\+json", re.IGNORECASE)
ARRAY = (
    "Cannot deserialize the current JSON array (e.g. [1,2,3]) into type 'LectureItem' because the type "
    'requires a JSON object (e.g. {"name":"value"}) to deserialize correctly.'
)
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Unsupported(Exception):
    """A body of a media type that nothing here reads."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What was bound. A member that was absent has .NET's default: false, the first of January of year 1."""

    id: str
    name: str
    presenter: str
    publish: bool
    start: datetime
    description: str


def bind(content_type: str, body: bytes) -> Patch:
    """Bind a body. Raises Unsupported or Invalid."""
    if not MEDIA_TYPE.fullmatch(content_type):
        raise Unsupported
    given = _members(body)
    errors: dict[str, list[str]] = {}
    bound = Patch(
        id=_guid(given, errors),
        name=_text(given, "Name", errors),
        presenter=_text(given, "Presenter", errors),
        publish=_boolean(given, errors),
        start=_date(given, errors),
        description=_description(given, errors),
    )
    if errors:
        raise Invalid(errors)
    return bound


def _members(body: bytes) -> Mapping[str, Any]:
    """The members of a plain object by their names in lower case: Newtonsoft does not mind the case."""
    if not body.strip():
        raise Invalid({"": ["A non-empty request body is required."]})
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid({"": [f"Unexpected character encountered while parsing value. {error}"]}) from error
    if isinstance(given, list):
        raise Invalid({"": [ARRAY]})
    if not isinstance(given, dict):
        raise Invalid({"": ["Error converting value to type 'LectureItem'."]})
    return {name.lower(): value for name, value in given.items()}


def _guid(given: Mapping[str, Any], errors: dict[str, list[str]]) -> str:
    value = given.get("id")
    if value is None or (isinstance(value, str) and not value.strip()):
        errors["Id"] = ["The Id field is required."]
    elif not isinstance(value, str) or not GUID.fullmatch(value):
        errors["id"] = [f"Error converting value {value} to type 'System.Guid'. Path 'id'."]
    return value.lower() if isinstance(value, str) else ""


def _text(given: Mapping[str, Any], name: str, errors: dict[str, list[str]]) -> str:
    value = given.get(name.lower())
    if value is None:
        errors[name] = [f"The {name} field is required."]
    elif not isinstance(value, str):
        errors[name.lower()] = [
            f"Unexpected character encountered while parsing value. Path '{name.lower()}'."
        ]
    elif not value.strip():
        errors[name] = [f"The {name} field is required."]
    elif len(value.encode("utf-16-le")) // 2 > LONGEST:
        errors[name] = [f"The field {name} must be a string with a maximum length of {LONGEST}."]
    return value if isinstance(value, str) else ""


def _boolean(given: Mapping[str, Any], errors: dict[str, list[str]]) -> bool:
    value = given.get("publish", False)
    if not isinstance(value, bool):
        errors["publish"] = ["Error converting value to type 'System.Boolean'. Path 'publish'."]
        return False
    return value


def _date(given: Mapping[str, Any], errors: dict[str, list[str]]) -> datetime:
    if "startdate" not in given:
        return dates.NEVER
    value = given["startdate"]
    date = dates.read(value) if isinstance(value, str) else None
    if date is None:
        errors["startDate"] = ["Could not convert string to DateTime. Path 'startDate'."]
        return dates.NEVER
    return date


def _description(given: Mapping[str, Any], errors: dict[str, list[str]]) -> str:
    value = given.get("description")
    if value is not None and not isinstance(value, str):
        errors["description"] = ["Unexpected character encountered while parsing value. Path 'description'."]
    return value if isinstance(value, str) else ""
