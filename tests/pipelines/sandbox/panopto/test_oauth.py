"""Tokens: which grant gives one to whom, and for how long."""

from typing import Any

import pytest
from fakes.panopto_caller import ACCOUNT, USER, WEB, Clock

from pipelines.sandbox.panopto.oauth import OAuthError, Principal, Tokens, provider_password

PASSWORD = {
    "grant_type": "password",
    "username": ACCOUNT.username,
    "password": ACCOUNT.password,
    "scope": "api offline_access",
}


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    """Tokens that live for an hour."""
    return Tokens((USER, WEB), ACCOUNT, 3600, clock)


def test_the_password_grant_gives_a_token_of_the_user(tokens: Tokens) -> None:
    """A token speaks for client and user; the user's name is taken in any case."""
    answer = tokens.grant(USER, {**PASSWORD, "username": ACCOUNT.username.upper()})
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert tokens.bearer(answer["access_token"]) == Principal(USER.id, ACCOUNT.username)


def test_a_token_dies_with_its_time(tokens: Tokens, clock: Clock) -> None:
    """It lives to the last moment before expires_in and not beyond."""
    token = tokens.grant(USER, PASSWORD)["access_token"]
    clock.now += 3599.9
    assert tokens.bearer(token) is not None
    clock.now += 0.1
    assert tokens.bearer(token) is None


def test_the_id_provider_variant_acts_as_any_of_its_users(tokens: Tokens) -> None:
    """The password is made of the name and the application key; a wrong key is refused."""
    name = r"Moodle\Ada"
    form = {**PASSWORD, "username": name, "password": provider_password(name, ACCOUNT.application_key)}
    assert tokens.bearer(tokens.grant(USER, form)["access_token"]) == Principal(USER.id, name)
    with pytest.raises(OAuthError, match="invalid_grant"):
        tokens.grant(USER, {**form, "password": provider_password(name, "another key")})


def test_client_credentials_have_no_user_and_no_refresh_token(tokens: Tokens) -> None:
    """The token speaks for the client alone."""
    answer = tokens.grant(USER, {"grant_type": "client_credentials", "scope": "api offline_access"})
    assert tokens.bearer(answer["access_token"]) == Principal(USER.id, None)
    assert "refresh_token" not in answer


def test_a_refresh_token_is_spent_by_its_use(tokens: Tokens) -> None:
    """It rotates: the new one works, the old one is invalid_grant, another client's too."""
    first = tokens.grant(USER, PASSWORD)["refresh_token"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        tokens.grant(WEB, {"grant_type": "refresh_token", "refresh_token": first})
    second = tokens.grant(USER, {"grant_type": "refresh_token", "refresh_token": first})
    assert tokens.bearer(second["access_token"]) == Principal(USER.id, ACCOUNT.username)
    with pytest.raises(OAuthError, match="invalid_grant"):
        tokens.grant(USER, {"grant_type": "refresh_token", "refresh_token": first})


def test_without_offline_access_there_is_no_refresh_token(tokens: Tokens) -> None:
    """The scope api alone gives an access token only."""
    assert "refresh_token" not in tokens.grant(USER, {**PASSWORD, "scope": "api"})


def test_a_code_is_redeemed_once(tokens: Tokens, clock: Clock) -> None:
    """A code gives one token to its client and dies after five minutes."""
    asked = {
        "client_id": WEB.id,
        "redirect_uri": WEB.redirect,
        "response_type": "code",
        "scope": "openid api",
    }
    form = {"grant_type": "authorization_code", "code": tokens.authorize(asked), "redirect_uri": WEB.redirect}
    assert tokens.bearer(tokens.grant(WEB, form)["access_token"]) == Principal(WEB.id, ACCOUNT.username)
    with pytest.raises(OAuthError, match="invalid_grant"):
        tokens.grant(WEB, form)
    late = {**form, "code": tokens.authorize(asked)}
    clock.now += 301
    with pytest.raises(OAuthError, match="invalid_grant"):
        tokens.grant(WEB, late)


def test_revoked_tokens_are_dead(tokens: Tokens) -> None:
    """A client revokes its own tokens; another's are left alone and an unknown one is no error."""
    answer = tokens.grant(USER, PASSWORD)
    tokens.revoke(WEB, answer["access_token"])
    assert tokens.bearer(answer["access_token"]) is not None
    tokens.revoke(USER, answer["access_token"])
    tokens.revoke(USER, "unknown")
    assert tokens.bearer(answer["access_token"]) is None


def test_every_token_can_be_made_to_expire_at_once(tokens: Tokens) -> None:
    """Tests end all lives at a moment of their choice."""
    token = tokens.grant(USER, PASSWORD)["access_token"]
    tokens.expire_all()
    assert tokens.bearer(token) is None


@pytest.mark.parametrize(
    ("client", "change", "error"),
    [
        (USER, {"password": "wrong"}, "invalid_grant"),
        (USER, {"username": "nobody"}, "invalid_grant"),
        (WEB, {}, "unauthorized_client"),
        (USER, {"grant_type": "authorization_code"}, "unauthorized_client"),
        (USER, {"grant_type": "implicit"}, "unsupported_grant_type"),
        (USER, {"scope": "openid"}, "invalid_scope"),
        (USER, {"scope": "api everything"}, "invalid_scope"),
    ],
)
def test_a_refused_grant_says_why(tokens: Tokens, client: Any, change: dict[str, str], error: str) -> None:
    """The error is RFC 6749's: wrong user, wrong type of client, unknown grant, wrong scope."""
    with pytest.raises(OAuthError, match=error):
        tokens.grant(client, PASSWORD | change)


@pytest.mark.parametrize(("client_id", "secret"), [("nobody", "user-secret"), ("user-client", "wrong")])
def test_a_wrong_client_is_invalid_client(tokens: Tokens, client_id: str, secret: str) -> None:
    """An unknown id and a wrong secret are not told apart."""
    with pytest.raises(OAuthError, match="invalid_client"):
        tokens.client(client_id, secret)
