"""What holds of a host that stops answering: it rests, one tries now and then, and the others wait."""

import anyio
import pytest
from fakes.virtual_time import virtually
from hypothesis import given
from hypothesis import strategies as st

from engine.breaker import ANSWERED, Breaker, HostState, Patience, after_failure, after_try, is_over
from engine.drain import Drain
from engine.errors import FerryError, Gone, Interrupted, ServerFault, TimedOut, Unreachable
from engine.progress import HostAnswers, HostRests
from engine.retry import RetryPolicy, retrying

PATIENCE = Patience()
HOST = "files.example.org:443"
DARK = Unreachable("the connection failed", where=HOST)


def breaker(patience: Patience | None = PATIENCE, drain: Drain | None = None) -> tuple[Breaker, list[object]]:
    """Return a breaker on the loop's own clock, and what it tells."""
    told: list[object] = []
    sleep = (drain or Drain()).before_another_try
    return Breaker(patience, clock=anyio.current_time, sleep=sleep, observer=told.append), told


def rests(one: Breaker) -> None:
    """Let a host answer once and then no more."""
    one.answered(HOST)
    for _ in range(PATIENCE.failures):
        one.failed(DARK)


def test_only_failures_in_a_row_let_a_host_rest() -> None:
    """Two and an answer and two are none; the third in a row is."""
    state = ANSWERED
    for _ in range(2):
        state = after_failure(state, PATIENCE, 0.0, "dark")
    assert state.since is None
    state = after_failure(state, PATIENCE, 7.0, "dark")
    assert (state.since, state.next_try) == (7.0, 8.0)


@given(st.integers(0, 100))
def test_a_host_that_never_answered_does_not_rest(failures: int) -> None:
    """It is more likely a wrong address, and waiting would hide that."""
    state = HostState()
    for _ in range(failures):
        state = after_failure(state, PATIENCE, 0.0, "dark")
    assert state.since is None


def test_tries_come_at_growing_intervals() -> None:
    """One second, then twice as long each time, up to thirty."""
    state = HostState(True, 3, 0.0, 1.0, 1.0)
    pauses = []
    for _ in range(7):
        state = after_try(state, PATIENCE, state.next_try)
        pauses.append(state.pause)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert is_over(state, PATIENCE, 899.9) is False
    assert is_over(state, PATIENCE, 900.0) is True


@pytest.mark.fault(14)
def test_everybody_waits_for_one_who_tries() -> None:
    """Of ten who want the host one goes at a time; when it answers all go, within a second."""

    async def scene() -> tuple[int, list[float], list[object]]:
        told: list[object] = []
        one = Breaker(PATIENCE, clock=anyio.current_time, sleep=anyio.sleep, observer=told.append)
        rests(one)
        begun, tried, through = anyio.current_time(), 0, []

        async def want() -> None:
            nonlocal tried
            await one.passes(HOST)
            while anyio.current_time() - begun < 600:
                tried += 1
                assert one.failed(DARK)
                await one.passes(HOST)
            one.answered(HOST)
            through.append(anyio.current_time() - begun)

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(want)
        return tried, through, told

    tried, through, told = virtually(scene())
    assert tried <= 25
    assert len(through) == 10
    assert max(through) - min(through) <= 1
    assert [type(one) for one in told] == [HostRests, HostAnswers]


def test_half_a_minute_is_told_as_that() -> None:
    """The sentence of a host that is given up names the time that the settings give it."""

    async def scene() -> str:
        one, _ = breaker(Patience(bound=30.0))
        rests(one)
        for _ in range(10):
            await one.passes(HOST)
            one.failed(DARK)
        return "it was never given up"

    with pytest.raises(Unreachable, match=r"has not answered for 0\.5 minutes \("):
        virtually(scene())


@pytest.mark.fault(14)
def test_one_who_was_let_through_and_never_reports_holds_nobody_up() -> None:
    """Cancelled before it spoke to the host, time and again: each time another one has its turn."""

    async def scene() -> float:
        one, _ = breaker()
        rests(one)
        begun = anyio.current_time()
        for _ in range(12):
            await one.passes(HOST)
        return anyio.current_time() - begun

    assert virtually(scene()) == pytest.approx(sum((1, 2, 4, 8, 16)) + 7 * 30, abs=1)


