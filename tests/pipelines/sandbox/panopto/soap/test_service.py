"""What SessionManagement's operations do, over HTTPS."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from fakes.panopto_caller import Caller
from fakes.soap_caller import SoapCaller, guids, one, strings

from pipelines.sandbox.panopto.model import Availability, Session

NOBODY = "00000000-0000-4000-8000-000000000000"
V40 = "http://schemas.datacontract.org/2004/07/Panopto.Server.Services.PublicAPI.V40"
START, END = "UpdateSessionsAvailabilityStartSettings", "UpdateSessionsAvailabilityEndSettings"


class Scene:
    """Two sessions of the account's and one of somebody else's, which it may see."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.soap = SoapCaller(caller)
        self.first = self._session("Waves")
        self.second = self._session("Optics & light")
        self.foreign = caller.site.add_session(caller.panopto.public_folder, "Of others")

    def _session(self, name: str) -> Session:
        return self.caller.site.add_session(self.caller.panopto.default_folder, name)


@pytest.fixture
def scene(panopto: Any) -> Callable[[], AbstractAsyncContextManager[Scene]]:
    """A Panopto with sessions, whose account has a cookie."""

    @asynccontextmanager
    async def entered() -> AsyncIterator[Scene]:
        async with panopto() as caller:
            made = Scene(caller)
            assert await made.soap.login() == 200
            yield made

    return entered


async def test_an_owner_is_named_by_a_user_key(scene: Any) -> None:
    """In any case of its letters; SOAP tells the owner's id, REST's CreatedBy and the audit the name."""
    async with scene() as here:
        key = one("newOwnerUserKey", "IDP\\JSmith")
        status, _ = await here.soap.call("UpdateSessionOwner", guids(here.first.id), key)
        assert status == 200
        owner = here.caller.site.people.user("idp\\jsmith")
        assert await here.soap.values("GetSessionsById", "CreatorId", guids(here.first.id)) == [owner.id]
        _, session = await here.caller.rest("GET", f"api/v1/sessions/{here.first.id}")
        assert session["CreatedBy"] == {"Id": owner.id, "Username": "idp\\jsmith"}
        rows = {row["session_id"]: row["owner"] for row in here.caller.audit.sessions()}
        assert (rows[here.first.id], rows[here.second.id]) == ("idp\\jsmith", "Ferry")


async def test_an_owner_that_nobody_is_is_a_fault(scene: Any) -> None:
    """An unknown user, one of another provider and none at all; the owner stays."""
    async with scene() as here:
        for key in (one("newOwnerUserKey", "nobody"), one("newOwnerUserKey", "other\\jsmith"), ""):
            fault = await here.soap.fault("UpdateSessionOwner", guids(here.first.id), key)
            assert fault == ("s:Client", "The user was not found.")
        assert here.first.owner == "Ferry"


async def test_sessions_of_others_are_not_changed(scene: Any) -> None:
    """Without the right to one session's folder the call is a fault, and none of its sessions is changed."""
    async with scene() as here:
        ids = guids(here.first.id, here.foreign.id)
        calls = [
            ("UpdateSessionOwner", ids, one("newOwnerUserKey", "jsmith")),
            (START, ids, one("settingType", "Immediately")),
            (END, ids, one("settingType", "Forever")),
            ("UpdateSessionExternalId", one("sessionId", here.foreign.id), one("externalId", "x")),
        ]
        for name, *parameters in calls:
            assert "does not have access" in (await here.soap.fault(name, *parameters))[1]
        assert (here.first.owner, here.foreign.external_id) == ("Ferry", "")
        assert here.first.availability_start == here.first.availability_end == Availability()


async def test_availability_is_set_and_told(scene: Any) -> None:
    """A date comes back in UTC, whatever OffsetMinutes says, and goes with a setting that needs none."""
    async with scene() as here:
        soap, ids = here.soap, guids(here.first.id, here.second.id)
        dated = one("settingType", "SpecificDate") + one("startDate", "2026-12-01T08:00:00.5+08:00")
        assert await soap.values(START, f"{START}Result", ids, dated) == ["true"]
        ended = one("settingType", "Forever") + one("endDate", "2027-01-01T00:00:00Z")
        assert await soap.values(END, f"{END}Result", guids(here.first.id), ended) == ["true"]
        asked = ("GetSessionsAvailabilitySettings", ids)
        told = {name: await soap.values(asked[0], name, asked[1]) for name in (
            "SessionId", "StartSettingType", "DateTime", "OffsetMinutes", "EndSettingType",
            "TotalNumberResults",
        )}  # fmt: skip
        assert told == {
            "SessionId": [here.first.id, here.second.id],
            "StartSettingType": ["SpecificDate"] * 2,
            "DateTime": ["2026-12-01T00:00:00.5Z"] * 2,
            "OffsetMinutes": ["-300"] * 2,
            "EndSettingType": ["Forever", "WithItsFolder"],
            "TotalNumberResults": ["2"],
        }
        rows = {row["session_id"]: row["availability"] for row in here.caller.audit.sessions()}
        assert rows[here.first.id]["start"]["date"] == "2026-12-01T00:00:00.500000+00:00"


async def test_a_specific_date_needs_one(scene: Any) -> None:
    """Also where it is nil or came in the wrong place; a date before its setting sets Immediately."""
    async with scene() as here:
        setting, date = one("settingType", "SpecificDate"), one("startDate", "2026-12-01T08:00:00Z")
        assert "required" in (await here.soap.fault(START, guids(here.first.id), setting))[1]
        assert here.first.availability_start == Availability()
        assert await here.soap.values(START, f"{START}Result", guids(here.first.id), date, setting) == [
            "true"
        ]
        assert here.first.availability_start == Availability("Immediately")


