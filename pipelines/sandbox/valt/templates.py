"""What the emulated VALT asks for of a recording, and whom it can be shared with: one template, a few people.

Sources: IVS wiki, API_List_Templates, API_List_Template_Fields (id, on, required, type, name, data),
API_List_Users and API_List_User_Groups (groups under `data.userGroups`); the VALT User Training Guide (255
characters in a text field, notes unlimited). Not established and chosen here: the other members of a
template; values of unknown fields are dropped without a word, and so are users and groups that do not exist;
what a required field lacks is a 400 that names `template`.
"""

from collections.abc import Mapping
from typing import Any

from pipelines.sandbox.valt.answers import invalid, missing
from pipelines.sandbox.valt.model import Field

TEMPLATE = {"id": 3, "name": "Default", "default": True}
ROLE, COURSE, NOTES = Field(17, "Role"), Field(18, "Course"), Field(19, "Notes", "notes")
FIELDS = (ROLE, COURSE, NOTES, Field(20, "Ward", on=False))
USERS = {3: "Scheduling Office", 13: "Alex Tan", 17: "Kim Lee", 43: "Sam Ong"}
GROUPS = {1: "Staff", 7: "Lecturers", 12: "Students"}
LONGEST_TEXT = 255

Row = dict[str, Any]


def template_row(template_id: str) -> Row:
    """The template by that id. Raises Refused (404)."""
    if template_id != str(TEMPLATE["id"]):
        raise missing("Template not found.")
    return dict(TEMPLATE)


def field_rows(required: bool) -> list[Row]:
    """The fields, of which the first may be required."""
    return [
        {
            "id": one.id,
            "on": one.on,
            "required": one.required or (required and one is ROLE),
            "type": one.type,
            "name": one.name,
            "data": None,
        }
        for one in FIELDS
    ]


def known_values(values: Mapping[str, Any] | None) -> Mapping[str, str] | None:
    """The values of fields that there are. Raises Refused (400) where one is no text, or too long."""
    if values is None:
        return None
    found = {}
    for one in FIELDS:
        if one.on and (value := values.get(str(one.id))) is not None:
            if not isinstance(value, str | int | float):
                raise invalid([("template", f"{one.name} must be a text")])
            if one.type == "text" and len(str(value)) > LONGEST_TEXT:
                raise invalid([("template", f"{one.name} must not be longer than {LONGEST_TEXT} characters")])
            found[str(one.id)] = str(value)
    return found or None


def complete_values(values: Mapping[str, str] | None) -> None:
    """Refuse a schedule without what is required. Raises Refused (400)."""
    if not (values or {}).get(str(ROLE.id), "").strip():
        raise invalid([("template", f"{ROLE.name} is required")])
