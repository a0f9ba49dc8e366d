"""What marks an event as moved: a role in its access control list, or a value in its metadata. No call.

A role is granted an action that Opencast itself gives no meaning to, so that whoever has the role can do
nothing more than before. Nothing that stands in an event is replaced: a text is set where it is empty, a list
gets one more value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from pipelines.opencast.model import Event
from pipelines.opencast.writing import Field

ACTION = "migrated"
"""The action that a role is granted unless the operator says another."""

MEANINGFUL = frozenset({"read", "write"})
"""Actions that let somebody see or change the event (the developer guide's page on authorisation)."""

STRUCTURAL = frozenset(
    {
        "title",
        "isPartOf",
        "startDate",
        "startTime",
        "duration",
        "created",
        "creator",
        "identifier",
        "publisher",
    }
)
"""Fields that say what the event is, or which series it is of: none of them is a place for a remark."""

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,128}")
"""Roles and actions that mean the same in an address."""


class Standing(Enum):
    """How an event stands towards a mark."""

    THERE = auto()
    MISSING = auto()
    IN_THE_WAY = auto()


@dataclass(frozen=True, slots=True)
class RoleMark:
    """A role that is granted an action."""

    role: str
    action: str = ACTION

    @property
    def facts(self) -> Mapping[str, str]:
        """The same for the checkpoint."""
        return {"role": self.role, "action": self.action}

    @property
    def words(self) -> str:
        """The same for people."""
        return f"role {self.role} with the action {self.action}"

    def on(self, event: Event) -> Standing:
        """Tell whether an event has it; a line that forbids the same is in the way."""
        lines = [one for one in event.acl or () if (one.role, one.action) == (self.role, self.action)]
        if not lines:
            return Standing.MISSING
        return Standing.THERE if all(one.allow for one in lines) else Standing.IN_THE_WAY


@dataclass(frozen=True, slots=True)
class FieldMark:
    """A value of a metadata field."""

    name: str
    value: str

    @property
    def facts(self) -> Mapping[str, str]:
        """The same for the checkpoint."""
        return {"field": self.name, "value": self.value}

    @property
    def words(self) -> str:
        """The same for people."""
        return f"{self.name} with the value {self.value!r}"

    def on(self, fields: Mapping[str, Field]) -> Standing:
        """Tell whether an event's metadata have it; another text, or a field that is fixed, is in the way."""
        field = fields.get(self.name)
        if field is None or field.read_only:
            return Standing.IN_THE_WAY
        if isinstance(field.value, list):
            return Standing.THERE if self.value in field.value else Standing.MISSING
        if field.value == self.value:
            return Standing.THERE
        return Standing.MISSING if field.value in ("", None) else Standing.IN_THE_WAY

    def set_in(self, field: Field) -> Any:
        """Return what the field is to be."""
        return [*field.value, self.value] if isinstance(field.value, list) else self.value


Mark = RoleMark | FieldMark


def role_mark(role: str, action: str) -> RoleMark:
    """Return a mark by a role. Raises ValueError, with one sentence, where it would let somebody do more."""
    if not _WORD.fullmatch(role) or not _WORD.fullmatch(action):
        raise ValueError("a role and an action are words of letters, digits, '_', '.' and '-'")
    if action in MEANINGFUL:
        raise ValueError(f"the action {action} would let whoever has the role {action} the event")
    return RoleMark(role, action)


def field_mark(text: str) -> FieldMark:
    """Return the mark that FIELD=VALUE means. Raises ValueError, with one sentence."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ValueError("a field is given as FIELD=VALUE")
    if name.strip() in STRUCTURAL:
        raise ValueError(f"the field {name.strip()} says what the event is, and is no place for a mark")
    return FieldMark(name.strip(), value.strip())
