"""Panopto's OAuth2 tokens: who gets one by which grant, how long it lives, whom it speaks for.

Sources: Panopto/panopto-api-python-examples common/panopto_oauth2.py and auth-*/README.md; error codes as
RFC 6749 names them. Not established and chosen here: errors answer 400, as IdentityServer does; a scope must
be given and hold `api`.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ClientType = Literal["user", "web"]

GRANTS: Mapping[ClientType, frozenset[str]] = {
    "user": frozenset({"password", "client_credentials", "refresh_token"}),
    "web": frozenset({"authorization_code", "refresh_token"}),
}
SCOPES = frozenset({"openid", "api", "offline_access"})
CODE_LIFE = 300.0


class OAuthError(Exception):
    """A refused call to the token endpoint; the text is RFC 6749's error code."""


@dataclass(frozen=True, slots=True)
class Client:
    """An API client as an administrator makes it; its type says which grants it may use."""

    id: str
    secret: str = field(repr=False)
    type: ClientType
    redirect: str = "http://localhost:9127/redirect"


@dataclass(frozen=True, slots=True)
class Account:
    """A local account; `application_key` is its identity provider's, for the variant of the password."""

    username: str
    password: str = field(repr=False)
    application_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token speaks for: a client, and a user except under client credentials."""

    client_id: str
    user: str | None


@dataclass(frozen=True, slots=True)
class _Token:
    principal: Principal
    expires: float
    scopes: frozenset[str]


def provider_password(username: str, application_key: str) -> str:
    """The password by which a provider's application acts as any of its users (auth-id-provider)."""
    text = f"{username.lower()}|{application_key.lower()}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class Tokens:
    """All tokens of a site. Lives in seconds of the clock; nothing here survives the process."""

    def __init__(
        self,
        clients: tuple[Client, ...],
        account: Account,
        life: float,
        clock: Callable[[], float],
        cookie_life: float | None = None,
    ) -> None:
        self._clients = {client.id: client for client in clients}
        self._account = account
        self._life = life
        self._cookie_life = life if cookie_life is None else cookie_life
        self._clock = clock
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}
        self._codes: dict[str, tuple[_Token, str]] = {}
        self._cookies: dict[str, _Token] = {}

    def client(self, client_id: str, secret: str) -> Client:
        """The client that these credentials belong to. Raises OAuthError (invalid_client)."""
        client = self._clients.get(client_id)
        if client is None or not secrets.compare_digest(client.secret.encode(), secret.encode()):
            raise OAuthError("invalid_client")
        return client

    def grant(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer a token request. Raises OAuthError."""
        kind = form.get("grant_type", "")
        if not any(kind in grants for grants in GRANTS.values()):
            raise OAuthError("unsupported_grant_type")
        if kind not in GRANTS[client.type]:
            raise OAuthError("unauthorized_client")
        match kind:
            case "password":
                return self._issue(Principal(client.id, self._user(form)), _scopes(form))
            case "client_credentials":
                return self._issue(Principal(client.id, None), _scopes(form) - {"offline_access"})
            case "authorization_code":
                return self._redeem(client, form)
        return self._renew(client, form)

    def authorize(self, query: Mapping[str, str]) -> str:
        """A code for the account, as if its user had signed in and agreed. Raises OAuthError."""
        client = self._clients.get(query.get("client_id", ""))
        if client is None or query.get("redirect_uri") != client.redirect:
            raise OAuthError("unauthorized_client")
        if query.get("response_type") != "code":
            raise OAuthError("unsupported_response_type")
        code = secrets.token_urlsafe(24)
        token = _Token(
            Principal(client.id, self._account.username), self._clock() + CODE_LIFE, _scopes(query)
        )
        self._codes[code] = (token, client.redirect)
        return code

    def revoke(self, client: Client, token: str) -> None:
        """Forget an access or refresh token of this client; an unknown one is no error (RFC 7009)."""
        for tokens in (self._access, self._refresh):
            held = tokens.get(token)
            if held is not None and held.principal.client_id == client.id:
                del tokens[token]

    def expire_all(self) -> None:
        """End the life of every access token and cookie now; refresh tokens stay."""
        self._access.clear()
        self._cookies.clear()

    def expire_cookies(self) -> None:
        """End the life of every cookie now."""
        self._cookies.clear()

    def bearer(self, token: str) -> Principal | None:
        """Whom an access token speaks for; None where it is unknown, spent or expired."""
        return self._live(self._access, token)

    def cookie(self, value: str) -> Principal | None:
        """Whom an .ASPXAUTH cookie speaks for."""
        return self._live(self._cookies, value)

    def bake(self, principal: Principal) -> str:
        """A fresh .ASPXAUTH cookie for the legacy APIs."""
        value = secrets.token_hex(48).upper()
        self._cookies[value] = _Token(principal, self._clock() + self._cookie_life, frozenset())
        return value

    def _live(self, tokens: Mapping[str, _Token], value: str) -> Principal | None:
        held = tokens.get(value)
        return held.principal if held is not None and self._clock() < held.expires else None

    def _user(self, form: Mapping[str, str]) -> str:
        username, password = form.get("username", ""), form.get("password", "")
        account = self._account
        if "\\" in username and account.application_key:
            right = provider_password(username, account.application_key)
        elif username.lower() == account.username.lower():
            right = account.password
        else:
            raise OAuthError("invalid_grant")
        if not secrets.compare_digest(right.encode(), password.encode()):
            raise OAuthError("invalid_grant")
        return username if "\\" in username else account.username

    def _redeem(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        token, redirect = self._codes.pop(form.get("code", ""), (None, ""))
        if token is None or token.principal.client_id != client.id or self._clock() >= token.expires:
            raise OAuthError("invalid_grant")
        if form.get("redirect_uri") != redirect:
            raise OAuthError("invalid_grant")
        return self._issue(token.principal, token.scopes)

    def _renew(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        token = self._refresh.get(form.get("refresh_token", ""))
        if token is None or token.principal.client_id != client.id:
            raise OAuthError("invalid_grant")
        del self._refresh[form["refresh_token"]]
        return self._issue(token.principal, token.scopes)

    def _issue(self, principal: Principal, scopes: frozenset[str]) -> dict[str, Any]:
        access = secrets.token_urlsafe(32)
        self._access[access] = _Token(principal, self._clock() + self._life, scopes)
        answer = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(self._life),
            "scope": " ".join(sorted(scopes)),
        }
        if "offline_access" in scopes:
            answer["refresh_token"] = refresh = secrets.token_urlsafe(32)
            self._refresh[refresh] = _Token(principal, float("inf"), scopes)
        return answer


def _scopes(form: Mapping[str, str]) -> frozenset[str]:
    scopes = frozenset(form.get("scope", "").split())
    if "api" not in scopes or not scopes <= SCOPES:
        raise OAuthError("invalid_scope")
    return scopes
