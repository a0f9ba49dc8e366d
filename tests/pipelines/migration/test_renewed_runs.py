"""Runs over an item whose films changed: the earlier session is neither taken for the new one nor lost."""

from contextlib import suppress

import pytest
from fakes.migration_site import HOME, Fuse, Site, lecture
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import items
from pipelines.items import Outcome
from pipelines.migration.changes import MEDIA

VERIFIED = (Outcome.VERIFIED.value, None)


async def begun_anew() -> Site:
    """Return a site at which an event was moved, and is to be moved again."""
    site = Site(lecture("a"))
    await site.planned()
    await site.run()
    await site.journal.append(items.anew("a", MEDIA, "s-u1"))
    await site.planned()
    return site


def moved_once_more(site: Site) -> None:
    """Assert that there are two sessions of the event, each told to be complete once."""
    state = site.state("a")
    assert site.outcomes() == {"a": VERIFIED}
    assert state.earlier_sessions == ("s-u1",)
    assert set(site.panopto.sessions) == {"s-u1", state.session_id}
    assert len(site.panopto.sessions) == 2
    assert set(site.panopto.submits.values()) == {1}


async def test_another_session_is_made_beside_the_earlier_one() -> None:
    """Its marker is that of an earlier session on record, so it keeps nobody from making the next."""
    site = await begun_anew()
    await site.run()
    moved_once_more(site)


@pytest.mark.fault(24)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 25), st.booleans()), max_size=4))
async def test_killed_any_number_of_times_it_is_one_more(kills: list[tuple[bool, int, bool]]) -> None:
    """Whatever the moments: an upload that came to nothing did not become the earlier session."""
    site = await begun_anew()
    for at_record, number, kept in kills:
        site.panopto.fuse = Fuse(None if at_record else number)
        if at_record:
            site.journal.end_at(number, kept=kept)
        with suppress(BaseExceptionGroup):
            await site.run()
        site.journal.go_on()
    site.panopto.fuse = Fuse()
    await site.run()
    moved_once_more(site)


async def test_a_session_that_nobody_has_on_record_is_still_found() -> None:
    """Beside the earlier one lies a third: nothing is sent, and it is told."""
    site = await begun_anew()
    third = site.panopto.sessions["s-u1"]
    site.panopto.sessions["s-x"] = type(third)(
        "s-x", third.name, third.description, third.start_time, third.duration, HOME
    )
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "unrecorded_session")}
    assert site.state("a").earlier_sessions == ("s-u1",)
