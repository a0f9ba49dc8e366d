"""Envelopes as WCF reads them: what is passed over without a word, and what is a fault."""

from typing import Any

import pytest
from lxml import etree

from pipelines.sandbox.panopto.soap.contract import ARRAYS, BY_ACTION, OPERATIONS, TEMPURI
from pipelines.sandbox.panopto.soap.envelope import (
    SOAP,
    XSI,
    NotAnEnvelope,
    SoapFault,
    answered,
    asked,
    faulted,
)

ONE, TWO = "6ddfb573-0000-4000-8000-00000000000a", "86cb20c2-0000-4000-8000-00000000000b"
OPERATION = {one.name: one for one in OPERATIONS}
START = OPERATION["UpdateSessionsAvailabilityStartSettings"]
EXTERNAL = OPERATION["UpdateSessionExternalId"]


def envelope(inside: str, header: str = "") -> bytes:
    """A request's envelope around what is inside its body."""
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:i="{XSI}" xmlns:g="{ARRAYS}">{header}'
        f"<s:Body>{inside}</s:Body></s:Envelope>"
    ).encode()


def call(name: str, *elements: str) -> bytes:
    """An envelope around an operation's parameters."""
    return envelope(f'<{name} xmlns="{TEMPURI}">{"".join(elements)}</{name}>')


def start(*elements: str) -> dict[str, Any]:
    """What a call that sets the start of availability is understood as."""
    return asked(call(START.name, *elements), START)


IDS = f"<sessionIds><g:guid>{ONE.upper()}</g:guid><g:guid>{TWO}</g:guid></sessionIds>"
SETTING = "<settingType>SpecificDate</settingType>"
DATE = "<startDate>2026-11-22T10:00:00.1234567+08:00</startDate>"


def test_parameters_in_their_order_are_understood() -> None:
    """GUIDs in lower case, the enumeration as it is, the date in UTC."""
    found = start("<auth/>", IDS, SETTING, DATE)
    assert found["auth"] == {"AuthCode": None, "Password": None, "UserKey": None}
    assert found["sessionIds"] == {"guid": [ONE, TWO]}
    assert (found["settingType"], found["startDate"].isoformat()) == (
        "SpecificDate",
        "2026-11-22T02:00:00.123456+00:00",
    )


def test_what_comes_too_late_is_passed_over() -> None:
    """A setting behind its date is not read: .NET's first value stands in for it, as nothing does for ids."""
    assert start(IDS, DATE, SETTING)["settingType"] == "Immediately"
    assert start(SETTING, IDS, DATE)["sessionIds"] is None
    found = asked(
        call(EXTERNAL.name, "<externalId>x</externalId>", f"<sessionId>{ONE}</sessionId>"), EXTERNAL
    )
    assert found == {"auth": None, "sessionId": "00000000-0000-0000-0000-000000000000", "externalId": "x"}


def test_what_is_not_known_is_passed_over() -> None:
    """An element of another name or namespace is as if it were not there."""
    assert start(IDS, "<surprise>1</surprise>", SETTING, DATE) == start(IDS, SETTING, DATE)
    wrong = f"<sessionIds><guid>{ONE}</guid></sessionIds>"
    assert start(wrong, SETTING)["sessionIds"] == {"guid": []}
    assert start(IDS, '<settingType xmlns="">SpecificDate</settingType>')["settingType"] == "Immediately"


def test_members_of_a_data_contract_come_in_the_order_of_the_alphabet() -> None:
    """A request whose Pagination comes after StartDate has none; one whose members are in order has both."""
    listing = OPERATION["GetSessionsList"]
    v40 = "http://schemas.datacontract.org/2004/07/Panopto.Server.Services.PublicAPI.V40"
    page = "<v:Pagination><v:MaxNumberResults>7</v:MaxNumberResults></v:Pagination>"
    date = "<v:StartDate>2026-01-01T00:00:00</v:StartDate>"
    asks = f'<request xmlns:v="{v40}">{{}}</request>'
    right = asked(call(listing.name, asks.format(page + date)), listing)["request"]
    wrong = asked(call(listing.name, asks.format(date + page)), listing)["request"]
    assert right["Pagination"] == {"MaxNumberResults": 7, "PageNumber": 0}
    assert wrong["Pagination"] is None
    assert right["StartDate"] == wrong["StartDate"]
    assert right["StartDate"].isoformat() == "2026-01-01T05:00:00+00:00"


