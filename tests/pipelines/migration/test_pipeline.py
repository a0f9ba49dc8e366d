"""A run over many items: each to its outcome, a slow stage holding back the one before, stopped any time."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import anyio
import anyio.lowlevel
import pytest
from fakes.migration_site import Fuse, Process, Site, lecture
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    AccountRefused,
    Changed,
    FerryError,
    Final,
    Gone,
    Interrupted,
    LocalResource,
    Refused,
    ServerFault,
    Stopping,
    TargetDiffers,
    Throttled,
    TooLarge,
    Unreachable,
    Unreadable,
)
from pipelines import items
from pipelines.config import SettingsError
from pipelines.items import Outcome
from pipelines.migration.pipeline import STARTS, End, end_of
from pipelines.migration.stages import ItemBegan, ItemEnded, ItemProcessing
from pipelines.panopto.model import Session, State

VERIFIED = ("verified", None)


async def planned(*names: str, **fields: object) -> Site:
    """Return a site of lectures, all in the plan."""
    site = Site(*(lecture(name, **fields) for name in names))
    await site.planned()
    return site


async def until(condition: Callable[[], object]) -> None:
    """Let other tasks run until something is so."""
    with anyio.fail_after(15):
        while not condition():
            await anyio.lowlevel.checkpoint()


async def test_every_item_is_verified() -> None:
    """All items are shipped, finished and compared, and their ends hold what a report needs."""
    site = await planned("a", "b", "c")
    process = await site.run()
    assert set(site.outcomes().values()) == {VERIFIED}
    (end,) = site.journal.history("a")
    assert end.closes
    assert {"upload_id", "session_id", "folder_id", "bytes", "parts", "checked", "level"} <= end.facts.keys()
    told = [type(fact) for fact in process.told if getattr(fact, "event_id", "") == "a"]
    assert told == [ItemBegan, ItemProcessing, ItemEnded]


async def test_an_empty_plan_ends_at_once() -> None:
    """A run with nothing to do does nothing."""
    site = await planned()
    await site.run()
    assert not site.panopto.calls


@pytest.mark.fault(12, 13)
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Unreachable("no"), ("retryable", "unreachable")),
        (ServerFault("no"), ("retryable", "server_fault")),
        (Throttled("no"), ("retryable", "throttled")),
        (Gone("no"), ("permanent", "gone")),
        (Unreadable("no"), ("permanent", "unreadable")),
        (Changed("no"), ("permanent", "changed")),
        (TooLarge("no"), ("permanent", "too_large")),
        (Refused("no"), ("permanent", "refused")),
        (Final("no"), ("permanent", "refused")),
    ],
)
@pytest.mark.parametrize("where", ["measure presenter.mp4", "presenter.mp4", "manifest.xml"])
async def test_an_item_that_fails_has_its_reason_and_the_others_go_on(
    error: FerryError, outcome: tuple[str, str], where: str
) -> None:
    """Wherever it fails; a session upload of one that failed for good is cancelled, else it stays open."""
    site = await planned("a", "b", "c")
    site.failures[where] = [error] * (2 if isinstance(error, Gone | Unreadable) else 1)
    await site.run(in_flight=1)
    assert list(site.outcomes().values()) == [outcome, VERIFIED, VERIFIED]
    expected = State.UPLOADING if outcome[0] == "retryable" else State.UPLOAD_CANCELLED
    if where.startswith("measure"):
        assert site.panopto.states() == [State.COMPLETE] * 2
    else:
        assert site.panopto.states() == [expected, State.COMPLETE, State.COMPLETE]


@pytest.mark.fault(13)
@pytest.mark.parametrize(
    ("error", "reason"), [(Gone("deleted"), "gone"), (Unreadable("broken"), "unreadable")]
)
async def test_an_event_that_cannot_be_read_is_permanent(error: FerryError, reason: str) -> None:
    """What became of an event since the plan is its outcome, told in one sentence."""
    site = await planned("a", "b")
    site.opencast.failures["a"] = error
    process = await site.run()
    assert site.outcomes() == {"a": ("permanent", reason), "b": VERIFIED}
    assert ItemEnded("a", Outcome.PERMANENT, reason, str(error)) in process.told


async def test_a_retryable_item_goes_on_in_the_next_run() -> None:
    """What is at Panopto already is not sent again, and the session upload is the same."""
    site = await planned("a")
    site.failures["presentation.mp4"] = [Unreachable("no")]
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "unreachable")}
    await site.run()
    assert site.outcomes() == {"a": VERIFIED}
    assert len(site.panopto.uploads) == 1


async def test_an_unreachable_cancel_does_not_keep_the_outcome() -> None:
    """An item is permanent whether or not its session upload could be cancelled."""
    site = await planned("a")
    site.failures["presenter.mp4"] = [Changed("no")]
    site.panopto.fault = lambda call, _: Unreachable("down") if call == "cancel" else None
    await site.run()
    assert site.outcomes() == {"a": ("permanent", "changed")}


async def test_what_was_submitted_is_never_cancelled() -> None:
    """An item that fails for good while Panopto processes it leaves the session upload alone."""
    site = await planned("a")
    site.panopto.fault = lambda call, _: Refused("not yours") if call == "look" else None
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "refused")}
    assert site.panopto.calls["cancel"] == 0
    site.panopto.fault = lambda call, _: None
    await site.run()
    assert site.outcomes() == {"a": VERIFIED}
    assert (len(site.panopto.uploads), len(site.panopto.sessions)) == (1, 1)


async def test_one_that_may_have_been_submitted_is_not_cancelled() -> None:
    """Where Panopto refuses to complete an upload, a lost word of ours may still reach it."""
    site = await planned("a")
    site.panopto.fault = lambda call, _: Refused("no") if call == "submit" else None
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "refused")}
    assert site.panopto.calls["cancel"] == 0
    site.panopto.fault = lambda call, _: None
    await site.run()
    assert (site.outcomes(), len(site.panopto.uploads)) == ({"a": VERIFIED}, 1)


async def test_what_stops_a_run_waits_for_nobody() -> None:
    """Items that have parts in flight are cancelled, as going on would do harm or nothing."""
    site = await planned("a", "b")
    process = site.process()
    process.engine.slow_down("presenter.mp4")
    site.failures["presentation.mp4"] = [TargetDiffers("stored otherwise")]
    with anyio.fail_after(15), pytest.raises(TargetDiffers):
        await process.migration.run(["a", "b"])
    assert not process.engine.parts_ended


async def test_an_event_that_is_not_published_any_more_is_skipped() -> None:
    """A skip found on shipping is an outcome like one of the plan."""
    site = await planned("a", publications=())
    await site.run()
    assert site.outcomes() == {"a": ("skipped", "nothing_published")}


@pytest.mark.fault(25)
@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (State.PROCESSING_ERROR, ("permanent", "processing_error")),
        (State.PROCESSING, ("waiting", "limit")),
    ],
)
async def test_what_panopto_makes_of_it_is_the_outcome(end: State, outcome: tuple[str, str]) -> None:
    """An error of Panopto's is permanent; an upload that is not finished in its time waits."""
    site = await planned("a")
    site.panopto.ends = [end]
    await site.run()
    assert site.outcomes() == {"a": outcome}
    assert len(site.panopto.uploads) == 1


