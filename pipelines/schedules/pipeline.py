"""The run over VALT's schedules: plans, sends what the plan has found, and tells what overlaps after it.

::

    plan ──> send, one verdict after another ──> read what overlaps now ──> every end on record

An end goes on record only when it is known what overlaps: VALT takes a booking that lies over another one,
and then never records it. A run that is killed before leaves that to the next one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import anyio

from engine import Drain, FerryError, Interrupted, Journal, Observer, Record, Refused, Transient, silence
from pipelines.schedules import records
from pipelines.schedules.events import Found
from pipelines.schedules.planner import SchedulePlan, SchedulePlanner, ScheduleRules
from pipelines.schedules.records import End, Outcome, ScheduleState
from pipelines.schedules.sender import Sender
from pipelines.schedules.verdict import Verdict
from pipelines.valt.client import Valt
from pipelines.valt.model import Overlaps

_RIGHT = frozenset({Outcome.VERIFIED, Outcome.CREATED, Outcome.EQUAL})
_OVER = frozenset({"past", "already_recording"})
_SENT = frozenset({Outcome.VERIFIED, Outcome.CREATED, Outcome.MISMATCH})


@dataclass(frozen=True, slots=True)
class ScheduleEnded:
    """A schedule has its outcome for this run."""

    event_id: str
    end: End


@dataclass(frozen=True, slots=True)
class Entry:
    """One event's booking: the verdict on it, and how it ended. None where the run was stopped before.

    `newly` tells whether it overlaps since it was sent.
    """

    verdict: Verdict
    end: End | None
    newly: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What a run did, in the plan's order. `stopped` tells whether it was asked to stop before its end.

    `harmed` are schedules that belong to none of the events and overlap since.
    """

    plan: SchedulePlan
    entries: tuple[Entry, ...]
    stopped: bool = False
    problems: tuple[str, ...] = ()
    harmed: tuple[str, ...] = ()


