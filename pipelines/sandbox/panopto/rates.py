"""Panopto's call rates: 5 a second, 100 a minute and 5000 an hour per endpoint and client.

Source: community.panopto.com/discussion/2265. Not established and chosen here: the windows slide, refused
calls do not count, PublicAPI/REST is counted as well, and the header that names the limit.
"""

import math
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in so many seconds."""

    calls: int
    seconds: float
    name: str


LIMITS = (Limit(5, 1.0, "second"), Limit(100, 60.0, "minute"), Limit(5000, 3600.0, "hour"))


@dataclass(frozen=True, slots=True)
class Excess:
    """The limit that a call would pass, and after how many seconds it would not any more."""

    limit: Limit
    wait: float

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the 429."""
        return {
            "Retry-After": str(max(1, math.ceil(self.wait))),
            "X-RateLimit-Limit": f"{self.limit.calls} per {self.limit.name}; exceeded by 1",
        }


@dataclass(slots=True)
class Rates:
    """The calls of the last hour by key: an endpoint and a client."""

    clock: Callable[[], float]
    limits: tuple[Limit, ...] = LIMITS
    _calls: dict[Hashable, deque[float]] = field(default_factory=dict)

    def count(self, key: Hashable) -> Excess | None:
        """Count a call, or refuse it with the limit that it would pass."""
        now = self.clock()
        calls = self._calls.setdefault(key, deque())
        longest = max(limit.seconds for limit in self.limits)
        while calls and calls[0] <= now - longest:
            calls.popleft()
        excess = [one for one in (_excess(calls, limit, now) for limit in self.limits) if one is not None]
        if excess:
            return max(excess, key=lambda one: one.wait)
        calls.append(now)
        return None


def _excess(calls: deque[float], limit: Limit, now: float) -> Excess | None:
    if len(calls) < limit.calls:
        return None
    wait = calls[-limit.calls] + limit.seconds - now
    return Excess(limit, wait) if wait > 0 else None