@pytest.mark.fault(14)
def test_ten_minutes_of_outage_use_up_no_tries() -> None:
    """A call with six tries goes on by itself; that the host rests was told once, and that it is back."""

    async def scene() -> tuple[float, list[object]]:
        one, told = breaker()
        one.answered(HOST)
        begun = anyio.current_time()

        async def call() -> str:
            await anyio.sleep(0.01)
            if anyio.current_time() - begun < 600:
                raise DARK
            return "there"

        policy = RetryPolicy(attempts=6)
        assert (
            await retrying(call, policy=policy, clock=anyio.current_time, breaker=one, host=HOST) == "there"
        )
        return anyio.current_time() - begun, told

    seconds, told = virtually(scene())
    assert 600 <= seconds <= 640
    assert told[0] == HostRests(HOST, "the connection failed")
    assert isinstance(told[1], HostAnswers)
    assert len(told) == 2


@pytest.mark.fault(14)
def test_an_outage_without_end_is_given_up_after_its_bound() -> None:
    """What waited is left for a later run, and so is at once what comes afterwards."""

    async def scene() -> tuple[float, str]:
        one, _ = breaker(Patience(bound=120.0))
        one.answered(HOST)
        begun = anyio.current_time()

        async def call() -> None:
            raise DARK

        for _ in range(2):
            with pytest.raises(Unreachable) as caught:
                await retrying(call, policy=RetryPolicy(), clock=anyio.current_time, breaker=one, host=HOST)
        return anyio.current_time() - begun, str(caught.value)

    seconds, said = virtually(scene())
    assert 120 <= seconds <= 300
    assert HOST in said


@pytest.mark.fault(24)
def test_a_policy_of_one_try_stays_one() -> None:
    """What must not be sent twice is not, however long the host rests."""

    async def scene() -> int:
        one, _ = breaker()
        rests(one)
        calls = 0

        async def call() -> None:
            nonlocal calls
            calls += 1
            raise DARK

        with pytest.raises(Unreachable):
            await retrying(
                call, policy=RetryPolicy(attempts=1), clock=anyio.current_time, breaker=one, host=HOST
            )
        return calls

    assert virtually(scene()) == 1


@pytest.mark.fault(34)
def test_a_drain_ends_the_waiting_at_once() -> None:
    """Nobody who waits for a host holds a stop up."""

    async def scene() -> float:
        drain = Drain()
        one, _ = breaker(drain=drain)
        rests(one)
        await anyio.sleep(1.5)
        await one.passes(HOST)
        begun = anyio.current_time()

        async def wait() -> None:
            with pytest.raises(Interrupted):
                await one.passes(HOST)

        async with anyio.create_task_group() as group:
            group.start_soon(wait)
            await anyio.sleep(0.25)
            drain.begin()
        return anyio.current_time() - begun

    assert virtually(scene()) == 0.25


@pytest.mark.parametrize("error", [ServerFault("500", where=HOST), Gone("404", where=HOST)])
def test_any_answer_is_one(error: FerryError) -> None:
    """A host that answers 500 is there."""
    one, told = breaker()

    async def scene() -> None:
        rests(one)
        assert one.failed(error) is False
        await one.passes(HOST)

    virtually(scene())
    assert isinstance(told[-1], HostAnswers)


def test_other_hosts_go_on_and_without_patience_none_rests() -> None:
    """One host's rest is nobody else's."""

    async def scene() -> None:
        one, _ = breaker()
        rests(one)
        await one.passes("another.example.org:443")
        await one.passes(None)
        never, told = breaker(None)
        rests(never)
        assert never.failed(TimedOut("slow", where=HOST)) is False
        await never.passes(HOST)
        assert not told

    virtually(scene())


@pytest.mark.fault(8)
@pytest.mark.parametrize(("asked", "waited"), [(None, 0.0), (0.0, 0.0), (7.0, 7.0), (1e9, 900.0)])
def test_a_host_that_asks_for_a_while_gets_it_from_everybody(asked: float | None, waited: float) -> None:
    """Up to a quarter of an hour; another host is spoken to meanwhile."""

    async def scene() -> list[float]:
        one, _ = breaker()
        one.hold(HOST, asked)
        one.hold(HOST, 0.0)
        begun, passed = anyio.current_time(), []

        async def want() -> None:
            await one.passes(HOST)
            passed.append(anyio.current_time() - begun)

        await one.passes("another.example.org:443")
        assert anyio.current_time() == begun
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(want)
        return passed

    assert virtually(scene()) == pytest.approx([waited] * 5)
