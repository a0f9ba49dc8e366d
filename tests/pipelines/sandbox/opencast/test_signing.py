"""Signatures are made in Opencast's form and really checked."""

from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.sandbox.opencast.signing import Signer

SIGNER = Signer("demoKeyOne", b"6EDB5EDDCF994B7432C371D7C274F")
URL = "http://127.0.0.1:8080/static/mh_default_org/engage-player/e/t/x.mp4"
NOW = 1_700_000_000_000


def query(url: str) -> str:
    """The query of a URL."""
    return urlsplit(url).query


def test_the_documented_signature_is_reproduced() -> None:
    """Key, URL and time of the developer guide's example give the example's signature."""
    signed = SIGNER.sign("http://localhost", 1_521_464_919_284)
    parameters = parse_qs(query(signed))
    assert parameters["signature"] == ["717dd8f958a15c1cdb7e88a61417a07bb6a1e6238d9293805cc0893f798a07e8"]
    assert "=" not in parameters["policy"][0]


@pytest.mark.parametrize(
    ("now", "url", "address", "expected"),
    [
        (NOW, URL, "127.0.0.1", None),
        (NOW + 1000, URL, "127.0.0.1", 410),
        (NOW - 2000, URL, "127.0.0.1", 410),
        (NOW, URL + "x", "127.0.0.1", 403),
        (NOW, URL.replace("127.0.0.1", "localhost"), "127.0.0.1", 403),
        (NOW, URL, "192.0.2.1", 403),
    ],
)
def test_a_signature_holds_for_its_time_place_and_resource(
    now: int, url: str, address: str, expected: int | None
) -> None:
    """Outside its time it is gone (410), for another resource or from elsewhere it is refused (403)."""
    signed = SIGNER.sign(URL, NOW + 1000, since=NOW - 1000, address="127.0.0.1")
    assert SIGNER.check(url, query(signed), now, address) == expected


def test_further_parameters_do_no_harm() -> None:
    """The signature covers the resource, so a parameter of one's own may be added."""
    assert SIGNER.check(URL, query(SIGNER.sign(URL, NOW + 1)) + "&own=1", NOW, "") is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("keyId=demoKeyOne", "keyId=other", 403),
        ("signature=", "signature=0", 403),
        ("policy=", "policy=%21%21", 400),
        ("policy=", "other=", 400),
        ("keyId=", "other=", 400),
        ("signature=", "other=", 400),
    ],
)
def test_what_was_meddled_with_is_refused(old: str, new: str, expected: int) -> None:
    """An unknown key and a wrong signature are 403; a missing or unreadable parameter is 400."""
    meddled = query(SIGNER.sign(URL, NOW + 1000)).replace(old, new)
    assert SIGNER.check(URL, meddled, NOW, "") == expected


def test_a_policy_of_ones_own_is_refused() -> None:
    """A later time under the old signature is no signature."""
    ours, theirs = query(SIGNER.sign(URL, NOW + 1000)), query(SIGNER.sign(URL, NOW + 9000))
    forged = theirs.split("&signature=")[0] + "&signature=" + ours.split("&signature=")[1]
    assert SIGNER.check(URL, forged, NOW, "") == 403
