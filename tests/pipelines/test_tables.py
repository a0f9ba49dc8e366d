"""A table is read as people save it, and a wrong one is refused by line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config import SettingsError
from pipelines.tables import Named, folders_of, modules_of, read_folders, rooms_of, schedules_of

ONE = "0a1b2c3d-0000-4000-8000-00000000abCD"
TWO = "11111111-2222-4333-8444-555555555555"


def test_a_table_leads_from_series_to_folder(tmp_path: Path) -> None:
    """Columns in any order, others left alone, space and case of a GUID tidied."""
    path = tmp_path / "folders.csv"
    path.write_text(f'folder_id,name,series\n {ONE} ,"Optics, I",s-1\n\n{TWO},,ü 2\n', encoding="utf-8")
    assert read_folders(path) == {"s-1": ONE.lower(), "ü 2": TWO}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("between", [b",", b";"])
def test_tables_as_excel_saves_them(start: bytes, end: bytes, between: bytes) -> None:
    """With a byte order mark, CRLF and semicolons, or without."""
    content = start + end.join([between.join([b"series", b"folder_id"]), between.join([b"s", ONE.encode()])])
    assert folders_of(content, "t") == {"s": ONE.lower()}


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (b"", 1, "column series"),
        (b"series\ns-1\n", 1, "column folder_id"),
        (b"series,folder_id\n\nH\xf6he,x\n", 3, "UTF-8"),
        ("series,folder_id\n".encode("utf-16"), 1, "UTF-8"),
        (b"series,folder_id\ns-1,\n", 2, "folder_id"),
        (b"series,folder_id\n,x\n", 2, "series"),
        (b"series,folder_id\ns-1\n", 2, "folder_id"),
        (b"series,folder_id\ns-1,Optics\n", 2, "GUID"),
        (f"series,folder_id\ns,{ONE}\n\ns,{ONE}\n".encode(), 4, "line 2"),
        (f"series,folder_id\ns,{ONE},x\n".encode(), 2, "3 cells"),
        (b'series,folder_id\n"s,x\n', 2, "quotes"),
    ],
)
def test_a_wrong_table_is_refused_by_line(content: bytes, line: int, told: str) -> None:
    """One sentence says which table and line, and what is wrong with it."""
    with pytest.raises(SettingsError) as caught:
        folders_of(content, "folders.csv")
    assert f"folders.csv, line {line}:" in str(caught.value)
    assert told in str(caught.value)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The sentence names the path."""
    with pytest.raises(SettingsError, match=r"none\.csv"):
        read_folders(tmp_path / "none.csv")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    """Nothing but SettingsError is raised."""
    try:
        folders = folders_of(b"series,folder_id\n" + content, "t")
    except SettingsError:
        return
    assert all(folders.keys())


def test_a_table_of_modules_leads_from_series_to_module() -> None:
    """Ids in lower case; what is no GUID is refused, as a module's code is easily taken for its id."""
    assert modules_of(f"series,module_id\ns-1,{ONE}\n".encode(), "m") == {"s-1": ONE.lower()}
    with pytest.raises(SettingsError, match=r"line 2: has 'CS1010' as module_id"):
        modules_of(b"series,module_id\ns-1,CS1010\n", "m")


def test_a_table_of_rooms_may_name_them() -> None:
    """Two agents may share a room; a name is a check, and none asks for none."""
    found = rooms_of(b"agent_id,room_id,room_name\nhs3,39,Theatre 3\nhs3-b,39,\n", "r")
    assert found == {"hs3": Named("39", "Theatre 3"), "hs3-b": Named("39")}
    assert rooms_of(b"agent_id,room_id\nhs3,39\n", "r") == {"hs3": Named("39")}


def test_a_table_of_schedules_is_one_to_one() -> None:
    """Neither an event nor a schedule may stand in it twice: the second would undo the first."""
    assert schedules_of(b"event_id,schedule_id\ne-1,12\n", "s") == {"e-1": Named("12")}
    with pytest.raises(SettingsError, match=r"line 3: names the event e-1 again; line 2 has it too"):
        schedules_of(b"event_id,schedule_id\ne-1,12\ne-1,13\n", "s")
    with pytest.raises(SettingsError, match=r"line 3: names the schedule 12 again; line 2 has it too"):
        schedules_of(b"event_id,schedule_id\ne-1,12\ne-2,12\n", "s")


def test_a_schedule_may_be_that_of_several_events() -> None:
    """Only where it may recur; an event has one schedule in any case."""
    content = b"event_id,schedule_id\na,7\nb,7\n"
    assert schedules_of(content, "t", shared=True) == {"a": Named("7"), "b": Named("7")}
    with pytest.raises(SettingsError, match="schedule 7 again"):
        schedules_of(content, "t")
    with pytest.raises(SettingsError, match="event a again"):
        schedules_of(content + b"a,8\n", "t", shared=True)