async def test_a_waiting_item_is_only_looked_at_by_the_next_run() -> None:
    """What Panopto had not finished is not shipped or submitted again."""
    site = await planned("a")
    site.panopto.ends = [State.PROCESSING]
    await site.run()
    held = site.panopto.uploads["u1"]
    held.state = State.COMPLETE
    await site.run()
    assert site.outcomes()["a"][0] == "waiting"  # Panopto names no session yet.
    assert site.panopto.submits == {"u1": 1}
    assert site.opencast.read["a"] == 1


@pytest.mark.parametrize("at_once", [State.UPLOAD_CANCELLED, State.PROCESSING])
async def test_a_session_upload_that_came_to_nothing_is_shipped_anew(at_once: State) -> None:
    """Cancelled at Panopto, on its submit or later, it has another one, and its files are sent there."""
    site = await planned("a")
    site.panopto.ends = [at_once]

    def dies(call: str, upload_id: str) -> None:
        if call == "look" and upload_id == "u1":
            site.panopto.uploads[upload_id].state = State.UPLOAD_CANCELLED

    site.panopto.fault = dies
    await site.run()
    assert site.outcomes() == {"a": VERIFIED}
    assert site.panopto.states() == [State.UPLOAD_CANCELLED, State.COMPLETE]


async def test_one_that_always_comes_to_nothing_can_be_tried_later() -> None:
    """After some session uploads a run gives up, and the next one may do better."""
    site = await planned("a")
    site.panopto.ends = [State.PROCESSING] * STARTS

    def dies(call: str, upload_id: str) -> None:
        if call == "look":
            site.panopto.uploads[upload_id].state = State.DELETED

    site.panopto.fault = dies
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "cancelled")}
    assert len(site.panopto.uploads) == STARTS
    site.panopto.fault = lambda call, upload_id: None
    await site.run()
    assert site.outcomes() == {"a": VERIFIED}


