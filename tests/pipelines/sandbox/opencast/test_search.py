"""The search service tells what the player has, in the shape of its version, and whom it may."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.sandbox.opencast.mediapackage import Shown, package, to_json
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.world import World

from .conftest import Serve

WORLD = World.shaped("search_only", "search_single", "no_media", "two_streams", "archive_only", "signed")
LISTED, SINGLE, NOWHERE, TWO, ARCHIVED, SIGNED = WORLD.events
OLD, NEW = Switches(opencast_api="1.10.0"), Switches(opencast_api="1.11.0")


async def searched(serve: Serve, query: str, switches: Switches = OLD) -> Any:
    """What the service answers."""
    async with serve(switches, world=WORLD) as running:
        reply = await running.get(f"/search/episode.json{query}")
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
        return reply.json


async def test_up_to_15_a_list_is_what_there_is_more_than_once(serve: Serve) -> None:
    """One hit, track, tag or catalogue is an object, several are an array, none is not there or empty."""
    none = (await searched(serve, f"?id={NOWHERE.identifier}"))["search-results"]
    assert (none["total"], "result" in none) == ("0", False)
    one = (await searched(serve, f"?id={SINGLE.identifier}"))["search-results"]
    media = one["result"]["mediapackage"]["media"]
    assert media["track"]["tags"] == {"tag": "engage-download"}
    assert one["result"]["mediapackage"]["attachments"] == ""
    assert one["result"]["mediapackage"]["metadata"] == ""
    several = (await searched(serve, f"?id={LISTED.identifier}"))["search-results"]["result"]
    assert [one["type"] for one in several["mediapackage"]["media"]["track"]] == [
        "presenter/delivery",
        "presentation/delivery",
    ]
    everything = (await searched(serve, ""))["search-results"]
    assert len(everything["result"]) == int(everything["total"]) == 4


async def test_from_16_on_hits_are_a_list(serve: Serve) -> None:
    """Whatever their number; what is in them is written as before."""
    assert (await searched(serve, f"?id={NOWHERE.identifier}", NEW))["result"] == []
    (one,) = (await searched(serve, f"?id={SINGLE.identifier}", NEW))["result"]
    assert one["mediapackage"]["media"]["track"]["type"] == "presenter/delivery"


async def test_what_the_player_does_not_tell_is_found_there(serve: Serve) -> None:
    """The External API shows an empty publication of files that are served all the same."""
    async with serve(OLD, world=WORLD) as running:
        event = (await running.get(f"/api/events/{LISTED.identifier}?withpublications=true")).json
        (player,) = [one for one in event["publications"] if one["channel"] == "engage-player"]
        assert player["media"] == player["attachments"] == player["metadata"] == []
        found = (await running.get(f"/search/episode.json?id={LISTED.identifier}")).json
        tracks = found["search-results"]["result"]["mediapackage"]["media"]["track"]
        for track in tracks:
            reply = await running.bare(track["url"], Range="bytes=0-0")
            assert reply.status == 206


async def test_twenty_hits_a_page_unless_asked_for_more(serve: Serve) -> None:
    """The default is a page, not everything, unlike that of the list of events."""
    world = World.seeded(7, 60, largest=20_000, typical=2_000)
    async with serve(NEW, world=world) as running:
        first = (await running.get("/search/episode.json")).json
        assert (first["limit"], len(first["result"])) == (20, 20)
        assert first["total"] > 20
        last = (await running.get(f"/search/episode.json?limit=50&offset={first['total'] - 1}")).json
        assert len(last["result"]) == 1
        series = world.series[0].identifier
        of_series = (await running.get(f"/search/episode.json?sid={series}&limit=100")).json["result"]
        assert {one["mediapackage"]["series"] for one in of_series} == {series}


async def test_anybody_may_ask_and_is_told_what_anybody_may_see(serve: Serve) -> None:
    """Without credentials what is open to all; a wrong password is refused; no role is wanted."""
    open_to_all = {one.identifier for one in (LISTED, SINGLE, TWO, SIGNED) if "ROLE_ANONYMOUS" in one.readers}
    asks = Switches(opencast_account="powerless", opencast_api="1.11.0")
    async with serve(asks, world=WORLD) as running:
        url = f"{running.api_url}/search/episode.json"
        for reply in (await running.bare(url), await running.get("/search/episode.json")):
            assert {one["mediapackage"]["id"] for one in reply.json["result"]} == open_to_all
        assert (await running.bare(url, Authorization="Basic eDp5")).status == 401
    assert 0 < len(open_to_all) < 4


async def test_its_addresses_are_unsigned(serve: Serve) -> None:
    """Whatever is asked for; POST /api/security/sign signs one."""
    async with serve(OLD, world=WORLD) as running:
        found = (await running.get(f"/search/episode.json?id={SIGNED.identifier}&sign=true")).json
        url = found["search-results"]["result"]["mediapackage"]["media"]["track"]["url"]
        assert (await running.bare(url, Range="bytes=0-0")).status == 400
        signed = (await running.get("/api/security/sign", "POST", data={"url": url})).json["url"]
        assert (await running.bare(signed, Range="bytes=0-0")).status == 206


async def test_the_archive_tells_its_whole_package(serve: Serve) -> None:
    """Tracks and cut list with their addresses, as XML, for whom its files are; /media tells tracks alone."""
    path = f"/assets/episode/{ARCHIVED.identifier}"
    async with serve(OLD, world=WORLD) as running:
        media = (await running.get(f"/api/events/{ARCHIVED.identifier}/media")).json
        assert [one["flavor"] for one in media] == ["presenter/source", "presentation/source"]
        reply = await running.get(path)
        assert reply.headers["Content-Type"].startswith("text/xml")
        url = reply.text.partition("smil/cutting")[2].partition("<url>")[2].partition("</url>")[0]
        cuts = await running.bare(url, **running.headers)
        assert (cuts.status, b"clipBegin" in cuts.body) == (200, True)
        assert (await running.get("/assets/episode/none")).status == 404
    async with serve(Switches(opencast_account="powerless"), world=WORLD) as running:
        assert (await running.get(path)).status == 403


def test_a_package_is_written_as_recorded() -> None:
    """The keys of a track, an attachment and a package are those of a recorded reply."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of recorded answers")
    path = Path(folder) / "opencast" / "helsinki-lataamo" / "search_episode_json_pre16.json"
    result = json.loads(path.read_bytes())["search-results"]["result"]
    recorded = result["mediapackage"]
    (made,) = LISTED.publications[1:]
    shown = to_json(package(LISTED, Shown(made.elements, lambda one: one.name, lambda _: "ff (md5)")))
    assert shown.keys() - {"creators"} == recorded.keys()
    track = recorded["media"]["track"]
    assert shown["media"]["track"][0].keys() - {"size"} <= track.keys()
    assert shown["media"]["track"][0]["video"].keys() <= track["video"].keys()
    assert shown["media"]["track"][0]["checksum"].keys() == track["checksum"].keys()
    kinds = {key for one in recorded["attachments"]["attachment"] for key in one}
    assert {key for one in shown["attachments"]["attachment"] for key in one} - {"size"} <= kinds
