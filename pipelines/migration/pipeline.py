"""The migration: plans, then takes each item through shipping, finishing and verifying to its outcome.

::

    plan ──largest first──> [ship, at most items_in_flight] ──> [finish, at most finish.in_flight] ──> verify
                                      ^                                   │                              │
                                      └── waits while finishing is full ──┘                         item.right
                                                                                                         │
                                                                      end <── [carry on] <── [furnish] <─┘

Where an item goes on to LumiNUS, that its session is right is a record and not yet its end: from there on
nothing is shipped, whatever becomes of it. An item's own failure is its outcome and the others go on; what
fails the whole run (the account, this machine, the checkpoint, a target that stores something else) ends it,
and every item can be resumed.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import anyio

from engine import Engine, FerryError, Interrupted, Journal, Observer, Record, Stopping, silence
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.migration.ends import End, end_of, known
from pipelines.migration.external_ids import ExternalIds
from pipelines.migration.finish import Failed, Finisher, Pending, Settled
from pipelines.migration.found import Marked, judged, refusal, right
from pipelines.migration.furnish.furnisher import Furnisher
from pipelines.migration.furnish.wants import Wants, kept_in
from pipelines.migration.keeping import Keeping
from pipelines.migration.onward import Nowhere, Onward
from pipelines.migration.renewal import Renewal
from pipelines.migration.select import Skip
from pipelines.migration.sending import moved_files
from pipelines.migration.ship import Ship
from pipelines.migration.stage_place import Place
from pipelines.migration.stages import ItemBegan, ItemEnded, ItemProcessing
from pipelines.migration.verify import Expected, differences
from pipelines.panopto.client import Panopto
from pipelines.panopto.model import Session, State

STARTS = 3
"""How often an item is shipped anew in one run because its session upload came to nothing."""

LOOKS = 3
"""How often a session is looked for before it counts as missing."""

BETWEEN_LOOKS = 2.0

CANCEL_LIMIT = 5.0
"""Seconds that cancelling a session upload may take."""


class Migration:
    """One run over the items of a plan."""

    def __init__(
        self,
        engine: Engine,
        ship: Ship,
        finisher: Finisher,
        panopto: Panopto,
        journal: Journal,
        *,
        in_flight: int,
        finishing: int,
        furnisher: Furnisher | None = None,
        renewal: Renewal | None = None,
        onward: Onward | None = None,
        external_ids: ExternalIds | None = None,
        refused_folder_id: str | None = None,
        observer: Observer = silence,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._sleep = sleep
        self._engine = engine
        self._ship = ship
        self._finisher = finisher
        self._panopto = panopto
        self._journal = journal
        self._keeping = Keeping(journal)
        self._furnisher = furnisher or Furnisher((), journal)
        self._renewal = renewal
        self._changed: Mapping[str, Record] = {}
        self._onward = onward or Nowhere()
        self._marked = Marked(panopto, external_ids, refused_folder_id)
        self._shipping = anyio.Semaphore(in_flight, fast_acquire=True)
        self._finishing = anyio.Semaphore(finishing, fast_acquire=True)
        self._observer = observer
        self._draining = False
        self._closing = False
        self._left = False
        self._looking: set[anyio.CancelScope] = set()

    async def run(self, plan: Sequence[str], changed: Mapping[str, Record] | None = None) -> None:
        """Take the items of `plan` to their outcomes, in its order.

        `changed` are those whose sessions are right and whose events are others by now, with their rows of
        the plan. Raises a Stopping error, Interrupted where it was closed or drained before all was done.
        """
        stopped: list[Stopping] = []
        self._changed = changed or {}
        self._marked.follow(plan, lambda event_id: _is_fresh(self._state(event_id)))
        async with anyio.create_task_group() as group:
            group.start_soon(self._carry_on, group.cancel_scope, stopped)
            await self._items(plan, group.cancel_scope, stopped)
            self._onward.finish()
        if stopped:
            raise stopped[0]
        if self._draining or self._left:
            raise Interrupted("stopped before all was done")

    async def _items(self, plan: Iterable[str], scope: anyio.CancelScope, stopped: list[Stopping]) -> None:
        """Begin the items in their order; return when each has its end or was handed on."""
        async with anyio.create_task_group() as group:
            for event_id in plan:
                await self._shipping.acquire()
                if self._closing or stopped:
                    self._left = True
                    self._shipping.release()
                    break
                group.start_soon(self._item, event_id, scope, stopped)

    async def _carry_on(self, scope: anyio.CancelScope, stopped: list[Stopping]) -> None:
        try:
            await self._onward.run(self._keep)
        except Interrupted:
            return
        except Stopping as error:
            stopped.append(error)
            scope.cancel()

    def close(self) -> None:
        """Begin no further item; those under way may come to their ends."""
        self._closing = True

    def drain(self) -> None:
        """Begin nothing new; parts in flight may end, and nobody waits for Panopto any more."""
        self._closing = self._draining = True
        self._engine.drain()
        self._onward.drain()
        for scope in self._looking:
            scope.cancel()

    async def _item(self, event_id: str, scope: anyio.CancelScope, stopped: list[Stopping]) -> None:
        """Take one item to its end. It holds a shipping place, and gives it up when it comes to finishing."""
        try:
            end = await self._outcome(event_id)
            if end is not None and end.outcome is Outcome.VERIFIED:
                await self._furnish(event_id)
            if end is not None and not await self._handed_on(event_id, end):
                await self._keep(event_id, end)
        except Interrupted:
            return
        except Stopping as error:
            stopped.append(error)
            scope.cancel()

    async def _furnish(self, event_id: str) -> None:
        """Give a session that is right what its manifest could not; how that ends is not the item's end."""
        state = self._state(event_id)
        wants = kept_in(known(state), event_id)
        if wants is None and state.lacking:
            wants = Wants(event_id, state.series or "")  # Reconciled: nobody knows what else it is to get.
        if wants is None or not self._furnisher.lacking(state, wants):
            return
        if self._draining:
            raise Interrupted("stopped before its session was furnished", where=event_id)
        async with self._finishing:
            await self._furnisher.furnish(event_id, state, wants)

    async def _handed_on(self, event_id: str, end: End) -> bool:
        """Hand an item on whose session is right; False where this is its end."""
        state = self._state(event_id)
        if end.outcome is not Outcome.VERIFIED or state.right is None or not self._onward.wants(state):
            return False
        await self._keeping.open_again(event_id)
        self._onward.take(event_id)
        return True

    async def _outcome(self, event_id: str) -> End | None:
        shipping = Place(self._shipping)
        try:
            if (known := await self._known(event_id, self._state(event_id))) is not None:
                return known
            return await self._through(event_id, shipping)
        except Stopping:
            raise
        except FerryError as error:
            end = end_of(error)
            if end.outcome is not Outcome.PERMANENT:
                return end
            if self._state(event_id).meant is not None:
                # Panopto may have it: its records are kept, so that no later run sends it a second time.
                return End(Outcome.RETRYABLE, end.reason, end.why)
            await self._cancel(event_id)
            return end
        finally:
            shipping.leave()

    async def _known(self, event_id: str, state: ItemState) -> End | None:
        """Return the end of an item that Panopto has, on record or not; None where it is to be shipped."""
        if state.right is not None:
            if (end := await self._renewed(event_id)) is not None:
                return end
            state = self._state(event_id)
        if state.found is not None:
            return await self._as_found(event_id, state.found)
        if _is_fresh(state) and not self._draining:
            folder_id = await self._ship.folder_of(event_id)
            there = await self._marked.unrecorded(event_id, folder_id, state.earlier_sessions)
            return refusal(there) if there else None
        return None

    async def _renewed(self, event_id: str) -> End | None:
        """Return the end of an item whose session stays; None where its films changed, and it begins anew."""
        planned = self._changed.get(event_id)
        if planned is None or self._renewal is None:
            return End(Outcome.VERIFIED)
        if self._draining:
            raise Interrupted("stopped before it was renewed", where=event_id)
        return await self._renewal.renew(event_id, planned)

    async def _as_found(self, event_id: str, found: Mapping[str, Any]) -> End:
        """Judge an item by the sessions that were found of it, as they are now."""
        looks = [await self._session(one) for one in found["session_ids"]]
        sessions = [one for one in looks if one is not None]
        end = judged(event_id, found, sessions)
        if end.outcome is Outcome.VERIFIED:
            await self._journal.append(right(event_id, sessions[0]))
        return end

    async def _through(self, event_id: str, shipping: Place) -> End | None:
        """Ship, finish and verify; a session upload that came to nothing is shipped anew."""
        settled: Settled | None = None
        for _ in range(STARTS):
            self._observer(ItemBegan(event_id))
            state = await self._ship.ship(event_id)
            if isinstance(state, Skip):
                return End(Outcome.SKIPPED, state.reason, state.why)
            async with self._finishing:
                shipping.leave()
                settled = await self._settle(event_id, state)
            if settled is None:
                return None
            if not (isinstance(settled.verdict, Failed) and settled.verdict.anew):
                break
            if not await self._ship.begin_anew(event_id, settled.verdict.reason):
                return await self._verified(event_id)
            await shipping.enter()
        return await self._judged(event_id, settled)

    async def _settle(self, event_id: str, state: ItemState) -> Settled | None:
        """Wait for Panopto; None where the run is drained meanwhile."""
        self._observer(ItemProcessing(event_id))

        async def seen(session_id: str) -> None:
            await self._journal.append(items.session(event_id, session_id))

        upload_id = (state.upload or {})["id"]
        if self._draining:
            return None
        with anyio.CancelScope() as scope:
            self._looking.add(scope)
            try:
                return await self._finisher.settle(upload_id, seen=seen, session_id=state.session_id)
            finally:
                self._looking.discard(scope)
        return None

    async def _judged(self, event_id: str, settled: Settled | None) -> End:
        match settled.verdict if settled else Pending():
            case Pending(reason=reason, sentence=sentence):
                return End(Outcome.WAITING, reason, sentence)
            case Failed(anew=True, reason=reason, sentence=sentence):
                return End(Outcome.RETRYABLE, reason, sentence)
            case Failed(reason=reason, sentence=sentence):
                return End(Outcome.PERMANENT, reason, sentence)
            case _:
                return await self._verified(event_id)

    async def _verified(self, event_id: str) -> End:
        """Hold the session at Panopto against what it was meant to be."""
        history = self._journal.history(event_id)
        state = items.fold(history)
        meant, upload = state.meant or {}, state.upload or {}
        expected = Expected(
            event_id=event_id,
            session_id=state.session_id or "",
            title=meant["title"],
            date=datetime.fromisoformat(meant["date"]),
            folder_id=upload["folder_id"],
            duration=meant["duration"],
            files=frozenset(file["name"] for file in upload["files"]),
        )
        session = await self._session(expected.session_id)
        found = differences(expected, session, moved_files(history, state.generation))
        if session is None or found:
            return End(Outcome.DIFFERS, found[0].field, ", ".join(one.sentence for one in found))
        await self._journal.append(right(event_id, session))
        return End(Outcome.VERIFIED)

    async def _session(self, session_id: str) -> Session | None:
        """Return a session; one that is not found at once is looked for some times more."""
        for _ in range(LOOKS - 1):
            if (session := await self._panopto.session(session_id)) is not None:
                return session
            await self._sleep(BETWEEN_LOOKS)
        return await self._panopto.session(session_id)

    async def _cancel(self, event_id: str) -> None:
        """Cancel the session upload of an item that failed for good and was not submitted."""
        state = self._state(event_id)
        if state.upload is None or state.meant is not None:
            return
        with anyio.move_on_after(CANCEL_LIMIT, shield=True):
            try:
                found = await self._panopto.get(state.upload["id"])
                if found is not None and found.state == State.UPLOADING:
                    await self._panopto.cancel(state.upload["id"])
            except FerryError:
                return  # Panopto times an open upload out by itself, and no session comes of it

    def _state(self, event_id: str) -> ItemState:
        return items.fold(self._journal.history(event_id))

    async def _keep(self, event_id: str, end: End) -> None:
        """Write an item's end, unless it was right before and nothing is known to have changed."""
        await self._keeping.keep(event_id, end)
        self._observer(ItemEnded(event_id, end.outcome, end.reason, end.why))


def _is_fresh(state: ItemState) -> bool:
    """Whether an item is to be begun, so that nothing of it may be at Panopto."""
    return state.planned is not None and state.upload is None and state.right is None and state.found is None
