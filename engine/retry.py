"""Which error on which try means to wait and try again, and which to give up."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import random
from typing import TypeVar

import anyio

from engine.breaker import Breaker
from engine.clocks import http_date
from engine.errors import FerryError, Stopping, TimedOut, Transient, Unreachable
from engine.progress import Observer, Waiting, silence

Result = TypeVar("Result")

LONGEST_RETRY_AFTER = 3600.0
"""Seconds; what a peer asks beyond an hour, Panopto's longest window, is taken for an hour."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to go on with one call.

    At most `attempts` tries; the wait after the first is up to `first` seconds, and `factor` times as long
    after each other, up to `longest`. A wait that the peer asks for is kept up to `longest_asked`. After
    `total` seconds nothing but the second try is begun: a slow first one has a right to it.
    """

    attempts: int = 6
    first: float = 0.5
    factor: float = 2.0
    longest: float = 60.0
    longest_asked: float = 900.0
    total: float = 900.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Try no more; the error stands."""

    error: FerryError


def decide(
    policy: RetryPolicy, error: FerryError, attempt: int, elapsed: float, chance: float
) -> Wait | GiveUp:
    """Tell what follows from the error of try number `attempt` (from 1), `elapsed` seconds since the first.

    `chance` in [0, 1) spreads those who failed together (full jitter), also on top of what the peer asks.
    """
    if not isinstance(error, Transient) or attempt >= policy.attempts:
        return GiveUp(error)
    if attempt > 1 and elapsed >= policy.total:
        return GiveUp(error)
    asked = min(error.retry_after or 0.0, policy.longest_asked)
    return Wait(asked + chance * _backoff(policy, attempt))


def _backoff(policy: RetryPolicy, attempt: int) -> float:
    try:
        return min(policy.first * policy.factor ** (attempt - 1), policy.longest)
    except OverflowError:
        return policy.longest


async def retrying(
    operation: Callable[[], Awaitable[Result]],
    *,
    policy: RetryPolicy,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    clock: Callable[[], float] = time.monotonic,
    chance: Callable[[], float] = random,
    note: Observer = silence,
    breaker: Breaker | None = None,
    host: str | None = None,
) -> Result:
    """Await what `operation` makes, and make it anew as long as the policy says so; raise its last error.

    `operation` takes its slots and turns inside itself, so that they are free while this sleeps. While the
    `host` rests, by the `breaker`, this waits before each try, and tries that found it resting do not count;
    but a policy of one try stays one. Where `host` is None it is the one that a failure names.
    """
    breaker = breaker or Breaker()
    begun = clock()
    attempt = 0
    while True:
        arrived = clock()
        await breaker.passes(host)
        begun += clock() - arrived
        attempt += 1
        try:
            result = await operation()
        except FerryError as error:
            if breaker.failed(error) and policy.attempts > 1:
                attempt, host = attempt - 1, error.where
                continue
            if not isinstance(error, Unreachable | TimedOut | Stopping):
                breaker.answered(host)
            next_step = decide(policy, error, attempt, clock() - begun, chance())
            if isinstance(next_step, GiveUp):
                raise
            note(Waiting(error.where, next_step.seconds, error.code))
        else:
            breaker.answered(host)
            return result
        await sleep(next_step.seconds)


_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


def retry_after(value: str | None, now: float) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3): seconds from now, or None where it tells nothing.

    Takes seconds or an HTTP date, held against `now` in seconds since the epoch. A time that has passed is 0.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_RETRY_AFTER)
    moment = http_date(text)
    return None if moment is None else min(max(moment - now, 0.0), LONGEST_RETRY_AFTER)
