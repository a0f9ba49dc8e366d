"""The address of SessionManagement: HTTP, cookies, faults and the log."""

import asyncio
from typing import Any

import pytest
import zeep
from fakes.soap_caller import ACTION, COOKIE, SoapCaller, guids, one, request, strings
from requests import Session as HttpSession
from zeep.transports import Transport

from pipelines.sandbox.faults import Fault
from pipelines.sandbox.panopto.soap.contract import OPERATIONS
from pipelines.sandbox.switches import Switches

XML = "text/xml; charset=utf-8"
GET = "GetSessionsById"
NOT_LOGGED_IN = ("s:Client", "User not logged in.")
BINDING = "{http://tempuri.org/}BasicHttpBinding_ISessionManagement"


async def test_a_client_that_nobody_here_wrote(panopto: Any) -> None:
    """zeep reads the served WSDL, signs in by the cookie alone, and is understood; so is what it is told."""
    async with panopto() as caller:
        soap = SoapCaller(caller)
        await soap.login()
        session = caller.site.add_session(caller.panopto.default_folder, "Waves")

        def work() -> tuple[Any, Any, Any]:
            with HttpSession() as http:
                http.trust_env, http.verify = False, str(caller.ca)
                http.cookies.update(soap.cookies)
                client = zeep.Client(f"{soap.url}?singleWsdl", transport=Transport(session=http))
                service = client.create_service(BINDING, soap.url)
                service.UpdateSessionExternalId(sessionId=session.id, externalId="event-1")
                found = service.GetSessionsByExternalId(sessionExternalIds={"string": ["event-1", "none"]})
                done = service.UpdateSessionsAvailabilityStartSettings(
                    sessionIds={"guid": [session.id]},
                    settingType="SpecificDate",
                    startDate="2026-12-01T00:00:00Z",
                )
                with pytest.raises(zeep.exceptions.Fault, match="user was not found"):
                    service.UpdateSessionOwner(sessionIds={"guid": [session.id]}, newOwnerUserKey="nobody")
                return found, done, service.GetSessionsAvailabilitySettings(sessionIds={"guid": [session.id]})

        found, done, settings = await asyncio.to_thread(work)
        assert [(one.Id, one.ExternalId, one.State) for one in found] == [(session.id, "event-1", "Created")]
        assert done is True
        (setting,) = settings.Results.SessionAvailabilitySettings
        assert setting.StartSettingDate.DateTime.isoformat() == "2026-12-01T00:00:00+00:00"


async def test_the_wsdl_needs_no_cookie_and_names_an_address_of_its_own(panopto: Any) -> None:
    """The same document for ?wsdl and ?singleWsdl, in any case; the path in any case as well."""
    async with panopto() as caller:
        url = SoapCaller(caller).url
        documents = []
        for path in (f"{url}?singleWsdl", f"{url}?WSDL", f"{url.replace('PublicAPI', 'publicapi')}?wsdl"):
            async with caller.http.get(path) as reply:
                assert (reply.status, reply.content_type) == (200, "text/xml")
                documents.append(await reply.read())
        assert len(set(documents)) == 1
        assert b'location="https://localhost/Panopto/PublicAPISSL/4.6/SessionManagement.svc"' in documents[0]
        async with caller.http.get(url) as reply:
            assert (reply.status, reply.content_type) == (200, "text/html")


async def test_the_cookie_ends(panopto: Any) -> None:
    """None, a wrong one, one that lived too long and one that was ended are the same fault; a login helps."""
    async with panopto(Switches(rate_limit="off", legacy_cookie_life=60)) as caller:
        soap = SoapCaller(caller)
        ids = guids()
        assert await soap.fault(GET, ids) == NOT_LOGGED_IN
        soap.cookies = {COOKIE: "wrong"}
        assert await soap.fault(GET, ids) == NOT_LOGGED_IN
        for end in (
            lambda: setattr(caller.clock, "now", caller.clock.now + 60),
            caller.panopto.tokens.expire_cookies,
        ):
            await soap.login()
            assert (await soap.call(GET, ids))[0] == 200
            end()
            assert await soap.fault(GET, ids) == NOT_LOGGED_IN


async def test_a_token_is_no_cookie_and_a_password_no_key(panopto: Any) -> None:
    """A Bearer token is not looked at; `auth` may be there but must be empty; a cookie of no user is none."""
    async with panopto() as caller:
        soap = SoapCaller(caller)
        headers = {"Content-Type": XML, "SOAPAction": ACTION + GET, "Authorization": f"Bearer {caller.token}"}
        status, body = await soap.post(request(GET, guids()), headers)
        assert (status, NOT_LOGGED_IN[1].encode() in body) == (500, True)
        await soap.login()
        assert (await soap.call(GET, "<auth/>", guids()))[0] == 200
        v40 = "http://schemas.datacontract.org/2004/07/Panopto.Server.Services.PublicAPI.V40"
        key = f'<auth xmlns:v="{v40}"><v:UserKey>Ferry</v:UserKey></auth>'
        assert "incorrect" in (await soap.fault(GET, key, guids()))[1]
        form = await caller.form("token", grant_type="client_credentials", scope="api")
        caller.token = (await form.json())["access_token"]
        assert await soap.login() == 200
        assert await soap.fault(GET, guids()) == NOT_LOGGED_IN


