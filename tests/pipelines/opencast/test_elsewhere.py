"""What the sandbox's search service and archive have is selected, located, signed and read."""

from collections.abc import Mapping
from typing import Any

import pytest
from fakes.emulated_opencast import Site, serving

from engine import AccountRefused, Location, Source, Throttled
from pipelines.migration.select import Selected, Skip, select
from pipelines.opencast.fallback import Fallback
from pipelines.opencast.locate import EventLocator
from pipelines.opencast.model import Event, Publication, Unread
from pipelines.sandbox import Fault, Switches, World

WORLD = World.shaped("search_only", "search_single", "archive_only", "no_media", "two_streams")
LISTED, SINGLE, ARCHIVED, NOWHERE, TWO = WORLD.events


async def completed(site: Site, identifier: str, *, archive: bool = True) -> Event:
    """Read an event as a run does."""
    return await Fallback(site.client, archive=archive).completed(
        await site.client.event(identifier, sign=True)
    )


async def chosen(site: Site, identifier: str, *, archive: bool = True) -> Selected:
    """Return what is selected of an event."""
    decided = select(await completed(site, identifier, archive=archive))
    assert isinstance(decided, Selected), decided
    return decided


def locator(site: Site, *, archive: bool = True) -> EventLocator:
    """A locator that knows where else files lie."""
    return EventLocator(site.client, fallback=Fallback(site.client, archive=archive), clock=site.clock)


def sources(selected: Selected) -> list[Source]:
    """Every file of what was selected: its streams, and what lies beside them."""
    keys = [one.track for one in selected.streams] + [one.key for one in selected.publication.elements]
    return [Source(selected.event.identifier, key) for key in keys]


async def first_located(site: Site, identifier: str) -> Location:
    """Select an event's files, and locate the first of them."""
    return await locator(site).locate(sources(await chosen(site, identifier))[0])


def size_of(event: Any, key: str) -> int:
    """The size of a file by the sandbox's world."""
    (media,) = (one.media for one in (*event.files, *event.archive) if one.identifier == key)
    assert media is not None
    return int(media.size)


@pytest.mark.parametrize("version", ["1.0.0", "1.10.0", "1.11.0"])
@pytest.mark.parametrize("signatures", ["marked", "all"])
async def test_what_search_has_is_moved_as_if_it_were_published(version: str, signatures: str) -> None:
    """Both streams with what is known of them, and every caption, chapter and picture can be read."""
    switches = Switches(opencast_api=version).parse(f"signatures={signatures}")
    async with serving(WORLD, switches) as site:
        selected = await chosen(site, LISTED.identifier)
        assert [(one.role, one.file_name, one.duration_ms) for one in selected.streams] == [
            ("Primary", "presenter.mp4", 60_000),
            ("Secondary", "presentation.mp4", 60_000),
        ]
        assert selected.publication.channel == "search"
        track = selected.publication.tracks[0]
        assert (track.width, track.height, track.has_audio) == (1280, 720, True)
        assert {"captions/vtt+en", "mpeg-7/chapter"} <= set(selected.publication.extras)
        where = locator(site)
        for source in sources(selected):
            location = await where.locate(source)
            assert (location.expires is not None, location.headers) == (True, ())
            assert await site.size(location) == size_of(LISTED, source.name)
        assert len((await chosen(site, SINGLE.identifier)).streams) == 1


async def test_an_event_that_search_does_not_know_is_as_it_was() -> None:
    """Nothing is there, and nothing is asked of the archive without leave."""
    async with serving(WORLD) as site:
        for event in (NOWHERE, ARCHIVED):
            decided = select(await completed(site, event.identifier, archive=False))
            assert isinstance(decided, Skip)
            assert decided.reason == "no_media"
        whole = await completed(site, TWO.identifier)
        assert "search" not in {one.channel for one in whole.publications}


@pytest.mark.fault(11)
async def test_what_search_has_is_signed_late_and_again() -> None:
    """The clock begins when a file is needed, and its 410 brings another signature."""
    switches = Switches(opencast_api="1.10.0", signatures="all", signature_life=100)
    async with serving(WORLD, switches) as site:
        selected = await chosen(site, LISTED.identifier)
        where = locator(site)
        where.learn(selected.event)
        site.clock.now += 500
        for source in sources(selected):
            old = await where.locate(source)
            assert old.expires == site.clock() + 100
            assert await where.locate(source) == old
            site.clock.now += 101
            assert (await site.first_byte(old)).status == 410
            new = await where.locate(source, old)
            assert (await site.first_byte(new)).status == 206


async def test_the_archive_is_read_by_this_account_alone() -> None:
    """Its originals with the cut list; credentials go to the API's own origin, and no range is kept."""
    async with serving(WORLD) as site:
        selected = await chosen(site, ARCHIVED.identifier)
        assert [one.role for one in selected.streams] == ["Primary", "Secondary"]
        assert selected.cuts_from is not None
        assert "uncut" in selected.warnings[0]
        where = locator(site)
        for source in sources(selected):
            location = await where.locate(source)
            assert location.headers == site.client.credentials
            answer = await site.first_byte(location)
            assert (answer.status, len(answer.body)) == (200, size_of(ARCHIVED, source.name))
            assert "ETag" not in answer.headers
        cuts = await where.locate(Source(ARCHIVED.identifier, selected.cuts_from.key))
        assert b'clipBegin="1041ms"' in (await site.first_byte(cuts)).body