async def test_ids_of_no_session_are_passed_over(scene: Any) -> None:
    """Reads tell of the others; the owner is set of the others without a word; availability answers false."""
    async with scene() as here:
        ids = guids(NOBODY, here.second.id.upper())
        assert await here.soap.values("GetSessionsById", "Id", ids) == [here.second.id]
        status, _ = await here.soap.call("UpdateSessionOwner", ids, one("newOwnerUserKey", "jsmith"))
        assert (status, here.second.owner) == (200, "jsmith")
        assert await here.soap.values(START, f"{START}Result", ids, one("settingType", "Immediately")) == [
            "false"
        ]
        assert here.second.availability_start == Availability("Immediately")


async def test_an_external_id_belongs_to_one_session(scene: Any) -> None:
    """Set again it is no fault; taken by another it is, in any case of its letters, until that is gone."""
    async with scene() as here:
        first, second = one("sessionId", here.first.id), one("sessionId", here.second.id)
        for _ in range(2):
            status, _ = await here.soap.call("UpdateSessionExternalId", first, one("externalId", "event-A"))
            assert status == 200
        taken = await here.soap.fault("UpdateSessionExternalId", second, one("externalId", "EVENT-a"))
        assert taken == ("s:Client", "Another session has this external ID.")
        asked = strings("sessionExternalIds", "event-a", "of nobody", "")
        assert await here.soap.values("GetSessionsByExternalId", "Id", asked) == [here.first.id]
        assert await here.soap.values("GetSessionsByExternalId", "ExternalId", asked) == ["event-A"]
        assert (await here.caller.rest("DELETE", f"api/v1/sessions/{here.first.id}"))[0] == 200
        assert await here.soap.values("GetSessionsByExternalId", "Id", asked) == []
        await here.soap.call("UpdateSessionExternalId", second, one("externalId", "event-a"))
        assert here.second.external_id == "event-a"
        await here.soap.call("UpdateSessionExternalId", second)
        assert here.second.external_id == ""


async def test_an_external_id_of_no_session_is_a_fault(scene: Any) -> None:
    """An unknown id, and one that came after its external id and so was not read."""
    async with scene() as here:
        given = one("externalId", "x")
        for session_id in (NOBODY, ""):
            wanted = one("sessionId", session_id) if session_id else ""
            fault = await here.soap.fault("UpdateSessionExternalId", wanted, given)
            assert fault == ("s:Client", "The session was not found.")
        late = await here.soap.fault("UpdateSessionExternalId", given, one("sessionId", here.first.id))
        assert late[1] == "The session was not found."


async def test_a_session_is_processing_until_it_is_complete(panopto: Any) -> None:
    """The state follows the upload's; one whose processing failed has a message."""
    async with panopto() as caller:
        soap = SoapCaller(caller)
        await soap.login()
        upload = await caller.session("A lecture")
        caller.site.uploads[upload["ID"]].steps = caller.site.uploads[upload["ID"]].steps[:-1]
        ids = guids(upload["SessionId"])
        assert await soap.values("GetSessionsById", "State", ids) == ["Processing"]
        failed = await caller.session("Broken", a__mp4=b"no film")
        status, answer = await soap.call("GetSessionsById", guids(failed["SessionId"]))
        (session,) = answer.iter("{*}Session")
        assert (status, session.findtext("{*}State")) == (200, "Processing")
        assert session.findtext("{*}StatusMessage")
        whole = await caller.session("Whole")
        status, answer = await soap.call("GetSessionsById", guids(whole["SessionId"]))
        (session,) = answer.iter("{*}Session")
        told = {name: session.findtext(f"{{*}}{name}") for name in ("Name", "State", "Duration", "StartTime")}
        assert told == {
            "Name": "Whole",
            "State": "Complete",
            "Duration": "90.5",
            "StartTime": "2024-02-03T02:00:00Z",
        }


async def test_a_list_comes_in_pages_with_a_total(scene: Any) -> None:
    """By folder, sorted by name, downwards unless asked otherwise; a search sees words."""
    async with scene() as here:
        folder = f"<v:FolderId>{here.caller.folder}</v:FolderId>"
        most = "<v:MaxNumberResults>1</v:MaxNumberResults>"
        page = f"<v:Pagination>{most}<v:PageNumber>{{}}</v:PageNumber></v:Pagination>"
        up = "<v:SortIncreasing>true</v:SortIncreasing>"
        asks = f'<request xmlns:v="{V40}">{{}}</request>'
        found = []
        for number in range(3):
            parameters = asks.format(folder + page.format(number) + up)
            found += await here.soap.values("GetSessionsList", "Name", parameters)
            assert await here.soap.values("GetSessionsList", "TotalNumberResults", parameters) == ["2"]
        assert found == ["Optics & light", "Waves"]
        assert await here.soap.values("GetSessionsList", "Name") == ["Waves", "Optics & light", "Of others"]
        assert await here.soap.values("GetSessionsList", "Name", one("searchQuery", "lig opt")) == [
            "Optics & light"
        ]
        complete = "<v:States><v:SessionState>Complete</v:SessionState></v:States>"
        assert await here.soap.values("GetSessionsList", "Name", asks.format(complete)) == []
        recorder = f"<v:RemoteRecorderId>{NOBODY}</v:RemoteRecorderId>"
        assert await here.soap.values("GetSessionsList", "Name", asks.format(recorder)) == []
