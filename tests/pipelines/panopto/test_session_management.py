"""Owner, availability and external id by SOAP: what goes out, what comes back, and what a no says."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from fakes.scripted_http import Call
from fakes.soap_answers import SoapSite, envelope, fault, result
from lxml import etree

from engine import Answer, Refused, ServerFault, TimedOut
from pipelines.panopto.model import Session
from pipelines.panopto.session_management import MOST_IDS, Availability

SERVICE = "/Panopto/PublicAPI/4.6/SessionManagement.svc"
LOGIN = "/legacyLogin"
SESSION = "11111111-2222-3333-4444-555555555555"
OWNER, START, END, EXTERNAL = (
    "UpdateSessionOwner",
    "UpdateSessionsAvailabilityStartSettings",
    "UpdateSessionsAvailabilityEndSettings",
    "UpdateSessionExternalId",
)
FOUND, OPEN = "GetSessionsByExternalId", "GetSessionsAvailabilitySettings"
V42 = "http://schemas.datacontract.org/2004/07/Panopto.Server.Services.PublicAPI.V42.Soap"
V46 = "http://schemas.datacontract.org/2004/07/Panopto.Server.Services.PublicAPI.V46.Soap"
SYSTEM = "http://schemas.datacontract.org/2004/07/System"
YES = "<{0}Result>true</{0}Result>"
SUMMER = timezone(timedelta(hours=2))


def sent(call: Call) -> tuple[str, dict[str, str]]:
    """The operation of a call, and its parameters by their names as text."""
    (operation,) = etree.fromstring(call.body or b"").find("{*}Body")
    name = etree.QName(operation).localname
    assert call.headers["soapaction"] == f'"http://tempuri.org/ISessionManagement/{name}"'
    return name, {etree.QName(one).localname: "".join(one.itertext()) for one in operation}


def operations(site: SoapSite) -> list[tuple[str, dict[str, str]]]:
    """All SOAP calls that arrived."""
    return [sent(call) for call in site.calls(SERVICE)]


async def test_an_owner_is_set_by_the_user_key() -> None:
    """One POST with the cookie and without a token; whose login it is stands in the cookie alone."""
    site = SoapSite(result(OWNER))
    await site.sessions.set_owner(SESSION, "idp\\prof")
    assert operations(site) == [(OWNER, {"sessionIds": SESSION, "newOwnerUserKey": "idp\\prof"})]
    (call,) = site.calls(SERVICE)
    assert call.headers["cookie"] == ".ASPXAUTH=C00KIE1"
    assert "authorization" not in call.headers
    assert call.headers["content-type"] == "text/xml; charset=utf-8"


async def test_a_window_is_set_in_utc_to_the_second() -> None:
    """Two calls, each with its kind of setting and its date."""
    site = SoapSite(result(START, YES.format(START)), result(END, YES.format(END)))
    start = datetime(2026, 7, 1, 9, 15, 0, 999_999, SUMMER)
    await site.sessions.set_availability(SESSION, start, datetime(2026, 12, 31, tzinfo=UTC))
    both = {"sessionIds": SESSION, "settingType": "SpecificDate"}
    assert operations(site) == [
        (START, {**both, "startDate": "2026-07-01T07:15:00Z"}),
        (END, {**both, "endDate": "2026-12-31T00:00:00Z"}),
    ]


async def test_without_dates_a_session_is_open_at_once_and_for_ever() -> None:
    """What was set before is taken back: it is no call that is left out."""
    site = SoapSite(result(START, YES.format(START)), result(END, YES.format(END)))
    await site.sessions.set_availability(SESSION, None, None)
    assert operations(site) == [
        (START, {"sessionIds": SESSION, "settingType": "Immediately"}),
        (END, {"sessionIds": SESSION, "settingType": "Forever"}),
    ]


async def test_a_date_without_zone_is_never_sent() -> None:
    """Nobody guesses when a session opens."""
    site = SoapSite(result(START))
    with pytest.raises(ValueError, match="zone"):
        await site.sessions.set_availability(SESSION, datetime(2026, 7, 1), None)  # noqa: DTZ001 - that is the point
    assert site.http.calls == []


async def test_a_setting_that_is_answered_with_false_is_refused() -> None:
    """The answer's own word counts, and the second call is not made."""
    site = SoapSite(result(START, YES.format(START).replace("true", "false")))
    with pytest.raises(Refused, match=f"session {SESSION} opens"):
        await site.sessions.set_availability(SESSION, None, None)
    assert len(operations(site)) == 1


