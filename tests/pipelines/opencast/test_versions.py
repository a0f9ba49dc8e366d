"""Every version of the API tells an event as far as it can, and it is read to the same facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes.emulated_opencast import serving

from pipelines.opencast.model import Event, Grant, Scheduling
from pipelines.opencast.payload import read_event
from pipelines.opencast.version import NEWEST
from pipelines.sandbox import Switches, World
from pipelines.sandbox.opencast.render import Flags, Links, event_json
from pipelines.sandbox.opencast.versions import KNOWN, Version
from pipelines.sandbox.recordings import Scheduling as Plan

BEGIN = datetime(2020, 4, 17, 17, 22, tzinfo=UTC)
BEGUN_EARLIER = BEGIN - timedelta(minutes=3)
LINKS = Links("http://api", "http://files", lambda _: "")
TOLD = replace(
    World.shaped("captions").events[0],
    title="Strains & stresses",
    description="Second term.",
    start=BEGIN,
    created=BEGIN + timedelta(hours=1),
    duration=5400_000,
    location="HS 3",
    creator="Opencast Project Administrator",
    presenters=("Ada Brennan", "Jürgen Höß"),
    contributors=("Li 李 Wei",),
    subjects=("Physics,Optics",),
    language="eng",
    rightsholder="The University",
    license="CC-BY",
    source="Course PH101",
    readers=("ROLE_MIGRATION",),
    denied=("ROLE_STUDENT",),
    scheduling=Plan("hs-3", BEGUN_EARLIER, BEGIN + timedelta(minutes=90), ("camera", "screen")),
)
LATER = ("language", "rightsholder", "license", "source", "series", "series_title", "status")
"""What came with 1.1."""

ACL = (
    Grant("ROLE_ADMIN", "read", True),
    Grant("ROLE_ADMIN", "write", True),
    Grant("ROLE_MIGRATION", "read", True),
    Grant("ROLE_STUDENT", "read", False),
)


def expected(version: Version, shown: Event) -> Event:
    """The facts of the event as that version tells them; its publications as they were `shown`."""
    assert TOLD.series is not None
    facts = Event(
        TOLD.identifier,
        title=TOLD.title,
        description=TOLD.description,
        presenters=TOLD.presenters,
        contributors=TOLD.contributors,
        location="HS 3",
        language="eng",
        rightsholder="The University",
        license="CC-BY",
        source="Course PH101",
        subjects=("Physics", "Optics"),
        creator=TOLD.creator,
        series=TOLD.series.identifier,
        series_title=TOLD.series.title,
        start=BEGIN,
        created=TOLD.created,
        duration_ms=5400_000,
        status="PROCESSED",
        archive_version=3,
        channels=("internal", "engage-player"),
        publications=shown.publications,
        acl=ACL,
        scheduling=Scheduling("hs-3", BEGUN_EARLIER, BEGIN + timedelta(minutes=90), ("camera", "screen")),
    )
    if version < (1, 4):
        facts = replace(facts, start=BEGUN_EARLIER)
    if version < (1, 1):
        facts = replace(facts, **dict.fromkeys(LATER, ""), scheduling=None)
    return facts


@pytest.mark.parametrize("version", KNOWN, ids=str)
def test_a_whole_event_is_read_as_far_as_its_version_tells(version: Version) -> None:
    """Every field: what a version does not have is not known, all else is what it is in the others."""
    flags = Flags(acl=True, scheduling=True, publications=True)
    event = read_event(event_json(TOLD, version, flags, LINKS))
    assert event == expected(version, event)
    (player,) = event.public
    made = TOLD.publications[-1]
    assert [one.id for one in player.tracks] == [one.identifier for one in made.media]
    others = (*made.attachments, *made.catalogues)
    assert [(one.id, one.flavor, one.ref) for one in player.elements] == [
        (one.identifier, one.flavor, one.ref) for one in others
    ]
    assert [one.kind for one in player.elements].count("catalogue") == len(made.catalogues)
    assert all(one.url for one in player.elements)


@pytest.mark.parametrize("version", KNOWN, ids=str)
def test_an_unknown_duration_is_none_in_every_version(version: Version) -> None:
    """Absent, empty, null or nought: the track's own counts then."""
    for duration in (None, 0):
        shown = event_json(replace(TOLD, duration=duration), version, Flags(), LINKS)
        assert read_event(shown).duration_ms is None


@pytest.mark.parametrize("version", KNOWN, ids=str)
async def test_the_newest_version_that_both_know_is_spoken(version: Version) -> None:
    """One media type is sent and that one answered; what is newer than what is known is not asked for."""
    spoken = min(version, Version(*NEWEST))
    world = World.seeded(7, 1, largest=1000).with_event(TOLD)
    async with serving(world, Switches(opencast_api=str(version))) as site:
        assert await site.client.version() == spoken
        (event,) = await site.client.batch([TOLD.identifier], acl=True)
    assert isinstance(event, Event)
    told = expected(spoken, event)
    assert event == replace(told, scheduling=None)
