"""The External API answers as awkwardly as Opencast does."""

import hashlib
from typing import Any

import pytest

from pipelines.sandbox.opencast.versions import Version
from pipelines.sandbox.switches import Switches


async def identifiers(running: Any, query: str, **headers: str) -> list[str]:
    """The identifiers that a list call returns."""
    reply = await running.get(f"/api/events{query}", **headers)
    assert reply.status == 200, reply.text
    return [event["identifier"] for event in reply.json]


async def test_a_list_is_a_bare_array_of_everything(serve: Any) -> None:
    """Without a limit all events come, with no total, no Link and the version in the Content-Type."""
    async with serve() as running:
        reply = await running.get("/api/events")
        assert isinstance(reply.json, list)
        assert len(reply.json) == 18
        assert reply.headers["Content-Type"] == "application/v1.10.0+json"
        assert "Link" not in reply.headers
        assert "publications" not in reply.json[0]


async def test_pages_join_to_the_whole(serve: Any) -> None:
    """Offsets count events, the last page is short, and past the end is an empty page."""
    async with serve() as running:
        everything = await identifiers(running, "?sort=start_date:ASC")
        pages = [
            await identifiers(running, f"?sort=start_date:ASC&limit=7&offset={n}") for n in (0, 7, 14, 21)
        ]
        assert [len(page) for page in pages] == [7, 7, 4, 0]
        assert [name for page in pages for name in page] == everything


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?offset=1", 500),
        ("?limit=0&offset=1", 500),
        ("?limit=1&offset=-5", 200),
        ("?limit=x", 404),
        ("?sort=start:ASC", 400),
        ("?sort=identifier:ASC", 400),
        ("?sort=title", 400),
        ("?sort=title:sideways", 400),
        ("?sort=review_status:ASC,title:descending", 200),
        ("?filter=colour:blue", 400),
        ("?filter=title:a,%20location:b", 400),
        ("?filter=start:2019-01-01/2020-01-01", 400),
        ("?filter=start:2019-01-01T00:00:00Z", 400),
        ("?filter=start%3A2019-01-01T00:00:00Z%2F2039-12-31T00:00:00.000%2B02:00", 200),
    ],
)
async def test_parameters_are_refused_as_opencast_does(serve: Any, query: str, status: int) -> None:
    """An offset without a limit is a 500, an unknown sort or filter a 400 in plain text."""
    async with serve() as running:
        reply = await running.get(f"/api/events{query}")
        assert reply.status == status
        if status == 400:
            assert reply.headers["Content-Type"].startswith("text/plain")
        if status == 500:
            assert "text/html" in reply.headers["Content-Type"]


async def test_filters(serve: Any) -> None:
    """An empty value filters nothing, identifiers are alternatives, and only the first filter counts."""
    async with serve() as running:
        first, second, third = (await identifiers(running, "?sort=date:ASC&limit=3"))[:3]
        assert await identifiers(running, f"?filter=identifier:{first},identifier:{third}") == [first, third]
        assert len(await identifiers(running, "?filter=is_part_of:")) == 18
        both = f"?filter=identifier:{first}&filter=identifier:{second}"
        assert await identifiers(running, both) == [first]
        older = await identifiers(running, both, Accept="application/v1.4.0+json")
        assert older == [first]
        cumulated = f"?filter=status:EVENTS.EVENTS.STATUS.PROCESSED&filter=identifier:{second}"
        older = await identifiers(running, cumulated, Accept="application/v1.4.0+json")
        assert older.count(second) == 2
        assert len(await identifiers(running, "?filter=status:PROCESSED")) == 0
        assert await identifiers(running, "?filter=identifier:ID-heat-engines%2B12") == ["ID-heat-engines+12"]
        assert await identifiers(running, "?filter=identifier:ID-heat-engines+12") == []


async def test_a_touched_event_moves_between_pages(serve: Any) -> None:
    """In no order, an event that is written between two pages is missed by one and another comes twice."""
    async with serve() as running:
        before = await identifiers(running, "?limit=9")
        running.opencast.touch(before[2])
        after = await identifiers(running, "?limit=9&offset=9")
        assert before[2] in after
        assert len({*before, *after}) == 17
        again = (await running.get(f"/api/events/{before[2]}")).json
        assert again["archive_version"] == 4


async def test_one_bad_event_spoils_its_page(serve: Any) -> None:
    """A page with a broken event is a 500 where the flag reaches what is broken, and only there."""
    async with serve() as running:
        names = await identifiers(running, "?sort=date:ASC")
        running.opencast.break_event(names[4])
        flagged = "/api/events?sort=date:ASC&withpublications=true&limit=3&offset="
        assert [(await running.get(f"{flagged}{n}")).status for n in (0, 3, 6)] == [200, 500, 200]
        assert (await running.get("/api/events?withmetadata=true")).status == 500
        assert len(await identifiers(running, "")) == 18
        for name, status in ((names[3], 200), (names[4], 500)):
            assert (await running.get(f"/api/events/{name}?withpublications=true")).status == status
        assert (await running.get(f"/api/events/{names[4]}")).status == 200
        assert (await running.get(f"/api/events/{names[4]}/publications")).status == 500