@pytest.mark.parametrize(
    "elements",
    [
        ("<sessionIds><g:guid>no guid</g:guid></sessionIds>",),
        (f"<sessionIds><g:guid>{{{ONE}}}</g:guid></sessionIds>",),
        ('<sessionIds><g:guid i:nil="true"/></sessionIds>',),
        ("<settingType>Never</settingType>",),
        ("<settingType> SpecificDate</settingType>",),
        ('<settingType i:nil="true"/>',),
        ("<settingType><a/></settingType>",),
        ("<startDate>2026-11-22</startDate>",),
        ("<startDate>2026-11-22 10:00:00</startDate>",),
        ("<startDate>2026-02-30T10:00:00Z</startDate>",),
        ("<startDate></startDate>",),
    ],
)
def test_a_text_that_the_type_does_not_have_is_a_fault(elements: tuple[str, ...]) -> None:
    """DeserializationFailed; there is no start setting Never, and an empty date is none."""
    with pytest.raises(SoapFault, match="deserialize") as raised:
        start(*elements)
    assert raised.value.code == "DeserializationFailed"


def test_nil_is_nothing_where_the_contract_allows_it() -> None:
    """A date and a list can be nil."""
    found = start('<sessionIds i:nil="true"/>', SETTING, '<startDate i:nil="true"/>')
    assert (found["sessionIds"], found["startDate"]) == (None, None)


@pytest.mark.parametrize("inside", ["", f'<UpdateSessionOwner xmlns="{TEMPURI}"/>', f"<{START.name}/>"])
def test_the_body_must_hold_the_operation_of_the_action(inside: str) -> None:
    """Nothing, another operation and one in no namespace are the same fault."""
    with pytest.raises(SoapFault) as raised:
        asked(envelope(inside), START)
    assert raised.value.code == "DeserializationFailed"


def test_a_header_that_must_be_understood_is_a_fault() -> None:
    """No header is understood; one that need not be is passed over."""
    request = f'<{START.name} xmlns="{TEMPURI}"/>'
    with pytest.raises(SoapFault) as raised:
        asked(envelope(request, '<s:Header><x s:mustUnderstand="1"/></s:Header>'), START)
    assert raised.value.code == "MustUnderstand"
    assert asked(envelope(request, "<s:Header><x/></s:Header>"), START)["auth"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<Envelope/>",
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>',
        f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(),
        f'<!DOCTYPE a [<!ENTITY b "c">]><s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>'.encode(),
    ],
)
def test_what_is_no_envelope(body: bytes) -> None:
    """No XML, another root, SOAP 1.2, no body, a document type."""
    with pytest.raises(NotAnEnvelope):
        asked(body, START)


def test_answers_have_wcfs_shape() -> None:
    """A result is written by the contract; an operation without one answers its empty element."""
    assert answered(OPERATION["UpdateSessionOwner"], None) == (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        b'<UpdateSessionOwnerResponse xmlns="http://tempuri.org/"/></s:Body></s:Envelope>'
    )
    settings = {"EndSettingDate": None, "EndSettingType": "Forever", "SessionId": ONE}
    settings |= {"StartSettingDate": None, "StartSettingType": "Immediately"}
    page = {"Results": {"SessionAvailabilitySettings": [settings]}, "TotalNumberResults": 1}
    written = answered(OPERATION["GetSessionsAvailabilitySettings"], page).decode()
    assert f"<a:EndSettingType>Forever</a:EndSettingType><a:SessionId>{ONE}</a:SessionId>" in written
    (end,) = etree.fromstring(written).iter("{*}EndSettingDate")
    assert (end.get(f"{{{XSI}}}nil"), len(end)) == ("true", 0)


def test_a_fault_has_its_code_in_its_own_namespace() -> None:
    """SOAP's own code has the envelope's prefix, WCF's a prefix that is declared beside it."""
    for fault, code in ((SoapFault("no"), "s:Client"), (SoapFault("no", "X", "urn:x"), "a:X")):
        (element,) = etree.fromstring(faulted(fault)).iter(f"{{{SOAP}}}Fault")
        assert (element.findtext("faultcode"), element.findtext("faultstring")) == (code, "no")


def test_each_action_is_one_operation() -> None:
    """Actions and the names in the audit are unique; the names are those of the operations."""
    assert len(BY_ACTION) == len({one.call for one in OPERATIONS}) == len(OPERATIONS)
    assert START.call == "soap_update_sessions_availability_start_settings"
