"""The items that wait for lecture items of one module: a look at its list serves all of them.

A look finds lecture items, and reads back what was sent before it. So items that are all there cost one look,
and one more for each ROUND of them in which something was sent. What is not there yet is looked for again,
ever more rarely, until its time is over; whoever comes meanwhile has a look soon.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import anyio
import anyio.lowlevel

from engine import Final, GiveUp, RetryPolicy, ServerFault, Stopping, Transient, decide
from pipelines.items import Outcome
from pipelines.luminus.closed import Closed
from pipelines.luminus.model import LectureItem, WebLecture
from pipelines.migration.carry.entry import Entry
from pipelines.migration.carry.join import by_session
from pipelines.migration.carry.lectures import Lectures
from pipelines.migration.carry.patch import Make, Patcher
from pipelines.migration.carry.row import Row
from pipelines.migration.carry.sources import Sources
from pipelines.migration.ends import End, end_of
from pipelines.migration.finish import FIRST_LOOK
from pipelines.migration.onward import Keep
from pipelines.opencast.model import Event, Unread

ROUND = 50
"""Items whose events are read together, and that are read back together."""

Listed = Mapping[str, tuple[LectureItem, ...]]
"""The lecture items of a module, by session."""


@dataclass(frozen=True, slots=True)
class Means:
    """What all modules of a stage work with. `policy` is for what fails once a lecture item was seen."""

    luminus: Lectures
    entry: Entry
    sources: Sources
    patcher: Patcher
    policy: RetryPolicy
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]


class ModuleCarry:
    """One module and the rows that wait there; `looks` counts how often its list was read."""

    def __init__(self, module_id: str, means: Means) -> None:
        self.looks = 0
        self._module_id = module_id
        self._means = means
        self._rows: dict[str, Row] = {}
        self._web_lecture: WebLecture | None = None
        self._barred: End | None = None
        self._looked = float("-inf")
        self._spread = 0.0
        self._sleeping: anyio.CancelScope | None = None

    @property
    def waiting(self) -> int:
        """How many items wait here."""
        return len(self._rows)

    def add(self, row: Row) -> None:
        """Have an item wait here. It is looked for soon, but no sooner than after a first interval."""
        row.due = max(row.due, self._looked + FIRST_LOOK)
        self._rows.setdefault(row.event_id, row)
        if self._sleeping is not None:
            self._sleeping.cancel()

    async def run(self, keep: Keep) -> None:
        """Take what waits here to its end; return when nothing waits. Raises Closed or a Stopping error."""
        while self._rows:
            await self._turn(await self._until_due(), keep)

    async def release(self, end: End, keep: Keep) -> None:
        """End all that waits here, and what comes meanwhile, without a look."""
        while self._rows:
            await self._end(next(iter(self._rows.values())), end, keep)

    async def _until_due(self) -> float:
        """Sleep until a row is due, and return that moment: a clock may be a little behind it."""
        while True:
            due = min(row.due for row in self._rows.values())
            with anyio.CancelScope() as scope:
                self._sleeping = scope
                try:
                    await self._means.sleep(max(0.0, due - self._means.clock()))
                finally:
                    self._sleeping = None
                return max(due, self._means.clock())

    async def _turn(self, at: float, keep: Keep) -> None:
        """Look once, and take on what was found."""
        self._spread = self._means.chance()
        rows = tuple(self._rows.values())
        try:
            listed = await self._look(rows)
        except Transient as error:
            for row in rows:
                await self._after_fault(row, error, at, keep)
            return
        ready = [row for row in rows if await self._is_ready(row, listed, at, keep)]
        await self._bring(ready, listed, at, keep)

    async def _look(self, rows: Sequence[Row]) -> Listed:
        """Return what is listed; nothing where the module is barred and nothing is to be read back."""
        try:
            await self._enter()
            if self._web_lecture is None or (self._barred and not any(row.sent for row in rows)):
                return {}
            self.looks += 1
            return by_session(await self._means.luminus.items(self._web_lecture.id))
        except (Closed, Stopping):
            raise
        except Final as error:
            if error.code != "no_right":
                # LumiNUS refuses good calls now and then; one that it showed before is shown again.
                raise ServerFault(error.what, where=error.where) from error
            self._bar(end_of(error), rows)
            return {}
        finally:
            self._looked = self._means.clock()

    async def _enter(self) -> None:
        """Find the web lecture, once."""
        if self._web_lecture is None and self._barred is None:
            found = await self._means.entry.web_lecture(self._module_id)
            if isinstance(found, End):
                self._barred = found
            else:
                self._web_lecture = found

    def _bar(self, end: End, rows: Sequence[Row]) -> None:
        """Look no more. What was sent may be right: its records are kept for a run that may look again."""
        self._barred = end
        for row in rows:
            for lecture_item in row.sent:
                row.refuse(lecture_item, End(Outcome.RETRYABLE, end.reason, end.why))
            row.sent.clear()

    async def _is_ready(self, row: Row, listed: Listed, at: float, keep: Keep) -> bool:
        """Read back what was sent for a row, and end it where nothing is left; tell whether to take it on."""
        there = listed.get(row.session_id, ())
        await self._means.patcher.read_back(row, there)
        left = _left(row, there)
        if row.done and not left:
            await self._end(row, row.end, keep)
        elif self._barred is not None:
            await self._end(row, self._barred, keep)
        elif left:
            return not row.tries or row.due <= at + FIRST_LOOK
        elif at >= row.deadline:
            await self._end(row, _not_there(row), keep)
        else:
            row.missed(self._means.clock())
        return False

    async def _after_fault(self, row: Row, error: Transient, at: float, keep: Keep) -> None:
        """A look that brought no answer: nothing is known to have changed."""
        if row.seen:
            if row.due <= at + FIRST_LOOK:
                await self._failed(row, error, keep)
        elif at >= row.deadline:
            await self._end(row, end_of(error), keep)
        else:
            row.missed(self._means.clock())

    async def _bring(self, ready: Sequence[Row], listed: Listed, at: float, keep: Keep) -> None:
        """Take rows on, as many as one look is to read back; the others are due with that look."""
        for row in ready:
            row.due = at
        for first in range(0, len(ready), ROUND):
            some = ready[first : first + ROUND]
            await self._round(some, listed, keep)
            if self._barred is not None or any(row.sent for row in some):
                return

    async def _round(self, rows: Sequence[Row], listed: Listed, keep: Keep) -> None:
        try:
            read = await self._means.sources.events([row.event_id for row in rows])
        except Transient as error:
            for row in rows:
                await self._failed(row, error, keep)
            return
        for row in rows:
            await self._take_on(row, read[row.event_id], _left(row, listed[row.session_id]), keep)

    async def _take_on(
        self, row: Row, event: Event | Unread, left: Sequence[LectureItem], keep: Keep
    ) -> None:
        """Bring the lecture items of a row to what they are to be; one for which nothing was sent ends."""
        if isinstance(event, Unread):
            await self._end(row, row.untold(event), keep)
            return
        try:
            make = await self._means.sources.making(row, event)
            for item in left:
                await self._bring_one(row, item, make)
        except Transient as error:
            await self._failed(row, error, keep)
            return
        if not row.sent:
            await self._end(row, row.end, keep)

    async def _bring_one(self, row: Row, item: LectureItem, make: Make) -> None:
        if self._barred is not None:
            row.refuse(item.id, self._barred)
            return
        try:
            await self._means.patcher.bring(row, item, make)
        except (Closed, Stopping):
            raise
        except Final as error:
            end = end_of(error)
            row.refuse(item.id, end)
            if end.reason == "no_right":
                self._barred = end

    async def _failed(self, row: Row, error: Transient, keep: Keep) -> None:
        """Count a try that failed: another one is due after a while, or this is the row's end."""
        now = self._means.clock()
        row.tried = row.tried if row.tries else now
        row.tries += 1
        # All that failed in one turn wait equally long, so that one look serves them again.
        step = decide(self._means.policy, error, row.tries, now - row.tried, self._spread)
        if isinstance(step, GiveUp):
            await self._end(row, end_of(error), keep)
        else:
            row.due = now + step.seconds

    async def _end(self, row: Row, end: End, keep: Keep) -> None:
        """End a row, unless this is cancelled before: its end is written whole or not at all."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        del self._rows[row.event_id]
        with anyio.CancelScope(shield=True):
            await keep(row.event_id, end)


def _left(row: Row, there: Sequence[LectureItem]) -> list[LectureItem]:
    return [item for item in there if item.id not in row.done]


def _not_there(row: Row) -> End:
    why = f"LumiNUS has no lecture item of session {row.session_id} yet; the next run looks again"
    if row.aside:
        why = (
            f"LumiNUS has no lecture item of session {row.session_id}: it imports from one folder, and the "
            f"session is in {row.aside} instead of its own; `ferry retry --aspect folder` once that takes it"
        )
    return End(Outcome.WAITING, "lecture_item", why)
