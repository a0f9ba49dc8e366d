"""What holds of trying again."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.breaker import Breaker, Patience
from engine.errors import (
    AccountRefused,
    FerryError,
    Final,
    Gone,
    ServerFault,
    Throttled,
    Transient,
    Unreachable,
)
from engine.progress import Waiting
from engine.retry import LONGEST_RETRY_AFTER, GiveUp, RetryPolicy, Wait, decide, retry_after, retrying

POLICY = RetryPolicy()
chances = st.floats(0, 1, exclude_max=True)


class Time:
    """A clock that moves only when somebody sleeps, and remembers how long."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Read the clock."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


def failing(*errors: FerryError) -> Callable[[], Awaitable[int]]:
    """Make an operation that fails with each error in turn, then returns how often it was called."""
    left = list(errors)

    async def operation() -> int:
        if left:
            raise left.pop(0)
        return len(errors) + 1

    return operation


@pytest.mark.parametrize("error", [Final("no"), Gone("away"), AccountRefused("you")])
def test_a_final_error_is_given_up_at_once(error: FerryError) -> None:
    """Nothing final is tried twice."""
    assert decide(POLICY, error, attempt=1, elapsed=0.0, chance=0.5) == GiveUp(error)


@given(attempt=st.integers(1, 10_000), elapsed=st.floats(0, 1e6), chance=chances)
def test_no_wait_is_longer_than_the_policy_says(attempt: int, elapsed: float, chance: float) -> None:
    """Without a word from the peer a wait is between nothing and the longest, at any attempt."""
    policy = RetryPolicy(attempts=20_000, total=2e6)
    step = decide(policy, Unreachable("gone dark"), attempt, elapsed, chance)
    assert isinstance(step, Wait)
    assert 0 <= step.seconds <= policy.longest


def test_waits_grow_until_the_longest() -> None:
    """Full jitter draws from twice as much each time."""
    waits = [
        decide(RetryPolicy(attempts=99), Unreachable("x"), attempt, 0.0, 0.999) for attempt in (1, 2, 3, 50)
    ]
    assert [round(step.seconds, 1) for step in waits if isinstance(step, Wait)] == [0.5, 1.0, 2.0, 59.9]


@pytest.mark.fault(8)
@given(asked=st.floats(0, 1e9), attempt=st.integers(1, 5), chance=chances)
def test_what_the_peer_asks_is_obeyed_up_to_the_cap(asked: float, attempt: int, chance: float) -> None:
    """A wait is never shorter than asked, but for the cap, and longer only by the jitter."""
    step = decide(POLICY, Throttled("slow down", retry_after=asked), attempt, 0.0, chance)
    assert isinstance(step, Wait)
    kept = min(asked, POLICY.longest_asked)
    assert kept <= step.seconds <= kept + POLICY.longest


def test_attempts_run_out() -> None:
    """The sixth failure of six is the last."""
    error = Transient("again")
    assert isinstance(decide(POLICY, error, 5, 0.0, 0.0), Wait)
    assert decide(POLICY, error, 6, 0.0, 0.0) == GiveUp(error)


def test_time_runs_out_but_not_before_a_second_try() -> None:
    """After the total nothing is begun any more, except the second try of a call whose first took so long."""
    error = Transient("slow")
    assert isinstance(decide(POLICY, error, 1, POLICY.total + 1, 0.0), Wait)
    assert decide(POLICY, error, 2, POLICY.total, 0.0) == GiveUp(error)


async def test_an_operation_is_made_anew_until_it_succeeds() -> None:
    """Two failures, two waits told to the observer, then the result."""
    time = Time()
    told: list[object] = []

    def note(fact: object) -> None:
        told.append(fact)

    operation = failing(Unreachable("reset", where="host.example"), Throttled("429", retry_after=7.0))
    result = await retrying(
        operation,
        policy=POLICY,
        sleep=time.sleep,
        clock=time,
        chance=lambda: 0.5,
        note=note,
    )
    assert result == 3
    assert time.slept == [0.25, 7.5]
    assert told == [Waiting("host.example", 0.25, "unreachable"), Waiting("", 7.5, "throttled")]