def struck(call: str, action: str, times: int = 1, **arguments: Any) -> Fault:
    """A fault of one of the calls."""
    return Fault(f"opencast.{call}", action, times=times, arguments=arguments)


CALLS: Mapping[str, str] = {
    "episodes": LISTED.identifier,
    "get_media": ARCHIVED.identifier,
    "episode": ARCHIVED.identifier,
    "sign": LISTED.identifier,
}
PASSING = [
    ("reset", {}),
    ("lose_answer", {}),
    ("status", {"status": 429, "headers": {"Retry-After": "1"}}),
    ("status", {"status": 500}),
    ("status", {"status": 503}),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", PASSING, ids=["reset", "lost", "429", "500", "503"])
@pytest.mark.fault(8)
async def test_what_passes_is_asked_again(call: str, fault: tuple[str, Mapping[str, Any]]) -> None:
    """None of these calls changes anything, so each may be made twice."""
    faults = [struck(call, fault[0], 2, **fault[1])]
    switches = Switches(opencast_api="1.10.0", signatures="all")
    async with serving(WORLD, switches, faults) as site:
        selected = await chosen(site, CALLS[call])
        for source in sources(selected):
            location = await locator(site).locate(source)
            assert (await site.first_byte(location)).status in {200, 206}


@pytest.mark.parametrize("call", ["episodes", "get_media", "episode"])
async def test_what_stays_broken_for_one_event_leaves_it_unread(call: str) -> None:
    """The others go on; a 429 that stays is the server's, and ends the reading."""
    fallback_of = CALLS[call]
    async with serving(WORLD, faults=[struck(call, "status", 0, status=500)]) as site:
        event = await site.client.event(fallback_of)
        found = await Fallback(site.client, archive=True).whole(event)
        assert isinstance(found, Unread)
        assert (found.identifier, found.reason) == (fallback_of, "unreadable")
    async with serving(WORLD, faults=[struck(call, "status", 0, status=429)]) as site:
        event = await site.client.event(fallback_of)
        with pytest.raises(Throttled):
            await Fallback(site.client, archive=True).whole(event)


@pytest.mark.parametrize("call", CALLS)
async def test_an_account_that_ran_out_is_refused(call: str) -> None:
    """A 401 is no answer about an event; it ends what is done, whichever call met it."""
    switches = Switches(opencast_api="1.10.0", signatures="all")
    faults = [struck(call, "status", 0, status=401), struck("me", "status", 0, status=401)]
    async with serving(WORLD, switches, faults) as site:
        with pytest.raises(AccountRefused):
            await first_located(site, CALLS[call])


@pytest.mark.parametrize(
    ("status", "headers"),
    [(403, {}), (404, {}), (302, {"Location": "https://elsewhere.example/login.html"})],
)
async def test_a_service_that_is_closed_to_this_account_is_named(
    status: int, headers: Mapping[str, str]
) -> None:
    """The account is well otherwise: the event is skipped, with the answer in its sentence."""
    for call, identifier in (("episodes", LISTED.identifier), ("episode", ARCHIVED.identifier)):
        fault = struck(call, "status", 0, status=status, headers=headers)
        async with serving(WORLD, Switches(opencast_api="1.10.0"), [fault]) as site:
            decided = select(await completed(site, identifier, archive=call == "episode"))
            assert isinstance(decided, Skip)
            assert decided.reason == "no_media"
            assert f"HTTP {status}" in decided.why


async def test_a_login_page_instead_of_hits_is_named() -> None:
    """A 200 that is no answer: the player's sign-on stands before the search service."""
    page = {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<!DOCTYPE html><html></html>"}
    async with serving(WORLD, faults=[struck("episodes", "status", 0, **page)]) as site:
        found = (await completed(site, LISTED.identifier, archive=False)).publications[-1]
        assert isinstance(found, Publication)
        assert "web page" in found.refused


async def test_uncut_films_without_their_cut_list_stay() -> None:
    """Its package cannot be read, or is none: nothing of the archive is taken, and the operator hears why."""
    garbled = struck("episode", "status", 0, status=200, body="no package")
    for fault in (struck("episode", "status", 0, status=403), garbled):
        async with serving(WORLD, faults=[fault]) as site:
            decided = select(await completed(site, ARCHIVED.identifier))
            assert isinstance(decided, Skip)
            assert "the archive cannot be read" in decided.why


async def test_an_account_that_may_not_sign_reads_what_is_open() -> None:
    """Unsigned addresses serve where a site signs nothing; where it does, the file's own refusal tells."""
    faults = [struck("sign", "status", 0, status=403)]
    async with serving(WORLD, Switches(opencast_api="1.10.0"), faults) as site:
        location = await first_located(site, LISTED.identifier)
        assert location.expires is None
        assert (await site.first_byte(location)).status == 206
