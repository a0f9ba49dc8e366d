"""What LumiNUS's objects are read as."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import ServerFault
from pipelines.luminus.model import LectureItem
from pipelines.luminus.payload import read_item, read_module, read_page, read_web_lecture

TENANT = "panopto.example.edu"
ITEM = "aaaaaaaa-0000-4000-8000-00000000000a"
SESSION = "bbbbbbbb-0000-4000-8000-00000000000b"
OTHER = "cccccccc-0000-4000-8000-00000000000c"
VIEWER = f"https://{TENANT}/Panopto/Pages/Viewer.aspx?id={SESSION}"
PODCAST = f"https://{TENANT}/Panopto/Podcast/Download/{OTHER}.mp4?mediaTargetType=videoPodcast"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def item(**members: Any) -> LectureItem:
    """Read an item with these members beside its id."""
    return read_item({"id": ITEM, **members}, TENANT)


def test_a_lecture_item_is_read() -> None:
    """Its id is its own, its session the one that its viewer shows, its start an instant."""
    found = item(
        name="Lecture 1",
        presenter="A. Ong",
        publish=False,
        lectureStartDate="2019-08-16T14:00:01.0281072+08:00",
        filename=VIEWER,
        resourceID="w",
    )
    start = datetime(2019, 8, 16, 6, 0, 1, 28107, UTC)
    assert found == LectureItem(ITEM, SESSION, "Lecture 1", "A. Ong", False, start, "")


def test_members_without_a_value_are_absent() -> None:
    """Nothing but the id need be there; whether it is published is then not known."""
    assert item() == LectureItem(ITEM, None, "", "", None, None, "")
    assert item(name=None, publish="true", description=7) == item()


@pytest.mark.parametrize(
    "members",
    [
        {"filename": VIEWER},
        {"filename": VIEWER.replace("?id=", "?tid=" + OTHER + "&ID=")},
        {"filename": VIEWER.replace(SESSION, SESSION.upper())},
        {"filename": VIEWER.replace(TENANT, "PANOPTO.Example.EDU:443")},
        {"filename": VIEWER.replace("?id=", "?id=%22") + "%22"},
        {"filename": VIEWER.replace("?id=", "#id=")},
        {"filename": f"https://{TENANT}/{SESSION}?id=7"},
        {"filename": f" {VIEWER} ", "videoCast": PODCAST},
        {"filename": "", "videoCast": PODCAST.replace(OTHER, SESSION), "audioCast": PODCAST},
        {"filename": "https://other.example.edu/list", "videoCast": PODCAST.replace(OTHER, SESSION)},
        {"audioCast": PODCAST.replace(OTHER, SESSION)},
    ],
)
def test_the_session_is_found_where_it_stands(members: dict[str, str]) -> None:
    """First the viewer's id, then any GUID there, then the downloads; in lower case."""
    assert item(**members).session_id == SESSION


@pytest.mark.parametrize(
    "filename",
    [
        VIEWER.replace(TENANT, "other.example.edu"),
        VIEWER.replace(TENANT, TENANT + ".evil.example"),
        VIEWER.replace(TENANT, TENANT + "@evil.example"),
        VIEWER.removeprefix(f"https://{TENANT}"),
        VIEWER.replace(TENANT, "[broken"),
        f"https://other.example.edu/?next={VIEWER}",
    ],
)
def test_another_tenants_session_is_none_of_ours(filename: str) -> None:
    """The viewer's host decides, even where a download of ours stands beside it."""
    assert item(filename=filename, videoCast=PODCAST).session_id is None


@pytest.mark.parametrize(
    "text", ["", "https://x", f"https://{TENANT}/{SESSION}0", f"https://{TENANT}/{SESSION[:-1]}"]
)
def test_what_holds_no_guid_shows_no_session(text: str) -> None:
    """A GUID has its length."""
    assert item(filename=text).session_id is None


@pytest.mark.parametrize("tenant", [TENANT, "PANOPTO.example.edu", f"{TENANT}:8443", f"https://{TENANT}/"])
def test_the_tenant_is_a_host_however_it_is_written(tenant: str) -> None:
    """Case, port and scheme do not tell two hosts apart."""
    assert read_item({"id": ITEM, "filename": VIEWER}, tenant).session_id == SESSION


moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001


