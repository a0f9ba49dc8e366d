"""What VALT says no with is told in its own words, on one line, and without a secret."""

import pytest
from fakes.scripted_http import json_answer
from fakes.valt_api import page
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from engine import Answer, Refused, ServerFault
from pipelines.config import SettingsError
from pipelines.valt.answers import is_missing, refusal, said

INVALID = {
    "data": {
        "message": "Validation Error",
        "fields": [
            {"name": "start_at", "message": "Must be in the future"},
            {"name": "room", "message": "Unknown"},
        ],
    },
    "code": 400,
}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (INVALID, "Validation Error; start_at: Must be in the future; room: Unknown"),
        ({"data": {"message": "This room is not locked."}, "code": 400}, "This room is not locked."),
        ({"data": {"fields": {"name": "Too long"}}}, "name: Too long"),
        ({"data": {"fields": [{"name": "x"}, "y", {}]}}, "x: not accepted; a field: not accepted"),
        ({"data": {"message": "No such schedule", "status": False}, "code": 404}, "No such schedule"),
        ({"error": {"code": 401, "message": "No API key provided"}}, "No API key provided"),
        ({"error": {"code": 404}}, ""),
        ({"data": "Invalid username\n or\tpassword\x1b"}, "Invalid username or password"),
        ("JSON Body Formatted Incorrectly", "JSON Body Formatted Incorrectly"),
        ([], ""),
        (None, ""),
        ({"data": "x" * 400}, "x" * 299 + "…"),
    ],
)
def test_the_words_of_an_error(body: object, words: str) -> None:
    """Each envelope gives its message and then its fields."""
    assert said(json_answer(400, body)) == words


@given(st.binary(max_size=40))
def test_any_body_says_something_or_nothing(body: bytes) -> None:
    """No body raises, and what is shown is one line."""
    assert said(Answer(400, {}, body)).isprintable()


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 415, 422])
def test_a_no_is_about_what_was_asked(status: int) -> None:
    """Trying again changes nothing, and the status stands beside the words."""
    error = refusal(json_answer(status, INVALID), "does not change schedule 12", "valt")
    assert isinstance(error, Refused)
    assert f"valt: does not change schedule 12 (HTTP {status}: Validation Error; start_at: " in str(error)


def test_a_500_says_whose_mistake_it_is() -> None:
    """VALT answers so to a body that it cannot read."""
    error = refusal(
        json_answer(500, "JSON Body Formatted Incorrectly"), "does not change schedule 12", "valt"
    )
    assert isinstance(error, Refused)
    assert "report it" in str(error)


@pytest.mark.parametrize("answer", [page(404), page(418), json_answer(101, {})])
def test_what_somebody_else_answers_is_a_fault(answer: Answer) -> None:
    """A proxy's page says nothing about what was asked."""
    assert isinstance(refusal(answer, "does not show schedule 12", "valt"), ServerFault)


def test_a_server_that_sends_on_is_a_setting() -> None:
    """The address without its query, which holds the token."""
    error = refusal(page(301, Location="https://other.example/api?access_token=abc"), "does not", "valt")
    assert isinstance(error, SettingsError)
    assert "https://other.example/api; check valt.url" in str(error)
    assert "another address" in str(refusal(page(302), "does not", "valt"))


def test_a_secret_that_is_repeated_is_not_shown() -> None:
    """Wherever in the answer it stands."""
    body = {
        "data": {"message": "bad call /x?access_token=abc", "fields": [{"name": "abc", "message": "abc"}]}
    }
    for answer in (json_answer(400, body), page(302, Location="https://other.example/abc/")):
        assert "abc" not in str(refusal(answer, "does not", "valt", secret="abc"))


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (json_answer(404, {"error": {"code": 404}}), True),
        (Answer(404, CIMultiDict(), b" "), True),
        (page(404), False),
        (json_answer(410, {"error": {"code": 404}}), False),
    ],
)
def test_what_is_not_there(answer: Answer, missing: bool) -> None:
    """VALT's own 404, and not that of whatever stands before it."""
    assert is_missing(answer) is missing
