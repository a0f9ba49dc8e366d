"""An event goes where the table says, else where the template leads below the default, else nowhere."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipelines import items
from pipelines.migration.place import LONGEST_NAME, NoFolder, Placed, names, place, place_of, unused
from pipelines.opencast.model import Event

FOLDERS = {"s-1": "f-1", "s-2": "f-2"}
HEAT = Event("e", series="s-9", series_title="Heat", start=datetime(2026, 1, 1, 0, 30, tzinfo=UTC))


def test_the_table_comes_first() -> None:
    """A series with a row goes to its folder."""
    assert place(Event("e", series="s-1"), FOLDERS, "default", "{year}") == Placed("f-1")


def test_the_default_takes_the_rest() -> None:
    """A series without a row, and an event of no series."""
    assert place(Event("e", series="s-9"), FOLDERS, "default") == Placed("default")
    assert place(Event("e"), FOLDERS, "default") == Placed("default")


def test_an_empty_series_is_never_looked_up() -> None:
    """Not even where the table has such a row."""
    assert isinstance(place(Event("e"), {"": "f"}), NoFolder)


def test_without_a_default_there_is_no_folder() -> None:
    """The sentence names the series and what to set."""
    nowhere = place(Event("e", series="s-9"), FOLDERS)
    assert isinstance(nowhere, NoFolder)
    assert "s-9" in nowhere.why
    assert "panopto.folder_id" in nowhere.why
    assert isinstance(place(Event("e"), FOLDERS), NoFolder)


def test_a_template_leads_below_the_default() -> None:
    """By year and title of the series, or by what else the operator words."""
    assert place(HEAT, FOLDERS, "top", "{year}/{series}") == Placed("top", ("2026", "Heat"))
    assert names(HEAT, "Archive/{series} ({series_id})") == ("Archive", "Heat (s-9)")


def test_names_end_before_an_empty_field() -> None:
    """An event of no series lies where those of series have theirs; one without a date at the top."""
    assert names(Event("e", start=HEAT.start), "{year}/{series}") == ("2026",)
    assert names(Event("e", start=HEAT.start), "{series}/{year}") == ()
    assert names(Event("e", series="s"), "{year}/{series}") == ()


def test_a_series_without_a_title_goes_by_its_id() -> None:
    """Blanks are no title, nor is what XML cannot hold."""
    for title in ("", " \t", "\x00\x1f"):
        assert names(Event("e", series="s-9", series_title=title), "{series}") == ("s-9",)


def test_a_slash_in_a_title_parts_no_names() -> None:
    """It is written as a dash, and a name stands on one line."""
    assert names(Event("e", series="s", series_title=" AC/DC\n in  rock "), "{series}") == ("AC-DC in rock",)


@given(st.text(), st.text(), st.sampled_from(["{year}/{series}", "{series}-{series_id}", "a/{series}/b"]))
def test_names_are_fit_for_folders(title: str, series: str, template: str) -> None:
    """Whatever the title: no more names than the template has, none empty, none with a slash or too long."""
    found = names(Event("e", series=series, series_title=title, start=HEAT.start), template)
    assert len(found) <= template.count("/") + 1
    for name in found:
        assert name == name.strip()
        assert 0 < len(name) <= LONGEST_NAME
        assert "/" not in name


def test_a_place_comes_back_from_the_plan() -> None:
    """By its path, whatever folder that led to; without one by the folder."""
    row = items.planned("e", estimate=1, series="s", folder_id="f", path=("top", "2026", "Heat"))
    assert place_of(row.facts) == Placed("top", ("2026", "Heat"))
    assert place_of(items.placed("e", row.facts, "g").facts) == Placed("top", ("2026", "Heat"))
    assert place_of(items.planned("e", estimate=1, series="s", folder_id="f").facts) == Placed("f")


def test_rows_that_nothing_used_are_told() -> None:
    """They are probably mistyped."""
    assert unused(FOLDERS, ["s-2", "s-7"]) == ("s-1",)