@given(moments, st.integers(0, 7))
def test_dates_have_any_number_of_digits_up_to_seven(moment: datetime, digits: int) -> None:
    """They are the instant that they say, but for the last of .NET's digits."""
    fraction = f".{moment.microsecond:06}0"[: digits + 1] if digits else ""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}+08:00"
    told = item(lectureStartDate=text).start
    meant = moment.replace(tzinfo=timezone(timedelta(hours=8)))
    assert told is not None
    assert timedelta(0) <= meant - told < timedelta(microseconds=10 ** (6 - min(digits, 6)))
    assert item(lectureStartDate=text.removesuffix("+08:00")).start == told


@pytest.mark.parametrize(
    "text", [None, "", "soon", 7, "0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00", "2019-13-01"]
)
def test_a_date_that_is_none_is_none(text: object) -> None:
    """So is .NET's date that was never set."""
    assert item(lectureStartDate=text).start is None


def test_a_date_in_utc_is_read() -> None:
    """Z is a zone like any other."""
    assert item(lectureStartDate="2019-08-16T06:00:00Z").start == datetime(2019, 8, 16, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        f"https://{TENANT}/Panopto/Pages/Sessions/List.aspx#folderID={OTHER}",
        f'https://{TENANT}/Panopto/Pages/Sessions/List.aspx#folderID="{OTHER.upper()}"',
        f"https://{TENANT}/Panopto/Pages/Sessions/List.aspx?embedded=1#folderID=%22{OTHER}%22",
        f"https://{TENANT}/Panopto/Pages/Sessions/List.aspx%23folderID%3D{OTHER}",
    ],
)
def test_the_folder_of_a_web_lecture_is_found_however_it_is_quoted(url: str) -> None:
    """It is what LumiNUS imports from."""
    tool = read_web_lecture({"id": "w", "parentID": "m", "isAutoPublish": True, "panoptoFolderURL": url})
    assert (tool.id, tool.module_id, tool.auto_publish, tool.folder_id) == ("w", "m", True, OTHER)


def test_a_web_lecture_without_a_folder_has_none() -> None:
    """What is absent is not known, and nothing is published by itself."""
    tool = read_web_lecture({"id": "w"})
    assert (tool.auto_publish, tool.folder_id) == (False, None)


@pytest.mark.parametrize(
    ("access", "may"),
    [
        ({"access_Update": True}, True),
        ({"access_Read": True, "access_Update": False}, False),
        ({"access_Read": True}, False),
        ({"access_Update": "yes"}, False),
        (None, True),
    ],
)
def test_the_right_to_update_is_read(access: object, may: bool) -> None:
    """A student has only access_Read; where nothing is said, a PATCH will tell."""
    module = read_module({"id": "M1", "name": "CS0000", "courseName": "Nothing", "access": access})
    assert (module.id, module.code, module.title, module.may_update) == ("M1", "CS0000", "Nothing", may)


def test_a_list_comes_in_its_envelope() -> None:
    """Rows stay as they came; a total that is no number is none."""
    page = read_page({"status": "success", "code": 200, "total": 2, "offset": 0, "data": [{"id": "a"}, 7]})
    assert (page.rows, page.total) == (({"id": "a"}, 7), 2)
    assert read_page({"data": [], "total": "2"}).total is None


@given(json_values)
def test_what_is_no_answer_is_a_fault_of_the_server(json: Any) -> None:
    """Whatever comes is read, or is a ServerFault."""
    for read in (read_page, read_module, read_web_lecture, lambda one: read_item(one, TENANT)):
        with suppress(ServerFault):
            read(json)


@pytest.mark.parametrize(
    "json", [None, [], 1, "id", {}, {"id": ""}, {"id": 7}, {"data": None}, {"data": {"id": "x"}}]
)
def test_without_an_id_there_is_nothing_to_go_on_with(json: Any) -> None:
    """Neither an object without one nor a list without its envelope is read."""
    for read in (read_page, read_module, read_web_lecture):
        with pytest.raises(ServerFault, match="here: answers"):
            read(json, "here")
    with pytest.raises(ServerFault, match="here: answers"):
        read_item(json, TENANT, "here")


@given(
    st.dictionaries(
        st.sampled_from(["name", "filename", "videoCast", "publish", "lectureStartDate"]), json_values
    )
)
def test_any_member_may_be_of_any_kind(members: dict[str, Any]) -> None:
    """An item with an id is always read, from JSON as it comes."""
    read_item(orjson.loads(orjson.dumps({**members, "id": ITEM})), TENANT)


@given(st.text(), st.text())
def test_any_address_and_any_tenant_are_read(address: str, tenant: str) -> None:
    """What is no address is no error, and at no tenant."""
    assert read_item({"id": ITEM, "filename": f"//{address}/{SESSION}"}, "").session_id is None
    read_item({"id": ITEM, "filename": address}, tenant)
