"""What the calls that change an event make of it: no call, only the event before and after.

Source: opencast/opencast, EventsEndpoint.java. What cannot be set ends in the reply that Opencast gives.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from pipelines.sandbox.opencast import pages, render
from pipelines.sandbox.recordings import Event

TEXTS: Mapping[str, str] = {
    "title": "title",
    "description": "description",
    "language": "language",
    "rightsHolder": "rightsholder",
    "license": "license",
    "location": "location",
    "source": "source",
}
LISTS: Mapping[str, str] = {
    "subjects": "subjects",
    "creator": "presenters",
    "contributor": "contributors",
}
"""The fields of the episode catalogue that are emulated, and where the sandbox holds them."""


def fields(event: Event | None) -> list[dict[str, Any]]:
    """The fields of the episode catalogue; none where there is no event."""
    return render.metadata_fields(event, combined=True) if event else []


def allowing(event: Event, role: str, action: str) -> Event:
    """The event whose list lets a role do something, instead of forbidding it."""
    if action == "read":
        denied = tuple(one for one in event.denied if one != role)
        return replace(event, readers=tuple(dict.fromkeys((*event.readers, role))), denied=denied)
    return replace(event, grants=tuple(dict.fromkeys((*event.grants, (role, action)))))


def silent(event: Event, role: str, action: str) -> Event:
    """The event whose list says nothing of a role and an action."""
    if action == "read":
        readers, denied = (
            tuple(one for one in held if one != role) for held in (event.readers, event.denied)
        )
        return replace(event, readers=readers, denied=denied)
    return replace(event, grants=tuple(one for one in event.grants if one != (role, action)))


def names(event: Event, role: str, action: str) -> bool:
    """Whether a line names both; those of the administrator are in every list."""
    named = {*((one, "read") for one in (*event.readers, *event.denied)), *event.grants}
    return (role, action) in named


def pairs(text: str) -> dict[str, Any]:
    """The fields of a form's JSON, [{"id": ..., "value": ...}]."""
    try:
        given = {one["id"]: one["value"] for one in orjson.loads(text)}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        text = f"Unable to parse metadata fields as json from '{text}'"
        raise pages.RefusedError(pages.plain(400, text)) from None
    if not given:
        raise pages.RefusedError(pages.plain(400, "there were no fields to update."))
    return given


def with_field(event: Event, name: str, value: Any) -> Event:
    """The event with a field of its episode catalogue set. Raises RefusedError."""
    known = {one["id"]: one for one in fields(event)}
    if name not in known:
        raise pages.RefusedError(
            pages.plain(404, f"Cannot find a metadata field with id '{name}' from event")
        )
    if known[name]["readOnly"]:
        raise pages.RefusedError(pages.plain(400, f"The field {name} is read only"))
    if known[name]["required"] and not value:
        raise pages.RefusedError(
            pages.plain(400, f"The event metadata field with id '{name}' is required and can not be empty!.")
        )
    if name in TEXTS:
        texts: dict[str, Any] = {TEXTS[name]: str(value)}
        return replace(event, **texts)
    if name in LISTS and isinstance(value, list):
        lists: dict[str, Any] = {LISTS[name]: tuple(map(str, value))}
        return replace(event, **lists)
    raise pages.RefusedError(pages.html(500))  # A list that is no list; or a field that is not emulated.
