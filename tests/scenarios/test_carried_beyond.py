"""Who may see a recording, whose it is, and where it is known beyond Panopto."""

from datetime import datetime

import pytest
from fakes.carried_site import CLOSES, NAMED, OPENS, OWNER, Moved
from fakes.carried_site import world as world_of_all
from fakes.processes import ferry

from pipelines.sandbox.panopto.people import fixed_guid

pytestmark = pytest.mark.slow

STAFF = fixed_guid("group/All staff", 7)
"""A group of the sandbox's Panopto."""


@pytest.mark.carries("access list")
def test_access(carried: Moved) -> None:
    """By the table of roles, in two steps: what everybody could see is public, the staff's is the staff's."""
    public, staff, course = (carried.session(name) for name in ("large_file", "told", "two_streams"))
    assert [one["access"]["level"] for one in (public, staff, course)] == ["Public", *["Restricted"] * 2]
    granted = [(one["role"], one["principal_type"], one["principal_id"]) for one in staff["permissions"]]
    assert granted == [("Viewer", "Group", STAFF)]
    assert (public["permissions"], course["permissions"]) == ([], [])
    assert carried.aspect("told", "access")["outcome"] == "carried"
    assert "access list" in carried.row("told")["carried"]


@pytest.mark.carries("owner")
def test_owners(carried: Moved) -> None:
    """By the table of presenters."""
    assert carried.metadata("told")["creator"] == [NAMED]
    assert carried.session("told")["owner"] == OWNER
    assert f"owner ({OWNER})" in carried.row("told")["carried"]


@pytest.mark.carries("availability")
def test_availability(carried: Moved) -> None:
    """By the table of series; a series without a row stays with its folder."""
    first = next(one.identifier for one in world_of_all().series if one.tabled)
    dates = [datetime.fromisoformat(one) for one in (OPENS, CLOSES)]
    seen = set()
    for name in carried.arrived:
        series, set_to = carried.events[name].series, carried.session(name)["availability"]
        ends = [
            set_to[end]["date"] and datetime.fromisoformat(set_to[end]["date"]) for end in ("start", "end")
        ]
        tabled = series is not None and series.identifier == first
        assert ends == (dates if tabled else [None, None])
        seen.add(tabled)
    assert seen == {True, False}


@pytest.mark.carries("external id")
def test_external_ids(carried: Moved) -> None:
    """Each session has its event's id, but for the one that was taken."""
    for name in carried.arrived:
        wanted = "" if name == "id_taken" else carried.events[name].identifier
        assert carried.session(name)["external_id"] == wanted


@pytest.mark.carries("lecture item")
def test_lecture_items(carried: Moved) -> None:
    """Name, presenter, start and description are the event's; students see it as they did before."""
    items = {one["session_id"]: one for one in carried.books["lecture-items"]}
    for name, shown in (("large_file", True), ("told", False)):
        found, given = items[carried.session(name)["session_id"]], carried.metadata(name)
        assert (found["name"], found["presenter"]) == (given["title"], NAMED)
        assert datetime.fromisoformat(found["start_date"]) == datetime.fromisoformat(given["startDate"])
        assert found["description"].startswith(given["description"])
        assert (found["publish"], found["patches"]) == (shown, 1)
        assert carried.row(name)["lecture_items"] == [found["lecture_item_id"]]


@pytest.mark.carries("booking")
def test_bookings(carried: Moved) -> None:
    """What is still to be recorded has its schedule at VALT: name, start and length."""
    booking = world_of_all().bookings[0]
    plan = booking.scheduling
    assert plan is not None
    (found,) = [one for one in carried.books["schedules"] if one["edits"]]
    assert found["name"] == booking.title
    assert (found["start_at"], found["stop_at"]) == (plan.start.timestamp(), plan.end.timestamp())


@pytest.mark.carries("old links")
def test_old_links(carried: Moved) -> None:
    """Each old player address of a moved event leads to the session that the audit has of it."""
    ran = ferry("redirects", "-c", carried.settings, "--format", "json")
    assert ran.code == 0, ran.talk
    leads = {one["event_id"]: one for one in ran.document["redirects"]}
    for name in carried.arrived:
        found = leads[carried.events[name].identifier]
        assert found["new_url"].endswith(
            f"/Panopto/Pages/Viewer.aspx?id={carried.session(name)['session_id']}"
        )
        assert any("/paella7/ui/watch.html?id=" in old for old in found["old_urls"])
