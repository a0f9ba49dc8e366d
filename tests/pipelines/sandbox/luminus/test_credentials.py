"""Two credentials on every call, and two kinds of 401."""

import base64
import json
from typing import Any

import pytest

from pipelines.sandbox.luminus.credentials import KEY, Account, refused_bearer, refused_key
from pipelines.sandbox.switches import Switches


def claims(token: str) -> dict[str, Any]:
    """What a JWT says, without looking at its signature."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_the_token_is_a_jwt_that_names_its_user_and_its_end() -> None:
    """Eight hours by default, in whole seconds; every one is another."""
    account = Account.issued("ferry", 28_800.0, 1_790_000_000.4)
    told = claims(account.token)
    assert (told["samAccountName"], told["exp"], account.expires) == ("ferry", 1_790_028_800, 1_790_028_800)
    assert account.token.count(".") == 2
    assert account.token != Account.issued("ferry", 28_800.0, 1_790_000_000.4).token
    assert account.token not in repr(account)


@pytest.mark.parametrize(
    ("given", "word"), [(None, "missing"), ("nonsense", "invalid"), ("Ünfug", "invalid")]
)
async def test_the_gateway_wants_a_key(luminus: Any, given: str | None, word: str) -> None:
    """Its 401 says in `statusCode` that it is the gateway's, and comes before a look at the bearer."""
    async with luminus() as caller:
        headers = {} if given is None else {"Ocp-Apim-Subscription-Key": given}
        reply = await caller.bare("GET", "/module", headers)
        assert (reply.status, reply.document["statusCode"]) == (401, 401)
        assert f"due to {word} subscription key" in reply.document["message"]


@pytest.mark.parametrize("given", [None, "Bearer nonsense", "Basic x", "Bearer"])
async def test_lumi_nus_wants_a_bearer(luminus: Any, given: str | None) -> None:
    """Its own 401 is plain text."""
    async with luminus() as caller:
        key = {"Ocp-Apim-Subscription-Key": caller.luminus.account.subscription_key}
        reply = await caller.bare("GET", "/module", key | ({} if given is None else {"Authorization": given}))
        assert (reply.status, reply.text) == (401, "401 Unauthorized")
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_ends(luminus: Any) -> None:
    """And is not renewed."""
    async with luminus(Switches(luminus_token_life=60)) as caller:
        caller.clock.now += 59
        assert (await caller.call("GET", "/module")).status == 200
        caller.clock.now += 1
        reply = await caller.call("GET", "/module")
        assert (reply.status, "expired" in reply.headers["WWW-Authenticate"]) == (401, True)


async def test_the_log_tells_neither(luminus: Any) -> None:
    """Token and key are blanked, in headers and in a query."""
    async with luminus() as caller:
        account = caller.luminus.account
        await caller.call(
            "GET", f"/module?access_token={account.token}&subscription-key={account.subscription_key}"
        )
        told = str(caller.audit.entries())
        assert account.token not in told
        assert account.subscription_key not in told
        assert caller.audit.log[0].headers["Ocp-Apim-Subscription-Key"] == "***"


def test_credentials_of_no_encoding_are_wrong_ones() -> None:
    """Bytes that are no UTF-8 are refused as any others are, by the gateway and by LumiNUS."""
    account = Account.issued("ferry", 60.0, 0.0)
    by_gateway = refused_key({KEY: "\udcff"}, account)
    by_luminus = refused_bearer({"Authorization": "Bearer \udcff"}, account, 0.0)
    assert by_gateway is not None
    assert by_luminus is not None
    assert (by_gateway.status, by_luminus.status) == (401, 401)
