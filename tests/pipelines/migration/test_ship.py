"""One item from the plan to a submitted session upload: whenever it is killed, nothing is made twice."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio
import anyio.lowlevel
import pytest
from fakes.memory_journal import Killed
from fakes.migration_site import HOME, Fuse, Site, lecture
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    AccountRefused,
    Changed,
    FerryError,
    Gone,
    LocalResource,
    Refused,
    TooLarge,
    Unreachable,
    Unreadable,
    UploadGone,
)
from pipelines import items
from pipelines.migration.folders import NoSuchFolder
from pipelines.migration.select import Skip
from pipelines.migration.ship import STARTS
from pipelines.panopto.model import State

RECORDS = [
    "transfer.probed",
    "transfer.probed",
    "item.upload",
    "item.uploading",
    "transfer.completed",
    "transfer.completed",
    "transfer.completed",
    "item.submit",
    "item.submitted",
]


async def killed(work: Callable[[], Awaitable[object]]) -> bool:
    """Do some work, and tell whether it was killed."""
    ended = False
    try:
        await work()
    except* Killed:
        ended = True
    return ended


async def planned(folder_id: str = HOME) -> Site:
    """Return a site of one lecture, which is in the plan."""
    site = Site(lecture("e"))
    await site.planned(folder_id)
    return site


async def shipped(site: Site) -> object:
    """Ship the lecture in a process of its own."""
    return await site.process().ship.ship("e")


def whole(site: Site) -> bool:
    """Tell whether one session upload has become one session, and every other one was never completed."""
    submitted = [name for name, count in site.panopto.submits.items() if count]
    return (
        len(submitted) == 1
        and site.panopto.submits[submitted[0]] == 1
        and sorted(site.panopto.uploads[submitted[0]].objects)
        == ["manifest.xml", "presentation.mp4", "presenter.mp4"]
        and len(site.panopto.sessions) == 1
    )


async def test_records_stand_in_the_order_of_the_design() -> None:
    """The intent is durable before each call that is not idempotent, and the manifest is the last file."""
    site = await planned()
    state = await shipped(site)
    assert site.journal.kinds("e")[1:] == RECORDS
    assert isinstance(state, items.ItemState)
    assert state.submitted
    assert whole(site)
    moved = [one.facts["name"] for one in site.journal.log if one.kind == "transfer.completed"]
    assert moved[-1].startswith("1/manifest.xml@")


async def test_the_sizes_are_known_before_a_session_upload_is_made() -> None:
    """A file that is too large is refused while nothing of it is at Panopto."""
    site = await planned()
    site.failures["measure presentation.mp4"] = [TooLarge("by far")]
    process = site.process()
    with pytest.raises(TooLarge):
        await process.ship.ship("e")
    assert site.panopto.calls["create"] == 0
    assert process.engine.measured == set()


async def test_a_session_upload_that_is_not_made_leaves_nothing_measured() -> None:
    """An item that fails between measuring and moving keeps no memory of it."""
    site = await planned()
    site.panopto.fault = lambda call, _: Unreachable("down") if call == "create" else None
    process = site.process()
    with pytest.raises(Unreachable):
        await process.ship.ship("e")
    assert process.engine.measured == set()


async def test_a_folder_that_is_not_there_stops_before_anything_is_made() -> None:
    """The folder is asked for before a byte is asked for."""
    site = await planned("nowhere")
    with pytest.raises(NoSuchFolder):
        await shipped(site)
    assert (site.panopto.calls["create"], site.journal.kinds("e")) == (0, ["item.planned"])


@pytest.mark.fault(24)
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("number", range(1, len(RECORDS) + 1))
async def test_killed_at_any_record_it_goes_on(number: int, kept: bool) -> None:
    """Killed when a record was, or was not, durable: one submit, and a second session upload only where the
    first is on no record.
    """
    site = await planned()
    site.journal.end_at(number, kept=kept)
    assert await killed(lambda: shipped(site))
    site.journal.go_on()
    recorded = site.state("e").upload is not None
    made = len(site.panopto.uploads)
    await shipped(site)
    assert whole(site)
    assert len(site.panopto.uploads) == (made if recorded else made + 1)


@pytest.mark.fault(24)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 24), st.booleans()), max_size=4))
async def test_killed_any_number_of_times_it_ends_the_same(kills: list[tuple[bool, int, bool]]) -> None:
    """Whatever the moments (at records, before and after calls), one session comes of the event."""
    site = await planned()
    for at_record, number, kept in kills:
        site.panopto.fuse = Fuse()
        if at_record:
            site.journal.end_at(number, kept=kept)
        else:
            site.panopto.fuse = Fuse(number)
        await killed(lambda: shipped(site))
        site.journal.go_on()
    site.panopto.fuse = Fuse()
    await shipped(site)
    assert whole(site)
    recorded = [one.facts["id"] for one in site.journal.log if one.kind == items.UPLOADING]
    assert len(recorded) == 1


async def test_what_is_complete_at_panopto_needs_opencast_no_more() -> None:
    """An item killed before its submit goes on although its event is gone meanwhile."""
    site = await planned()
    site.journal.end_at(RECORDS.index("item.submitted") + 1)
    assert await killed(lambda: shipped(site))
    site.journal.go_on()
    site.opencast.failures["e"] = Gone("it was deleted")
    await shipped(site)
    assert whole(site)


@pytest.mark.fault(24)
async def test_a_submit_whose_answer_was_lost_is_not_repeated() -> None:
    """What an earlier process submitted is seen, and kept as submitted."""
    site = await planned()
    site.journal.end_at(RECORDS.index("item.submitted") + 1)
    assert await killed(lambda: shipped(site))
    site.journal.go_on()
    assert not site.state("e").submitted
    await shipped(site)
    assert site.panopto.calls["submit"] == 1
    assert site.state("e").submitted


async def test_a_resumed_item_moves_the_files_it_began_with() -> None:
    """Streams that are published since do not change what a session upload was opened for."""
    site = await planned()
    site.journal.end_at(5)
    assert await killed(lambda: shipped(site))
    site.journal.go_on()
    event = site.opencast.events["e"]
    published = replace(event.publications[0], tracks=event.publications[0].tracks[:1])
    site.opencast.events["e"] = replace(event, publications=(published,))
    await shipped(site)
    assert whole(site)


@pytest.mark.parametrize("dead", [State.UPLOAD_CANCELLED, State.DELETING_FILES, State.DELETED, None])
async def test_a_dead_session_upload_begins_anew(dead: State | None) -> None:
    """One that timed out, or is unknown, is given up, and all files go to a new one."""
    site = await planned()
    site.journal.end_at(RECORDS.index("item.submit") + 1)
    assert await killed(lambda: shipped(site))
    site.journal.go_on()
    if dead is None:
        site.panopto.unknown.add("u1")
    else:
        site.panopto.uploads["u1"].state = dead
    await shipped(site)
    assert whole(site)
    assert site.state("e").generation == 2
    assert site.panopto.submits["u1"] == 0


@pytest.mark.fault(35)
@pytest.mark.parametrize("state", [State.UPLOAD_COMPLETE, State.PROCESSING, State.COMPLETE])
async def test_an_upload_that_an_older_checkpoint_holds_for_open_is_not_gone_on_with(state: State) -> None:
    """Panopto has all of it: nothing is sent into it, and the sentence tells what to do."""
    site = await planned()
    site.journal.end_at(RECORDS.index("item.submit"))
    assert await killed(lambda: shipped(site))
    site.journal.go_on()
    site.panopto.uploads["u1"].state = state
    before = dict(site.panopto.uploads["u1"].objects)
    await site.run()
    assert site.outcomes() == {"e": ("retryable", "unrecorded_session")}
    assert "`ferry reconcile`" in str((site.state("e").ended or {})["why"])
    assert (len(site.panopto.uploads), site.panopto.uploads["u1"].objects) == (1, before)
    assert site.panopto.calls["cancel"] == 0


@pytest.mark.fault(24)
@pytest.mark.parametrize("kept", [False, True])
async def test_a_forgotten_upload_whose_session_is_there_is_not_sent_again(kept: bool) -> None:
    """Killed at the completing call, and Panopto forgets the upload: the marker tells of its session."""
    site = await planned()
    site.journal.end_at(RECORDS.index("item.submitted") + 1, kept=kept)
    assert await killed(lambda: shipped(site))
    site.journal.go_on()
    site.panopto.unknown.add("u1")
    await shipped(site)
    assert whole(site)
    state = site.state("e")
    assert (state.generation, state.submitted, len(site.panopto.uploads)) == (1, True, 1)
    assert kept or state.session_id == "s-u1"


async def test_a_manifest_with_other_words_replaces_the_one_before() -> None:
    """Killed before it is told to be complete, and renamed at the source: the session gets the new title."""
    site = await planned()
    site.journal.end_at(RECORDS.index("item.submit") + 1)
    assert await killed(lambda: shipped(site))
    site.journal.go_on()
    site.opencast.events["e"] = replace(site.opencast.events["e"], title="Another title")
    await shipped(site)
    assert whole(site)
    assert b"Another title" in site.panopto.uploads["u1"].objects["manifest.xml"]
    assert (site.state("e").meant or {})["title"] == "Another title"


async def test_one_that_dies_under_way_begins_anew_in_the_same_run() -> None:
    """A target that refuses because its session upload timed out costs a new one, and no outcome."""
    site = await planned()
    states: list[object] = []
    process = site.process()
    process.engine.slow_down("presenter.mp4")

    async def ship() -> None:
        states.append(await process.ship.ship("e"))

    async with anyio.create_task_group() as group:
        group.start_soon(ship)
        while "presenter.mp4" not in process.engine.waiting:
            await anyio.lowlevel.checkpoint()
        site.panopto.uploads["u1"].state = State.DELETED
        process.engine.release("presenter.mp4")
    assert whole(site)
    assert site.state("e").generation == 2
    assert states == [site.state("e")]


async def test_one_that_dies_again_and_again_is_left_to_the_next_run() -> None:
    """A run gives up after some session uploads; that is no judgement about the item."""
    site = await planned()
    site.failures["manifest.xml"] = [Refused("closed")] * 9

    def dies(call: str, upload_id: str) -> None:
        if call == "get":
            site.panopto.uploads[upload_id].state = State.DELETED

    site.panopto.fault = dies
    with pytest.raises(UploadGone):
        await shipped(site)
    assert len(site.panopto.uploads) == STARTS
    site.failures.clear()
    site.panopto.fault = lambda call, subject: None
    await shipped(site)
    assert whole(site)


async def test_what_is_refused_at_a_living_session_upload_is_refused() -> None:
    """Panopto's no to one thing is not answered with another session upload."""
    site = await planned()
    site.failures["presenter.mp4"] = [Refused("not this one")]
    with pytest.raises(Refused, match="not this one"):
        await shipped(site)
    assert len(site.panopto.uploads) == 1


