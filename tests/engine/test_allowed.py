"""What holds of hosts and addresses: only those of the operator's own services and those that are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.allowed import Allowed, HostRule, Place, permitted, permitted_address, place_of
from engine.errors import NotAllowed

OWN = Place("opencast.example.org", 443, tls=True)
HERE = Place("127.0.0.1", 8080, tls=False)


def allowed(*hosts: str, networks: tuple[str, ...] = ()) -> Allowed:
    """Allow the services' own places, and hosts as the settings name them."""
    return Allowed(frozenset({OWN, HERE}), tuple(HostRule.parse(one) for one in hosts), networks)


def leads(url: str, *hosts: str) -> bool:
    """Tell whether a URL leads to where one may go."""
    place = place_of(url)
    return place is not None and permitted(place, allowed(*hosts))


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    ("url", "hosts", "good"),
    [
        ("https://opencast.example.org/static/a.mp4", (), True),
        ("https://OPENCAST.example.org.:443/a", (), True),
        ("http://127.0.0.1:8080/a", (), True),
        ("http://opencast.example.org/a", (), False),
        ("https://opencast.example.org:8443/a", (), False),
        ("http://127.0.0.1:22/", (), False),
        ("http://169.254.169.254/latest/meta-data", ("*.example.org",), False),
        ("https://opencast.example.org@evil.example/a", (), False),
        ("https://evil.example/?opencast.example.org", (), False),
        ("https://files.example.org/a", ("files.example.org",), True),
        ("https://files.example.org:8443/a", ("files.example.org",), True),
        ("http://files.example.org/a", ("files.example.org",), False),
        ("http://files.example.org/a", ("files.example.org:80",), True),
        ("https://files.example.org/a", ("files.example.org:80",), False),
        ("https://a.b.example.org/a", ("*.example.org",), True),
        ("https://example.org/a", ("*.example.org",), False),
        ("https://evilexample.org/a", ("*.example.org",), False),
        ("https://[::1]:8443/a", ("[::1]:8443",), True),
        ("http://2130706433/", ("*.example.org",), False),
        ("file:///etc/passwd", (), False),
        ("gopher://opencast.example.org/", (), False),
        ("ftp://opencast.example.org/", (), False),
        ("", (), False),
        ("https://[", (), False),
    ],
)
def test_a_place_is_one_of_the_services_or_named(url: str, hosts: tuple[str, ...], good: bool) -> None:
    """By scheme, host and port; without TLS only where the port is named as well."""
    assert leads(url, *hosts) is good


@given(st.text(max_size=30))
def test_no_text_in_an_address_is_more_than_its_host(text: str) -> None:
    """Whatever stands in path, query or fragment, a foreign host stays foreign."""
    assert not leads(f"https://evil.example/{text}", "*.example.org")
    assert not leads(f"https://evil.example/?{text}", "*.example.org")


PRIVATE = "10.1.2.3"


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    ("host", "address", "networks", "good"),
    [
        ("files.example.org", "93.184.216.34", (), True),
        ("files.example.org", "2606:2800:220:1::1", (), True),
        ("files.example.org", PRIVATE, (), False),
        ("files.example.org", PRIVATE, ("10.0.0.0/8",), True),
        ("files.example.org", "192.168.0.1", ("10.0.0.0/8",), False),
        ("files.example.org", "127.0.0.1", (), False),
        ("files.example.org", "100.64.0.1", (), False),
        ("files.example.org", "0.0.0.0", (), False),
        ("files.example.org", "::1", (), False),
        ("files.example.org", "fd00::1", (), False),
        ("files.example.org", "fe80::1%eth0", (), False),
        ("files.example.org", "::ffff:10.1.2.3", (), False),
        ("files.example.org", "::ffff:93.184.216.34", (), True),
        ("files.example.org", "64:ff9b::a9fe:a9fe", (), False),
        ("files.example.org", "2002:a01:203::1", (), False),
        ("files.example.org", "224.0.0.1", (), False),
        ("opencast.example.org", PRIVATE, (), True),
        ("opencast.example.org", "127.0.0.1", (), True),
        ("opencast.example.org", "169.254.169.254", (), False),
        ("opencast.example.org", "169.254.169.254", ("169.254.169.254",), True),
        ("127.0.0.1", "127.0.0.1", (), True),
    ],
)
def test_an_address_is_public_or_the_operators_own(
    host: str, address: str, networks: tuple[str, ...], good: bool
) -> None:
    """A private one where the service itself lies there, or its network is named; a metadata address never
    by a name alone."""
    assert permitted_address(host, address, allowed("files.example.org", networks=networks)) is good


def test_of_several_addresses_the_good_ones_are_left() -> None:
    """So a name that stands for a public and a private address leads to the public one."""
    reach = allowed("files.example.org")
    assert reach.checked("files.example.org", [PRIVATE, "93.184.216.34"]) == ["93.184.216.34"]
    with pytest.raises(NotAllowed, match=r"10\.1\.2\.3, which is no public address.*network\.private"):
        reach.checked("files.example.org", [PRIVATE])
    assert reach.checked("files.example.org", []) == []


def test_the_sentence_names_the_host_and_the_setting() -> None:
    """And whether it was the missing TLS."""
    with pytest.raises(NotAllowed, match=r"^evil\.example:443: .*network\.hosts$"):
        allowed().check(Place("evil.example", 443, tls=True))
    with pytest.raises(NotAllowed, match=r"without TLS.*network\.hosts with its port$"):
        allowed().check(Place("opencast.example.org", 80, tls=False))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "*.",
        "a/b",
        "a?b",
        "u@a",
        "a:b",
        "a:99999",
        "https://a",
        "a*b.example",
        "*.*.org",
        "ä.example",
    ],
)
def test_what_is_no_host_is_not_taken_for_one(text: str) -> None:
    """A rule that matches nothing, or everything, would be a trap."""
    with pytest.raises(ValueError, match="a host is"):
        HostRule.parse(text)
