"""Items that go by the template: their folder is found or made before they are looked for, once, for good."""

import pytest
from fakes.memory_journal import Killed
from fakes.migration_site import HOME, Fuse, Site, lecture
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Refused, Unreachable
from pipelines import items
from pipelines.migration.folders import TRIES

PATH = (HOME, "2026", "Heat")


async def planned(*names: str, path: tuple[str, ...] = PATH) -> Site:
    """Return a site whose lectures are planned to go where a path leads."""
    site = Site(*(lecture(name) for name in names))
    for name in names:
        await site.journal.append(items.planned(name, estimate=None, series="s", folder_id="", path=path))
    return site


async def test_items_of_a_new_series_go_to_one_folder() -> None:
    """Begun at once, they share it; the plan keeps its id, and so does what is known at the end."""
    site = await planned("a", "b", "c")
    await site.run()
    assert set(site.outcomes().values()) == {("verified", None)}
    assert [one.name for one in site.panopto.made] == ["2026", "Heat"]
    assert {one.folder_id for one in site.panopto.sessions.values()} == {"f2"}
    assert (site.state("a").ended or {})["folder_id"] == "f2"
    kept = [one.facts["folder_id"] for one in site.journal.log if one.kind == items.PLANNED]
    assert kept == ["", "", "", "f2", "f2", "f2"]


async def test_a_lost_checkpoint_makes_neither_folder_nor_session_twice() -> None:
    """The folder is found by its name, and the session in it by its marker."""
    site = await planned("a")
    await site.run()
    lost = await planned("a")
    lost.panopto = site.panopto
    await lost.run()
    assert lost.outcomes() == {"a": ("retryable", "unrecorded_session")}
    assert (len(site.panopto.made), len(site.panopto.sessions)) == (2, 1)


async def test_without_the_right_to_create_there_the_others_go_on() -> None:
    """The item is no_folder in one sentence that says what to do."""
    site = await planned("a")
    site.opencast.events["b"] = lecture("b")
    await site.journal.append(items.planned("b", estimate=None, series="", folder_id=HOME))
    site.panopto.fault = lambda call, _: Refused("no permission") if call == "create_folder" else None
    await site.run()
    assert site.outcomes() == {"a": ("permanent", "no_folder"), "b": ("verified", None)}
    assert "let the account create there" in (site.state("a").ended or {})["why"]


async def test_while_no_folder_is_made_the_item_waits_for_the_next_run() -> None:
    """It failed for now; nothing was shipped."""
    site = await planned("a")
    site.panopto.fault = lambda call, _: Unreachable("down") if call == "create_folder" else None
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "unreachable")}
    assert (site.panopto.calls["create_folder"], site.panopto.calls["create"]) == (TRIES, 0)
    site.panopto.fault = lambda call, _: None
    await site.run()
    assert site.outcomes() == {"a": ("verified", None)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 30), st.booleans()), max_size=4))
async def test_killed_any_number_of_times_there_is_one_folder(kills: list[tuple[bool, int, bool]]) -> None:
    """Whatever the moments (at records, before and after calls): one folder of a name, one session each."""
    site = await planned("a", "b")
    for at_record, number, kept in kills:
        if at_record:
            site.journal.end_at(number, kept=kept)
        else:
            site.panopto.fuse = Fuse(number)
        try:
            await site.run()
        except* Killed:
            pass
        site.journal.go_on()
        site.panopto.fuse = Fuse()
    await site.run()
    assert set(site.outcomes().values()) == {("verified", None)}
    assert [(one.name, one.parent_id) for one in site.panopto.made] == [("2026", HOME), ("Heat", "f1")]
    assert [one.folder_id for one in site.panopto.sessions.values()] == ["f2", "f2"]


@pytest.mark.parametrize("path", [(HOME,), (HOME, "2026")])
async def test_a_path_may_be_short(path: tuple[str, ...]) -> None:
    """An event of no series goes to what would be its series' parent."""
    site = await planned("a", path=path)
    await site.run()
    (session,) = site.panopto.sessions.values()
    assert session.folder_id == ("f1" if len(path) > 1 else HOME)
