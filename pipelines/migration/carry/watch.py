"""The stage by itself: takes up what waits for LumiNUS, and looks again and again where it is to watch.

::

    what waits ──> look ──> all has its end? ── yes ──> done
                    ^            │ no
                    └── a pause, ever longer, up to `longest`

LumiNUS makes lecture items by a job of its own, hours or days after a session. So a look asks once for each
module, and what is not there waits for the next one. Whenever something came, the next look is soon again,
as that job brings many at a time.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import anyio

from engine import AccountRefused, Interrupted, Observer, silence
from pipelines.items import ItemState, Outcome
from pipelines.luminus.closed import Closed, QuotaSpent, TokenRefused
from pipelines.migration.ends import End
from pipelines.migration.onward import Keep
from pipelines.migration.stages import CarryRests, ItemEnded

FIRST_PAUSE = 60.0
"""Seconds to the second look."""

GROWTH = 1.5

LEFT = frozenset({Outcome.WAITING, Outcome.RETRYABLE})
"""How items end that are looked for again."""


class Stage(Protocol):
    """One look (pipelines.migration.carry.stage.Carry)."""

    @property
    def closed(self) -> Closed | None:
        """Why LumiNUS answered nothing more, if it did so."""
        ...

    def take(self, event_id: str) -> None:
        """Take an item up."""
        ...

    def finish(self) -> None:
        """Hear that nothing more will come."""
        ...

    def drain(self) -> None:
        """Look and wait no more."""
        ...

    async def run(self, keep: Keep) -> None:
        """Bring all that was taken to its end."""
        ...


class Items(Protocol):
    """The items that wait, and their records (pipelines.migration.keeping.Keeping)."""

    async def open_again(self, event_id: str) -> None:
        """Open an item again that ended in an earlier run."""
        ...

    async def keep(self, event_id: str, end: End) -> None:
        """Write an item's end."""
        ...


def waits(state: ItemState) -> bool:
    """Whether the session of an item is right, and its lecture items are still to be set."""
    if state.right is None or state.settled(carries=True):
        return False
    return state.outcome is not Outcome.VERIFIED or not state.carried or state.seen_anew


class Watch:
    """Looks for the lecture items of items, until all have their ends or, without `longest`, once.

    `begin` gives a stage for one look. `longest` is the longest pause in seconds; `lasts` tells for how many
    seconds LumiNUS's token is still good, None where nobody knows.
    """

    def __init__(
        self,
        items: Items,
        begin: Callable[[], Stage],
        *,
        longest: float | None = None,
        lasts: Callable[[], float | None] = lambda: None,
        observer: Observer = silence,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._items = items
        self._begin = begin
        self._longest = longest
        self._lasts = lasts
        self._observer = observer
        self._sleep = sleep
        self._draining = False
        self._stage: Stage | None = None
        self._pausing: anyio.CancelScope | None = None
        self.ends: dict[str, End] = {}
        """How each item ended when it was last looked for."""

    async def run(self, waiting: Sequence[str]) -> None:
        """Look until nothing waits, or nothing more is to be had.

        Raises AccountRefused where the token has ended or is refused, Interrupted where it was drained, and
        the Stopping errors of a look.
        """
        pause = 0.0
        while waiting:
            self._go_on()
            closed = await self._look(waiting)
            self._go_on()
            left = [one for one in waiting if one not in self.ends or self.ends[one].outcome in LEFT]
            if isinstance(closed, TokenRefused):
                raise _refused(str(closed))
            if self._longest is None or not left or not isinstance(closed, QuotaSpent | None):
                return
            pause = FIRST_PAUSE if len(left) < len(waiting) or not pause else pause * GROWTH
            pause, waiting = min(pause, self._longest), left
            await self._rest(pause, len(left))

    def drain(self) -> None:
        """Begin no further look; calls under way may end."""
        self._draining = True
        if self._stage is not None:
            self._stage.drain()
        if self._pausing is not None:
            self._pausing.cancel()

    async def _look(self, waiting: Iterable[str]) -> Closed | None:
        """Look once for each of the items; return why LumiNUS answered nothing more, if it did so."""
        if (lasts := self._lasts()) is not None and lasts <= 0:
            raise _refused("its token has ended")
        self._stage = self._begin()
        for event_id in waiting:
            await self._items.open_again(event_id)
            self._stage.take(event_id)
        self._stage.finish()
        if self._draining:
            self._stage.drain()
        await self._stage.run(self._keep)
        return self._stage.closed

    async def _keep(self, event_id: str, end: End) -> None:
        """Keep an end; the same end as at the look before is neither written nor told again."""
        if self.ends.get(event_id) == end:
            return
        await self._items.keep(event_id, end)
        self.ends[event_id] = end
        self._observer(ItemEnded(event_id, end.outcome, end.reason, end.why))

    async def _rest(self, seconds: float, waiting: int) -> None:
        """Wait for the next look, and no longer than the token lasts."""
        lasts = self._lasts()
        seconds = seconds if lasts is None else max(0.0, min(seconds, lasts))
        self._observer(CarryRests(waiting, seconds))
        with anyio.CancelScope() as scope:
            self._pausing = scope
            await self._sleep(seconds)
        self._pausing = None

    def _go_on(self) -> None:
        if self._draining:
            raise Interrupted("stopped before all was carried")


def _refused(why: str) -> AccountRefused:
    return AccountRefused(
        f"carries nothing more: {why}",
        where="luminus",
        advice="put a new token in its place, and the same command goes on where it was",
    )
