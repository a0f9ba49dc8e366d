"""What holds of the pace of calls."""

import asyncio

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pace import NAP, PANOPTO_RATES, Bandwidth, Pace, Rate, next_turn

rates_of_any_kind = st.lists(st.builds(Rate, st.integers(1, 8), st.floats(0.1, 50)), min_size=1, max_size=3)


class Time:
    """A clock that moves only when somebody sleeps; each sleep lets the others run first."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        """Read the clock."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass, all at once."""
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


def most_in(window: float, moments: list[float]) -> int:
    """Count the most calls that any window of that length sees."""
    return max(sum(1 for one in moments if start <= one < start + window) for start in moments)


@pytest.mark.fault(8)
@given(rates=rates_of_any_kind, pauses=st.lists(st.floats(0, 5), max_size=60))
def test_no_window_ever_sees_more_calls_than_its_rate(rates: list[Rate], pauses: list[float]) -> None:
    """Calls made each at its turn keep every rate in every window."""
    now, calls = 0.0, list[float]()
    for pause in pauses:
        now = next_turn(rates, calls, now + pause)
        calls.append(now)
    for rate in rates:
        assert not calls or most_in(rate.seconds * (1 - 1e-9), calls) <= rate.calls


@given(rates=rates_of_any_kind, pauses=st.lists(st.floats(0, 5), max_size=30))
def test_no_call_waits_longer_than_it_must(rates: list[Rate], pauses: list[float]) -> None:
    """A turn later than now is one before which some window was full."""
    now, calls = 0.0, list[float]()
    for pause in pauses:
        now += pause
        turn = next_turn(rates, calls, now)
        if turn > now:
            early = turn - 1e-6 * max(1.0, turn)
            full = [sum(1 for one in calls if one > early - rate.seconds) >= rate.calls for rate in rates]
            assert any(full)
        now = turn
        calls.append(turn)


async def test_panopto_gets_five_a_second_and_a_hundred_a_minute() -> None:
    """220 calls in a row take two minutes, and no window is ever passed."""
    time, calls = Time(), list[float]()
    pace = Pace(clock=time, sleep=time.sleep)
    for _ in range(220):
        await pace.turn("GET sessionUpload/{id}")
        calls.append(time())
    assert most_in(1.0, calls) == 5
    assert most_in(60.0, calls) == 100
    assert 120 < calls[-1] - calls[0] < 130


async def test_panopto_gets_five_thousand_an_hour() -> None:
    """Which is less than a hundred a minute: the last of 5001 waits until the first is an hour ago."""
    time, calls = Time(), list[float]()
    pace = Pace(clock=time, sleep=time.sleep)
    for _ in range(5001):
        await pace.turn("GET sessionUpload/{id}")
        calls.append(time())
    assert calls[4999] - calls[0] < 3100
    assert 3600 < calls[5000] - calls[0] < 3601


@pytest.mark.fault(8)
async def test_endpoints_do_not_wait_for_each_other() -> None:
    """Each endpoint has windows of its own."""
    time = Time()
    pace = Pace(PANOPTO_RATES, clock=time, sleep=time.sleep)
    for endpoint in ("a", "b", "c"):
        for _ in range(5):
            await pace.turn(endpoint)
    assert time() == 50.0


async def test_turns_come_in_the_order_of_asking() -> None:
    """Nobody who asks later goes first."""
    time, order = Time(), list[int]()
    pace = Pace([Rate(1, 1.0)], clock=time, sleep=time.sleep)

    async def ask(number: int) -> None:
        await pace.turn("x")
        order.append(number)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(ask, number)
    assert order == list(range(20))


@pytest.mark.fault(8)
async def test_a_hold_keeps_also_those_who_wait_already() -> None:
    """After a 429 nobody goes before the time is over, and a shorter hold does not shorten it."""
    time, went = Time(), list[float]()
    pace = Pace([Rate(1, 1.0)], slack=0.0, clock=time, sleep=time.sleep)
    await pace.turn("x")

    async def ask() -> None:
        await pace.turn("x")
        went.append(time())

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        group.start_soon(ask)
        await asyncio.sleep(0)
        pace.hold("x", 30.0)
        pace.hold("x", 2.0)
    assert went == [80.0, 81.0]


async def test_a_cancelled_caller_uses_no_turn() -> None:
    """Who goes away while waiting leaves the next turn to the next."""
    time = Time()
    pace = Pace([Rate(1, 10.0)], slack=0.0, clock=time, sleep=time.sleep)
    await pace.turn("x")
    impatient = [asyncio.create_task(pace.turn("x")) for _ in range(3)]
    await asyncio.sleep(0)
    for task in impatient:
        task.cancel()
    await asyncio.gather(*impatient, return_exceptions=True)
    assert time() == 50.0
    await pace.turn("x")
    assert time() == 60.0
    assert pace.statistics()["x"].turns == 2
    assert pace.statistics()["x"].waiting == 0


