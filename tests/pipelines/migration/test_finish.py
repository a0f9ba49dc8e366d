"""How an upload settles, on a clock that does not wait."""

from collections.abc import Callable

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import AccountRefused, Throttled, Transient
from pipelines.migration.finish import (
    LONGEST_INTERVAL,
    NAMELESS_LOOKS,
    Failed,
    Finisher,
    Pending,
    Ready,
    Settled,
    View,
    interval,
    judge,
)
from pipelines.panopto.model import SessionUpload, State

Look = SessionUpload | None | Exception


def upload(state: State | int, session_id: str | None = None, message: str = "") -> SessionUpload:
    """A session upload as a look shows it."""
    return SessionUpload("u-1", "f-1", session_id, "https://p/Panopto/Upload/g", state, message)


class World:
    """Time that passes only while somebody sleeps, a script of looks whose last stays, and what was told."""

    def __init__(self, *looks: Look) -> None:
        self.now = 0.0
        self.looked: list[float] = []
        self.told: list[str] = []
        self._looks = list(looks)

    def clock(self) -> float:
        """The present moment."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        await anyio.lowlevel.checkpoint()

    async def look(self, upload_id: str) -> SessionUpload | None:
        """The next look of the script."""
        assert upload_id == "u-1"
        self.looked.append(self.now)
        look = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        if isinstance(look, Exception):
            raise look
        return look

    async def seen(self, session_id: str) -> None:
        """Take note of a session."""
        self.told.append(session_id)

    async def settle(self, limit: float = 7200.0, session_id: str | None = None) -> Settled:
        """Settle the one upload."""
        finisher = Finisher(self.look, limit=limit, clock=self.clock, sleep=self.sleep)
        return await finisher.settle("u-1", seen=self.seen, session_id=session_id)


VERDICTS: dict[State, Callable[[object], bool]] = {
    State.UPLOADING: lambda verdict: isinstance(verdict, Pending),
    State.UPLOAD_COMPLETE: lambda verdict: isinstance(verdict, Pending),
    State.UPLOAD_CANCELLED: lambda verdict: isinstance(verdict, Failed) and verdict.anew,
    State.PROCESSING: lambda verdict: isinstance(verdict, Pending),
    State.COMPLETE: lambda verdict: verdict == Ready(),
    State.PROCESSING_ERROR: lambda verdict: isinstance(verdict, Failed) and not verdict.anew,
    State.DELETING_FILES: lambda verdict: isinstance(verdict, Failed) and verdict.anew,
    State.DELETED: lambda verdict: isinstance(verdict, Failed) and verdict.anew,
    State.DELETING_ERROR: lambda verdict: isinstance(verdict, Failed) and verdict.anew,
}


@pytest.mark.fault(25)
@pytest.mark.parametrize("state", State)
def test_each_of_the_nine_states_has_its_verdict(state: State) -> None:
    """No state is forgotten, and only four is good."""
    assert VERDICTS[state](judge(state))


@given(st.integers().filter(lambda number: number not in range(9)))
def test_an_unknown_state_decides_nothing(number: int) -> None:
    """A state of a later Panopto is waited for."""
    assert judge(number) == Pending()


@pytest.mark.fault(25)
def test_a_processing_error_says_what_panopto_said() -> None:
    """The message is in the sentence, on one line and not without end."""
    verdict = judge(State.PROCESSING_ERROR, "Manifest\nnot \x1b valid " + "x" * 500)
    assert isinstance(verdict, Failed)
    assert verdict.reason == "processing_error"
    assert "Manifest not valid x" in verdict.sentence
    assert len(verdict.sentence) < 300


@pytest.mark.fault(25)
def test_looks_become_rarer_up_to_a_minute() -> None:
    """The first look comes after a second, each other later than the last, and none later than a minute."""
    waits = [interval(looks) for looks in range(60)]
    assert waits[0] == 1.0
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_INTERVAL


async def test_a_session_is_told_as_soon_as_it_is_seen_and_once() -> None:
    """The id is kept while Panopto still processes, and not a second time."""
    world = World(
        upload(State.UPLOAD_COMPLETE),
        upload(State.PROCESSING, "s-1"),
        upload(State.PROCESSING, "s-1"),
        upload(State.COMPLETE, "s-1"),
    )
    assert await world.settle() == Settled(State.COMPLETE, "s-1", Ready())
    assert world.told == ["s-1"]


async def test_the_session_is_durable_before_the_next_look() -> None:
    """While the journal has not answered, nothing else is asked of Panopto."""
    world = World(upload(State.PROCESSING, "s-1"), upload(State.COMPLETE, "s-1"))
    looks_when_told: list[int] = []

    async def seen(session_id: str) -> None:
        await world.sleep(100.0)
        looks_when_told.append(len(world.looked))

    finisher = Finisher(world.look, clock=world.clock, sleep=world.sleep)
    await finisher.settle("u-1", seen=seen)
    assert looks_when_told == [1]
    assert world.looked[1] > 100.0


async def test_a_session_on_record_is_not_told_again() -> None:
    """What an earlier run has kept is known."""
    world = World(upload(State.COMPLETE, "s-1"))
    assert (await world.settle(session_id="s-1")).session_id == "s-1"
    assert world.told == []


@pytest.mark.fault(25)
async def test_an_upload_that_never_ends_is_left_at_its_limit() -> None:
    """The last look is made at the limit itself, and the item waits."""
    world = World(upload(State.PROCESSING, "s-1"))
    settled = await world.settle(limit=600.0)
    assert settled.session_id == "s-1"
    assert isinstance(settled.verdict, Pending)
    assert settled.verdict.reason == "limit"
    assert world.looked[-1] == world.now == pytest.approx(600.0)


@pytest.mark.fault(25)
async def test_an_unknown_state_is_boxed_in_time() -> None:
    """A number that nobody knows is not waited for beyond the limit."""
    settled = await World(upload(17)).settle(limit=60.0)
    assert settled.state == 17
    assert settled.verdict == Pending("limit", "Panopto has not finished in the time given (state 17)")


@pytest.mark.fault(25)
async def test_complete_without_a_session_is_asked_again_a_bounded_number_of_times() -> None:
    """State 4 may come before the SessionId; where the id never comes, the item waits."""
    world = World(upload(State.COMPLETE), upload(State.COMPLETE), upload(State.COMPLETE, "s-1"))
    assert await world.settle() == Settled(State.COMPLETE, "s-1", Ready())
    never = World(upload(State.COMPLETE))
    settled = await never.settle()
    assert isinstance(settled.verdict, Pending)
    assert settled.verdict.reason == "session_unknown"
    assert len(never.looked) == NAMELESS_LOOKS


async def test_looks_without_an_answer_are_looks() -> None:
    """A server that is away for a while costs patience, not the item."""
    world = World(
        Throttled("asks for fewer calls"),
        Transient("away"),
        upload(State.PROCESSING, "s-1"),
        upload(4, "s-1"),
    )
    assert (await world.settle()).verdict == Ready()


async def test_a_server_that_stays_away_is_named_at_the_limit() -> None:
    """The sentence tells what the last look met."""
    settled = await World(Transient("answers HTTP 503", where="p")).settle(limit=30.0)
    assert settled == Settled(None, None, Pending("limit", "p: answers HTTP 503"))


async def test_a_refused_account_ends_the_looking() -> None:
    """What stops the run is not waited out."""
    with pytest.raises(AccountRefused):
        await World(AccountRefused("no")).settle()


async def test_an_upload_that_panopto_forgot_is_begun_anew_unless_its_session_is_known() -> None:
    """Without a session nothing will come of it; with one on record the comparison decides."""
    lost = await World(None).settle()
    assert isinstance(lost.verdict, Failed)
    assert (lost.verdict.reason, lost.verdict.anew) == ("unknown_upload", True)
    kept = await World(upload(State.PROCESSING, "s-1"), None).settle()
    assert (kept.session_id, kept.verdict) == ("s-1", Ready())


async def test_a_404_or_two_are_not_believed() -> None:
    """A server in trouble may not find what it has; giving the upload up would make a second session."""
    world = World(upload(State.PROCESSING), None, None, upload(State.COMPLETE, "s-1"))
    assert (await world.settle()).verdict == Ready()


async def test_a_cancelled_wait_ends_at_once() -> None:
    """Whoever waits can be stopped: there is no task left behind."""
    world = World(upload(State.PROCESSING))
    with anyio.move_on_after(0.05) as scope:
        await Finisher(world.look).settle("u-1", seen=world.seen)
    assert scope.cancelled_caught
    assert world.looked == []


@given(
    st.lists(
        st.none() | st.builds(upload, st.integers(0, 9), st.sampled_from([None, "s-1"])),
        max_size=20,
    ),
    st.floats(0, 100, allow_nan=False),
)
def test_a_view_settles_exactly_when_the_looks_say_so(looks: list[SessionUpload | None], left: float) -> None:
    """A settled view is ready with its session, failed, or out of time; none is ready without a session."""
    view = View()
    for look in looks:
        view = view.after(look)
    settled = view.settled(left)
    if settled is None:
        assert left > 0 or view.looks == 0
    elif isinstance(settled.verdict, Ready):
        assert settled.session_id is not None
    assert view.looks == len(looks)
