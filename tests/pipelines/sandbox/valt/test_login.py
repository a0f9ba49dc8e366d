"""VALT's login, and the token that every other call must carry in its query."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from fakes.valt_caller import ACCOUNT, NOW, served

from pipelines.sandbox.switches import Switches

NO_KEY = {"error": {"code": 401, "message": "No API key provided"}}


async def test_a_login_gives_a_token_of_32_hex_digits() -> None:
    """Each login gives another one, and the earlier ones stay good."""
    async with served() as caller:
        first = caller.token
        await caller.sign_in()
        assert len(first) == len(caller.token) == 32
        assert int(first, 16) != int(caller.token, 16)
        caller.token = first
        assert (await caller.get("schedule"))[0] == 200


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": ACCOUNT.username, "password": "wrong"},
        {"Username": ACCOUNT.username, "Password": ACCOUNT.password},
        {},
    ],
)
async def test_wrong_credentials_are_refused(credentials: dict[str, Any]) -> None:
    """A wrong password, and names in capitals as the wiki's table prints them, are a 401."""
    async with served() as caller:
        refused = await caller.ask("POST", "login", json=credentials)
        assert refused == (401, {"data": "Invalid username or password"})


async def test_the_token_counts_in_the_query_alone() -> None:
    """Without it, and with it in a header, every call is a 401, an unknown path as well."""
    async with served() as caller:
        bearer = {"Authorization": f"Bearer {caller.token}", "access_token": caller.token}
        for path in ("schedule", "schedule/1", "admin/rooms", "nowhere"):
            assert await caller.ask("GET", path) == (401, NO_KEY)
            assert await caller.ask("GET", path, headers=bearer) == (401, NO_KEY)
        assert await caller.ask("POST", "schedule/1/edit", json={"name": "A"}) == (401, NO_KEY)
        assert caller.valt.rows()[0]["name"] == "Booking"


async def test_a_token_dies_with_its_time() -> None:
    """It lives to the last moment before the switch's time, then it is a 401 with another message."""
    async with served(Switches(valt_token_life=100)) as caller:
        caller.clock.now += 99
        assert (await caller.get("schedule"))[0] == 200
        caller.clock.now += 1
        status, body = await caller.get("schedule")
        assert (status, body["error"]["code"]) == (401, 401)
        assert body != NO_KEY
        await caller.sign_in()
        assert (await caller.get("schedule"))[0] == 200


@pytest.mark.parametrize("skew", [-90, 0, 90])
async def test_valts_clock_is_told_by_the_date_header(skew: int) -> None:
    """It may be ahead or behind; login and refusals tell it as well."""
    async with served(Switches(valt_skew=skew)) as caller:
        for path in ("login", "schedule"):
            await caller.ask("POST", path, json={})
            told = parsedate_to_datetime(caller.headers["Date"])
            assert told == datetime.fromtimestamp(NOW + skew, UTC)


async def test_what_is_past_is_so_by_valts_own_clock() -> None:
    """A start that is a minute ahead for the client is past at a VALT that is two minutes ahead."""
    async with served(Switches(valt_skew=120)) as caller:
        status, body = await caller.post("schedule/1/edit", {"start_at": NOW + 60})
        assert (status, body["data"]["fields"][0]["name"]) == (400, "start_at")
        assert (await caller.post("schedule/1/edit", {"start_at": NOW + 121}))[0] == 200


async def test_the_log_knows_no_token() -> None:
    """The audit blanks the token of every request, spelt in any case, and no row has it."""
    async with served() as caller:
        await caller.get("schedule")
        await caller.ask("GET", f"schedule?ACCESS_TOKEN={caller.token}&access%5Ftoken={caller.token}")
        assert [entry.call for entry in caller.audit.log] == ["login", "schedules", "schedules"]
        shown = str(caller.audit.entries()) + str(caller.valt.rows())
        assert "***" in shown
        assert caller.token not in shown
        assert ACCOUNT.password not in shown
