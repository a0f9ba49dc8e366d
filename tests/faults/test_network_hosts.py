"""Addresses that lead elsewhere: nothing is sent there, the item says where that was, and the run goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fakes.processes import Ran, Stand, ferry, standing
from fakes.raw_server import Connection, raw_server

from engine.allowed import Allowed, HostRule, place_of
from engine.errors import NotAllowed, Unreadable
from engine.http import Network, open_http, trust
from engine.model import Location, Source
from engine.relay.connections import Connections, origin_of
from engine.source import probe

QUICK: Mapping[str, Any] = {
    "largest": 300_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
METADATA = "http://169.254.169.254/latest/meta-data/?secret=canary"


def struck(stand: Stand, service: str) -> int:
    """Return how many requests of a service's arrived."""
    return sum(row["count"] for row in stand.audit("requests") if row["service"] == service)


def run(stand: Stand, verb: str = "run", **changes: Any) -> Ran:
    """Run a verb against the sandbox; changes are settings of the section network."""
    named = {"transfer.items_in_flight": 1, **{f"network.{name}": value for name, value in changes.items()}}
    return ferry(verb, "-c", stand.settings(stand.folder, named), "--json", seconds=90)


@pytest.mark.slow
@pytest.mark.fault(38)
def test_files_on_a_host_that_is_not_named_are_left_and_plan_tells_first(tmp_path: Path) -> None:
    """Plan names host and setting once; run ends with 4 and does not speak to it; named, all moves."""
    with standing(tmp_path, events=2, **QUICK) as stand:
        host = urlsplit(stand.details["opencast"]["files_url"]).netloc
        plan = run(stand, "plan", hosts=[])
        assert plan.code == 4, plan.talk
        assert plan.document["permanent"] == {"not_allowed": 2}
        assert [one for one in plan.document["problems"] if host in one] == [
            f"network.hosts: the files of 2 events lie at {host}, which is not named there"
        ]
        ran = run(stand, hosts=[])
        assert (ran.code, ran.document["reasons"]) == (4, {"not_allowed": 2}), ran.talk
        assert "network.hosts" in ran.talk
        assert host in ran.talk
        assert struck(stand, "files") == 0
        assert stand.audit("sessions") == []
        assert not [one for one in run(stand, "plan", hosts=[host]).document["problems"] if host in one]
        assert run(stand, hosts=[host]).code == 0
        assert len(stand.audit("sessions")) == 2


@pytest.mark.slow
@pytest.mark.fault(38)
def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path) -> None:
    """Its item is permanent, with the host and no query in its sentence, and the other is moved."""
    away = {"status": 302, "headers": {"Location": METADATA}}
    fault = {"operation": "files.get_file", "action": "status", "arguments": away}
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        ran = run(stand)
        assert (ran.code, ran.document["reasons"]) == (4, {"not_allowed": 1}), ran.talk
        assert "169.254.169.254:80" in ran.talk
        assert len(stand.audit("sessions")) == 1
        assert "canary" not in ran.talk + ran.output


async def silent(connection: Connection) -> None:
    """Note that somebody came."""
    await connection.gone()


def redirecting(to: str) -> Any:
    """Answer every request with a redirect."""

    async def answer(connection: Connection) -> None:
        while await connection.head() is not None:
            await connection.answer(302, {"Location": to})

    return answer


def allowing(url: str, *hosts: str) -> Network:
    """Allow one service, and hosts."""
    place = place_of(url)
    assert place is not None
    return Network(allowed=Allowed(frozenset({place}), tuple(HostRule.parse(one) for one in hosts)))


@pytest.mark.fault(38)
async def test_a_hop_is_refused_before_it_connects() -> None:
    """The host that a redirect leads to sees no connection at all; where it is named, it is asked."""
    async with raw_server(silent) as there, raw_server(redirecting(f"{there.url}/x?secret=canary")) as here:
        location = Location(f"{here.url}/a", headers=(("Authorization", "Basic canary"),))
        async with open_http(allowing(here.url)) as http:
            with pytest.raises(NotAllowed) as caught:
                await probe(http, Source("e", "t"), location, 5.0)
        assert urlsplit(there.url).netloc in str(caught.value)
        assert "canary" not in str(caught.value)
        assert there.opened == 0


@pytest.mark.fault(38)
@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher"])
async def test_other_schemes_are_never_followed(scheme: str) -> None:
    """Not from a redirect, nor as the address of a file."""
    url = f"{scheme}:///etc/passwd"
    async with raw_server(redirecting(url)) as here, open_http(allowing(here.url)) as http:
        with pytest.raises(Unreadable, match="not HTTP"):
            await probe(http, Source("e", "t"), Location(f"{here.url}/a"), 5.0)
        with pytest.raises(NotAllowed, match="not one of HTTP"):
            await probe(http, Source("e", "t"), Location(url), 5.0)


@pytest.mark.fault(38)
async def test_a_name_that_stands_for_a_private_address_is_not_connected_to() -> None:
    """On both data planes the address that was looked at is the one that would be connected to."""
    async with raw_server(silent) as here:
        url = here.url.replace("127.0.0.1", "localhost")
        port = urlsplit(url).port
        network = allowing("https://opencast.example.org", f"localhost:{port}")
        async with open_http(network) as http:
            with pytest.raises(NotAllowed, match=r"no public address.*network\.private"):
                await http.call("GET", f"{url}/a", deadline=5.0)
        pool = Connections(network, trust(network))
        with pytest.raises(NotAllowed, match="no public address"):
            await pool.take(origin_of(url))
        with pytest.raises(NotAllowed, match=r"network\.hosts"):
            await pool.take(origin_of("http://169.254.169.254/a"))
        assert here.opened == 0
        own = allowing(url)
        pool = Connections(own, trust(own))
        assert await pool.take(origin_of(url))
        await pool.close()