async def test_the_last_error_is_raised_as_it_was() -> None:
    """Who gives up raises the very error, after no further wait."""
    time, last = Time(), Unreachable("still down")
    with pytest.raises(Unreachable) as raised:
        await retrying(
            failing(Unreachable("down"), last),
            policy=RetryPolicy(attempts=2),
            sleep=time.sleep,
            clock=time,
            chance=lambda: 0.0,
        )
    assert raised.value is last
    assert len(time.slept) == 1


async def test_what_is_not_ours_passes_through() -> None:
    """A mistake in the program is not tried again."""

    async def operation() -> None:
        raise ZeroDivisionError

    time = Time()
    with pytest.raises(ZeroDivisionError):
        await retrying(operation, policy=POLICY, sleep=time.sleep, clock=time)
    assert time.slept == []


@pytest.mark.fault(8)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("99999999999999", LONGEST_RETRY_AFTER),
        ("9" * 5000, LONGEST_RETRY_AFTER),
        ("Sun, 09 Sep 2001 01:46:50 GMT", 10.0),
        ("Sunday, 09-Sep-01 01:46:50 GMT", 10.0),
        ("Sun, 09 Sep 2001 01:46:30 GMT", 0.0),
        ("Sun, 09 Sep 2091 01:46:30 GMT", LONGEST_RETRY_AFTER),
        ("Sun, 09 Sep 2001 01:46:50 -0000", 10.0),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(value: str | None, expected: float | None) -> None:
    """Seconds, dates, times gone by, absurd ones, and nonsense."""
    assert retry_after(value, now=1_000_000_000.0) == expected


@pytest.mark.fault(8)
@given(st.text())
def test_no_header_breaks_the_reader(value: str) -> None:
    """Whatever a server writes, the answer is None or a wait within the cap."""
    seconds = retry_after(value, now=0.0)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_AFTER


@pytest.mark.parametrize(("attempts", "calls"), [(2, 3), (3, 4)])
async def test_a_try_that_finds_its_host_resting_does_not_count(attempts: int, calls: int) -> None:
    """Neither among the tries nor in their time: who waits for the host has as many as he had."""
    time, made = Time(), 0
    breaker = Breaker(Patience(failures=1, first=20.0), clock=time, sleep=time.sleep)
    breaker.answered("host.example")

    async def operation() -> None:
        nonlocal made
        made += 1
        raise Unreachable("down", where="host.example") if made == 1 else ServerFault("error")

    with pytest.raises(ServerFault):
        await retrying(
            operation,
            policy=RetryPolicy(attempts=attempts, total=10.0),
            sleep=time.sleep,
            clock=time,
            chance=lambda: 0.0,
            breaker=breaker,
            host="host.example",
        )
    assert made == calls


async def test_the_time_of_a_rest_is_left_out_and_no_other() -> None:
    """After its host has rested a call still has its total time, and ends with it."""
    time, made = Time(), 0
    breaker = Breaker(Patience(failures=1, first=20.0), clock=time, sleep=time.sleep)
    breaker.answered("host.example")

    async def operation() -> None:
        nonlocal made
        made += 1
        time.now += 4.0
        raise Unreachable("down", where="host.example") if made == 1 else ServerFault("error")

    policy, host = RetryPolicy(attempts=50, total=10.0), "host.example"
    with pytest.raises(ServerFault):
        await retrying(operation, policy=policy, sleep=time.sleep, clock=time, breaker=breaker, host=host)
    assert 3 <= made <= 4


async def test_an_error_is_an_answer() -> None:
    """It ends a row of silences, whatever place it names: with one in between no host rests."""
    time, host = Time(), "host.example"
    told: list[object] = []
    breaker = Breaker(Patience(failures=3), clock=time, sleep=time.sleep, observer=told.append)
    breaker.answered(host)
    silent = Unreachable("down", where=host)
    operation = failing(silent, silent, ServerFault("error", where="a file at host.example"), silent, silent)
    await retrying(operation, policy=POLICY, sleep=time.sleep, clock=time, breaker=breaker, host=host)
    assert told == []
