"""A host that stops answering is left alone for a while, and everybody who wants it waits for one who tries.

::

    answers ──failures in a row──> rests ──one try after 1, 2, 4 ... 30 s──> fails: rests on
       ^                                                │
       └────────────────────── an answer ───────────────┘    bound over: errors count again

Only a host that has answered before is waited for: one that never did is more likely a wrong address. What
counts as silence is Unreachable and TimedOut, whose `where` is the host; every other answer is one. A host
that asks to be left alone for a while (Retry-After) is not spoken to until then either.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import anyio

from engine.errors import FerryError, TimedOut, Unreachable
from engine.progress import HostAnswers, HostRests, Observer, silence

NAP = 1.0
"""Seconds after which who waits looks again: another one's try may have gone well."""


@dataclass(frozen=True, slots=True)
class Patience:
    """After how many failures in a row a host rests, and how long it is waited for, in seconds.

    The first try comes after `first`, each other after twice the time, up to `longest`; after `bound` nobody
    waits any more. What the host itself asks for is kept up to `longest_asked`.
    """

    failures: int = 3
    first: float = 1.0
    longest: float = 30.0
    bound: float = 900.0
    longest_asked: float = 900.0


@dataclass(frozen=True, slots=True)
class HostState:
    """How a host stands: failures in a row and, where it rests, since when and when it is tried next."""

    known: bool = False
    failures: int = 0
    since: float | None = None
    next_try: float = 0.0
    pause: float = 0.0
    reason: str = ""


ANSWERED = HostState(known=True)


def after_failure(state: HostState, patience: Patience, now: float, reason: str) -> HostState:
    """Return how a host stands that did not answer; it rests from so many failures in a row on."""
    failures = state.failures + 1
    if state.since is not None or not state.known or failures < patience.failures:
        return replace(state, failures=failures)
    return HostState(True, failures, now, now + patience.first, patience.first, reason)


def after_try(state: HostState, patience: Patience, now: float) -> HostState:
    """Return how a resting host stands when somebody is let through to try: the next one waits longer."""
    pause = min(state.pause * 2, patience.longest)
    return replace(state, next_try=now + pause, pause=pause)


def is_over(state: HostState, patience: Patience, now: float) -> bool:
    """Tell whether a host has rested longer than anybody waits."""
    return state.since is not None and now - state.since >= patience.bound


class Breaker:
    """All hosts of a run. Without a patience none ever rests.

    `sleep` may raise Interrupted, which ends the waiting at once. Memory is bounded by the hosts named.
    """

    def __init__(
        self,
        patience: Patience | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        observer: Observer = silence,
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._observer = observer
        self._hosts: dict[str, HostState] = {}
        self._held: dict[str, float] = {}

    async def passes(self, host: str | None) -> None:
        """Return when a host may be spoken to: it does not rest, or it is this caller's turn to try.

        Call it before taking any place or turn. Raises Unreachable where it has rested for too long.
        """
        if self._patience is None or host is None:
            return
        while (left := self._held.get(host, 0.0) - self._clock()) > 0:
            await self._sleep(left)
        while (state := self._hosts.get(host, ANSWERED)).since is not None:
            now = self._clock()
            if now >= state.next_try:
                self._hosts[host] = after_try(state, self._patience, now)
                return
            if is_over(state, self._patience, now):
                raise Unreachable(
                    f"has not answered for {self._patience.bound / 60:g} minutes ({state.reason})",
                    where=host,
                    advice="a later run goes on",
                )
            await self._sleep(min(state.next_try - now, NAP))

    def hold(self, host: str, seconds: float | None) -> None:
        """Let nobody pass for so long, where the host has asked for that."""
        if self._patience is not None and seconds:
            until = self._clock() + min(seconds, self._patience.longest_asked)
            self._held[host] = max(self._held.get(host, 0.0), until)

    def failed(self, error: FerryError) -> bool:
        """Take note of an error; tell whether its host rests, so that this try counts for nothing."""
        if not isinstance(error, Unreachable | TimedOut):
            self.answered(error.where if error.where in self._hosts else None)
            return False
        if self._patience is None:
            return False
        host, now = error.where, self._clock()
        before = self._hosts.get(host, HostState())
        state = self._hosts[host] = after_failure(before, self._patience, now, error.what)
        if before.since is None and state.since is not None:
            self._observer(HostRests(host, error.what))
        return state.since is not None and not is_over(state, self._patience, now)

    def answered(self, host: str | None) -> None:
        """Take note that a host has answered, whatever it said."""
        if host is None:
            return
        before = self._hosts.get(host, ANSWERED)
        self._hosts[host] = ANSWERED
        if before.since is not None:
            self._observer(HostAnswers(host, self._clock() - before.since))

    def statistics(self) -> Mapping[str, HostState]:
        """Return how each host stands; times are on the breaker's own clock."""
        return dict(self._hosts)
