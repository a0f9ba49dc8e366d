"""Events come with their scheduling from every kind of list, and history is counted and not kept."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.booking_site import event
from fakes.memory_valt import NOW
from fakes.opencast_api import OpencastApi, event_json
from fakes.scripted_http import json_answer

from pipelines.migration.discover import discover
from pipelines.migration.select import Wanted
from pipelines.opencast.model import Event, Scheduling, Unread
from pipelines.schedules.events import Found, ScheduledLists, upcoming

TIMES = {"start": "2027-03-28T00:15:00Z", "end": "2027-03-28T01:45:00Z"}
TOLD = {"agent_id": "agent-1", **TIMES, "inputs": ["presenter"]}
PLANNED = Scheduling(
    "agent-1",
    datetime(2027, 3, 28, 0, 15, tzinfo=UTC),
    datetime(2027, 3, 28, 1, 45, tzinfo=UTC),
    ("presenter",),
)


def planned(identifier: str) -> dict[str, Any]:
    """Return an event that is to be recorded, as a list tells it."""
    return event_json(identifier, status="EVENTS.EVENTS.STATUS.SCHEDULED", scheduling=TOLD)


async def found(api: OpencastApi, wanted: Wanted) -> list[Found]:
    """Return what discovery finds."""
    return [one async for one in discover(ScheduledLists(api.client()), wanted)]


async def test_a_list_tells_the_scheduling() -> None:
    """The first pass has it, and the bare ones after it ask for names alone."""
    api = OpencastApi(*(planned(f"{number:03}") for number in range(120)))
    events = await found(api, Wanted())
    assert len(events) == 120
    assert all(isinstance(one, Event) and one.scheduling == PLANNED for one in events)
    lists = [call.url for call in api.http.calls if "/api/events?" in call.url]
    assert not any("withpublications" in url for url in lists)
    assert any("withscheduling=true" in url for url in lists)
    assert not any("withscheduling" in url for url in lists[-2:])
    assert not any(path.endswith("/scheduling") for path in api.paths())


@pytest.mark.parametrize(
    ("status", "scheduling"), [(200, PLANNED), (204, None)], ids=["scheduled", "not scheduled"]
)
async def test_an_event_that_is_named_is_asked(status: int, scheduling: Scheduling | None) -> None:
    """The list of names does not tell the scheduling; 204 says that there is none."""
    api = OpencastApi(event_json("e"))
    api.answers["/api/events/e/scheduling"] = json_answer(status, TOLD)
    (one,) = await found(api, Wanted(events=frozenset({"e"})))
    assert isinstance(one, Event)
    assert one.scheduling == scheduling


async def test_what_makes_no_sense_is_unread() -> None:
    """One event's oddity is that event's, and names it."""
    api = OpencastApi(event_json("e"))
    api.answers["/api/events/e/scheduling"] = json_answer(200, {"agent_id": "a", "start": "soon"})
    (one,) = await found(api, Wanted(events=frozenset({"e"})))
    assert isinstance(one, Unread)
    assert (one.identifier, one.reason) == ("e", "unreadable")
    (gone,) = await found(api, Wanted(events=frozenset({"nowhere"})))
    assert isinstance(gone, Unread)
    assert (gone.identifier, gone.reason) == ("nowhere", "gone")


async def test_history_is_not_kept() -> None:
    """Of thousands that are over only those are kept that the table names; what goes on now is no history."""

    async def all_events() -> AsyncIterator[Found]:
        for number in range(3000):
            yield event(f"old-{number}", begins=-10_000)
        yield replace(event("idle"), scheduling=None)
        yield event("done", status="PROCESSED")
        yield event("now", begins=-60)
        yield event("next")

    seen = await upcoming(all_events(), NOW, {"old-7"})
    assert [one.identifier for one in seen.kept] == ["old-7", "now", "next"]
    assert seen.left == {"past": 2999, "not_scheduled": 2}