def settings(session_id: str, start: str, end: str) -> Answer:
    """An answer that tells when one session is open."""
    end = f"<a:EndSettingDate{end}<a:EndSettingType>SpecificDate</a:EndSettingType>"
    start = f"<a:StartSettingDate{start}<a:StartSettingType>Immediately</a:StartSettingType>"
    inner = f"{end}<a:SessionId>{session_id}</a:SessionId>{start}"
    one = f"<a:SessionAvailabilitySettings>{inner}</a:SessionAvailabilitySettings>"
    names = f'xmlns:a="{V46}" xmlns:b="{SYSTEM}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    total = "<a:TotalNumberResults>1</a:TotalNumberResults>"
    return result(OPEN, f"<{OPEN}Result {names}><a:Results>{one}</a:Results>{total}</{OPEN}Result>")


NIL = ' i:nil="true"/>'
DATE = (
    "><b:DateTime>2026-12-30T22:00:00Z</b:DateTime><b:OffsetMinutes>120</b:OffsetMinutes></a:EndSettingDate>"
)


async def test_a_window_is_read_back() -> None:
    """A DateTimeOffset's date is UTC already, and its offset is not added again; GUIDs have no case."""
    site = SoapSite(settings(SESSION.upper(), NIL, DATE))
    end = datetime(2026, 12, 30, 22, tzinfo=UTC)
    assert await site.sessions.availability(SESSION) == Availability("Immediately", None, "SpecificDate", end)


@pytest.mark.parametrize(
    "answer", [result(OPEN), settings("99999999-2222-3333-4444-555555555555", NIL, DATE)]
)
async def test_a_window_of_which_nothing_is_told_is_none(answer: Answer) -> None:
    """Another session's settings are not this one's."""
    assert await SoapSite(answer).sessions.availability(SESSION) is None


async def test_an_external_id_is_set() -> None:
    """On one session, as it is."""
    site = SoapSite(result(EXTERNAL))
    await site.sessions.set_external_id(SESSION, "Ünïq & <id>")
    assert operations(site) == [(EXTERNAL, {"sessionId": SESSION, "externalId": "Ünïq & <id>"})]


def sessions(*ones: str) -> Answer:
    """An answer that lists sessions."""
    return result(FOUND, f'<{FOUND}Result xmlns:a="{V42}">{"".join(ones)}</{FOUND}Result>')


def session(session_id: str, external_id: str) -> str:
    """One session as WCF writes it: what is not set comes as nil, or not at all."""
    return (
        "<a:Session><a:CreatorId>99999999-0000-0000-0000-000000000009</a:CreatorId>"
        '<a:Description i:nil="true" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"/>'
        f"<a:Duration>90.5</a:Duration><a:ExternalId>{external_id}</a:ExternalId>"
        f"<a:FolderId>77777777-0000-0000-0000-000000000007</a:FolderId><a:Id>{session_id}</a:Id>"
        "<a:Name>Algebra &amp; more</a:Name><a:StartTime>2026-01-02T03:04:05.1234567Z</a:StartTime>"
        "<a:State>Complete</a:State><a:ViewerUrl>https://v.example/?id=1</a:ViewerUrl></a:Session>"
    )


async def test_sessions_are_found_by_their_external_id() -> None:
    """The very id counts: what else the answer lists is another's."""
    site = SoapSite(sessions(session(SESSION, "event-1"), session(SESSION.replace("1", "2"), "EVENT-1")))
    (found,) = await site.sessions.by_external_id("event-1")
    assert operations(site) == [(FOUND, {"sessionExternalIds": "event-1"})]
    assert found == Session(
        id=SESSION,
        name="Algebra & more",
        description="",
        start_time=datetime(2026, 1, 2, 3, 4, 5, 123456, UTC),
        duration=90.5,
        folder_id="77777777-0000-0000-0000-000000000007",
        viewer_url="https://v.example/?id=1",
    )


async def test_many_external_ids_are_one_call() -> None:
    """Each session is that of its own ExternalId, wherever it stands; one id may have two, and one none."""
    others = [SESSION.replace("1", number) for number in "234"]
    listed = sessions(
        session(others[0], "b"), session(SESSION, "a"), session(others[1], "b"), session(others[2], "d")
    )
    site = SoapSite(listed)
    found = await site.sessions.by_external_ids(["a", "b", "c"])
    assert {name: [one.id for one in there] for name, there in found.items()} == {
        "a": [SESSION],
        "b": others[:2],
        "c": [],
    }
    assert operations(site) == [(FOUND, {"sessionExternalIds": "abc"})]


@pytest.mark.parametrize("count", [0, MOST_IDS + 1])
async def test_a_call_has_its_bound(count: int) -> None:
    """Neither none nor too many are asked for."""
    site = SoapSite(sessions())
    with pytest.raises(ValueError, match="external ids in one call"):
        await site.sessions.by_external_ids([str(number) for number in range(count)])
    assert site.http.calls == []