async def test_strangers_are_turned_away(serve: Any) -> None:
    """No credentials: 302 to the login page, itself a 200; wrong ones: 401; the release is open to all."""
    async with serve() as running:
        reply = await running.bare(f"{running.api_url}/api/events")
        assert (reply.status, reply.headers["Location"]) == (302, f"{running.api_url}/login.html")
        login = await running.bare(reply.headers["Location"])
        assert (login.status, "<html" in login.text) == (200, True)
        assert (await running.get("/api/events", Authorization="Basic eDp5")).status == 401
        assert (await running.get("/api/events", Authorization="nonsense")).status == 401
        release = await running.bare(f"{running.api_url}/sysinfo/bundles/version?prefix=opencast")
        assert release.json == {"version": "15.0.0", "consistent": True}


async def test_a_session_cookie_opens_the_door_as_well(serve: Any) -> None:
    """Any success sets a session cookie, which serves in place of credentials; an invented one does not."""
    async with serve() as running:
        cookie = (await running.get("/api")).headers["Set-Cookie"].partition(";")[0]
        assert (await running.bare(f"{running.api_url}/api/events", Cookie=cookie)).status == 200
        assert (await running.bare(f"{running.api_url}/api", Cookie="JSESSIONID=x")).status == 302
        for path in ("/sysinfo/bundles/version", "/login.html"):
            assert "Set-Cookie" not in (await running.bare(running.api_url + path)).headers


async def test_roles(serve: Any) -> None:
    """Without a role of the API it is an HTML 403; with one that no event's ACL names, lists are empty."""
    async with serve(Switches(opencast_account="powerless")) as running:
        reply = await running.get("/api/events")
        assert (reply.status, "text/html" in reply.headers["Content-Type"]) == (403, True)
    async with serve(Switches(opencast_account="unlisted")) as running:
        assert await identifiers(running, "") == []
        assert (await running.get("/api/series")).json == []
    async with serve(Switches(opencast_account="admin")) as running:
        assert len(await identifiers(running, "")) == 18
        assert "ROLE_ADMIN" in (await running.get("/api/info/me/roles")).json


async def test_what_lies_below_an_event_has_roles_of_its_own(serve: Any) -> None:
    """Who may read events reads them with all that they carry, and is refused each of the paths below."""
    async with serve(Switches(opencast_account="least")) as running:
        (name, *_) = await identifiers(running, "?withmetadata=true&withpublications=true&withacl=true")
        for below in ("acl", "media", "metadata", "publications", "publications/x", "scheduling"):
            reply = await running.get(f"/api/events/{name}/{below}")
            assert (reply.status, "text/html" in reply.headers["Content-Type"]) == (403, True), below
        assert (await running.get(f"/api/events/{name}?withmetadata=true")).status == 200


async def test_base_calls(serve: Any) -> None:
    """The base endpoints tell version, account and roles, in plain application/json."""
    async with serve() as running:
        base = await running.get("/api")
        assert base.json == {"url": f"{running.api_url}/api", "version": "v1.10.0"}
        assert base.headers["Content-Type"] == "application/json"
        versions = (await running.get("/api/version")).json
        assert versions["default"] == "v1.10.0"
        assert versions["versions"][0] == "v1.0.0"
        assert (await running.get("/api/info/me")).json["username"] == "ferry"
        assert "ROLE_API" in (await running.get("/api/info/me/roles")).json


async def test_versions_are_negotiated(serve: Any) -> None:
    """The named version answers and shapes the reply; an unknown one is a 406."""
    async with serve() as running:
        old = await running.get("/api/events?withpublications=true", Accept="application/v1.0.0+json")
        assert old.headers["Content-Type"] == "application/v1.0.0+json"
        assert not {"is_part_of", "status"} & old.json[0].keys()
        assert (await running.get("/api/events", Accept="application/v9.9.9+json")).status == 406
        mixed = await running.get("/api/events", Accept="application/v1.5.0+json, application/json")
        assert mixed.headers["Content-Type"] == "application/v1.10.0+json"


async def test_keys_have_no_order_and_slashes_may_be_escaped(serve: Any) -> None:
    """The same call twice need not give the same text, though it gives the same facts."""
    async with serve() as running:
        replies = [await running.get("/api/events?withpublications=true") for _ in range(8)]
        assert len({reply.body for reply in replies}) > 1
        assert all(reply.json == replies[0].json for reply in replies)
        assert {b"\\/" in reply.body for reply in replies} == {True, False}


async def test_a_single_event(serve: Any) -> None:
    """GET by id takes the flags; an unknown event is a 404 in plain text; an odd id must be quoted."""
    async with serve() as running:
        reply = await running.get(
            "/api/events/ID-heat-engines%2B12?withpublications=true&withacl=true&withmetadata=true&withscheduling=true"
        )
        assert {"publications", "acl", "metadata", "scheduling"} <= reply.json.keys()
        assert reply.json["scheduling"] == {}
        missing = await running.get("/api/events/none")
        assert (missing.status, missing.text) == (404, "Cannot find an event with id 'none'.")
        assert missing.headers["Content-Type"].startswith("text/plain")


