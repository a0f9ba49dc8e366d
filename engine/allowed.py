"""Which hosts may be spoken to, and at which addresses: decided here for every request, redirect and part.

Addresses come from others (a track's URL, a redirect, an upload target), so they may lead anywhere: to
another site, to a service of this machine, to a cloud's metadata (faults.md F38). A host is one of the
operator's own services or named by the operator. What its name resolves to is looked at again, and what was
looked at is what is connected to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import yarl

from engine.errors import NotAllowed

Address = IPv4Address | IPv6Address

NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses that hold one of IPv4 in their last 32 bits (RFC 6052)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a connection goes: host, port, and whether by TLS."""

    host: str
    port: int
    tls: bool

    @property
    def shown(self) -> str:
        """What messages call it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HostRule:
    """A host that the operator names: `*.example.org` is every name below it, a port of None is any.

    Without TLS it holds only where a port is named.
    """

    name: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> "HostRule":
        """Read `example.org`, `example.org:8443`, `*.example.org` or `[::1]:80`; raises ValueError."""
        try:
            parsed = yarl.URL(f"https://{text.strip().removeprefix('*.')}", encoded=True)
            bare = parsed.raw_host and parsed.raw_path in {"", "/"} and not parsed.raw_query_string
        except ValueError:
            bare = False
        if not bare or parsed.raw_user is not None or "*" in str(parsed.raw_host) or not text.isascii():
            raise ValueError("a host is a name, an address or *.name, with or without a port")
        below = "*." if text.strip().startswith("*.") else ""
        return cls(below + plain(str(parsed.raw_host)), parsed.explicit_port)

    def matches(self, place: Place) -> bool:
        """Tell whether this rule lets a place through."""
        if self.port not in {None, place.port} or not (place.tls or self.port):
            return False
        if self.name.startswith("*."):
            return place.host.endswith(self.name[1:]) and not is_address(place.host)
        return place.host == self.name


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator trusts: the services' own places, hosts by rule, and networks that are not public."""

    own: frozenset[Place]
    rules: tuple[HostRule, ...] = ()
    networks: tuple[str, ...] = ()

    def check(self, place: Place) -> None:
        """Raise NotAllowed where a place is none of these."""
        if not permitted(place, self):
            how = "" if place.tls else " without TLS"
            raise NotAllowed(
                f"an address leads here{how}, and the settings do not allow this host",
                where=place.shown,
                advice="if that is right, name it in network.hosts" + ("" if place.tls else " with its port"),
            )

    def checked(self, host: str, addresses: Sequence[str]) -> list[str]:
        """Return those of a host's addresses that may be connected to; raises NotAllowed where none may."""
        good = [one for one in addresses if permitted_address(plain(host), one, self)]
        if addresses and not good:
            raise NotAllowed(
                f"its name stands for {addresses[0]}, which is no public address",
                where=host,
                advice="if that is right, name its network in network.private",
            )
        return good


def place_of(url: str) -> Place | None:
    """Return where a URL leads; None where that is nowhere that HTTP goes to."""
    try:
        parsed = yarl.URL(url, encoded=True)
        host, port = parsed.raw_host, parsed.port
    except ValueError:
        return None
    if not host or not port or parsed.scheme not in {"http", "https"}:
        return None
    return Place(plain(host), port, parsed.scheme == "https")


def plain(host: str) -> str:
    """Return a host as it is compared: in lower case, without the dot at its end."""
    return host.lower().removesuffix(".")


def is_address(host: str) -> bool:
    """Tell whether a host is an address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def permitted(place: Place, allowed: Allowed) -> bool:
    """Tell whether a place may be spoken to."""
    return place in allowed.own or any(rule.matches(place) for rule in allowed.rules)


def permitted_address(host: str, address: str, allowed: Allowed) -> bool:
    """Tell whether a host that is permitted may be connected to at one of its addresses.

    A public one always. One that is private or this machine's where the host is a service's own, is that
    very address, or where its network is named; link-local and special ones in the last two cases only.
    """
    found = embedded(ip_address(address))
    if is_address(host) or any(found in ip_network(one) for one in allowed.networks):
        return True
    if found.is_link_local or found.is_multicast or found.is_unspecified:
        return False
    return found.is_global or any(place.host == host for place in allowed.own)


def embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address in NAT64:
        inside = IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address