@pytest.mark.parametrize("error", [Unreachable("no"), Changed("other"), AccountRefused("no")])
async def test_the_first_file_that_fails_ends_the_others(error: FerryError) -> None:
    """Its error is raised as it is, while the other file had not come to an end."""
    site = await planned()
    site.failures["presenter.mp4"] = [error]
    process = site.process()
    process.engine.slow_down("presentation.mp4")
    with pytest.raises(type(error)):
        await process.ship.ship("e")
    assert not process.engine.parts_ended


@pytest.mark.fault(13)
@pytest.mark.parametrize("error", [Gone("404"), Unreadable("403")])
@pytest.mark.parametrize("where", ["measure presenter.mp4", "presenter.mp4"])
async def test_a_source_that_is_gone_is_looked_for_once_more(error: FerryError, where: str) -> None:
    """In the event as it is then; what is there again is moved, and a second time is for good."""
    site = await planned()
    site.failures[where] = [error]
    await shipped(site)
    assert whole(site)
    assert site.opencast.read["e"] == 2
    site = await planned()
    site.failures[where] = [error] * 9
    with pytest.raises(type(error)):
        await shipped(site)
    assert site.opencast.read["e"] == 2


@pytest.mark.fault(23)
@pytest.mark.parametrize("kept", [True, False])
async def test_a_session_upload_that_cannot_be_written_down_is_cancelled(kept: bool) -> None:
    """The disk is full at the record of its id, which nobody would know: the next run begins another."""
    site = await planned()
    site.journal.end_at(4, kept=kept, error=LocalResource("disk full"))
    with pytest.raises(LocalResource):
        await shipped(site)
    assert site.panopto.states() == [State.UPLOAD_CANCELLED]
    site.journal.go_on()
    await shipped(site)
    assert whole(site)


