"""Events are read again just before they are shipped: many a call, each as it is now, none for nothing."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from fakes.opencast_api import OpencastApi, event_json, page
from fakes.scripted_http import json_answer

from engine import AccountRefused, Gone, Source, Unreadable
from pipelines.migration.batches import FRESH, Batches
from pipelines.opencast.fallback import Fallback
from pipelines.opencast.locate import EventLocator


class Reads:
    """Batches over an API of so many events, with a clock that stands."""

    def __init__(self, count: int, *, size: int = 3, **fields: Any) -> None:
        self.names = [f"e{number}" for number in range(count)]
        self.api = OpencastApi(*(event_json(name, **fields) for name in self.names))
        self.now = 0.0
        client = self.api.client()
        self.locator = EventLocator(client, clock=lambda: 0.0)
        self.batches = Batches(client, self.locator, size=size, clock=lambda: self.now)
        self.batches.follow(self.names)

    def asked(self) -> list[str]:
        """Return the events that were asked for, call by call."""
        queries = [parse_qs(urlsplit(call.url).query) for call in self.api.http.calls]
        filters = [query["filter"][0] for query in queries if "filter" in query]
        return [one.replace("identifier:", "") for one in filters]

    async def read(self, *names: str) -> list[str]:
        """Read events one after the other."""
        return [(await self.batches.event(name)).identifier for name in names]


async def test_events_are_read_many_a_call_and_signed() -> None:
    """The next of the plan come in one call, which asks for signed addresses and for rights."""
    reads = Reads(5)
    assert await reads.read(*reads.names) == reads.names
    assert reads.asked() == ["e0,e1,e2", "e3,e4"]
    calls = [call.url for call in reads.api.http.calls if "filter" in call.url]
    assert all("sign=true" in url and "withacl=true" in url for url in calls)


async def test_what_no_publication_names_is_looked_for_and_learned() -> None:
    """The event comes with what the search service has, and the locator learns its address."""
    reads = Reads(1, publications=[{"id": "p", "channel": "engage-player", "media": []}])
    track = {"id": "t", "type": "presenter/delivery", "url": "https://f/t.mp4", "video": {"id": "v"}}
    hits = [{"mediapackage": {"id": "e0", "media": {"track": track}}}]
    reads.api.answers["/search/episode.json"] = json_answer(200, {"result": hits})
    client = reads.api.client()
    locator = EventLocator(client, clock=lambda: 0.0)
    batches = Batches(client, locator, fallback=Fallback(client), clock=lambda: 0.0)
    event = await batches.event("e0")
    assert [one.channel for one in event.publications] == ["engage-player", "search"]
    calls = len(reads.api.http.calls)
    reads.api.answers["/api/security/sign"] = json_answer(200, {"error": "Given URL cannot be signed"})
    assert (await locator.locate(Source("e0", "t"))).url == "https://f/t.mp4"
    assert reads.api.paths()[calls:] == ["/api/security/sign"]


async def test_all_at_once_make_no_more_calls() -> None:
    """Items that begin together wait for one call."""
    reads = Reads(6)
    async with anyio.create_task_group() as group:
        for name in reads.names:
            group.start_soon(reads.read, name)
    assert reads.asked() == ["e0,e1,e2", "e3,e4,e5"]


async def test_an_old_reading_is_read_again() -> None:
    """What waited too long for its turn may have changed, and its signature may have run out."""
    reads = Reads(3)
    await reads.read("e0")
    reads.api.events[1]["title"] = "New"
    reads.now = FRESH + 1
    assert (await reads.batches.event("e1")).title == "New"


async def test_a_fresh_reading_is_given() -> None:
    """Within its time a reading needs no second call."""
    reads = Reads(3)
    await reads.read("e0")
    reads.now = FRESH
    await reads.read("e1")
    assert len(reads.asked()) == 1


async def test_an_event_that_begins_anew_is_read_by_itself() -> None:
    """A second reading of an event does not read again those after it that were read already."""
    reads = Reads(3)
    await reads.read("e0", "e1", "e2", "e0")
    assert reads.asked() == ["e0,e1,e2", "e0"]


async def test_events_out_of_the_plan_are_read_by_themselves() -> None:
    """One that the plan does not name is read, and nothing with it."""
    reads = Reads(3)
    reads.batches.follow([])
    assert await reads.read("e1") == ["e1"]
    assert reads.asked() == ["e1"]


async def test_out_of_order_nothing_is_missed() -> None:
    """Whatever the order in which a plan's events are asked for, each is given."""
    reads = Reads(7)
    order = ["e3", "e0", "e6", "e1", "e5", "e2", "e4", "e3"]
    assert await reads.read(*order) == order


async def test_an_event_that_is_gone_is_gone_and_the_others_are_read() -> None:
    """One that was deleted since the plan raises Gone in a sentence that names it once."""
    reads = Reads(3)
    del reads.api.events[1]
    assert await reads.read("e0") == ["e0"]
    with pytest.raises(Gone) as caught:
        await reads.read("e1")
    assert str(caught.value).count("e1") == 1
    assert await reads.read("e2") == ["e2"]


async def test_an_event_that_breaks_its_list_is_unreadable_and_the_others_are_read() -> None:
    """The bad one is found out, and what stands with it in a call is read by name."""
    reads = Reads(3)
    reads.api.broken.add("e1")
    assert await reads.read("e0", "e2") == ["e0", "e2"]
    with pytest.raises(Unreadable):
        await reads.read("e1")


async def test_after_a_failed_call_the_next_one_works() -> None:
    """A call that fails spoils nothing: the events of it are asked for again."""
    reads = Reads(3)
    refused = page(302, Location="https://opencast.example/login")
    reads.api.answers["/api/events"] = refused
    with pytest.raises(AccountRefused, match="login"):
        await reads.read("e0")
    reads.api.answers.clear()
    assert await reads.read(*reads.names) == reads.names


async def test_the_locator_learns_the_addresses() -> None:
    """A track of an event that was read needs no call of its own to be located."""
    reads = Reads(3)
    event = (await reads.batches.event("e0")).publications[0].tracks[0]
    before = len(reads.api.http.calls)
    location = await reads.locator.locate(Source("e2", "film-e2"))
    assert (location.url, len(reads.api.http.calls)) == ("https://files.example/e2.mp4", before)
    assert event.url == "https://files.example/e0.mp4"
