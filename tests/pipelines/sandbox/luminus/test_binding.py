"""How a PATCH is bound: what ASP.NET refuses, and what it quietly takes for granted."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.luminus_caller import members

from pipelines.sandbox.luminus import dates
from pipelines.sandbox.luminus.answers import Invalid
from pipelines.sandbox.luminus.binding import Patch, Unsupported, bind

ID = "00000000-0000-4000-8000-000000000001"
WHOLE = members({"id": ID})


def bound(body: Any) -> Patch:
    """Bind a plain object."""
    return bind("application/json", json.dumps(body).encode())


def refused(body: Any) -> set[str]:
    """The fields that make a body invalid."""
    with pytest.raises(Invalid) as caught:
        bound(body)
    assert all(sentences for sentences in caught.value.errors.values())
    return set(caught.value.errors)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json-patch+json",
        "application/json",
        "text/json",
        "Application/JSON",
        "application/hal+json",
    ],
)
def test_media_types_of_plain_objects(media_type: str) -> None:
    """The documented one and its neighbours say nothing else."""
    patch = bind(media_type, json.dumps(WHOLE).encode())
    assert (patch.id, patch.name, patch.presenter, patch.publish) == (ID, "A title", "Ada Brennan", True)
    assert (patch.start, patch.description) == (datetime(2019, 9, 2, 9, 15, tzinfo=UTC), "About it")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
def test_other_media_types_are_not_read(media_type: str) -> None:
    """Whatever is in them."""
    with pytest.raises(Unsupported):
        bind(media_type, json.dumps(WHOLE).encode())


@pytest.mark.parametrize(
    "body", [b"", b" ", b"{", b"7", b"null", b"[]", b'[{"op": "replace", "path": "/name"}]', b"\xff"]
)
def test_only_an_object_is_one(body: bytes) -> None:
    """An RFC 6902 patch is an array, and so is refused."""
    with pytest.raises(Invalid) as caught:
        bind("application/json-patch+json", body)
    assert set(caught.value.errors) == {""}


@pytest.mark.parametrize("value", [None, "", " ", "\t\n", "\u00a0"])
def test_required_texts_are_not_blank(value: str | None) -> None:
    """null, empty and whitespace, told for all members at once."""
    assert refused(WHOLE | {"id": value, "name": value, "presenter": value}) == {"Id", "Name", "Presenter"}


def test_required_texts_are_there() -> None:
    """Absent is as blank."""
    assert refused({}) == {"Id", "Name", "Presenter"}


@pytest.mark.parametrize("text", ["x" * 500, "\U0001f41f" * 250, "物" * 500])
def test_texts_are_measured_in_utf16_units(text: str) -> None:
    """500 are taken, and an emoji is two."""
    assert bound(WHOLE | {"name": text, "presenter": text}).name == text
    assert refused(WHOLE | {"name": text + "x"}) == {"Name"}
    assert refused(WHOLE | {"presenter": text + "x"}) == {"Presenter"}


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("publish", "true", "publish"),
        ("publish", 1, "publish"),
        ("publish", None, "publish"),
        ("startDate", None, "startDate"),
        ("startDate", "", "startDate"),
        ("startDate", "yesterday", "startDate"),
        ("startDate", "2019-13-02T08:15:00Z", "startDate"),
        ("startDate", 1567412100, "startDate"),
        ("description", ["x"], "description"),
        ("name", 7, "name"),
        ("id", "nobody", "id"),
        ("id", 7, "id"),
    ],
)
def test_values_of_another_type_are_refused(name: str, value: Any, field: str) -> None:
    """By the member's path."""
    assert refused(WHOLE | {name: value}) == {field}


def test_what_is_absent_is_a_default() -> None:
    """publish is false, startDate the year 1, and the description is cleared: nothing is left as it was."""
    patch = bound({name: WHOLE[name] for name in ("id", "name", "presenter")})
    assert (patch.publish, patch.start, patch.description) == (False, dates.NEVER, "")
    assert dates.shown(patch.start) == "0001-01-01T00:00:00+08:00"
    assert bound(WHOLE | {"description": None}).description == ""


def test_members_are_known_in_any_case() -> None:
    """As Newtonsoft reads them."""
    assert bound({name.upper(): value for name, value in WHOLE.items()}) == bound(WHOLE)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2019-09-02T08:15:00Z", 8),
        ("2019-09-02T16:15:00+08:00", 8),
        ("2019-09-02T08:15:00.0281072Z", 8),
        ("2019-09-02T16:15:00", 8),
        ("2019-09-02T16:15", 8),
    ],
)
def test_a_start_without_a_zone_is_singapores(text: str, hour: int) -> None:
    """With a zone it is an instant."""
    start = bound(WHOLE | {"startDate": text}).start.astimezone(UTC)
    assert (start.hour, start.minute) == (hour, 15)


def test_a_date_alone_is_its_midnight_in_singapore() -> None:
    """The day before, then, for most of the world."""
    start = bound(WHOLE | {"startDate": "2019-09-02"}).start
    assert start == datetime(2019, 9, 1, 16, tzinfo=UTC)


async def test_what_does_not_bind_changes_nothing(luminus: Any) -> None:
    """Errors take two shapes in turn; another media type is a 415."""
    async with luminus() as caller:
        item = await caller.lecture_item()
        bare, detailed = [await caller.patch(members(item, presenter=" ")) for _ in range(2)]
        assert (
            bare.document
            == {"Presenter": ["The Presenter field is required."]}
            == detailed.document["errors"]
        )
        assert (bare.status, detailed.status) == (400, 400)
        assert (await caller.patch(members(item), "text/plain")).status == 415
        assert (await caller.patch(members(item), "application/json; charset=utf-8")).status == 200
        assert caller.luminus.rows()[0]["patches"] == 1
