"""What the sandbox's Opencast tells of rights, of what is scheduled and of series is what its world holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes.emulated_opencast import serving

from engine import AccountRefused, Gone
from pipelines.config import SettingsError
from pipelines.opencast.model import Event, Grant, Scheduling, Series
from pipelines.sandbox import Switches, World
from pipelines.sandbox.recordings import Scheduling as Told

RECORDED = World.seeded(7, 2, largest=1000, typical=1000)
BEGIN = datetime(2031, 4, 17, 17, 22, tzinfo=UTC)
LECTURE = replace(
    RECORDED.events[0],
    identifier="still-to-come",
    status="SCHEDULED",
    processing_state="",
    publications=(),
    scheduling=Told("hs-3", BEGIN, BEGIN + timedelta(minutes=90), ("camera", "screen")),
)
WORLD = RECORDED.with_event(LECTURE)
SCHEDULING = Scheduling("hs-3", BEGIN, BEGIN + timedelta(minutes=90), ("camera", "screen"))


async def test_what_is_scheduled_is_in_the_list_and_by_name() -> None:
    """Both ways tell the same, and an event without a scheduling has none either way."""
    async with serving(WORLD) as site:
        events = await site.client.page(0, 10, scheduling=True)
        listed = {one.identifier: one.scheduling for one in events if isinstance(one, Event)}
        recorded = RECORDED.events[0].identifier
        assert (listed["still-to-come"], listed[recorded]) == (SCHEDULING, None)
        assert await site.client.scheduling("still-to-come") == SCHEDULING
        assert await site.client.scheduling(recorded) is None
        with pytest.raises(Gone):
            await site.client.scheduling("none")


async def test_an_old_opencast_tells_no_scheduling() -> None:
    """The client says so, where the list would be silent and the call by name a 406."""
    async with serving(WORLD, Switches(opencast_api="1.0.0")) as site:
        with pytest.raises(SettingsError, match="Opencast 6"):
            await site.client.page(0, 10, scheduling=True)
        with pytest.raises(SettingsError, match="Opencast 6"):
            await site.client.scheduling("still-to-come")


async def test_rights_and_channels_are_those_of_the_world() -> None:
    """Rights come where they are asked for; channels always do."""
    told = RECORDED.events[1]
    async with serving(WORLD) as site:
        (event,) = await site.client.batch([told.identifier], acl=True)
        (silent,) = await site.client.batch([told.identifier])
    assert isinstance(event, Event)
    assert isinstance(silent, Event)
    assert event.acl is not None
    assert {Grant(role, "read", True) for role in told.readers} <= set(event.acl)
    assert silent.acl is None
    assert event.channels == silent.channels == tuple(one.channel for one in told.publications)


async def test_a_series_is_that_of_the_world() -> None:
    """Title and organisers; one that is not there is none."""
    told = RECORDED.series[0]
    async with serving(WORLD) as site:
        series = await site.client.series(told.identifier)
        assert await site.client.series("none") is None
    assert isinstance(series, Series)
    assert (series.identifier, series.title) == (told.identifier, told.title)
    assert series.organizers == told.organizers


async def test_an_account_without_any_role_is_refused_at_its_first_call() -> None:
    """Without any role for the API not even its version is told."""
    async with serving(WORLD, Switches(opencast_account="powerless")) as site:
        with pytest.raises(AccountRefused):
            await site.client.series(RECORDED.series[0].identifier)
