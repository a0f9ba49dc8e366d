"""Owner, availability and external id by SOAP, over TLS: set, whatever becomes of answers and cookies."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from fakes.panopto_caller import Caller, served
from fakes.panopto_client import OURS, calls

from engine import Network, Refused, RetryPolicy, open_http
from pipelines.panopto.auth import Tokens
from pipelines.panopto.calls import Calls
from pipelines.panopto.contract import Contract
from pipelines.panopto.legacy_login import LegacyLogin
from pipelines.panopto.session_management import MOST_IDS, SessionManagement
from pipelines.rest import Rest
from pipelines.sandbox import Fault

OWNER, EXTERNAL, START, END, FIND = (
    f"soap_{name}"
    for name in (
        "update_session_owner",
        "update_session_external_id",
        "update_sessions_availability_start_settings",
        "update_sessions_availability_end_settings",
        "get_sessions_by_external_id",
    )
)
FROM, UNTIL = datetime(2026, 10, 1, 8, tzinfo=UTC), datetime(2027, 3, 31, 22, tzinfo=UTC)


class Scene:
    """A site with one session of ours, and our client."""

    def __init__(self, site: Caller, sessions: SessionManagement, session_id: str) -> None:
        self.site = site
        self.sessions = sessions
        self.session_id = session_id

    @property
    def audited(self) -> Mapping[str, Any]:
        """What the site has of the session."""
        return next(row for row in self.site.audit.sessions() if row["session_id"] == self.session_id)


@asynccontextmanager
async def scene(folder: Path, *faults: Fault) -> AsyncIterator[Scene]:
    """Our client at an emulated Panopto; its waits set the site's clock on."""
    async with served(folder, faults=list(faults)) as site:

        async def sleep(seconds: float) -> None:
            site.clock.now += seconds
            await anyio.lowlevel.checkpoint()

        policy = RetryPolicy(attempts=4)
        session_id = await site.empty_session()
        async with open_http(Network(ca_file=site.ca)) as http:
            tokens = Tokens(Rest(http, site.url, policy=policy, sleep=sleep), OURS, clock=site.clock)
            signed = Rest(http, site.url, policy=policy, headers=tokens.headers, sleep=sleep)
            login = LegacyLogin(Calls(signed, tokens))
            soap = Rest(http, site.url, policy=policy, headers=login.headers, sleep=sleep)
            yield Scene(site, SessionManagement(soap, login, Contract()), session_id)


async def everything(here: Scene) -> None:
    """Set all that is set by SOAP."""
    await here.sessions.set_owner(here.session_id, "idp\\jsmith")
    await here.sessions.set_availability(here.session_id, FROM, UNTIL)
    await here.sessions.set_external_id(here.session_id, "event-1")


async def all_is_set(here: Scene) -> None:
    """Assert it by what the site has, and by what our own reading tells."""
    row = here.audited
    assert (row["owner"], row["external_id"]) == ("idp\\jsmith", "event-1")
    read = await here.sessions.availability(here.session_id)
    assert read is not None
    assert (read.start, read.end) == (FROM, UNTIL)
    assert [one.id for one in await here.sessions.by_external_id("event-1")] == [here.session_id]


async def test_everything_is_set_and_read_back(tmp_path: Path) -> None:
    """One call each, one login, and the site has it."""
    async with scene(tmp_path) as here:
        await everything(here)
        await all_is_set(here)
        assert [calls(here.site, name) for name in (OWNER, START, END, EXTERNAL)] == [[200]] * 4
        assert calls(here.site, "legacy_login") == [200]


@pytest.mark.parametrize("name", [OWNER, START, END, EXTERNAL, FIND])
async def test_a_lost_answer_is_followed_by_the_same_call(tmp_path: Path, name: str) -> None:
    """Each sets a value, so twice is once."""
    async with scene(tmp_path, Fault(f"panopto.{name}", "lose_answer")) as here:
        await everything(here)
        await all_is_set(here)
        assert len(calls(here.site, name)) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("name", [OWNER, START, END, EXTERNAL, FIND, "legacy_login"])
@pytest.mark.fault(8)
async def test_what_passes_is_tried_again(tmp_path: Path, name: str, status: int) -> None:
    """A bare status is no fault of SOAP's: the same call follows."""
    fault = Fault(f"panopto.{name}", "status", arguments={"status": status})
    async with scene(tmp_path, fault) as here:
        await everything(here)
        await all_is_set(here)
        assert calls(here.site, name)[:2] == [status, 200]


@pytest.mark.fault(26)
async def test_a_cookie_that_ran_out_is_renewed_once(tmp_path: Path) -> None:
    """The site says so by a fault; a hundred callers who find out at once share one login."""
    async with scene(tmp_path) as here:
        await everything(here)
        here.site.panopto.tokens.expire_cookies()
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(here.sessions.set_external_id, here.session_id, "event-1")
        await all_is_set(here)
        assert calls(here.site, "legacy_login") == [200, 200]


@pytest.mark.fault(26)
async def test_a_token_that_ran_out_with_the_cookie_is_renewed_as_well(tmp_path: Path) -> None:
    """The login is refused with the old token, and made with a new one."""
    async with scene(tmp_path) as here:
        await everything(here)
        here.site.panopto.tokens.expire_all()
        await all_is_set(here)
        assert calls(here.site, "legacy_login") == [200, 401, 200]


async def test_fifty_external_ids_are_asked_for_at_once(tmp_path: Path) -> None:
    """Each has its own session, and most have none; the cookie had run out before."""
    async with scene(tmp_path) as here:
        await everything(here)
        second = await here.site.empty_session("Another")
        await here.sessions.set_external_id(second, "event-2")
        here.site.panopto.tokens.expire_cookies()
        found = await here.sessions.by_external_ids([f"event-{number}" for number in range(MOST_IDS)])
        assert {name: [one.id for one in there] for name, there in found.items() if there} == {
            "event-1": [here.session_id],
            "event-2": [second],
        }
        assert len(found) == MOST_IDS


async def test_a_no_is_a_sentence_and_nothing_changes(tmp_path: Path) -> None:
    """A user whom nobody knows, an id that is taken, a session that is somebody else's: no second try."""
    async with scene(tmp_path) as here:
        await everything(here)
        with pytest.raises(Refused, match=r"to idp.nobody .says: "):
            await here.sessions.set_owner(here.session_id, "idp\\nobody")
        foreign = here.site.foreign_session()
        for session_id in (await here.site.empty_session("Another"), foreign):
            with pytest.raises(Refused, match=rf"{session_id} the external id event-1 .says: ") as caught:
                await here.sessions.set_external_id(session_id, "event-1")
            assert "\n" not in str(caught.value)
            assert "<" not in str(caught.value)
        await all_is_set(here)
        assert len(calls(here.site, OWNER)) == 2
