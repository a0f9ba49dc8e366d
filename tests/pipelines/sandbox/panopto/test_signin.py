"""The OAuth2 endpoints over HTTPS."""

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes.panopto_caller import ACCOUNT, USER, WEB

PASSWORD = {
    "grant_type": "password",
    "scope": "api",
    "username": ACCOUNT.username,
    "password": ACCOUNT.password,
}
TOKEN = "oauth2/connect/token"


async def test_credentials_come_by_basic_or_by_form(panopto: Any) -> None:
    """Both kinds of client authentication get a token; it is not to be cached."""
    async with panopto() as caller:
        basic = "Basic " + base64.b64encode(f"{USER.id}:{USER.secret}".encode()).decode()
        url = f"{caller.url}/Panopto/{TOKEN}"
        async with caller.http.post(url, data=PASSWORD, headers={"Authorization": basic}) as reply:
            assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
        assert (await caller.form("token", **PASSWORD)).status == 200


@pytest.mark.parametrize("basic", ["Basic !", "Basic " + base64.b64encode(b"user-client:wrong").decode()])
async def test_wrong_credentials_are_a_400(panopto: Any, basic: str) -> None:
    """The body is RFC 6749's, the status IdentityServer's."""
    async with panopto() as caller:
        url = f"{caller.url}/Panopto/{TOKEN}"
        async with caller.http.post(url, data=PASSWORD, headers={"Authorization": basic}) as reply:
            assert (reply.status, await reply.json()) == (400, {"error": "invalid_client"})


async def test_a_post_without_a_length_is_411(panopto: Any) -> None:
    """The token endpoint wants a length before anything else."""
    async with panopto() as caller:
        assert (await caller.raw(f"POST /Panopto/{TOKEN} HTTP/1.1\nHost: x")).startswith(b"HTTP/1.1 411 ")


async def test_the_code_flow_from_authorize_to_refresh(panopto: Any) -> None:
    """authorize sends back with code and state; the code gives a token and it can be refreshed."""
    async with panopto() as caller:
        query = {
            "client_id": WEB.id,
            "redirect_uri": WEB.redirect,
            "response_type": "code",
            "scope": "openid api offline_access",
            "state": "remember",
        }
        url = f"{caller.url}/Panopto/oauth2/connect/authorize"
        async with caller.http.get(url, params=query, allow_redirects=False) as reply:
            back = parse_qs(urlsplit(reply.headers["Location"]).query)
            assert (reply.status, back["state"]) == (302, ["remember"])
        code = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": WEB.redirect}
        first = await (await caller.form("token", WEB, **code)).json()
        again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = await caller.form("token", WEB, **again)
        assert second.status == 200
        token = (await second.json())["access_token"]
        assert (await caller.rest("GET", f"api/v1/folders/{caller.folder}", token=token))[0] == 200
        async with caller.http.get(url, params={**query, "redirect_uri": "http://evil.invalid/"}) as reply:
            assert reply.status == 400


async def test_a_token_without_a_user_sees_only_what_is_public(panopto: Any) -> None:
    """Client credentials cannot open uploads nor see folders that are not public."""
    async with panopto() as caller:
        form = await caller.form("token", grant_type="client_credentials", scope="api")
        token = (await form.json())["access_token"]
        body = {"FolderId": caller.folder}
        assert (await caller.rest("POST", "PublicAPI/REST/sessionUpload", body, token))[0] == 403
        assert (await caller.rest("GET", f"api/v1/folders/{caller.folder}", token=token))[0] == 403
        _, found = await caller.rest("GET", "api/v1/folders/search?searchQuery=*", token=token)
        assert [folder["Id"] for folder in found["Results"]] == [caller.panopto.public_folder.id]


async def test_a_revoked_token_is_refused(panopto: Any) -> None:
    """revocation answers 200, and the next call with the token is a 401."""
    async with panopto() as caller:
        assert (await caller.form("revocation", token=caller.token)).status == 200
        assert (await caller.rest("GET", f"api/v1/folders/{caller.folder}"))[0] == 401


async def test_discovery_names_the_endpoints(panopto: Any) -> None:
    """The document is found without a token and names the token endpoint."""
    async with panopto() as caller:
        _, found = await caller.rest("GET", "oauth2/.well-known/openid-configuration", token="")
        assert found["token_endpoint"] == f"{caller.url}/Panopto/{TOKEN}"


async def test_a_token_becomes_a_cookie_for_the_legacy_api(panopto: Any) -> None:
    """legacyLogin sets .ASPXAUTH, which PublicAPI/REST takes and /api/v1 does not."""
    async with panopto() as caller:
        url = f"{caller.url}/Panopto/api/v1/auth/legacyLogin"
        async with caller.http.get(url, headers={"Authorization": f"Bearer {caller.token}"}) as reply:
            cookie = {".ASPXAUTH": reply.cookies[".ASPXAUTH"].value}
        asked = {"json": {"FolderId": caller.folder}, "cookies": cookie}
        async with caller.http.post(f"{caller.url}/Panopto/PublicAPI/REST/sessionUpload", **asked) as reply:
            assert reply.status == 201
        async with caller.http.get(
            f"{caller.url}/Panopto/api/v1/folders/{caller.folder}", cookies=cookie
        ) as reply:
            assert reply.status == 401
