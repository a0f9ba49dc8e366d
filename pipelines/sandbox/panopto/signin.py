"""The OAuth2 endpoints under /Panopto/oauth2, and legacyLogin, which turns a token into a cookie.

Sources: Panopto/panopto-api-python-examples, the Swagger's info.description, community.panopto.com 2503.
"""

import base64
import binascii
import secrets
from urllib.parse import urlencode

from aiohttp import web

from pipelines.sandbox.panopto.answers import API, COOKIE, answer, caller, route
from pipelines.sandbox.panopto.oauth import GRANTS, SCOPES, Client, OAuthError, Tokens

BASE = "Panopto/oauth2"
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class SignIn:
    """The handlers of the OAuth2 endpoints."""

    def __init__(self, tokens: Tokens, url: str) -> None:
        self._tokens = tokens
        self._url = url

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_post(route(f"{BASE}/connect/token"), self.token, name="token")
        router.add_post(route(f"{BASE}/connect/revocation"), self.revocation, name="revocation")
        router.add_get(route(f"{BASE}/connect/authorize"), self.authorize, name="authorize", allow_head=False)
        discovery = rf"{BASE}/\.well-known/openid-configuration"
        router.add_get(route(discovery), self.discovery, name="discovery", allow_head=False)
        router.add_get(
            route(f"{API}/auth/legacyLogin"), self.legacy_login, name="legacy_login", allow_head=False
        )

    async def token(self, request: web.Request) -> web.Response:
        """POST connect/token: a token by one of the grants, or RFC 6749's error."""
        form = await _form(request)
        try:
            return answer(self._tokens.grant(self._client(request, form), form), headers=NOT_KEPT)
        except OAuthError as error:
            return answer({"error": str(error)}, 400, NOT_KEPT)

    async def revocation(self, request: web.Request) -> web.Response:
        """POST connect/revocation: forgets a token of the client."""
        form = await _form(request)
        try:
            self._tokens.revoke(self._client(request, form), form.get("token", ""))
        except OAuthError as error:
            return answer({"error": str(error)}, 400)
        return web.Response()

    async def authorize(self, request: web.Request) -> web.Response:
        """GET connect/authorize: back to the client with a code, as if the user had signed in."""
        try:
            code = self._tokens.authorize(request.query)
        except OAuthError as error:
            return web.Response(status=400, text=str(error))
        state = {"state": request.query["state"]} if "state" in request.query else {}
        location = f"{request.query['redirect_uri']}?{urlencode({'code': code, **state})}"
        return web.Response(status=302, headers={"Location": location})

    async def discovery(self, _request: web.Request) -> web.Response:
        """GET .well-known/openid-configuration."""
        base = f"{self._url}/{BASE}"
        connect = f"{base}/connect"
        return answer(
            {
                "issuer": base,
                "authorization_endpoint": f"{connect}/authorize",
                "token_endpoint": f"{connect}/token",
                "revocation_endpoint": f"{connect}/revocation",
                "scopes_supported": sorted(SCOPES),
                "grant_types_supported": sorted({grant for grants in GRANTS.values() for grant in grants}),
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            }
        )

    async def legacy_login(self, request: web.Request) -> web.Response:
        """GET /api/v1/auth/legacyLogin: sets .ASPXAUTH and a csrf cookie for the legacy APIs."""
        response = answer("")
        cookie = self._tokens.bake(caller(request, self._tokens))
        response.set_cookie(COOKIE, cookie, path="/", secure=True, httponly=True)
        response.set_cookie("csrfToken", secrets.token_hex(16), path="/", secure=True)
        return response

    def _client(self, request: web.Request, form: dict[str, str]) -> Client:
        """The client by HTTP Basic or by the form."""
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return self._tokens.client(form.get("client_id", ""), form.get("client_secret", ""))
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise OAuthError("invalid_client") from error
        return self._tokens.client(client_id, secret)


async def _form(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