class Schedules:
    """Future bookings, from Opencast to VALT.

    `found` gives the events, all of Opencast's where `whole` is true.
    """

    def __init__(
        self,
        valt: Valt,
        rules: ScheduleRules,
        journal: Journal,
        found: Callable[[], AsyncIterator[Found]],
        *,
        whole: bool,
        drain: Drain,
        tries: int,
        observer: Observer = silence,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self._valt = valt
        self._rules = rules
        self._journal = journal
        self._found = found
        self._whole = whole
        self._drain = drain
        self._tries = tries
        self._observer = observer
        self._sleep = sleep or drain.before_another_try
        self._planning = anyio.CancelScope()

    async def run(self) -> Done:
        """Take every booking to its end. Raises Stopping errors, or a Transient one while planning."""
        plan: SchedulePlan | None = None
        with self._planning:
            planner = SchedulePlanner(self._valt, self._rules, self._journal.history)
            plan = await planner.plan(self._found(), whole=self._whole)
        if plan is None:
            raise Interrupted("stopped while planning")
        sender = Sender(self._valt, self._rules, self._journal, plan, tries=self._tries, sleep=self._sleep)
        return await Run(self._valt, self._rules.at, self._journal, plan, sender, self._observer).run(
            self._drain
        )

    def drain(self) -> None:
        """Send nothing more; a plan in the making is dropped."""
        self._drain.begin()
        self._planning.cancel()


class Run:
    """One run over the verdicts of a plan."""

    def __init__(
        self, valt: Valt, at: str, journal: Journal, plan: SchedulePlan, sender: Sender, observer: Observer
    ) -> None:
        self._valt = valt
        self._at = at
        self._journal = journal
        self._plan = plan
        self._sender = sender
        self._observer = observer
        self._ends: dict[str, End] = {}

    async def run(self, drain: Drain) -> Done:
        """Take every verdict to its end, but for what is left when `drain` is begun."""
        try:
            for verdict in in_order(self._plan.verdicts):
                if drain.begun:
                    return self._stopped()
                end = self._ends[verdict.event_id] = await self._end(verdict)
                self._observer(ScheduleEnded(verdict.event_id, end))
            return await self._closed()
        except Interrupted:
            return self._stopped()

    async def _end(self, verdict: Verdict) -> End:
        """Take a verdict to its end; that of a series is its first event's."""
        leader = self._ends.get(verdict.leader)
        return await (self._sender.follow(verdict, leader) if leader else self._sender.end(verdict))

    async def _closed(self) -> Done:
        """Read what overlaps now, and put every end on record."""
        overlaps, problems = self._plan.site.overlaps, list[str]()
        if any(self._was_sent(one) for one in self._plan.verdicts):
            try:
                overlaps = await self._valt.overlaps()
            except (Transient, Refused) as error:
                problems.append(f"VALT does not tell what overlaps now ({error}); the next run looks again")
                self._leave_open(error)
        entries = [self._entry(one, overlaps) for one in self._plan.verdicts]
        for entry in entries:
            await self._record(entry)
        harmed = tuple(sorted(self._harmed(overlaps)))
        problems += (
            f"schedule {one} ({self._plan.site.schedules[one].name}), which is that of no event here, "
            "overlaps since this run: VALT will not record all of it"
            for one in harmed
        )
        return Done(self._plan, tuple(entries), problems=(*self._plan.problems, *problems), harmed=harmed)

    def _harmed(self, overlaps: Overlaps) -> frozenset[str]:
        """Return who else overlaps since the plan, of the schedules that were there then."""
        before = self._plan.site.overlaps
        worse = (overlaps.blocked - before.blocked) | (overlaps.conflict - before.conflict - before.blocked)
        return (worse & self._plan.site.schedules.keys()) - {end.schedule_id for end in self._ends.values()}

    def _was_sent(self, verdict: Verdict) -> bool:
        return self._ends[verdict.event_id].outcome in _SENT

    def _leave_open(self, error: FerryError) -> None:
        """Leave what was sent to the next run, which tells what overlaps."""
        for verdict in self._plan.verdicts:
            if self._was_sent(verdict):
                end = self._ends[verdict.event_id]
                self._ends[verdict.event_id] = replace(
                    end, outcome=Outcome.RETRYABLE, reason=error.code, why=str(error)
                )

    def _entry(self, verdict: Verdict, overlaps: Overlaps) -> Entry:
        end = self._ends[verdict.event_id]
        blocked, conflict = overlapping(end.schedule_id, overlaps)
        sent = self._sender.state(verdict.event_id).open
        known = overlapping(end.schedule_id, self._plan.site.overlaps)
        was = (sent.get("blocked", False), sent.get("conflict", False)) if sent else known
        newly = (blocked and not was[0]) or (conflict and not was[1])
        return Entry(verdict, replace(end, blocked=blocked, conflict=conflict), newly)

    async def _record(self, entry: Entry) -> None:
        event_id, end = entry.verdict.event_id, entry.end
        if end is None:
            return
        state = self._sender.state(event_id)
        in_doubt = state.wanted is not None and end.schedule_id is None
        record = records.ended(event_id, self._at, end, in_doubt=in_doubt)
        if is_news(record, state):
            await self._journal.append(record)

    def _stopped(self) -> Done:
        entries = (Entry(one, self._ends.get(one.event_id)) for one in self._plan.verdicts)
        return Done(self._plan, tuple(entries), stopped=True, problems=self._plan.problems)


def in_order(verdicts: Iterable[Verdict]) -> Sequence[Verdict]:
    """Return updates first, which may make room, then what is made, then the rest; a series by its first."""
    rank = {"update": 0, "create": 1}
    return sorted(verdicts, key=lambda one: (rank.get(one.word, 2), one.leader != one.event_id))


def overlapping(schedule_id: str | None, overlaps: Overlaps) -> tuple[bool, bool]:
    """Tell whether a schedule is blocked, and whether it is in conflict."""
    return schedule_id in overlaps.blocked, schedule_id in overlaps.conflict


def is_news(record: Record, state: ScheduleState) -> bool:
    """Tell whether an end says more than the checkpoint: what was right once stays so when its time comes."""
    if state.ended is None or (state.open is not None and record.closes):
        return True
    facts, known = dict(record.facts), dict(state.ended)
    if known["verdict"] in _RIGHT:
        if facts["reason"] in _OVER and facts["booking"] in (None, known["booking"]):
            return False
        if facts["verdict"] == Outcome.EQUAL:
            facts["verdict"] = known["verdict"]
    return facts != known
