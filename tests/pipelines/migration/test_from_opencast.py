"""From the list of events to the bytes of their files, at the emulated Opencast."""

from dataclasses import replace

import pytest
from fakes.emulated_opencast import Site, serving

from engine import AccountRefused, Changed, Gone, Source
from pipelines.migration.discover import discover
from pipelines.migration.select import Selected, Skip, Wanted, select
from pipelines.opencast.model import Event, Unread
from pipelines.sandbox import Fault, Switches, World
from pipelines.sandbox.shapes import CATALOGUE

WORLD = World.seeded(7, len(CATALOGUE), largest=300_000, typical=20_000)
SHAPES = {shape.__name__: event for shape, event in zip(CATALOGUE, WORLD.events, strict=True)}
EXPECTED = {
    "large_file": ["Primary"],
    "two_streams": ["Primary", "Secondary"],
    "audio_only": ["Audio"],
    "renditions": ["Primary", "Secondary"],
    "hls_beside_mp4": ["Primary"],
    "signed": ["Primary"],
    "unknown_sizes": ["Primary", "Secondary"],
    "nothing_published": "nothing_published",
    "live": "live",
    "still_processing": "not_ready",
    "api_channel": ["Primary"],
    "preview_delivered": ["Primary"],
    "playlists_only": "playlist_only",
    "captions": ["Primary"],
    "internal_only": "nothing_published",
    "no_media": "no_media",
    "scheduled": "not_ready",
    "series_gone": ["Primary"],
    "odd_flavors": ["Primary", "Secondary", "Secondary"],
}
STATES = {
    ("RECORDING", False): "not_ready",
    ("INGESTING", False): "not_ready",
    ("PENDING", False): "not_ready",
    ("PAUSED", False): "not_ready",
    ("PROCESSING", True): "not_ready",
    ("PROCESSING_CANCELLED", True): ["Primary"],
    ("RECORDING_FAILURE", False): "nothing_published",
    ("PROCESSING_FAILURE", False): "nothing_published",
    ("", True): ["Primary"],
}


async def found(site: Site, wanted: Wanted | None = None) -> list[Event | Unread]:
    """Return what is discovered."""
    return [one async for one in discover(site.client, wanted or Wanted())]


async def decided(site: Site) -> dict[str, Selected | Skip]:
    """Return what is decided about each event that can be read."""
    return {one.identifier: select(one) for one in await found(site) if isinstance(one, Event)}


def shown(decision: Selected | Skip) -> list[str] | str:
    """Return the roles of what is selected, or the reason why nothing is."""
    return decision.reason if isinstance(decision, Skip) else [one.role for one in decision.streams]


def sources(decisions: dict[str, Selected | Skip]) -> list[Source]:
    """Return every file that is to be moved."""
    return [
        Source(identifier, stream.track)
        for identifier, one in decisions.items()
        if isinstance(one, Selected)
        for stream in one.streams
    ]


async def test_each_shape_is_decided_as_it_should_be() -> None:
    """Two streams, sound alone, renditions, playlists, live, unpublished: the whole catalogue."""
    async with serving(WORLD) as site:
        decisions = await decided(site)
    assert {name: shown(decisions[SHAPES[name].identifier]) for name in EXPECTED} == EXPECTED


async def test_each_state_is_decided_as_it_should_be() -> None:
    """With files published and without."""
    events = {(one.status, bool(one.publications)): one.identifier for one in WORLD.events}
    async with serving(WORLD) as site:
        decisions = await decided(site)
    assert {state: shown(decisions[events[state]]) for state in STATES} == STATES


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "1.4.0", "1.6.0", "1.7.0", "1.11.0", "1.12.0"])
async def test_each_version_of_the_api_leads_to_the_same_files(version: str) -> None:
    """What an old version does not tell is not needed, and a newer one is asked for what is known."""
    async with serving(WORLD) as site:
        today = sources(await decided(site))
    async with serving(WORLD, Switches(opencast_api=version)) as site:
        assert sources(await decided(site)) == today


@pytest.mark.parametrize("signatures", ["marked", "all"])
async def test_every_selected_file_can_be_read(signatures: str) -> None:
    """With or without a signature, and it has the size that the server's books tell."""
    async with serving(WORLD, Switches().parse(f"signatures={signatures}")) as site:
        for source in sources(await decided(site)):
            location = await site.locator.locate(source)
            assert (location.expires is not None) or signatures == "marked"
            (media,) = (
                one.media
                for event in WORLD.events
                for one in event.files
                if (event.identifier, one.identifier) == (source.group, source.name)
            )
            assert media is not None
            assert await site.size(location) == media.size


async def test_renditions_give_the_largest_picture() -> None:
    """Of three qualities of two flavors the 1080 lines of each, presenter first."""
    async with serving(WORLD) as site:
        selected = (await decided(site))[SHAPES["renditions"].identifier]
    assert isinstance(selected, Selected)
    elements = {one.identifier: one for one in SHAPES["renditions"].files}
    chosen = [elements[one.track] for one in selected.streams]
    assert [one.flavor for one in chosen] == ["presenter/delivery", "presentation/delivery"]
    assert [one.streams.height for one in chosen if one.streams] == [1080, 1080]