async def test_many_that_are_refused_name_the_first() -> None:
    """A sentence of fifty ids is none."""
    with pytest.raises(Refused, match=r"does not look for the external id a and 2 more \(says: no such"):
        await SoapSite(fault("no such operation")).sessions.by_external_ids(["a", "b", "c"])


@pytest.mark.parametrize("answer", [result(FOUND), sessions()])
async def test_no_session_has_an_external_id(answer: Answer) -> None:
    """That is no error."""
    assert await SoapSite(answer).sessions.by_external_id("event-1") == ()


@pytest.mark.fault(26)
@pytest.mark.parametrize(
    "signed_out",
    [fault("User is not logged in."), Answer(401, {}, b""), Answer(403, {}, b""), Answer(302, {}, b"")],
)
async def test_a_cookie_that_ran_out_is_renewed_once(signed_out: Answer) -> None:
    """The same call goes out again with the new cookie, and the next calls keep it."""
    site = SoapSite(signed_out, result(OWNER))
    await site.sessions.set_owner(SESSION, "prof")
    await site.sessions.set_owner(SESSION, "prof")
    cookies = [call.headers["cookie"] for call in site.calls(SERVICE)]
    assert cookies == [".ASPXAUTH=C00KIE1", ".ASPXAUTH=C00KIE2", ".ASPXAUTH=C00KIE2"]
    assert len(site.calls(LOGIN)) == 2


@pytest.mark.fault(26)
@pytest.mark.parametrize("no", [fault("User is not logged in."), Answer(403, {}, b"")])
async def test_a_second_refusal_is_taken_at_its_word(no: Answer) -> None:
    """No loop, no end of the run: this one thing is refused."""
    site = SoapSite(no)
    with pytest.raises(Refused, match=f"does not give session {SESSION} to prof"):
        await site.sessions.set_owner(SESSION, "prof")
    assert (len(site.calls(SERVICE)), len(site.calls(LOGIN))) == (2, 2)


@pytest.mark.fault(26)
async def test_a_right_that_is_missing_is_believed_while_the_cookie_is_new() -> None:
    """Of a caller whom Panopto knows no longer it may say the same: so an older cookie is renewed first."""
    no = fault("The user does not have access to the session.")
    site = SoapSite(no, no, result(OWNER))
    with pytest.raises(Refused, match="does not have access"):
        await site.sessions.set_owner(SESSION, "prof")
    assert len(site.calls(LOGIN)) == 1
    site.now = 300.0
    await site.sessions.set_owner(SESSION, "prof")
    assert (len(site.calls(SERVICE)), len(site.calls(LOGIN))) == (3, 2)


async def test_a_fault_is_one_sentence() -> None:
    """What was asked, what Panopto says, and what to do; no XML, no cookie, no second try."""
    site = SoapSite(fault("User idp\\prof\n does not exist (ticket .ASPXAUTH=C00KIE1)"))
    with pytest.raises(Refused) as caught:
        await site.sessions.set_owner(SESSION, "idp\\prof")
    assert str(caught.value) == (
        f"panopto.example.edu:443: does not give session {SESSION} to idp\\prof "
        "(says: User idp\\prof does not exist (ticket .ASPXAUTH=***)); "
        "check that the user exists at Panopto, by that name"
    )
    assert len(site.calls(SERVICE)) == 1


@pytest.mark.parametrize(
    "passing",
    [
        Answer(503, {}, b""),
        Answer(429, {"Retry-After": "2"}, b""),
        TimedOut("no answer in time"),
        fault("The server was unable to process the request due to an internal error."),
    ],
)
async def test_what_passes_is_tried_again(passing: Answer | Exception) -> None:
    """Setting a value twice does no harm: a lost answer, a 429 and a 5xx are followed by the same call."""
    site = SoapSite(passing, result(EXTERNAL))
    await site.sessions.set_external_id(SESSION, "event-1")
    assert operations(site) == [(EXTERNAL, {"sessionId": SESSION, "externalId": "event-1"})] * 2
    assert len(site.slept) == 1


@pytest.mark.parametrize("answer", [Answer(200, {}, b"<html>"), result(OWNER), envelope("")])
async def test_an_answer_that_makes_no_sense_is_a_fault_of_the_server(answer: Answer) -> None:
    """A page, another operation's answer, and an empty envelope: it may be better the next time."""
    with pytest.raises(ServerFault):
        await SoapSite(answer).sessions.by_external_id("event-1")


async def test_a_site_without_the_service_is_a_refusal() -> None:
    """What is not there is not there for the next try either."""
    with pytest.raises(Refused, match="HTTP 404"):
        await SoapSite(Answer(404, {}, b"<html>")).sessions.set_external_id(SESSION, "event-1")
