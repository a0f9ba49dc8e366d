"""Reads what an event's own metadata catalogue tells that the event does not (MetadataJson.java)."""

from typing import Any

from engine import Unreadable
from pipelines.opencast.table import Table, is_list

EPISODE = "dublincore/episode"
"""The catalogue of an event's own metadata."""


def read_subjects(json: Any, identifier: str) -> tuple[str, ...]:
    """Read all subjects out of the fields of an event's episode catalogue.

    Raises Unreadable where there is no such field, or it holds no texts.
    """
    where = f"event {identifier}, metadata"
    fields = [Table(one, where) for one in json] if is_list(json) else []
    subjects = next((one for one in fields if one.raw("id") == "subjects"), None)
    if subjects is None:
        raise Unreadable("has no field subjects", where=where)
    return subjects.texts("value")