async def test_a_session_that_is_not_what_was_meant_differs() -> None:
    """Another title at Panopto is told by its field, and no run repeats it."""
    site = await planned("a")
    site.panopto.submit = _with_other_title(site)  # type: ignore[method-assign]
    process = await site.run()
    assert site.outcomes() == {"a": ("differs", "title")}
    assert "title is 'Another' where 'Lecture a' was expected" in str(process.told[-1])


def _with_other_title(site: Site) -> Callable[..., Awaitable[object]]:
    real = site.panopto.submit

    async def submit(upload: object) -> object:
        seen = await real(upload)  # type: ignore[arg-type]
        for name, session in site.panopto.sessions.items():
            site.panopto.sessions[name] = replace(session, name="Another")
        return seen

    return submit


@pytest.mark.parametrize(
    "error",
    [AccountRefused("no"), TargetDiffers("no"), LocalResource("full"), SettingsError("has moved")],
)
@pytest.mark.parametrize("where", ["measure presenter.mp4", "presenter.mp4"])
async def test_what_stops_a_run_is_raised_and_leaves_all_items_resumable(error: Stopping, where: str) -> None:
    """The error comes through as itself; no item has an outcome by it, and the next run ends them all."""
    site = await planned(*"abcdefgh")
    site.failures[where] = [error]
    with pytest.raises(type(error)) as caught:
        await site.run(in_flight=3)
    assert caught.value is error
    assert all(outcome in {VERIFIED, ("waiting", None)} for outcome in site.outcomes().values())
    await site.run()
    assert set(site.outcomes().values()) == {VERIFIED}
    assert all(count == 1 for count in site.panopto.submits.values())
    assert len(site.panopto.sessions) == 8


@pytest.mark.parametrize("number", range(1, 14))
async def test_a_full_disk_is_raised_as_itself(number: int) -> None:
    """Whichever record cannot be written, also the last of an item, the journal's error ends the run."""
    site = await planned("a", "b")
    site.journal.end_at(number, error=LocalResource("disk full"))
    with pytest.raises(LocalResource):
        await site.run()
    site.journal.go_on()
    await site.run()
    assert set(site.outcomes().values()) == {VERIFIED}
    assert len(site.panopto.sessions) == 2


async def test_drained_it_begins_nothing_and_lets_parts_end() -> None:
    """Parts in flight of both streams end, nothing new begins, and the next run goes on from there."""
    site = await planned("a", "b", "c")
    process = site.process(in_flight=1)
    process.engine.slow_down("presenter.mp4", "presentation.mp4")

    async def drain() -> None:
        await until(lambda: len(process.engine.waiting) == 2)
        process.migration.drain()
        process.engine.release("presenter.mp4", "presentation.mp4")

    await drained(process, site, drain)
    assert sorted(process.engine.parts_ended) == ["presentation.mp4", "presenter.mp4"]
    assert (site.panopto.calls["create"], site.panopto.calls["cancel"]) == (1, 0)
    await site.run()
    assert set(site.outcomes().values()) == {VERIFIED}
    assert len(site.panopto.uploads) == 3


async def test_a_file_without_parts_in_flight_does_not_cut_off_the_other() -> None:
    """Drained, one stream stops at once; the parts of the other are still given their time."""
    site = await planned("a")
    process = site.process()
    process.engine.slow_down("presenter.mp4", "presentation.mp4")

    async def drain() -> None:
        await until(lambda: len(process.engine.waiting) == 2)
        process.migration.drain()
        process.engine.release("presentation.mp4")
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        process.engine.release("presenter.mp4")

    await drained(process, site, drain)
    assert process.engine.parts_ended == ["presentation.mp4", "presenter.mp4"]


async def drained(process: Process, site: Site, drain: Callable[[], Awaitable[None]]) -> None:
    """Run until it is drained, which must not take long."""
    with anyio.fail_after(15):
        async with anyio.create_task_group() as group:
            group.start_soon(drain)
            with pytest.raises(Interrupted):
                await process.migration.run(list(site.opencast.events))


