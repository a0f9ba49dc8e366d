"""How much may go out in a time: calls to one endpoint, as sliding windows, and bytes, as a debt.

Turns are given in the order of asking.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` calls in any `seconds` seconds."""

    calls: int
    seconds: float

    def __post_init__(self) -> None:
        if self.calls < 1 or self.seconds <= 0:
            raise ValueError(f"no rate: {self.calls} calls in {self.seconds} seconds")


PANOPTO_RATES = (Rate(5, 1.0), Rate(100, 60.0), Rate(5000, 3600.0))
"""Per endpoint and OAuth client: api-evangelist/panopto, after thread 2265 of Panopto's community."""

SLACK = 0.1
"""Seconds added to each window: calls that leave a second apart may arrive a little closer together."""


def next_turn(rates: Sequence[Rate], past_calls: Sequence[float], now: float) -> float:
    """Return the earliest moment from `now` on at which one more call keeps every rate.

    `past_calls` are the moments of earlier calls, ascending; more than the largest rate's are not looked at.
    """
    turn = now
    for rate in rates:
        if len(past_calls) >= rate.calls:
            turn = max(turn, past_calls[-rate.calls] + rate.seconds)
    return turn


@dataclass(frozen=True, slots=True)
class EndpointStatistics:
    """What one endpoint has seen: turns given, seconds waited for them, callers waiting, held until when."""

    turns: int
    waited: float
    waiting: int
    held_until: float


@dataclass(slots=True)
class _Endpoint:
    past: deque[float]
    gate: anyio.Lock = field(default_factory=lambda: anyio.Lock(fast_acquire=True))
    turns: int = 0
    waited: float = 0.0
    waiting: int = 0
    held_until: float = 0.0


class Pace:
    """Hands out turns per endpoint, first come, first served.

    Only names and numbers pass in and out, so that several processes may share one that lives elsewhere.
    Memory is bounded by the endpoints named and the largest number of calls in a rate.
    """

    def __init__(
        self,
        rates: Sequence[Rate] = PANOPTO_RATES,
        *,
        slack: float = SLACK,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._rates = tuple(Rate(rate.calls, rate.seconds + slack) for rate in rates)
        self._clock = clock
        self._sleep = sleep
        self._endpoints: dict[str, _Endpoint] = {}

    async def turn(self, endpoint: str) -> None:
        """Return when a call may be made; it counts from now on, whether or not it is made.

        Whoever is cancelled while waiting has used no turn.
        """
        state = self._endpoint(endpoint)
        began = self._clock()
        state.waiting += 1
        try:
            async with state.gate:
                await self._until_free(state)
        finally:
            state.waiting -= 1
            state.waited += self._clock() - began

    async def _until_free(self, state: _Endpoint) -> None:
        while True:
            now = self._clock()
            turn = max(next_turn(self._rates, state.past, now), state.held_until)
            if turn <= now:
                break
            await self._sleep(turn - now)
        state.past.append(now)
        state.turns += 1

    def hold(self, endpoint: str, seconds: float) -> None:
        """Give no turn there for so many seconds, not even to those who wait already (after a 429)."""
        state = self._endpoint(endpoint)
        state.held_until = max(state.held_until, self._clock() + seconds)

    def statistics(self) -> Mapping[str, EndpointStatistics]:
        """Return what each endpoint has seen; `held_until` is on the pace's own clock."""
        return {
            name: EndpointStatistics(state.turns, state.waited, state.waiting, state.held_until)
            for name, state in self._endpoints.items()
        }

    def _endpoint(self, name: str) -> _Endpoint:
        if name not in self._endpoints:
            longest = max((rate.calls for rate in self._rates), default=0)
            self._endpoints[name] = _Endpoint(deque(maxlen=longest))
        return self._endpoints[name]


NAP = 1.0
"""Seconds after which who waits for bytes to be paid looks again: the rate may be another one."""


def paid_at(before: float, count: int, rate: float, now: float) -> float:
    """Return when `count` bytes that begin now are paid for, where those before them are so at `before`."""
    return max(before, now) + count / rate


class Bandwidth:
    """At most `rate` bytes a second on the mean; None is no limit. The rate may be set at any time.

    Bytes begin when all that began before are paid for. So in any time what begins is at most what the rate
    allows for, and one beginning more; what was not used is not saved up.
    """

    def __init__(self, rate: float | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._paid = clock()
        self._gate = anyio.Lock()

    @property
    def rate(self) -> float | None:
        """Bytes a second."""
        return self._rate

    @rate.setter
    def rate(self, rate: float | None) -> None:
        now = self._clock()
        owed = max(self._paid - now, 0.0) * (self._rate or 0.0)
        self._paid = now + owed / rate if rate else now
        self._rate = rate

    def together(self, size: int, most: int) -> int:
        """Return how many pieces of a size may begin together: those of a second, and at least one."""
        return most if self._rate is None else min(max(int(self._rate // size), 1), most)

    async def pay(self, count: int, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
        """Return when `count` bytes may begin. Who is cancelled, or whose sleep raises, owes nothing."""
        if self._rate is None:
            return
        async with self._gate:
            while (wait := self._paid - self._clock()) > 0:
                await sleep(min(wait, NAP))
            if self._rate is not None:
                self._paid = paid_at(self._paid, count, self._rate, self._clock())
