"""What holds of the reading of S3's answers: success needs proof, and every refusal is told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from engine.errors import (
    AccountRefused,
    FerryError,
    PartRefused,
    Refused,
    ServerFault,
    Throttled,
    UploadGone,
)
from engine.multipart.answers import NotOffered, document, error_code, judge, judge_object, judge_part
from engine.wire import Head


def head(status: int, **headers: str) -> Head:
    """Make a head; an underscore stands for a hyphen."""
    return Head(status, CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}))


def error(code: str) -> bytes:
    """Make S3's error document."""
    said = f"<Error><Code>{code}</Code><Message>secret-target</Message></Error>"
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + said.encode()


def test_a_part_counts_with_its_etag_only() -> None:
    """The ETag is given as it was sent, quotes and all."""
    assert judge_part(head(200, etag='"abc"'), b"", "host") == '"abc"'


@pytest.mark.parametrize(
    ("answer", "body", "kind"),
    [
        (head(200), b"", ServerFault),
        (head(200, etag='""'), b"", ServerFault),
        (head(200, etag="\udcff"), b"", ServerFault),
        (head(201, etag='"abc"'), b"", ServerFault),
        (head(200, etag='"abc"'), error("InternalError"), ServerFault),
        (head(200, etag='"abc"'), error("Unheard"), ServerFault),
        (head(404), error("NoSuchUpload"), UploadGone),
        (head(400), error("InvalidPart"), UploadGone),
        (head(400), error("EntityTooLarge"), PartRefused),
        (head(413), b"<html>no", PartRefused),
        (head(413), error("SlowDown"), Throttled),
        (head(400), error("EntityTooSmall"), Refused),
        (head(400), error("InvalidPartOrder"), Refused),
        (head(400), error("RequestTimeout"), ServerFault),
        (head(403), error("AccessDenied"), Refused),
        (head(403), error("SignatureDoesNotMatch"), AccountRefused),
        (head(403), error("RequestTimeTooSkewed"), AccountRefused),
        (head(403), b"", Refused),
        (head(404), b"<html>no", Refused),
        (head(411), b"", Refused),
        (head(405), b"", NotOffered),
        (head(501), error("NotImplemented"), NotOffered),
        (head(302, location="/elsewhere"), b"", Refused),
        (head(429), b"", Throttled),
        (head(503), error("SlowDown"), Throttled),
        (head(503, retry_after="2"), b"", Throttled),
        (head(503), b"", ServerFault),
        (head(500), error("InternalError"), ServerFault),
        (head(408), b"", ServerFault),
    ],
)
def test_anything_else_is_its_own_error(answer: Head, body: bytes, kind: type[FerryError]) -> None:
    """By S3's code where there is one, else by the status; what the target wrote stays out of the message."""
    with pytest.raises(FerryError) as caught:
        judge_part(answer, body, "host")
    assert type(caught.value) is kind
    assert "secret-target" not in str(caught.value)
    assert str(caught.value).startswith("host: ")


@pytest.mark.parametrize(
    ("answer", "body"), [(head(405), b""), (head(501), error("NotImplemented")), (head(501), b"<html>")]
)
def test_a_target_without_putobject_says_what_to_do(answer: Head, body: bytes) -> None:
    """It is refused for good, by a sentence of its own; any other answer is judged as a part's is."""
    with pytest.raises(NotOffered, match="takes no object by one PUT; use a dialect"):
        judge_object(answer, body, "host")
    assert judge_object(head(200, etag='"abc"'), b"", "host") == '"abc"'
    with pytest.raises(ServerFault, match="without an ETag"):
        judge_object(head(200), b"", "host")


@pytest.mark.parametrize("body", [error("SlowDown"), b""])
def test_the_wait_that_a_target_asks_for_is_kept(body: bytes) -> None:
    """Retry-After reaches who decides about the next try."""
    with pytest.raises(Throttled) as caught:
        judge(head(503, retry_after="12"), body, "host")
    assert caught.value.retry_after == 12.0


def test_an_error_is_seen_in_any_namespace_and_after_spaces() -> None:
    """S3 sends spaces while it works, and servers differ in namespaces."""
    body = b'   \n<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>InternalError</Code></Error>'
    assert error_code(document(body)) == "InternalError"
    assert error_code(document(b"<Error/>")) == ""
    assert error_code(document(b"<ListPartsResult><Code>NoSuchUpload</Code></ListPartsResult>")) is None


@pytest.mark.fault(37)
def test_entities_and_doctypes_are_refused() -> None:
    """A document that defines its own words is not read at all."""
    bomb = b'<!DOCTYPE Error [<!ENTITY a "NoSuchUpload">]><Error><Code>&a;</Code></Error>'
    assert document(bomb) is None
    assert error_code(document(bomb)) is None


@given(st.binary(max_size=200), st.integers(200, 599))
def test_no_bytes_at_all_break_the_judge(body: bytes, status: int) -> None:
    """Whatever a target sends, the outcome is None or one of our errors."""
    try:
        judge(head(status), body, "host")
    except FerryError:
        return
    assert status < 300
