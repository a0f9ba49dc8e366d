"""When a session is what was meant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.verify import Expected, differences
from pipelines.panopto.description import describe
from pipelines.panopto.manifest import legal, title_of
from pipelines.panopto.model import Session

FILES = frozenset({"presenter.mp4", "presentation.mp4"})
EXPECTED = Expected(
    event_id="e-1",
    session_id="aaaaaaaa-0000-0000-0000-000000000001",
    title="Analysis I",
    date=datetime(2024, 7, 1, 7, 15, tzinfo=UTC),
    folder_id="bbbbbbbb-0000-0000-0000-000000000002",
    duration=2700.0,
    files=FILES,
)
SESSION = Session(
    id=EXPECTED.session_id,
    name="Analysis I",
    description=describe({"description": "Limits.", "presenters": ["Ada"]}, "e-1"),
    start_time=EXPECTED.date,
    duration=2700.4,
    folder_id=EXPECTED.folder_id,
)


def fields(expected: Expected, session: Session | None, files: frozenset[str] = FILES) -> list[str]:
    """The names of the fields that differ."""
    return [difference.field for difference in differences(expected, session, files)]


def test_a_session_as_meant_has_no_difference() -> None:
    """Nothing to report is an empty tuple."""
    assert differences(EXPECTED, SESSION, FILES) == ()


def test_a_session_that_is_not_there_differs_in_that_alone() -> None:
    """What does not exist has no title to be wrong."""
    assert fields(EXPECTED, None) == ["session"]


@pytest.mark.fault(25)
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "aaaaaaaa-0000-0000-0000-000000000009"}, "session"),
        ({"name": "Analysis II"}, "title"),
        ({"name": ""}, "title"),
        ({"start_time": EXPECTED.date + timedelta(seconds=1)}, "date"),
        ({"start_time": EXPECTED.date + timedelta(hours=2)}, "date"),
        ({"start_time": None}, "date"),
        ({"folder_id": "bbbbbbbb-0000-0000-0000-000000000009"}, "folder"),
        ({"duration": 2698.9}, "duration"),
        ({"duration": None}, "duration"),
        ({"duration": 0.0}, "duration"),
        ({"description": "Limits.\nOpencast: e-2"}, "marker"),
        ({"description": "Limits."}, "marker"),
    ],
)
def test_each_field_is_compared_by_itself(change: dict[str, object], field: str) -> None:
    """One wrong field is one difference, with that name and a sentence that holds both sides."""
    (difference,) = differences(EXPECTED, replace(SESSION, **change), FILES)  # type: ignore[arg-type]
    assert difference.field == field
    assert difference.expected in difference.sentence
    assert difference.found in difference.sentence


def test_files_are_those_of_the_manifest() -> None:
    """A file too few or too many is a difference."""
    assert fields(EXPECTED, SESSION, frozenset({"presenter.mp4"})) == ["files"]
    assert fields(EXPECTED, SESSION, FILES | {"other.mp4"}) == ["files"]


def test_guids_are_the_same_in_either_case() -> None:
    """The letters of a GUID come in upper and lower case."""
    changed = replace(SESSION, id=SESSION.id.upper(), folder_id=SESSION.folder_id.upper())
    assert fields(EXPECTED, changed) == []


def test_a_date_is_an_instant_to_the_second() -> None:
    """Another zone and a fraction of a second are the same date."""
    elsewhere = EXPECTED.date.astimezone(timezone(timedelta(hours=-7))) + timedelta(milliseconds=900)
    assert fields(EXPECTED, replace(SESSION, start_time=elsewhere)) == []


def test_an_unknown_duration_is_not_compared() -> None:
    """Where nobody knows how long the streams are, any duration will do."""
    assert fields(replace(EXPECTED, duration=None), replace(SESSION, duration=None)) == []


@given(st.floats(-0.99, 0.99))
def test_a_second_more_or_less_is_the_same_duration(shift: float) -> None:
    """Containers round; a session may be up to a second off."""
    assert fields(EXPECTED, replace(SESSION, duration=2700.0 + shift)) == []


@given(st.text(st.characters(exclude_categories=())))
def test_a_title_of_any_characters_is_found_as_stored(title: str) -> None:
    """What XML cannot hold is not missed, and neither is white space."""
    shown = title_of(title, "e-1")
    assert fields(replace(EXPECTED, title=shown), replace(SESSION, name=legal(shown).strip())) == []
