"""Sends one verdict to VALT and reads back what came of it.

::

    look again ──> intent on record ──> POST ──> answer on record ──> read back

The look comes just before each POST: a schedule that started meanwhile, an event whose time came, or what is
there by now is not sent. After a POST whose answer was lost the same look tells whether it was made.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from engine import Journal, Record, Refused, Stopping, Throttled, Transient, Unreadable
from pipelines.schedules import records
from pipelines.schedules.judge import RECORDING, changes_to
from pipelines.schedules.planner import SchedulePlan, ScheduleRules, site_now
from pipelines.schedules.reconcile import judged
from pipelines.schedules.records import End, Outcome, ScheduleState
from pipelines.schedules.verdict import Site, Verdict
from pipelines.valt.client import Valt
from pipelines.valt.model import Booking, Schedule

LONGEST_WAIT = 60.0
"""Seconds between two tries, where VALT asks for none."""

_ENDS: Mapping[str, Outcome] = {"equal": Outcome.EQUAL, "skip": Outcome.SKIPPED, "error": Outcome.ERROR}


class Sender:
    """Takes verdicts of a plan to their ends, one after another; one write is tried up to `tries` times."""

    def __init__(
        self,
        valt: Valt,
        rules: ScheduleRules,
        journal: Journal,
        plan: SchedulePlan,
        *,
        tries: int,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._valt = valt
        self._rules = rules
        self._journal = journal
        self._plan = plan
        self._tries = tries
        self._sleep = sleep

    def state(self, event_id: str) -> ScheduleState:
        """Return what the checkpoint says of an event's schedule."""
        return records.fold(self._journal.history(records.subject(event_id)), self._rules.at)

    async def end(self, verdict: Verdict) -> End:
        """Take one verdict to its end. Raises Stopping errors."""
        try:
            return await self._through(verdict)
        except Stopping:
            raise
        except Transient as error:
            return self._as(verdict, Outcome.RETRYABLE, error.code, str(error))
        except (Refused, Unreadable) as error:
            return self._as(verdict, Outcome.ERROR, error.code, str(error))

    async def follow(self, verdict: Verdict, leader: End) -> End:
        """Return the end of an event whose recording is one of a schedule that was taken to its end."""
        if leader.created and leader.schedule_id is not None:
            await self._adopt(replace(verdict, schedule_id=leader.schedule_id, made=True))
        return replace(leader, title=verdict.title, booking=verdict.booking, before=None)

    async def _through(self, verdict: Verdict) -> End:
        await self._adopt(verdict)
        if verdict.word == "update":
            return await self._update(verdict)
        if verdict.word == "create":
            return await self._create(verdict)
        return self._settled(verdict)

    async def _adopt(self, verdict: Verdict) -> None:
        """Keep the id of a schedule that an earlier run made without hearing so."""
        known = self.state(verdict.event_id).schedule_id
        if verdict.made and verdict.schedule_id is not None and known is None:
            await self._keep(records.created(verdict.event_id, self._rules.at, verdict.schedule_id))

    def _settled(self, verdict: Verdict) -> End:
        """Return the end of what is not sent, or was sent by a run that was killed before it could tell."""
        state = self.state(verdict.event_id)
        outcome = _ENDS[verdict.word]
        if outcome is Outcome.EQUAL and state.open is not None:
            outcome = Outcome.VERIFIED if state.edit else Outcome.CREATED
        return self._as(verdict, outcome, verdict.reason, verdict.why)

    async def _update(self, verdict: Verdict) -> End:
        """Edit a schedule. What a lost answer leaves open is looked up before the edit is sent again."""
        doubts: list[Transient] = []
        while len(doubts) < self._tries:
            await self._wait(doubts)
            fresh = await self._look(verdict)
            if fresh.word != "update" or fresh.target is None:
                return self._settled(fresh)
            await self._intend(fresh, fresh.target)
            try:
                await self._valt.edit(fresh.target.id, fresh.changes)
            except Transient as error:
                doubts.append(error)
                continue
            except Refused:
                if await self._is_started(fresh.target.id):
                    return self._as(fresh, Outcome.SKIPPED, "already_recording", RECORDING)
                raise
            await self._keep(records.edited(fresh.event_id, self._rules.at, fresh.target.id))
            return await self._read_back(fresh, fresh.target.id, Outcome.VERIFIED)
        raise doubts[-1]

    async def _wait(self, doubts: Sequence[Transient]) -> None:
        """Wait before another try, twice as long each time."""
        if doubts:
            backoff = min(2.0 ** (len(doubts) - 1), LONGEST_WAIT)
            await self._sleep(doubts[-1].retry_after or backoff)

    async def _look(self, verdict: Verdict) -> Verdict:
        """Judge an event again, against its schedule and VALT's clock as they are now."""
        identifier = verdict.schedule_id or ""
        target = await self._valt.schedule(identifier)
        found = {identifier: target} if target is not None else {}
        site = replace(self._plan.site, schedules=found, now=self._valt.now())
        return self._judged(verdict, replace(site, unreadable=frozenset()))

    def _judged(self, verdict: Verdict, site: Site) -> Verdict:
        """Judge an event again, with those that are one schedule with it."""
        found = [self._plan.events[one] for one in verdict.series or (verdict.event_id,)]
        verdicts = judged(found, self._rules.tables, site, self._rules.terms, self.state)
        return next(one for one in verdicts if one.event_id == verdict.event_id)

    async def _intend(self, verdict: Verdict, target: Schedule) -> None:
        state = self.state(verdict.event_id)
        if state.edit is not None and state.edit["changes"] == dict(verdict.changes):
            return  # It was meant before; its `before` is the one to go back to.
        overlaps = self._plan.site.overlaps
        await self._keep(records.edit(verdict.event_id, self._rules.at, target, verdict.changes, overlaps))

    async def _is_started(self, identifier: str) -> bool:
        """Tell whether a schedule is being recorded by now, which VALT refuses to change."""
        target = await self._valt.schedule(identifier)
        return target is not None and target.is_started

    async def _create(self, verdict: Verdict) -> End:
        """Create a schedule, each time only after a look that none is there."""
        doubts: list[Transient] = []
        while len(doubts) < self._tries:
            await self._wait(doubts)
            listing = await self._valt.schedules()
            fresh = self._judged(verdict, site_now(self._plan.site, listing, self._valt.now()))
            if fresh.word != "create" or fresh.asked is None:
                return await self._through(fresh)
            if doubts and not isinstance(doubts[-1], Throttled):
                break  # VALT may be at it still, behind a gateway or not: the next run looks again.
            events = fresh.series or (fresh.event_id,)
            for one in events:
                await self._keep(records.create(one, self._rules.at, fresh.asked))
            try:
                identifier = await self._valt.create(fresh.asked)
            except Transient as error:
                doubts.append(error)
                continue
            for one in events:
                await self._keep(records.created(one, self._rules.at, identifier))
            return await self._read_back(fresh, identifier, Outcome.CREATED)
        raise doubts[-1]

    async def _read_back(self, verdict: Verdict, schedule_id: str, outcome: Outcome) -> End:
        """Hold the schedule as VALT has it now against the booking."""
        found = await self._valt.schedule(schedule_id)
        verdict = replace(verdict, schedule_id=schedule_id, made=verdict.made or outcome is Outcome.CREATED)
        wrong = differences(found, verdict.asked, self._valt.now())
        if wrong:
            return self._as(verdict, Outcome.MISMATCH, "read_back", wrong)
        return self._as(verdict, outcome)

    def _as(self, verdict: Verdict, outcome: Outcome, reason: str | None = None, why: str = "") -> End:
        """Return an end with what is known of the schedule, also of one that was made since the verdict."""
        state = self.state(verdict.event_id)
        if verdict.schedule_id is None and state.schedule_id is not None:
            verdict = replace(verdict, schedule_id=state.schedule_id, made=True)
        before = state.edit or state.ended or {}
        same = before.get("schedule_id") == verdict.schedule_id
        return End(
            outcome,
            reason,
            why,
            schedule_id=verdict.schedule_id,
            title=verdict.title,
            booking=verdict.booking or state.booking,
            created=verdict.made,
            before=before.get("before") if same else None,
            series=replace(verdict.whole, start_at=verdict.since) if verdict.whole else None,
        )

    async def _keep(self, record: Record) -> None:
        await self._journal.append(record)


def differences(found: Schedule | None, booking: Booking | None, now: float) -> str:
    """Say how a schedule that was read back is not what was booked; empty where it is."""
    if found is None or booking is None:
        return "VALT does not show it"
    wrong = [f"{name} is not {value!r}" for name, value in changes_to(found, booking, now).items()]
    if found.stop_at is not None and found.stop_at != found.start_at + found.duration:
        wrong.append(f"it stops at {found.stop_at}, not {found.start_at + found.duration}")
    return ", ".join(wrong)