async def test_drained_it_waits_for_panopto_no_more() -> None:
    """Items at Panopto, and such that wait for a place there, are left as they are, and verified later."""
    site = await planned("a", "b", "c")
    site.panopto.ends = [State.PROCESSING] * 3
    process = site.process(in_flight=3, finishing=1, limit=float("inf"))

    async def drain() -> None:
        await until(lambda: site.panopto.calls["look"] > 3)
        process.migration.drain()

    await drained(process, site, drain)
    assert set(site.outcomes().values()) == {("waiting", None)}
    assert all(site.state(name).submitted for name in "abc")


async def test_drained_before_it_began_it_does_nothing() -> None:
    """A signal while a plan is made leaves the plan alone."""
    site = await planned("a")
    process = site.process()
    process.migration.drain()
    with pytest.raises(Interrupted):
        await process.migration.run(["a"])
    assert not site.panopto.calls


async def test_a_full_finishing_stage_holds_back_shipping() -> None:
    """While Panopto works on all that finishing may hold, at most the shipping places fill up."""
    names = [f"e{number}" for number in range(9)]
    site = await planned(*names)
    site.panopto.ends = [State.PROCESSING] * 9
    process = site.process(in_flight=2, finishing=3, limit=float("inf"))

    async def drain() -> None:
        await until(lambda: site.panopto.calls["look"] > 100)
        assert len(site.panopto.uploads) == 3 + 2
        process.migration.drain()

    await drained(process, site, drain)


async def test_shipping_goes_on_while_panopto_works() -> None:
    """An item at Panopto holds no shipping place."""
    site = await planned("a", "b", "c")
    site.panopto.ends = [State.PROCESSING] * 3
    process = site.process(in_flight=1, finishing=3, limit=float("inf"))

    async def drain() -> None:
        await until(lambda: len(site.panopto.submits) == 3)
        process.migration.drain()

    await drained(process, site, drain)


async def test_items_go_in_the_order_of_the_plan() -> None:
    """With one place, the order of the plan is the order of shipping."""
    site = await planned("a", "b", "c")
    process = site.process(in_flight=1)
    await process.migration.run(["c", "a", "b"])
    assert [fact.event_id for fact in process.told if isinstance(fact, ItemBegan)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    "ends", [[State.DELETED] * 9, [State.DELETED, State.COMPLETE] * 5, [State.PROCESSING] * 9]
)
async def test_shipping_anew_with_few_places_never_hangs(ends: list[State]) -> None:
    """Items that go back from finishing to shipping do not wait for each other in a ring."""
    site = await planned("a", "b", "c")
    site.panopto.ends = list(ends)

    def dies(call: str, upload_id: str) -> None:
        if call == "look" and site.panopto.uploads[upload_id].state is State.PROCESSING:
            site.panopto.uploads[upload_id].state = State.DELETED

    site.panopto.fault = dies
    with anyio.fail_after(15):
        await site.run(in_flight=1, finishing=1)
    assert all(outcome != ("waiting", None) for outcome in site.outcomes().values())


async def test_cancelled_it_leaves_no_task_and_no_outcome() -> None:
    """A second signal cancels all at once; nothing is cancelled at Panopto, and all can be resumed."""
    site = await planned("a", "b")
    process = site.process()
    process.engine.slow_down("presenter.mp4")
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(process.migration.run, ["a", "b"])
            await until(lambda: process.engine.waiting)
            scope.cancel()
    assert scope.cancelled_caught
    assert site.panopto.calls["cancel"] == 0
    await site.run()
    assert set(site.outcomes().values()) == {VERIFIED}
    assert len(site.panopto.sessions) == 2


@pytest.mark.fault(24)
@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60), st.booleans()), max_size=5))
async def test_killed_any_number_of_times_a_run_ends_like_one_that_was_not(
    kills: list[tuple[bool, int, bool]],
) -> None:
    """Whatever the moments, each event has one session in the end, submitted once."""
    site = await planned("a", "b", "c")
    for at_record, number, kept in kills:
        site.panopto.fuse = Fuse(None if at_record else number)
        if at_record:
            site.journal.end_at(number, kept=kept)
        with suppress(BaseExceptionGroup):
            await site.run(in_flight=2)
        site.journal.go_on()
    site.panopto.fuse = Fuse()
    await site.run()
    assert set(site.outcomes().values()) == {VERIFIED}
    assert sorted(one.name for one in site.panopto.sessions.values()) == [f"Lecture {name}" for name in "abc"]
    assert set(site.panopto.submits.values()) == {1}


