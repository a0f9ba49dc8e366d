"""A run and the sessions that Panopto holds of events of which its checkpoint knows nothing."""

from dataclasses import replace

import pytest
from fakes.memory_journal import MemoryJournal
from fakes.migration_site import HOME, Site, lecture

from engine import ServerFault
from pipelines import items
from pipelines.panopto.model import Session

pytestmark = pytest.mark.fault(35)

MEANT = {"folder_id": HOME, "title": "Lecture a", "date": "2020-01-01T09:00:00+00:00", "duration": 9.0}


async def forgotten(*names: str) -> Site:
    """Return a site at which all was moved, and of which the checkpoint was lost."""
    site = Site(*(lecture(name) for name in names))
    await site.planned()
    await site.run()
    site.journal = MemoryJournal()
    await site.planned()
    return site


async def test_it_is_not_moved_a_second_time() -> None:
    """Nothing is opened; it says which session there is and what to do, and the folder is listed once."""
    site = await forgotten("a", "b")
    calls = site.panopto.calls.copy()
    process = await site.run()
    assert site.outcomes() == dict.fromkeys("ab", ("retryable", "unrecorded_session"))
    assert site.panopto.calls["create"] == calls["create"]
    assert site.panopto.calls["sessions_of"] == calls["sessions_of"] + 1
    assert "s-u1" in str(process.told)
    assert "ferry reconcile" in str(process.told)


async def test_others_of_the_folder_are_moved() -> None:
    """An event without a session, and sessions without a marker, are no reason to stop."""
    site = Site(lecture("a"))
    await site.planned()
    site.panopto.sessions["x"] = Session("x", "Lecture a", "by hand", None, 9.0, HOME)
    await site.run()
    assert site.outcomes() == {"a": ("verified", None)}


async def test_a_list_that_cannot_be_read_moves_nothing() -> None:
    """What is there is not known: it is tried again later."""
    site = await forgotten("a")
    site.panopto.fault = lambda call, subject: ServerFault("500") if call == "sessions_of" else None
    await site.run()
    assert site.outcomes()["a"][0] == "retryable"
    assert len(site.panopto.uploads) == 1


async def test_what_was_found_is_judged_by_each_run() -> None:
    """A session that differed and was mended is right at the next run; nothing is ever shipped."""
    site = await forgotten("a")
    held = site.panopto.sessions["s-u1"]
    site.panopto.sessions["s-u1"] = replace(held, name="Another")
    await site.journal.append(items.found("a", ["s-u1"], MEANT))
    await site.run()
    assert site.outcomes() == {"a": ("differs", "title")}
    site.panopto.sessions["s-u1"] = held
    await site.run()
    assert site.outcomes() == {"a": ("verified", None)}
    assert len(site.panopto.uploads) == 1


async def test_one_of_two_that_was_deleted_leaves_the_other() -> None:
    """As long as there are two it differs; with one of them gone the other is compared."""
    site = await forgotten("a")
    held = site.panopto.sessions["s-u1"]
    site.panopto.sessions["s-2"] = replace(held, id="s-2")
    await site.journal.append(items.found("a", ["s-u1", "s-2"], MEANT))
    await site.run()
    assert site.outcomes() == {"a": ("differs", "two_sessions")}
    del site.panopto.sessions["s-u1"]
    await site.run()
    assert site.outcomes() == {"a": ("verified", None)}
    assert site.state("a").session_id == "s-2"