@pytest.mark.fault(23)
async def test_a_cancel_that_fails_does_not_hide_the_full_disk() -> None:
    """Panopto times the session upload out by itself."""
    site = await planned()
    site.journal.end_at(4, error=LocalResource("disk full"))
    site.panopto.fault = lambda call, _: Unreachable("no") if call == "cancel" else None
    with pytest.raises(LocalResource):
        await shipped(site)


async def test_an_event_without_a_date_is_not_begun() -> None:
    """The date cannot be set later, so nothing is made where nobody knows it."""
    site = Site(lecture("e", start=None))
    await site.planned()
    with pytest.raises(FerryError, match="does not say when"):
        await shipped(site)
    assert site.panopto.calls["create"] == 0


async def test_what_is_not_published_any_more_is_skipped() -> None:
    """An event that lost its films since the plan is a skip, with nothing made at Panopto."""
    site = Site(lecture("e", publications=()))
    await site.planned()
    skip = await shipped(site)
    assert isinstance(skip, Skip)
    assert (skip.reason, site.panopto.calls["create"]) == ("nothing_published", 0)


async def test_what_the_session_is_to_be_is_kept() -> None:
    """Title, date, duration and files are on record before Panopto is told, with how they were moved."""
    site = Site(lecture("e", title="A <b>\x0b&", description="D", presenters=("P",)))
    await site.planned()
    await shipped(site)
    meant = site.state("e").meant or {}
    assert meant["title"] == "A <b>&"
    assert (meant["date"], meant["duration"]) == ("2020-01-01T09:00:00+00:00", 9.0)
    assert meant["files"] == ["presenter.mp4", "presentation.mp4"]
    assert (meant["parts"], meant["checked"], meant["level"]) == (3, 3, "spot")
    assert b"Opencast: e</Description>" in site.panopto.uploads["u1"].objects["manifest.xml"]