async def test_an_error_of_ours_does_not_look_like_an_outcome() -> None:
    """What no part of the program raises on purpose ends the run, and no item by it."""
    site = await planned("a")
    site.panopto.fault = lambda call, _: _broken() if call == "create" else None
    with pytest.raises(BaseExceptionGroup):
        await site.run()
    assert site.outcomes() == {"a": ("waiting", None)}


def _broken() -> FerryError:
    raise ZeroDivisionError


def test_reasons_are_from_the_closed_list() -> None:
    """Whatever fails for good, its reason is one of those that a user was promised."""
    kinds = [one for one in _leaves(Final) if not issubclass(one, Stopping)]
    assert {end_of(kind("x")).reason for kind in kinds} <= set(items.PERMANENT)
    assert end_of(Unreachable("x", where="h")) == End(Outcome.RETRYABLE, "unreachable", "h: x")


def _leaves(kind: type[FerryError]) -> list[type[FerryError]]:
    return [kind, *(leaf for below in kind.__subclasses__() for leaf in _leaves(below))]


async def test_a_session_that_is_not_found_at_once_is_looked_for_again() -> None:
    """One passing 404 is no difference."""
    site = await planned("a")
    hidden: dict[str, Session] = {}

    def hide(call: str, subject: str) -> FerryError | None:
        if call == "session" and not hidden:
            hidden.update(site.panopto.sessions)
            site.panopto.sessions.clear()
        elif call == "session":
            site.panopto.sessions.update(hidden)
        return None

    site.panopto.fault = hide
    await site.run()
    assert site.outcomes() == {"a": VERIFIED}
    assert site.panopto.calls["session"] == 2


async def test_a_session_that_differed_is_compared_again_and_nothing_is_sent() -> None:
    """Mended at Panopto, it is verified by the next run."""
    site = await planned("a")

    def rename(call: str, subject: str) -> FerryError | None:
        if call == "session":
            for name, session in site.panopto.sessions.items():
                site.panopto.sessions[name] = replace(session, name="Another")
        return None

    site.panopto.fault = rename
    await site.run()
    assert site.outcomes() == {"a": ("differs", "title")}
    site.panopto.fault = lambda call, subject: None
    title = (site.state("a").meant or {})["title"]
    for name, session in site.panopto.sessions.items():
        site.panopto.sessions[name] = replace(session, name=title)
    await site.run()
    assert site.outcomes() == {"a": VERIFIED}
    assert (site.panopto.calls["create"], site.panopto.calls["submit"]) == (1, 1)


async def test_an_upload_that_panopto_forgets_after_it_was_completed_is_not_sent_again() -> None:
    """Its session may still come: each run looks for both, and nothing goes there twice."""
    site = await planned("a")
    hidden: dict[str, Session] = {}

    def hide(call: str, subject: str) -> FerryError | None:
        if call == "submit":
            site.panopto.unknown.add(subject)
        hidden.update(site.panopto.sessions)
        site.panopto.sessions.clear()
        return None

    site.panopto.fault = hide
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "upload_gone")}
    assert len(site.panopto.uploads) == 1
    site.panopto.fault = lambda call, subject: None
    site.panopto.sessions.update(hidden)
    await site.run()
    assert site.outcomes() == {"a": VERIFIED}
    assert (len(site.panopto.uploads), len(site.panopto.sessions)) == (1, 1)


async def test_a_passing_404_of_an_open_upload_costs_nothing() -> None:
    """An upload that is not known at once is asked for again before its files are sent to another."""
    site = await planned("a")
    site.failures["presentation.mp4"] = [Unreachable("down")]
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "unreachable")}
    looks = 0

    def flicker(call: str, subject: str) -> FerryError | None:
        nonlocal looks
        if call == "get":
            looks += 1
            (site.panopto.unknown.add if looks < 3 else site.panopto.unknown.discard)(subject)
        return None

    site.panopto.fault = flicker
    await site.run()
    assert site.outcomes() == {"a": VERIFIED}
    assert len(site.panopto.uploads) == 1


async def test_a_file_that_goes_to_a_second_session_upload_counts_as_sent_again() -> None:
    """The books say so, also where another process sent it first; the manifest is another file."""
    site = await planned("a")
    site.panopto.ends = [State.DELETED]
    process = await site.run()
    assert site.outcomes() == {"a": VERIFIED}
    assert process.engine.again == {"presenter.mp4": True, "presentation.mp4": True, "manifest.xml": False}
