"""The stage that takes items on whose session is right, until their lecture items are as they should be.

::

    take ──by series──> module 1: rows that wait ──one look at its list──> PATCH ──next look──> end
                        module 2: ...

A module that items wait in has one task, an item has none. N items, of one lecture item each and all there
when they are taken, in M modules, are 1 + 2M + R + N calls to LumiNUS: the modules once, each web lecture
once, each list once and once more for each of the R rounds of up to ROUND items, each PATCH once. Opencast
is asked R times for events, and once for each series. Where all is as it should be, 1 + 2M are left.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import random

import anyio

from engine import Journal, Observer, RetryPolicy, Stopping, silence
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.luminus.closed import Closed
from pipelines.migration.carry.entry import Entry
from pipelines.migration.carry.lectures import Lectures
from pipelines.migration.carry.module import Means, ModuleCarry
from pipelines.migration.carry.patch import Patcher
from pipelines.migration.carry.publish import PublishPolicy
from pipelines.migration.carry.row import Row
from pipelines.migration.carry.sources import Events, Sessions, Sources
from pipelines.migration.ends import End
from pipelines.migration.onward import Keep
from pipelines.migration.refused_folder import lies_aside
from pipelines.migration.stages import CarryParked, ItemCarrying

TRIES = RetryPolicy(attempts=4, first=1.0)


@dataclass(frozen=True, slots=True)
class CarryStatistics:
    """How many items wait, in how many modules, what was called so far, and why nothing more is."""

    waiting: int
    modules: int
    looks: int
    patches: int
    parked: str | None


class Carry:
    """Carries items on for one run.

    `modules` leads from series to module (in lower case). `wait` is for how many seconds the lecture item of
    a session is looked for. `retry` is for what fails once it was seen, on top of what the clients retry.
    """

    def __init__(
        self,
        luminus: Lectures,
        events: Events,
        sessions: Sessions,
        journal: Journal,
        *,
        modules: Mapping[str, str],
        policy: PublishPolicy,
        presenter: str,
        wait: float,
        retry: RetryPolicy = TRIES,
        observer: Observer = silence,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        chance: Callable[[], float] = random,
    ) -> None:
        self._journal = journal
        self._series = modules
        self._wait = wait
        self._observer = observer
        self._clock = clock
        self._patcher = Patcher(luminus, journal, observer)
        sources = Sources(events, sessions, policy, presenter)
        self._means = Means(luminus, Entry(luminus), sources, self._patcher, retry, clock, sleep, chance)
        self._modules: dict[str, ModuleCarry] = {}
        self._at_work: set[ModuleCarry] = set()
        self._to_begin: deque[ModuleCarry] = deque()
        self._news = anyio.Event()
        self._finished = False
        self._closed: Closed | None = None
        self._whole = anyio.CancelScope()
        self._asking: set[anyio.CancelScope] = set()

    @property
    def closed(self) -> Closed | None:
        """Why LumiNUS answers nothing more in this run; None where it does."""
        return self._closed

    def wants(self, state: ItemState) -> bool:
        """Whether the item's series has a module."""
        return state.series in self._series

    def take(self, event_id: str) -> None:
        """Take an item that is wanted, and whose session is right; it comes to its end in `run`."""
        state = items.fold(self._journal.history(event_id))
        right, now = state.right or {}, self._clock()
        aside = lies_aside(state)
        deadline = now if aside else now + self._wait
        row = Row(event_id, right["session_id"].lower(), right.get("start"), now, deadline, now, aside=aside)
        row.was_right = (
            bool(state.carried) and (state.ended or state.earlier).get("outcome") == Outcome.VERIFIED
        )
        module_id = self._series[state.series or ""]
        module = self._modules.setdefault(module_id, ModuleCarry(module_id, self._means))
        module.add(row)
        if module not in self._at_work:
            self._at_work.add(module)
            self._to_begin.append(module)
            self._news.set()
        self._observer(ItemCarrying(event_id))

    def finish(self) -> None:
        """Hear that nothing more will be taken."""
        self._finished = True
        self._news.set()

    def drain(self) -> None:
        """Look and wait no more; what is not done stays as its records say."""
        self._whole.cancel()

    def statistics(self) -> CarryStatistics:
        """Return how it stands."""
        modules = self._modules.values()
        return CarryStatistics(
            waiting=sum(one.waiting for one in modules),
            modules=len(self._modules),
            looks=sum(one.looks for one in modules),
            patches=self._patcher.patches,
            parked=str(self._closed) if self._closed else None,
        )

    async def run(self, keep: Keep) -> None:
        """Take items to their ends, until nothing more will come and all have theirs, or until drained.

        `keep` is awaited with each end, once an item. Raises a Stopping error.
        """
        stopped: list[Stopping] = []
        with self._whole:
            async with anyio.create_task_group() as group:
                while (module := await self._next()) is not None:
                    group.start_soon(self._carry, module, keep, group.cancel_scope, stopped)
        if stopped:
            raise stopped[0]

    async def _next(self) -> ModuleCarry | None:
        """Wait for a module that nobody works at and that an item came to; None after the last one."""
        while not self._to_begin:
            if self._finished:
                return None
            self._news = anyio.Event()
            await self._news.wait()
        return self._to_begin.popleft()

    async def _carry(
        self, module: ModuleCarry, keep: Keep, scope: anyio.CancelScope, stopped: list[Stopping]
    ) -> None:
        """Work at one module as long as an item waits there."""
        try:
            await self._ask(module, keep)
            if self._closed is not None:
                await module.release(End(Outcome.WAITING, self._closed.code, str(self._closed)), keep)
        except Stopping as error:
            stopped.append(error)
            scope.cancel()
        finally:
            self._at_work.discard(module)

    async def _ask(self, module: ModuleCarry, keep: Keep) -> None:
        """Have a module make its calls, unless LumiNUS is closed or closes meanwhile."""
        if self._closed is not None:
            return
        with anyio.CancelScope() as scope:
            self._asking.add(scope)
            try:
                await module.run(keep)
            except Closed as error:
                self._park(error)
            finally:
                self._asking.discard(scope)

    def _park(self, error: Closed) -> None:
        """Make no further call in this run: all that waits, and all that comes, waits for the next."""
        if self._closed is None:
            self._closed = error
            self._observer(CarryParked(str(error)))
        for scope in self._asking:
            scope.cancel()
