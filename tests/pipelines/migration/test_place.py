"""An event goes where the table says, else to the default folder, else nowhere."""

from pipelines.migration.place import NoFolder, Placed, place, unused
from pipelines.opencast.model import Event

FOLDERS = {"s-1": "f-1", "s-2": "f-2"}


def test_the_table_comes_first() -> None:
    """A series with a row goes to its folder."""
    assert place(Event("e", series="s-1"), FOLDERS, "default") == Placed("f-1", by_table=True)


def test_the_default_takes_the_rest() -> None:
    """A series without a row, and an event of no series."""
    assert place(Event("e", series="s-9"), FOLDERS, "default") == Placed("default", by_table=False)
    assert place(Event("e"), FOLDERS, "default") == Placed("default", by_table=False)


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


def test_rows_that_nothing_used_are_told() -> None:
    """They are probably mistyped."""
    assert unused(FOLDERS, ["s-2", "s-7"]) == ("s-1",)
