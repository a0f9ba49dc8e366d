"""What a booking says of an event besides its time: fields of VALT's template, and with whom it is shared.

Both only by the operator's tables. An empty field of an event leaves what VALT has, and so does a list of
rights that is not known, or of which no role has a line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pipelines.opencast.model import Event, Grant
from pipelines.schedules.convert import line_of, text_of
from pipelines.valt.model import Share, Template, TemplateField

LONGEST_VALUE = 255
"""UTF-16 units of a text field (VALT User Training Guide); notes have no limit."""

VALUES: Mapping[str, Callable[[Event], str]] = {
    "identifier": lambda event: event.identifier,
    "title": lambda event: event.title,
    "presenter": lambda event: joined(event.presenters),
    "contributor": lambda event: joined(event.contributors),
    "description": lambda event: event.description,
    "location": lambda event: event.location,
    "series": lambda event: event.series,
    "series_title": lambda event: event.series_title,
    "language": lambda event: event.language,
    "subjects": lambda event: joined(event.subjects),
    "rightsholder": lambda event: event.rightsholder,
    "license": lambda event: event.license,
    "source": lambda event: event.source,
    "creator": lambda event: event.creator,
}
"""What a table of fields may ask for."""


def joined(several: Iterable[str]) -> str:
    """Return several values as one."""
    return ", ".join(one for one in several if one.strip())


def described(event: Event, table: Mapping[str, str], templates: Sequence[Template] | None) -> dict[str, str]:
    """Return the values of an event by VALT's field ids, of fields that VALT has as far as that is known."""
    found = {}
    for field_id, name in table.items():
        field = field_of(field_id, templates)
        if field is None:
            continue
        told = VALUES[name](event)
        value = text_of(told) if field.is_long else line_of(told, LONGEST_VALUE)
        if value:
            found[field_id] = value
    return found


def field_of(field_id: str, templates: Sequence[Template] | None) -> TemplateField | None:
    """Return a field of VALT's; where nobody knows what VALT asks for, any may be one."""
    if templates is None:
        return TemplateField(field_id)
    return next((one.fields[field_id] for one in templates if field_id in one.fields), None)


def lacking(values: Mapping[str, str], templates: Sequence[Template] | None) -> list[TemplateField]:
    """Return the required fields without a value, where it is clear which template these values are of."""
    asking = [one for one in templates or () if one.fields.keys() & values.keys()]
    if len(asking) != 1:
        return []
    required = (one for one in asking[0].fields.values() if one.required)
    return [one for one in required if not values.get(one.id, "").strip()]


def readers(acl: Iterable[Grant]) -> list[str]:
    """Return the roles that may read; one that is also refused may not."""
    lines = [one for one in acl if one.action == "read"]
    refused = {one.role for one in lines if not one.allow}
    return list(dict.fromkeys(one.role for one in lines if one.role not in refused))


def shared_with(acl: Iterable[Grant] | None, table: Mapping[str, Share] | None) -> Share | None:
    """Return with whom a recording is shared; None where that is to stay as it is."""
    known = [table[role] for role in readers(acl or ()) if role in table] if table else []
    if not known:
        return None
    users = frozenset(one for share in known for one in share.users)
    return Share(users, frozenset(one for share in known for one in share.groups))


def about_fields(table: Mapping[str, str], templates: Sequence[Template] | None) -> Iterator[str]:
    """Say what of a table of fields is of no use, or cannot be checked."""
    if table and templates is None:
        yield (
            "VALT does not show its templates to this account: which fields they require, and which take "
            "long texts, is not checked"
        )
    for field_id in table:
        if field_of(field_id, templates) is None:
            yield f"table of fields, field {field_id}: no template of VALT has it, and it is not sent"


def about_sharing(events: Sequence[Event], table: Mapping[str, Share] | None) -> Iterator[str]:
    """Say which roles may read and have no line, and of how many events that is not known."""
    if table is None:
        return
    lines: dict[str, int] = {}
    for event in events:
        for role in readers(event.acl or ()):
            if role not in table:
                lines[role] = lines.get(role, 0) + 1
    for role, count in lines.items():
        yield f"table of shares: no line for {role}, which may read {count} of the events; it is left out"
    if unknown := sum(event.acl is None for event in events):
        yield f"who may read {unknown} of the events is not known: their sharing is left as it is"
