"""What comes back by SOAP: which XML is read, what a fault says, and which answers mean to try again."""

import pytest
from fakes.soap_answers import envelope, fault, result
from hypothesis import given
from hypothesis import strategies as st

from engine import Answer, ServerFault, Throttled
from pipelines.panopto.soap import LARGEST, LONGEST, Call, SoapFault, fault_of, is_signed_out, judge, parse


def test_a_call_names_its_action_in_quotes() -> None:
    """WCF finds the operation by the header alone."""
    call = Call("http://tempuri.org/ISessionManagement/UpdateSessionOwner", b"<x/>")
    assert call.headers == {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"http://tempuri.org/ISessionManagement/UpdateSessionOwner"',
    }


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
FETCH = '<!DOCTYPE x SYSTEM "file:///etc/hostname">'


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Sign in</body></html>",
        b"\x00\xff",
        b"<a><b></a>",
        BOMB.encode() + result("X").body,
        FETCH.encode() + result("X").body,
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>',
        result("X", "a" * LARGEST).body,
    ],
    ids=[
        "empty",
        "a page",
        "no text",
        "not well formed",
        "entities",
        "a DTD elsewhere",
        "no body",
        "SOAP 1.2",
        "large",
    ],
)
def test_what_is_no_envelope_is_not_read(body: bytes) -> None:
    """Neither another document, nor one with a DTD, nor one that is too long."""
    assert parse(Answer(200, {}, body)) is None


@given(st.binary(max_size=400))
def test_any_bytes_are_an_envelope_or_none(body: bytes) -> None:
    """Nothing that comes raises."""
    assert parse(Answer(200, {}, body)) is None
    assert fault_of(parse(Answer(500, {}, body))) is None


def test_a_fault_is_told_on_one_line() -> None:
    """Its code loses its prefix, and its words their line ends."""
    read = fault_of(parse(fault("User not\n   found", "s:Client")))
    assert read == SoapFault("Client", "User not found")


@pytest.mark.fault(40)
def test_a_fault_tells_no_secret_and_not_for_ever() -> None:
    """What repeats a cookie is blanked, and a page of a stack trace is cut."""
    read = fault_of(parse(fault("ticket .ASPXAUTH=C00KIE is bad " + "at Panopto.Server " * 50)))
    assert read is not None
    assert "C00KIE" not in read.said
    assert len(read.said) == LONGEST


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {}, b""),
        Answer(403, {}, b""),
        Answer(302, {"Location": "/Panopto/Pages/Auth/Login.aspx"}, b""),
        fault("User is not logged in."),
        fault("The caller is not authenticated"),
        fault("Session has timed out, please log in"),
        fault("Authentication ticket expired", status=200),
    ],
)
def test_who_is_signed_out(answer: Answer) -> None:
    """By HTTP, by the way to a login page, and by a fault's words; none of them is tried again as it is."""
    assert is_signed_out(answer)
    judge(answer, "here", 0.0)


@pytest.mark.parametrize("answer", [result("X"), fault("User not found"), Answer(404, {}, b""), fault("")])
def test_who_is_not_signed_out(answer: Answer) -> None:
    """Neither a yes nor another no needs a new cookie; nor is it tried again."""
    assert not is_signed_out(answer)
    judge(answer, "here", 0.0)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(503, {}, b""), ServerFault),
        (Answer(500, {}, b"<html>"), ServerFault),
        (Answer(429, {"Retry-After": "3"}, b""), Throttled),
        (fault("The server was unable to process the request due to an internal error."), ServerFault),
        (fault("Transaction was deadlocked on lock resources, try again"), ServerFault),
        (envelope("", 502), ServerFault),
    ],
)
def test_what_may_pass_is_tried_again(answer: Answer, kind: type[Exception]) -> None:
    """A status like that of any call, and a fault that says so itself."""
    with pytest.raises(kind):
        judge(answer, "here", 0.0)