async def test_a_bad_event_is_found_by_name() -> None:
    """Its page is a 500; every other event is found, and it is unread."""
    bad = SHAPES["captions"].identifier
    async with serving(WORLD) as site:
        site.emulated.break_event(bad)
        everything = await found(site)
    assert len(everything) == len(WORLD.events)
    assert [(one.identifier, one.reason) for one in everything if isinstance(one, Unread)] == [
        (bad, "unreadable")
    ]


async def test_events_that_change_between_pages_are_found_once() -> None:
    """Some are indexed anew, some are deleted, while the list is read."""
    world = World.seeded(7, 230, largest=20_000, typical=2_000)
    first = [one.identifier for one in sorted(world.events, key=lambda one: one.start)]
    async with serving(world) as site:
        seen = []
        async for one in discover(site.client, Wanted()):
            seen.append(one.identifier)
            if len(seen) == 90:
                for identifier in first[:15]:
                    site.emulated.touch(identifier)
                for identifier in first[15:60]:
                    site.emulated.remove(identifier)
    assert sorted(seen) == sorted(first)


async def test_a_list_that_fails_now_and_then_is_asked_again() -> None:
    """A 500 that passes, a throttle and a lost connection hide nothing."""
    faults = [
        Fault("opencast.list_events", "status", nth=1, arguments={"status": 500}),
        Fault(
            "opencast.list_events",
            "status",
            nth=2,
            arguments={"status": 429, "headers": {"Retry-After": "1"}},
        ),
        Fault("opencast.list_events", "reset", nth=3),
    ]
    async with serving(WORLD, faults=faults) as site:
        everything = await found(site)
    assert len(everything) == len(WORLD.events)
    assert all(isinstance(one, Event) for one in everything)


async def test_a_pilot_by_series_and_by_name() -> None:
    """The events of one series and one of another, whose identifier is no UUID."""
    series = SHAPES["two_streams"].series
    assert series is not None
    odd = SHAPES["preview_delivered"].identifier
    async with serving(WORLD) as site:
        everything = await found(
            site, Wanted(series=frozenset({series.identifier}), events=frozenset({odd, "none"}))
        )
    expected = {one.identifier for one in WORLD.events if one.series == series} | {odd, "none"}
    assert sorted(one.identifier for one in everything) == sorted(expected)
    assert [one.reason for one in everything if isinstance(one, Unread)] == ["gone"]


async def test_a_signature_is_renewed_before_and_after_it_ran_out() -> None:
    """The old address ends in a 410; a new one is given in time, and to whoever was refused."""
    async with serving(WORLD, Switches(signatures="all", signature_life=100)) as site:
        source = sources(await decided(site))[0]
        old = await site.locator.locate(source)
        assert old.expires == site.clock() + 100
        site.clock.now += 60
        assert await site.locator.locate(source) == old
        site.clock.now += 20
        renewed = await site.locator.locate(source)
        assert renewed.url != old.url
        site.clock.now += 21
        assert (await site.first_byte(old)).status == 410
        assert (await site.first_byte(renewed)).status == 206
        latest = await site.locator.locate(source, renewed)
        assert latest.url != renewed.url
        assert (await site.first_byte(latest)).status == 206


async def test_what_goes_while_it_is_moved_is_told() -> None:
    """A deleted event is gone; one that was published again has other files."""
    name = SHAPES["large_file"].identifier
    async with serving(WORLD) as site:
        site.emulated.remove(name)
        with pytest.raises(Gone):
            await site.locator.locate(Source(name, "x"))
        with pytest.raises(Changed):
            await site.locator.locate(Source(SHAPES["two_streams"].identifier, "x"))


async def test_files_that_want_an_account_get_it_on_their_own_origin_only() -> None:
    """The file server has a port of its own here, so nothing is sent to it."""
    async with serving(WORLD, Switches(file_access="readers"), file_credentials=True) as site:
        source = sources(await decided(site))[0]
        location = await site.locator.locate(source)
        assert location.headers == ()
        assert (await site.first_byte(location)).status == 403
        same = replace(location, headers=site.client.credentials)
        assert (await site.first_byte(same)).status == 206


@pytest.mark.parametrize("account", ["powerless", "reader"])
async def test_an_account_that_may_not_come_in(account: str) -> None:
    """One without the role, and one with a wrong password."""
    password = None if account == "powerless" else "wrong"
    async with serving(WORLD, Switches().parse(f"opencast_account={account}"), password=password) as site:
        with pytest.raises(AccountRefused):
            await found(site)


async def test_an_account_that_no_event_lets_read_finds_nothing() -> None:
    """Opencast answers an empty list; the account's roles tell why."""
    async with serving(WORLD, Switches(opencast_account="unlisted")) as site:
        assert await found(site) == []
        assert "ROLE_ADMIN" not in (await site.client.me()).roles
