"""What Panopto's objects are read as."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import ServerFault
from pipelines.panopto.model import (
    State,
    read_session,
    read_session_upload,
    split_target,
    target_of,
)

UPLOAD = {
    "ID": "11111111-0000-0000-0000-000000000001",
    "FolderId": "22222222-0000-0000-0000-000000000002",
    "SessionId": None,
    "UploadTarget": "https://media.example.edu/Panopto/Upload/33333333-0000-0000-0000-000000000003",
    "State": 0,
    "MessageID": 0,
    "Message": None,
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def test_a_session_upload_keeps_its_three_guids_apart() -> None:
    """The upload's id, its target's and the session's are three fields, and a null session is None."""
    upload = read_session_upload({**UPLOAD, "SessionId": "44444444-0000-0000-0000-000000000004"})
    assert upload.id == UPLOAD["ID"]
    assert upload.session_id == "44444444-0000-0000-0000-000000000004"
    assert upload.upload_target == UPLOAD["UploadTarget"]
    assert read_session_upload(UPLOAD).session_id is None


def test_the_raw_object_is_kept_whole() -> None:
    """A field that nobody documents, Panopto's own misspelling among them, can be echoed."""
    upload = read_session_upload({**UPLOAD, "Priorty": 3})
    assert upload.raw == {**UPLOAD, "Priorty": 3}


def test_the_upload_target_is_not_in_the_repr() -> None:
    """Whoever prints an upload does not give away the right to write."""
    assert "33333333" not in repr(read_session_upload(UPLOAD))


@pytest.mark.parametrize("number", range(9))
def test_every_known_state_is_read(number: int) -> None:
    """The nine numbers are the nine states."""
    assert read_session_upload({**UPLOAD, "State": number}).state is State(number)


def test_an_unknown_state_stays_its_number() -> None:
    """A state that a later Panopto invents is kept and is none of ours."""
    state = read_session_upload({**UPLOAD, "State": 12}).state
    assert state == 12
    assert not isinstance(state, State)


@pytest.mark.parametrize("json", [None, [], {}, {"ID": ""}, {"ID": "x"}, {"ID": "x", "State": "soon"}])
def test_what_is_no_session_upload_is_a_fault_of_the_server(json: Any) -> None:
    """Without an ID and a state there is nothing to go on with."""
    with pytest.raises(ServerFault):
        read_session_upload(json)


def test_a_session_is_read() -> None:
    """The REST API's spelling, a .NET moment of seven digits, and seconds."""
    session = read_session(
        {
            "Id": "s",
            "Name": "Analysis I",
            "Description": "d",
            "StartTime": "2024-02-29T09:15:00.1234567Z",
            "Duration": 2700.5,
            "Folder": "f",
            "Urls": {"ViewerUrl": "https://p/Panopto/Pages/Viewer.aspx?id=s"},
        }
    )
    assert session.start_time == datetime(2024, 2, 29, 9, 15, 0, 123456, UTC)
    assert (session.duration, session.folder_id) == (2700.5, "f")
    assert session.viewer_url.endswith("id=s")


def test_a_moment_without_zone_is_utc() -> None:
    """A start time is never naive."""
    session = read_session({"Id": "s", "StartTime": "2024-02-29T09:15:00"})
    assert session.start_time == datetime(2024, 2, 29, 9, 15, tzinfo=UTC)


@given(st.dictionaries(st.sampled_from(["Name", "StartTime", "Duration", "Folder", "Urls"]), json_values))
def test_a_session_of_any_shape_is_read_or_left_empty(fields: dict[str, Any]) -> None:
    """Whatever stands in a field, reading a session with an Id does not fail."""
    assert read_session({**fields, "Id": "s"}).id == "s"


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("https://h/Panopto/Upload/g", ("https://h/Panopto", "Upload", "g")),
        ("https://h/Panopto/Upload/g/", ("https://h/Panopto", "Upload", "g")),
        ("https://h:8443/a/b/Panopto/Upload/g", ("https://h:8443/a/b/Panopto", "Upload", "g")),
        ("https://h/Upload/g", ("https://h", "Upload", "g")),
    ],
)
def test_an_upload_target_is_cut_from_the_right(target: str, parts: tuple[str, str, str]) -> None:
    """Bucket and prefix are the last two segments, whatever the endpoint's path and a slash at the end."""
    assert split_target(target) == parts


@pytest.mark.parametrize(
    "target", ["", "/", "s3cret", "https://h", "https://h/s3cret", "https:///Upload/s3cret", "Upload/s3cret"]
)
def test_a_target_of_another_form_is_refused_without_being_shown(target: str) -> None:
    """The sentence does not hold the secret."""
    with pytest.raises(ServerFault) as caught:
        split_target(target)
    assert "s3cret" not in str(caught.value)


def test_a_file_goes_under_the_prefix() -> None:
    """Endpoint, bucket and key together are the target's address and the file's name."""
    target = target_of("https://h/Panopto/Upload/g/", "presenter.mp4")
    assert f"{target.endpoint}/{target.bucket}/{target.key}" == "https://h/Panopto/Upload/g/presenter.mp4"


@pytest.mark.parametrize("name", ["", "a/b.mp4", "/a"])
def test_keys_are_flat(name: str) -> None:
    """A name with a folder in it is a mistake of ours."""
    with pytest.raises(ValueError, match="bare"):
        target_of("https://h/Panopto/Upload/g", name)
