"""What every transfer of a run stands on: ports to the journal, the data plane and the target, and limits."""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from engine.checks import Checks
from engine.journal import Journal
from engine.limits import Slots
from engine.parts import PREFERRED, PartLimits
from engine.progress import Observer, silence
from engine.retry import RetryPolicy
from engine.wire import Relay, Uploads


@dataclass(frozen=True, slots=True)
class Ports:
    """All of it is handed down, and nothing else is reached for.

    `least_rate` is in bytes a second: a part has max(30 s, its size / least_rate) to arrive. `draining` is
    set when no new part may begin.
    """

    journal: Journal
    relay: Relay
    uploads: Uploads
    slots: Slots
    checks: Checks
    limits: PartLimits
    preferred_part: int = PREFERRED
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    least_rate: float = 64 * 1024
    observer: Observer = silence
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    draining: anyio.Event = field(default_factory=anyio.Event)
