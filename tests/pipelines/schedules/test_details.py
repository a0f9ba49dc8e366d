"""Template fields and sharing of a booking: by the tables, and never by a guess."""

from pathlib import Path

import pytest
from fakes.booking_site import event
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config import SettingsError
from pipelines.opencast.model import Grant
from pipelines.schedules.convert import line_of
from pipelines.schedules.details import (
    VALUES,
    about_fields,
    about_sharing,
    described,
    lacking,
    readers,
    shared_with,
)
from pipelines.schedules.tables import read_fields, read_shares
from pipelines.valt.model import Share, Template, TemplateField

ROLE, COURSE = TemplateField("17", "Role", True, "text"), TemplateField("18", "Course", False, "text")
NOTES = TemplateField("19", "Notes", False, "notes")
TEMPLATES = (Template("3", {one.id: one for one in (ROLE, COURSE, NOTES)}), Template("4", {}))
TABLE = {"17": "presenter", "18": "series_title", "19": "description", "99": "language"}
ALICE, STAFF = Share(frozenset({"13"})), Share(frozenset({"17"}), frozenset({"7"}))


def test_fields_are_filled_in() -> None:
    """Several presenters are one value, an empty field is none, a field that VALT has not is left out."""
    one = event("e", presenters=("A", "", "B"), description="first\nsecond\x00", language="eng")
    assert described(one, TABLE, TEMPLATES) == {"17": "A, B", "19": "first\nsecond"}
    assert described(one, TABLE, None) == {"17": "A, B", "19": "first second", "99": "eng"}


def test_every_field_of_a_table_is_known() -> None:
    """None of them raises for an event that says nothing."""
    table = {str(number): name for number, name in enumerate(VALUES)}
    assert described(event("e", title=""), table, None) == {"0": "e"}


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_a_text_field_takes_255_utf_16_units(text: str) -> None:
    """An emoji is two of them, and is never cut in two."""
    line = line_of(text, 255)
    assert len(line.encode("utf-16-le")) <= 510
    assert "\n" not in line
    assert line_of(line, 255) == line


def test_notes_are_as_long_as_they_are() -> None:
    """A text field is cut."""
    one = event("e", description="x" * 300, series_title="\U0001f600" * 200)
    found = described(one, TABLE, TEMPLATES)
    assert (len(found["19"]), len(found["18"])) == (300, 127)


def test_required_fields_without_a_value() -> None:
    """Those of the template that has the fields; where that is not clear nobody says what is required."""
    assert lacking({"18": "Optics"}, TEMPLATES) == [ROLE]
    assert lacking({"17": " ", "18": "Optics"}, TEMPLATES) == [ROLE]
    assert lacking({"17": "Student"}, TEMPLATES) == []
    assert lacking({"18": "Optics"}, None) == []
    assert lacking({"18": "Optics"}, (*TEMPLATES, Template("5", {"18": COURSE}))) == []


def test_a_table_of_fields_that_cannot_be_checked() -> None:
    """One sentence; with templates one for each field that none of them has."""
    assert ["is not checked" in one for one in about_fields(TABLE, None)] == [True]
    assert ["field 99" in one for one in about_fields(TABLE, TEMPLATES)] == [True]
    assert list(about_fields({}, None)) == []


def test_who_may_read_shares() -> None:
    """By each role with a line; a role that is refused may not read, one without a line is nobody."""
    acl = (
        Grant("ROLE_A", "read", True),
        Grant("ROLE_B", "read", True),
        Grant("ROLE_B", "write", False),
        Grant("ROLE_C", "read", True),
        Grant("ROLE_C", "read", False),
        Grant("ROLE_D", "write", True),
        Grant("ROLE_E", "read", True),
    )
    table = {"ROLE_A": ALICE, "ROLE_B": STAFF, "ROLE_C": Share(frozenset({"99"})), "ROLE_D": Share()}
    assert readers(acl) == ["ROLE_A", "ROLE_B", "ROLE_E"]
    assert shared_with(acl, table) == Share(frozenset({"13", "17"}), frozenset({"7"}))
    assert [one.split(",")[0] for one in about_sharing([event("e", acl=acl)], table)] == [
        "table of shares: no line for ROLE_E"
    ]


@pytest.mark.parametrize("table", [None, {}, {"ROLE_Z": ALICE}])
def test_sharing_that_nobody_knows_is_left_as_it_is(table: dict[str, Share] | None) -> None:
    """Without a table, without a line, and where the rights are not known."""
    assert shared_with((Grant("ROLE_A", "read", True),), table) is None
    assert shared_with(None, table) is None


def test_rights_that_are_not_known_are_told() -> None:
    """How many events have them."""
    (told,) = about_sharing([event("e"), event("f")], {})
    assert "2 of the events is not known" in told


def written(folder: Path, text: str) -> Path:
    """Write a table."""
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_tables_are_read(tmp_path: Path) -> None:
    """One of Opencast's fields may go into several; ids stand in one cell; a role may share with nobody."""
    fields = written(tmp_path, "opencast_field,valt_field_id\ntitle,17\ntitle,18\n")
    assert read_fields(fields) == {"17": "title", "18": "title"}
    shares = written(tmp_path, 'role,users,groups\nROLE_A,"13,17",\nROLE_B,,7 1\nROLE_C,,\n')
    assert read_shares(shares) == {
        "ROLE_A": Share(frozenset({"13", "17"})),
        "ROLE_B": Share(frozenset(), frozenset({"7", "1"})),
        "ROLE_C": Share(),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("opencast_field,valt_field_id\nlecturer,17\n", "lecturer"),
        ("opencast_field,valt_field_id\ntitle,17\nseries,17\n", "17 again"),
        ("opencast_field,valt_field_id\ntitle,Role (17)\n", "Role"),
        ("opencast_field\ntitle\n", "valt_field_id"),
    ],
)
def test_a_table_of_fields_that_is_wrong(text: str, told: str, tmp_path: Path) -> None:
    """It is refused by line before anything is asked."""
    with pytest.raises(SettingsError, match=r"table\.csv, line \d") as caught:
        read_fields(written(tmp_path, text))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("role,users,groups\nA,13,\nA,17,\n", "A again"),
        ('role,users,groups\nA,"13,everybody!",\n', "everybody!"),
        ("role,user\nA,13\n", "neither users nor groups"),
        ("users,groups\n13,\n", "role"),
    ],
)
def test_a_table_of_shares_that_is_wrong(text: str, told: str, tmp_path: Path) -> None:
    """A column that is spelt wrong must not share with nobody."""
    with pytest.raises(SettingsError, match=r"table\.csv, line \d") as caught:
        read_shares(written(tmp_path, text))
    assert told in str(caught.value)