async def test_the_sub_paths(serve: Any) -> None:
    """Publications, one of them, archive, metadata, ACL and scheduling have paths of their own."""
    async with serve() as running:
        name = (await identifiers(running, "?sort=date:ASC"))[1]
        publications = (await running.get(f"/api/events/{name}/publications")).json
        assert [one["channel"] for one in publications] == ["engage-player"]
        one = await running.get(f"/api/events/{name}/publications/{publications[0]['id']}")
        assert one.json == publications[0]
        assert (await running.get(f"/api/events/{name}/publications/x")).status == 404
        (archived,) = (await running.get(f"/api/events/{name}/media")).json
        assert archived["flavor"] == "presenter/source"
        assert archived["streams"]["video-1"]["framewidth"] == 1280
        fields = (await running.get(f"/api/events/{name}/metadata?type=dublincore/episode")).json
        by_id = {field["id"]: field["value"] for field in fields}
        assert isinstance(by_id["creator"], list)
        assert (len(by_id["startDate"]), len(by_id["startTime"])) == (10, 5)
        (catalogue,) = (await running.get(f"/api/events/{name}/metadata")).json
        assert catalogue["flavor"] == "dublincore/episode"
        assert {"allow": True, "role": "ROLE_MIGRATION", "action": "read"} in (
            await running.get(f"/api/events/{name}/acl")
        ).json
        assert (await running.get(f"/api/events/{name}/scheduling")).status == 204
        old = await running.get(f"/api/events/{name}/scheduling", Accept="application/v1.0.0+json")
        assert old.status == 406


async def test_the_internal_publication_is_hidden(serve: Any) -> None:
    """It is in publication_status, but its files come only when asked for, and only from 1.11 on."""
    asked = "/api/events?withpublications=true&includeInternalPublication=true"
    for newest, shown in (("1.10.0", False), ("1.11.0", True)):
        async with serve(Switches(opencast_api=newest)) as running:
            events = (await running.get(asked)).json
            assert any("internal" in one["publication_status"] for one in events)
            channels = {made["channel"] for one in events for made in one["publications"]}
            assert ("internal" in channels) is shown


async def test_series(serve: Any) -> None:
    """Series have a default limit, a 500 for a bad sort, and a 404 where an event names one that is gone."""
    async with serve() as running:
        series = (await running.get("/api/series?sort=title:ASC&withacl=true")).json
        assert len(series) == 5
        assert "acl" in series[0]
        single = (await running.get(f"/api/series/{series[0]['identifier']}")).json
        assert single["opt_out"] is False
        assert (await running.get("/api/series?sort=colour:ASC")).status == 500
        assert len((await running.get("/api/series?limit=2&offset=4")).json) == 1
        gone = (await running.get("/api/events?sort=date:ASC")).json[16]["is_part_of"]
        assert (await running.get(f"/api/series/{gone}")).status == 404


async def test_true_checksums_where_the_inspector_looked(serve: Any) -> None:
    """Some files have their MD5, most have nothing; files above the limit have none."""
    async with serve() as running:
        tracks = [track for number in range(1, 19) for track in await running.films(number)]
        told = [track for track in tracks if track["checksum"]]
        assert 0 < len(told) < len(tracks)
        body = (await running.bare(told[0]["url"])).body
        assert told[0]["checksum"] == f"{hashlib.md5(body).hexdigest()} (md5)"
    async with serve(Switches(checksum_limit=1000)) as running:
        films = [one for number in range(1, 19) for one in await running.films(number)]
        assert not any(one["checksum"] for one in films if one["mediatype"] == "video/mp4")


@pytest.mark.parametrize(
    ("version", "unknown"),
    [("1.0.0", {"absent"}), ("1.5.0", {""}), ("1.9.0", {None}), ("1.12.0", {"absent"})],
)
async def test_an_unknown_duration_has_many_faces(serve: Any, version: str, unknown: set[Any]) -> None:
    """Absent, an empty string or null, by version; and 0 in all of them."""
    async with serve(Switches(opencast_api="1.12.0")) as running:
        accept = Version.parse(version).media_type
        events = (await running.get("/api/events", Accept=accept)).json
        faces = {event.get("duration", "absent") for event in events}
        assert {face for face in faces if not isinstance(face, int)} == unknown
        assert 0 in faces


async def test_playlist_flags_come_with_1_7(serve: Any) -> None:
    """is_live and is_master_playlist are absent before; audio and captions have no width."""
    async with serve() as running:
        query = "/api/events?withpublications=true"
        old = (await running.get(query, Accept="application/v1.6.0+json")).json
        new = (await running.get(query, Accept="application/v1.7.0+json")).json
        for events, present in ((old, False), (new, True)):
            tracks = [track for one in events for made in one["publications"] for track in made["media"]]
            assert all(("is_live" in track) is present for track in tracks)
            assert all("width" not in track for track in tracks if not track["has_video"])
