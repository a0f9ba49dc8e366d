"""What a mark is, and whether an event has it."""

from typing import Any

import pytest

from pipelines.opencast.marks import FieldMark, RoleMark, Standing, field_mark, role_mark
from pipelines.opencast.model import Event, Grant
from pipelines.opencast.writing import Field

MARK = RoleMark("ROLE_MIGRATED")


@pytest.mark.parametrize(
    ("acl", "standing"),
    [
        ((), Standing.MISSING),
        ((Grant("ROLE_MIGRATED", "migrated", True),), Standing.THERE),
        ((Grant("ROLE_MIGRATED", "read", True),), Standing.MISSING),
        ((Grant("ROLE_OTHER", "migrated", True),), Standing.MISSING),
        ((Grant("ROLE_MIGRATED", "migrated", False),), Standing.IN_THE_WAY),
    ],
)
def test_a_role_on_an_event(acl: tuple[Grant, ...], standing: Standing) -> None:
    """It is there by role and action alone, and what forbids the same is not turned around."""
    assert MARK.on(Event("e", acl=acl)) is standing


@pytest.mark.parametrize(
    ("value", "read_only", "standing", "becomes"),
    [
        ("", False, Standing.MISSING, "moved"),
        (None, False, Standing.MISSING, "moved"),
        ("moved", False, Standing.THERE, None),
        ("Hall 3", False, Standing.IN_THE_WAY, None),
        ("", True, Standing.IN_THE_WAY, None),
        ([], False, Standing.MISSING, ["moved"]),
        (["Physics"], False, Standing.MISSING, ["Physics", "moved"]),
        (["moved", "Physics"], False, Standing.THERE, None),
    ],
)
def test_a_field_of_an_event(value: Any, read_only: bool, standing: Standing, becomes: Any) -> None:
    """Nothing that stands there is replaced: a text is set where it is empty, a list gets one more."""
    mark, field = FieldMark("source", "moved"), Field(value, read_only)
    assert mark.on({"source": field}) is standing
    if becomes is not None:
        assert mark.set_in(field) == becomes


def test_a_field_that_is_not_there() -> None:
    """It cannot be set, and a person has to look."""
    assert FieldMark("colour", "blue").on({}) is Standing.IN_THE_WAY


@pytest.mark.parametrize(
    ("role", "action"),
    [("ROLE_X", "read"), ("ROLE_X", "write"), ("a/b", "migrated"), ("", "x"), ("X", "a b")],
)
def test_a_role_that_would_do_more_is_no_mark(role: str, action: str) -> None:
    """Nor is one that an address could not hold."""
    with pytest.raises(ValueError, match=r"would let|are words of"):
        role_mark(role, action)


@pytest.mark.parametrize("text", ["", "source", "=x", "source=", "title=x", "identifier=x", "isPartOf=x"])
def test_what_is_no_field(text: str) -> None:
    """Neither half a pair, nor a field that says what the event is."""
    with pytest.raises(ValueError, match="field"):
        field_mark(text)


def test_a_field_is_said_in_one_word() -> None:
    """The value may hold a sign of equality."""
    assert field_mark("subjects=moved=2026") == FieldMark("subjects", "moved=2026")
