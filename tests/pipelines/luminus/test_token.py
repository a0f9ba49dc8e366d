"""How long a token lasts."""

import base64
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.luminus.token import expiry_of


def jwt(claims: object) -> str:
    """Return an unsigned token with these claims."""
    parts = (base64.urlsafe_b64encode(orjson.dumps(one)).rstrip(b"=").decode() for one in ({}, claims))
    return ".".join((*parts, "c2lnbmF0dXJl"))


@given(st.integers(0, 4_000_000_000), st.text())
def test_the_end_of_a_token_is_read(seconds: int, name: str) -> None:
    """Whatever else it claims, `exp` is its end, to the second."""
    token = jwt({"samAccountName": name, "exp": seconds})
    assert expiry_of(f" {token}\n") == datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    "claims", [{}, [], "exp", 7, {"exp": None}, {"exp": "soon"}, {"exp": True}, {"exp": [1]}, {"exp": 1e300}]
)
def test_claims_without_an_end_tell_none(claims: object) -> None:
    """Neither another kind of value nor a year that no calendar has is taken for a moment."""
    assert expiry_of(jwt(claims)) is None


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.b", "....", "é.é.é", "e30.e30.", "e30.!!!!.x"])
def test_what_is_no_jwt_tells_no_end(token: str) -> None:
    """An opaque token is one whose end nobody knows."""
    assert expiry_of(token) is None


@given(st.text() | st.lists(st.text("ab-_0=."), min_size=3, max_size=3).map(".".join))
def test_junk_is_never_an_error(token: str) -> None:
    """Anything may stand where a token belongs."""
    found = expiry_of(token)
    assert found is None or found.tzinfo is UTC