async def test_memory_is_bounded_by_the_rates() -> None:
    """However many calls are made, only those that a window can see are remembered."""
    time = Time()
    pace = Pace([Rate(3, 0.001)], clock=time, sleep=time.sleep)
    for _ in range(1000):
        await pace.turn("x")
    assert len(pace._endpoints["x"].past) == 3
    assert pace.statistics()["x"].turns == 1000


@pytest.mark.parametrize(("calls", "seconds"), [(0, 1.0), (1, 0.0), (-1, 1.0)])
def test_a_rate_that_lets_nothing_pass_is_a_mistake(calls: int, seconds: float) -> None:
    """Such a rate would wait for ever."""
    with pytest.raises(ValueError, match="no rate"):
        Rate(calls, seconds)


beginnings = st.lists(st.tuples(st.floats(0, 5), st.integers(1, 100)), min_size=1, max_size=40)


async def begun(rate: float, wanted: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Return when how many bytes began, each asked for so many seconds after the one before."""
    time = Time()
    bandwidth, found = Bandwidth(rate, clock=time), []
    for pause, count in wanted:
        await time.sleep(pause)
        await bandwidth.pay(count, time.sleep)
        found.append((time(), count))
    return found


@given(rate=st.floats(1, 100), wanted=beginnings)
def test_in_any_time_no_more_begins_than_the_rate_and_one_beginning(
    rate: float, wanted: list[tuple[float, int]]
) -> None:
    """Between two beginnings all bytes from the first up to the second have their time."""
    found = asyncio.run(begun(rate, wanted))
    for first, (start, _) in enumerate(found):
        for last in range(first, len(found)):
            between = sum(count for _, count in found[first:last])
            assert between <= rate * (found[last][0] - start) * (1 + 1e-9) + 1e-6


@given(rate=st.floats(1, 100), wanted=beginnings)
def test_bytes_do_not_wait_without_need(rate: float, wanted: list[tuple[float, int]]) -> None:
    """With something always asked for, the rate is used to the full."""
    found = asyncio.run(begun(rate, [(0.0, count) for _, count in wanted]))
    before = sum(count for _, count in found[:-1])
    assert found[-1][0] - found[0][0] == pytest.approx(before / rate, abs=1e-6)


async def test_without_a_limit_nothing_waits() -> None:
    """However many bytes begin."""
    time = Time()
    bandwidth = Bandwidth(clock=time)
    for _ in range(5):
        await bandwidth.pay(10**12, time.sleep)
    assert time() == 50.0
    assert bandwidth.together(1, 8) == 8


async def test_a_new_rate_holds_for_what_is_owed() -> None:
    """What would have taken a hundred seconds more takes ten at ten times the rate, and none without one."""
    time = Time()
    bandwidth = Bandwidth(1.0, clock=time)
    await bandwidth.pay(100, time.sleep)
    bandwidth.rate = 10.0
    await bandwidth.pay(100, time.sleep)
    assert time() == pytest.approx(60.0)
    bandwidth.rate = None
    bandwidth.rate = 1.0
    await bandwidth.pay(1, time.sleep)
    assert time() == pytest.approx(60.0)


async def test_who_waits_hears_of_a_new_rate() -> None:
    """Not much later than it is set."""
    time = Time()
    bandwidth = Bandwidth(1.0, clock=time)
    await bandwidth.pay(3600, time.sleep)

    async def nap(seconds: float) -> None:
        await time.sleep(seconds)
        bandwidth.rate = None

    await bandwidth.pay(1, nap)
    assert time() == pytest.approx(50.0 + NAP)


async def test_who_gives_up_waiting_owes_nothing() -> None:
    """The bytes of a caller that is stopped do not hold up the next."""
    time = Time()
    bandwidth = Bandwidth(10.0, clock=time)
    await bandwidth.pay(100, time.sleep)

    async def stopped(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await bandwidth.pay(10**6, stopped)
    await bandwidth.pay(1, time.sleep)
    assert time() == pytest.approx(60.0)


@pytest.mark.parametrize(("rate", "pieces"), [(0.5, 1), (9.0, 1), (35.0, 3), (1000.0, 8)])
def test_a_second_of_pieces_may_begin_together(rate: float, pieces: int) -> None:
    """At least one, and no more than asked for."""
    assert Bandwidth(rate).together(10, 8) == pieces