async def test_the_cookie_of_legacy_login(panopto: Any) -> None:
    """HttpOnly, secure and for the whole site, with a csrf cookie beside it; without a token it is a 401."""
    async with panopto() as caller:
        url = f"{caller.url}/Panopto/api/v1/auth/legacyLogin"
        async with caller.http.get(url, headers={"Authorization": f"Bearer {caller.token}"}) as reply:
            cookie = reply.cookies[COOKIE]
            assert (cookie["path"], cookie["httponly"], cookie["secure"]) == ("/", True, True)
            assert reply.cookies["csrfToken"].value
        async with caller.http.get(url) as reply:
            assert (reply.status, COOKIE in reply.cookies) == (401, False)


async def test_logins_and_calls_are_limited(panopto: Any) -> None:
    """The sixth login of a second is a 429 with Retry-After; so is the sixth call of one operation."""
    async with panopto(rates=True) as caller:
        soap = SoapCaller(caller)
        assert [await soap.login() for _ in range(6)] == [200] * 5 + [429]
        headers = {"Content-Type": XML, "SOAPAction": ACTION + GET}
        assert [(await soap.post(request(GET, guids()), headers))[0] for _ in range(6)] == [200] * 5 + [429]
        assert (await soap.call("GetSessionsList"))[0] == 200


@pytest.mark.parametrize(
    "kind", ["application/soap+xml", "application/xml", "application/json", "text/xml; charset=latin-1"]
)
async def test_another_content_type_is_a_415(panopto: Any, kind: str) -> None:
    """WCF's binding takes text/xml in UTF-8."""
    async with panopto() as caller:
        headers = {"Content-Type": kind, "SOAPAction": ACTION + GET}
        assert (await SoapCaller(caller).post(request(GET), headers))[0] == 415


async def test_what_is_no_envelope_is_a_400_without_a_word(panopto: Any) -> None:
    """WCF says nothing to XML that it cannot parse."""
    async with panopto() as caller:
        headers = {"Content-Type": XML, "SOAPAction": ACTION + GET}
        assert await SoapCaller(caller).post(b"<s:Envelope", headers) == (400, b"")


@pytest.mark.parametrize(
    "headers", [{}, {"SOAPAction": '""'}, {"SOAPAction": f"{ACTION}UpdateSessionStartTime"}]
)
async def test_an_action_is_demanded(panopto: Any, headers: dict[str, str]) -> None:
    """None, an empty one and one that version 4.6 does not have are ActionNotSupported."""
    async with panopto() as caller:
        status, body = await SoapCaller(caller).post(request(GET), {"Content-Type": XML, **headers})
        assert (status, b"<faultcode" in body, b"a:ActionNotSupported" in body) == (500, True, True)
        assert caller.audit.log[-1].call == "soap"


async def test_the_action_must_be_the_bodys(panopto: Any) -> None:
    """An envelope of one operation under another's action is DeserializationFailed, before any cookie."""
    async with panopto() as caller:
        headers = {"Content-Type": XML, "SOAPAction": f'"{ACTION}{GET}"'}
        status, body = await SoapCaller(caller).post(request("UpdateSessionOwner"), headers)
        assert (status, b"a:DeserializationFailed" in body) == (500, True)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.call)
async def test_each_operation_takes_faults_by_its_name(panopto: Any, operation: Any) -> None:
    """A status leaves it undone; a lost answer is entered as done, and as answered to nobody."""
    name = f"panopto.{operation.call}"
    faults = [
        Fault(name, "status", arguments={"status": 503, "headers": {"Retry-After": "3"}}),
        Fault(name, "lose_answer", nth=2),
    ]
    async with panopto(faults=faults) as caller:
        assert name in caller.panopto.operations
        soap = SoapCaller(caller)
        await soap.login()
        session = caller.site.add_session(caller.panopto.default_folder, "Waves")
        parameters = {
            "UpdateSessionOwner": [guids(session.id), one("newOwnerUserKey", "jsmith")],
            "UpdateSessionExternalId": [one("sessionId", session.id), one("externalId", "x")],
            "GetSessionsByExternalId": [strings("sessionExternalIds", "x")],
            "GetSessionsList": [],
        }.get(operation.name, [guids(session.id)])
        body, headers = (
            request(operation.name, *parameters),
            {"Content-Type": XML, "SOAPAction": operation.action},
        )
        assert (await soap.post(body, headers))[0] == 503
        assert (session.owner, session.external_id) == ("Ferry", "")
        with pytest.raises(OSError, match=r"reset|disconnect|peer"):
            await soap.post(body, headers)
        entries = [entry for entry in caller.audit.log if entry.call == operation.call]
        told = [(entry.fault, entry.status, entry.done) for entry in entries]
        assert told == [("status", 503, None), ("lose_answer", None, 200)]
        assert entries[1].about == (session.id if "sessionId" in body.decode() else "")
        if operation.name.startswith("UpdateSession") and "Availability" not in operation.name:
            assert (session.owner, session.external_id) in {("jsmith", ""), ("Ferry", "x")}


async def test_no_cookie_is_in_the_log(panopto: Any) -> None:
    """Neither the login's nor the calls': their headers are blanked."""
    async with panopto() as caller:
        soap = SoapCaller(caller)
        await soap.login()
        await soap.call(GET, guids())
        assert soap.cookies[COOKIE] not in str(caller.audit.entries())
        assert caller.audit.log[-1].headers["Cookie"] == "***"
