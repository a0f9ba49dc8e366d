"""Template fields, sharing and recurrence: every form that is told is read, and what goes out reads back."""

from typing import Any

import pytest
from fakes.scripted_http import json_answer
from fakes.valt_api import ValtApi, schedule_json
from hypothesis import given
from hypothesis import strategies as st

from engine import ServerFault
from pipelines.valt.model import Booking, Recurrence, Share, Template, TemplateField
from pipelines.valt.payload import body_of_booking, holds, read_schedule
from pipelines.valt.recurrence import read_recurrence, write_recurrence
from pipelines.valt.sharing import read_share, write_share
from pipelines.valt.template import read_values

IDS = st.frozensets(st.integers(1, 999).map(str), max_size=5)
DAYS = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
COUNTED = st.builds(Recurrence, st.just("weekly"), DAYS, count=st.integers(1, 999)) | st.builds(
    Recurrence, st.just("daily"), count=st.integers(1, 999)
)


@given(COUNTED)
def test_a_recurrence_reads_back(recurrence: Recurrence) -> None:
    """All members go out as texts."""
    written = write_recurrence(recurrence)
    assert all(isinstance(value, str) for value in written.values())
    assert read_recurrence(written) == recurrence


@given(IDS, IDS)
def test_sharing_reads_back(users: frozenset[str], groups: frozenset[str]) -> None:
    """In the form of the wiki's table of fields."""
    written = write_share(Share(users, groups))
    assert list(written) == ["users", "user_groups"]
    assert read_share(written) == Share(users, groups)


def test_sharing_as_the_table_has_it() -> None:
    """Numbers with commas between them, in order."""
    assert write_share(Share(frozenset({"17", "13"}), frozenset({"12", "1", "7"}))) == {
        "users": "13,17",
        "user_groups": "1,7,12",
    }


@pytest.mark.parametrize(
    ("told", "share"),
    [
        (None, Share()),
        ([], Share()),
        ({"users": [13], "groups": ["7"]}, Share(frozenset({"13"}), frozenset({"7"}))),
        ({"users": [{"id": 13, "name": "A B"}], "users_groups": ""}, Share(frozenset({"13"}))),
        ({"users": 13, "user_groups": None}, Share(frozenset({"13"}))),
        ("everybody", None),
        ({"users": ["a b"]}, None),
        ({"users": [13, None]}, None),
    ],
)
def test_sharing_is_read_in_every_spelling(told: Any, share: Share | None) -> None:
    """What makes no sense is not known, and never nobody."""
    assert read_share(told) == share


@pytest.mark.parametrize(
    ("told", "days"),
    [(3, (3,)), ("3", (3,)), ("3, 1", (1, 3)), ([3, "1"], (1, 3)), ({"0": 1}, (1,)), (None, ()), ("", ())],
)
def test_weekdays_are_read_in_every_form(told: Any, days: tuple[int, ...]) -> None:
    """A number, a text, a list, or nothing."""
    found = read_recurrence({"type": "Weekly", "weeks_range": told, "range_type": "after", "end_after": 5})
    assert found == Recurrence("weekly", days, "after", 5)


@pytest.mark.parametrize("told", [{"type": "weekly", "weeks_range": "8"}, {"type": ""}, "weekly", 7])
def test_a_recurrence_of_no_known_form_is_not_known(told: Any) -> None:
    """It still recurs: the schedule says so by another word than none."""
    schedule = read_schedule(schedule_json(recurrence=told), "valt")
    assert schedule.repeats is None
    assert schedule.is_recurring


def test_a_recurrence_that_ends_by_a_day() -> None:
    """The day is kept as VALT writes it: nobody knows which number is the month."""
    told = {"type": "weekly", "weeks_range": "1", "range_type": "by", "end_by": "04-05-2036"}
    assert read_recurrence(told) == Recurrence("weekly", (1,), "by", None, "04-05-2036")


@pytest.mark.parametrize(
    ("told", "values"),
    [
        (None, {}),
        ([], {}),
        ({"17": "Student", "18": 4, "19": None}, {"17": "Student", "18": "4", "19": ""}),
        ({"17": {"value": "Student"}}, {"17": "Student"}),
        ([{"id": 17, "value": "Student"}], {"17": "Student"}),
        ({"name": "Default"}, None),
        ({"17": ["a"]}, None),
        ("Default", None),
    ],
)
def test_values_are_read_in_every_form(told: Any, values: dict[str, str] | None) -> None:
    """By field id; what is no field makes the whole unknown."""
    assert read_values(told) == values


def test_what_a_schedule_holds_of_them() -> None:
    """Each of the three counts when a body is held against a schedule."""
    booking = Booking(
        "Heat",
        "39",
        1_796_636_900,
        300,
        {"17": "Student"},
        Share(frozenset({"13"})),
        Recurrence("weekly", (1,), count=4),
    )
    body = body_of_booking(booking)
    told = schedule_json(
        template=body["template"], shared={"users": [13], "user_groups": []}, recurrence=body["recurrence"]
    )
    assert holds(read_schedule(told, "valt"), body)
    for name in ("template", "shared", "recurrence"):
        assert not holds(read_schedule({**told, name: None}, "valt"), body)


async def test_templates_are_read_with_their_fields() -> None:
    """Fields that are switched off are none; numbers and texts say the same."""
    api = ValtApi()
    api.says("GET admin/templates", json_answer(200, {"data": [{"id": 3, "name": "Default"}]}))
    fields = [
        {"id": 17, "on": 1, "required": "1", "type": "Text", "name": "Role", "data": None},
        {"id": 18, "on": False, "required": True, "type": "text", "name": "Old"},
        {"id": "19", "on": "1", "required": "0", "type": "notes", "name": "Notes"},
    ]
    api.says("GET admin/templates/3/fields", json_answer(200, {"data": fields}))
    role, notes = TemplateField("17", "Role", True, "text"), TemplateField("19", "Notes", False, "notes")
    assert await api.client().templates() == (Template("3", {"17": role, "19": notes}),)
    assert (role.is_long, notes.is_long) == (False, True)


@pytest.mark.parametrize("call", ["GET admin/templates", "GET admin/templates/3/fields"])
async def test_templates_that_the_account_may_not_see(call: str) -> None:
    """None, which is not the same as no templates."""
    api = ValtApi()
    api.says("GET admin/templates", json_answer(200, {"data": {"templates": [{"id": 3}]}}))
    api.says("GET admin/templates/3/fields", json_answer(200, {"data": {"fields": []}}))
    assert await api.client().templates() == (Template("3", {}),)
    api.says(call, json_answer(403, {"error": {"code": 403}}))
    assert await api.client().templates() is None


async def test_templates_that_make_no_sense_are_a_fault() -> None:
    """A page of words is no list without templates."""
    api = ValtApi()
    api.says("GET admin/templates", json_answer(200, {"data": "none"}))
    with pytest.raises(ServerFault):
        await api.client().templates()
