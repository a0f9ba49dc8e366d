"""Each event is found once, though the list has no total, shifts while it is read, and breaks."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from fakes.opencast_api import OpencastApi, event_json, page
from fakes.scripted_http import Call, json_answer
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import AccountRefused, ServerFault
from pipelines.migration.discover import PASSES, Discovery, discover
from pipelines.migration.select import Wanted
from pipelines.opencast.model import Event, Unread

ALL = Wanted()


def world(count: int) -> OpencastApi:
    """Return an API with so many events."""
    return OpencastApi(*(event_json(f"{number:04}") for number in range(count)))


async def found(api: OpencastApi, wanted: Wanted = ALL) -> tuple[list[Event], list[Unread]]:
    """Return the events and what is unread."""
    events: list[Event] = []
    unread: list[Unread] = []
    async for one in discover(api.client(), wanted):
        if isinstance(one, Event):
            events.append(one)
        else:
            unread.append(one)
    return events, unread


def at_call(number: int, action: Callable[[], None]) -> Callable[[Call], None]:
    """Return an observer of calls that acts before the list is asked for the so-many-th time."""
    lists = 0

    def before(call: Call) -> None:
        nonlocal lists
        if "/api/events?" in call.url:
            lists += 1
            if lists == number:
                action()

    return before


def names(events: list[Event]) -> list[str]:
    """Return the identifiers, in order."""
    return [one.identifier for one in events]


@pytest.mark.parametrize("count", [0, 1, 89, 90, 91, 100, 101, 250])
async def test_every_event_is_found_once(count: int) -> None:
    """With its publications, however the pages fall."""
    events, unread = await found(world(count))
    assert names(events) == [f"{number:04}" for number in range(count)]
    assert all(one.publications for one in events)
    assert not unread


async def test_an_event_that_moves_is_found() -> None:
    """Events on the first page that move to its end push later ones to the left; the overlap has them."""
    api = world(250)

    def move() -> None:
        api.events = api.events[7:] + api.events[:7]

    api.before = at_call(2, move)
    events, _ = await found(api)
    assert sorted(names(events)) == [f"{number:04}" for number in range(250)]
    assert len(names(events)) == 250


async def test_a_second_pass_finds_what_slipped_through() -> None:
    """More is deleted than pages overlap: what moved left unseen is found, with its publications, later."""
    api = world(250)

    def remove() -> None:
        del api.events[:40]

    api.before = at_call(2, remove)
    events, _ = await found(api)
    assert sorted(names(events)) == [f"{number:04}" for number in range(250)]
    assert all(one.publications for one in events)


async def test_an_event_that_comes_meanwhile_is_found() -> None:
    """A pass that finds something new is followed by another."""
    api = world(3)
    api.before = at_call(3, lambda: api.events.append(event_json("new")))
    events, _ = await found(api)
    assert names(events) == ["0000", "0001", "0002", "new"]


async def test_a_bad_event_does_not_hide_the_others() -> None:
    """Its page is halved down to it; it is unread by name, as its own read fails, too."""
    api = world(150)
    api.broken.add("0037")
    events, unread = await found(api)
    assert len(events) == 149
    assert [(one.identifier, one.reason) for one in unread] == [("0037", "unreadable")]


async def test_an_event_that_breaks_only_its_page_is_read_by_name() -> None:
    """Opencast may tell alone what it cannot tell in a list."""
    api = world(150)
    api.broken.add("0037")
    api.before = lambda call: api.broken.clear() if "/api/events/0037" in call.url else None
    events, unread = await found(api)
    assert sorted(names(events)) == [f"{number:04}" for number in range(150)]
    assert all(one.publications for one in events)
    assert not unread


async def test_an_event_that_breaks_even_the_bare_list_has_no_name() -> None:
    """The others are found, and it is told once."""
    api = world(150)
    api.hidden.add("0037")
    events, unread = await found(api)
    assert len(events) == 149
    assert [(one.identifier, one.reason) for one in unread] == [("", "unreadable")]
    assert "place 37" in unread[0].why


async def test_many_bad_events_in_a_row_are_read_by_name() -> None:
    """Where whole stretches of the list cannot show publications, the bare list leads to the rest."""
    api = world(60)
    api.broken = {f"{number:04}" for number in range(10, 40)}
    events, unread = await found(api)
    assert sorted(names(events)) == [f"{number:04}" for number in range(60) if not 10 <= number < 40]
    assert len(unread) == 30


async def test_a_list_that_never_works_is_the_server() -> None:
    """Nothing is called unreadable, and it ends."""
    api = world(500)
    api.hidden = {one["identifier"] for one in api.events}
    with pytest.raises(ServerFault):
        await found(api)


async def test_a_server_that_is_down_is_no_bad_page() -> None:
    """The page is not halved where nothing else is answered either."""
    api = world(3)
    api.answers["/api/events"] = api.answers["/api/info/me"] = page(500)
    with pytest.raises(ServerFault):
        await found(api)
    lists = [call.url for call in api.http.calls if "/api/events?" in call.url]
    assert all("limit=100&" in url for url in lists)


@pytest.mark.fault(39)
async def test_an_offset_that_is_passed_over_does_not_go_on_for_ever() -> None:
    """Something between may drop the query; a page without anything new ends the pass."""
    api = world(100)
    first = [event_json(f"{number:04}") for number in range(100)]
    api.before = lambda call: setattr(api, "events", first * 3 if "/api/events?" in call.url else first)
    events, _ = await found(api)
    assert len(events) == 100


@pytest.mark.fault(39)
@pytest.mark.parametrize("last", [[{"title": "x"}], [event_json("a"), {"title": "x"}], ["x", None]])
async def test_a_page_that_is_repeated_for_ever_ends(last: list[Any]) -> None:
    """Events without a name are nothing new, however often they come; they are told all the same."""
    api = world(0)
    api.answers["/api/events"] = json_answer(200, last)
    with anyio.fail_after(15):
        events, unread = await found(api)
    assert names(events) == [one["identifier"] for one in last if one and "identifier" in one]
    assert {(one.identifier, one.reason) for one in unread} == {("", "unreadable")}


async def test_nameless_events_on_the_last_page_are_told() -> None:
    """The page that ends a pass may hold nothing else that is new."""
    api = world(101)
    api.hidden.add("0100")
    events, unread = await found(api)
    assert len(events) == 100
    assert any("place 100" in one.why for one in unread)


@pytest.mark.fault(39)
async def test_a_list_without_an_end_ends() -> None:
    """A server that tells new names on every page is listened to for so many pages a pass."""
    api = world(0)

    def invent(call: Call) -> None:
        if "/api/events?" in call.url:
            new = [event_json(f"{len(api.http.calls)}-{number}") for number in range(2)]
            api.answers["/api/events"] = json_answer(200, new)

    api.before = invent
    with anyio.fail_after(15):
        events = [one async for one in Discovery(api.client(), pages=7).events(ALL)]
    assert len(events) == 7 * PASSES * 2
    assert len([path for path in api.paths() if path == "/api/events"]) == 7 * PASSES


@pytest.mark.fault(39)
async def test_a_list_that_never_holds_still_ends() -> None:
    """After some passes what was found is enough."""
    api = world(1)

    def grow(call: Call) -> None:
        if "/api/events?" in call.url:
            api.events.append(event_json(f"new-{len(api.events)}"))

    api.before = grow
    events, _ = await found(api)
    assert len(events) < 40


async def test_the_account_stops_it() -> None:
    """A login page is not a list."""
    api = world(1)
    api.answers["/api/events"] = page(200)
    with pytest.raises(AccountRefused):
        await found(api)


async def test_series_are_lists_of_their_own() -> None:
    """Only events of the series are asked for, and each is found once."""
    api = OpencastApi(*(event_json(str(number), is_part_of=f"s{number % 3}") for number in range(9)))
    events, _ = await found(api, Wanted(series=frozenset({"s0", "s2"}), events=frozenset({"0"})))
    assert sorted(names(events)) == ["0", "2", "3", "5", "6", "8"]


async def test_a_series_that_cannot_be_filtered_is_found_in_the_whole_list() -> None:
    """A comma cannot be escaped; selecting leaves the others out."""
    api = OpencastApi(event_json("a", is_part_of="x,y"), event_json("b", is_part_of="z"))
    wanted = Wanted(series=frozenset({"x,y"}))
    events, _ = await found(api, wanted)
    assert [one.identifier for one in events if wanted.covers(one)] == ["a"]


async def test_an_empty_name_never_means_everything() -> None:
    """An empty series or event in the settings selects nothing."""
    api = world(3)
    assert await found(api, Wanted(series=frozenset({""}), events=frozenset({""}))) == ([], [])


async def test_events_by_name_are_read_without_the_list() -> None:
    """One that is not there is told as gone."""
    api = world(120)
    wanted = frozenset({*(f"{number:04}" for number in range(120)), "none"})
    events, unread = await found(api, Wanted(events=wanted))
    assert len(events) == 120
    assert [(one.identifier, one.reason) for one in unread] == [("none", "gone")]
    assert "/api/events/0001" not in api.paths()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 230), st.sets(st.integers(0, 229), max_size=6), st.sets(st.integers(0, 229), max_size=3)
)
async def test_whatever_breaks_nothing_is_lost(count: int, broken: set[int], hidden: set[int]) -> None:
    """Each event is found once, read or unread by name, unless every list hides it."""
    api = world(count)
    api.broken = {f"{number:04}" for number in broken}
    api.hidden = {f"{number:04}" for number in hidden}
    events, unread = await found(api)
    every = {f"{number:04}" for number in range(count)}
    told = names(events) + [one.identifier for one in unread if one.identifier]
    assert len(told) == len(set(told))
    assert set(told) == every - api.hidden
    assert sum(not one.identifier for one in unread) >= len(every & api.hidden)
