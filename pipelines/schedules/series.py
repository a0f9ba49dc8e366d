"""Several events as one recurring schedule: where the operator allows it and they repeat exactly.

They lead to one schedule, or to none and may have one made. Each keeps a verdict of its own, all with one
word; that of the first is sent for all. What does not repeat exactly is an error where one schedule was asked
for, and otherwise stays single: VALT can leave nothing out of a recurring schedule.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipelines.opencast.model import Event
from pipelines.schedules.judge import judge
from pipelines.schedules.periodic import period_of, starts_of
from pipelines.schedules.records import ScheduleState
from pipelines.schedules.verdict import Lead, Site, Tables, Terms, Verdict
from pipelines.valt.model import Booking

Group = Sequence[Verdict]

LEFT_OUT = frozenset({"not_scheduled", "past"})
"""Reasons for which an event is no recording to come."""


@dataclass(frozen=True, slots=True)
class Series:
    """By what events are taken together."""

    events: Mapping[str, Event]
    leads: Mapping[str, Lead | None]
    tables: Tables
    site: Site
    terms: Terms
    claimed: frozenset[str]
    state_of: Callable[[str], ScheduleState]

    def together(self, judged: Iterable[Verdict]) -> list[Verdict]:
        """Return the verdicts, those on events that are one recurring schedule taken together."""
        verdicts = list(judged)
        taken = [self._sharing(group) for group in self._leading(verdicts)]
        taken += [self._creating(group) for group in self._alike(verdicts)]
        known = {one.event_id: one for group in taken for one in group}
        return [known.get(one.event_id, one) for one in verdicts]

    def _leading(self, verdicts: Group) -> Iterator[Group]:
        """Yield the events to come that lead to one schedule, or to one that was a series before."""
        groups = defaultdict(list)
        for one in verdicts:
            if one.schedule_id is not None and self._is_to_come(one):
                groups[one.schedule_id].append(one)
        for group in groups.values():
            if len(group) > 1 or self._known(group) is not None:
                yield group

    def _is_to_come(self, verdict: Verdict) -> bool:
        begins = verdict.booking.start_at if verdict.booking else None
        return verdict.reason not in LEFT_OUT and (begins is None or begins > self.site.now)

    def _known(self, group: Group) -> Booking | None:
        """Return the recurring schedule that a run of ours left there."""
        for one in group:
            state = self.state_of(one.event_id)
            if state.series is not None and (state.ended or {}).get("schedule_id") == one.schedule_id:
                return state.series
        return None

    def _sharing(self, group: Group) -> Group:
        """Judge events that lead to one schedule."""
        members = sorted(group, key=_begins)
        bookings = [one.booking for one in members if one.booking is not None]
        if len(bookings) < len(members):
            return _refused(members, "not each of them can be booked")
        if (unlike := _unlike(bookings)) is not None:
            return _refused(members, unlike)
        starts = [one.start_at for one in bookings]
        if (known := self._continued(members, starts)) is not None:
            target = self.site.schedules[members[0].schedule_id or ""]
            whole = replace(bookings[0], start_at=target.start_at, repeats=known.repeats)
            return self._judged(members, whole, known.start_at)
        if len(members) == 1:
            return members
        period = period_of(starts, self.terms.zone)
        if isinstance(period, str):
            return _refused(members, period)
        return self._judged(members, replace(bookings[0], repeats=period), starts[0])

    def _continued(self, members: Group, starts: list[int]) -> Booking | None:
        """Return the recurring schedule that is there, where just these recordings of it are to come.

        VALT may tell the first of all recordings as its start, or the next one.
        """
        target = self.site.schedules.get(members[0].schedule_id or "")
        if target is None or target.repeats is None:
            return None
        told = Booking(target.name, "", target.start_at, target.duration, repeats=target.repeats)
        for known in (self._known(members), told):
            if known is None or known.repeats is None or known.repeats != target.repeats:
                continue
            all_starts = starts_of(known.start_at, known.repeats, self.terms.zone)
            left = [one for one in all_starts if one > self.site.now]
            if left == starts and target.start_at in all_starts:
                return known
        return None

    def _alike(self, verdicts: Group) -> Iterator[Group]:
        """Yield the events of one series that are to be created and differ in their days alone."""
        groups = defaultdict(list)
        for one in verdicts:
            series = self.events[one.event_id].series if one.event_id in self.events else ""
            if one.word == "create" and one.booking is not None and series:
                clock = datetime.fromtimestamp(one.booking.start_at, self.terms.zone).time()
                groups[series, clock, repr(_facts(one.booking))].append(one)
        yield from (group for group in groups.values() if len(group) > 1)

    def _creating(self, group: Group) -> Group:
        """Judge events for which one schedule may be made; those that do not repeat stay single."""
        members = sorted(group, key=_begins)
        bookings = [one.booking for one in members if one.booking is not None]
        period = period_of([one.start_at for one in bookings], self.terms.zone)
        if isinstance(period, str):
            return members
        return self._judged(members, replace(bookings[0], repeats=period), bookings[0].start_at)

    def _judged(self, members: Group, whole: Booking, since: int) -> Group:
        """Judge a recurring schedule, and return the verdict for each of its events."""
        first = members[0].event_id
        verdict = judge(
            self.events[first],
            self.leads[first],
            self.tables,
            self.site,
            self.terms,
            self.claimed,
            whole=whole,
        )
        series = tuple(one.event_id for one in members)
        return [
            replace(
                verdict,
                event_id=one.event_id,
                title=one.title,
                booking=one.booking,
                made=one.made,
                changes=verdict.changes if one.event_id == first else {},
                series=series,
                whole=whole,
                since=since,
            )
            for one in members
        ]


def all_or_none(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """Refuse a series of which one event is refused: nothing can be left out of it."""
    refused = {one.leader: one for one in verdicts if one.series and one.word == "error"}
    for one in verdicts:
        other = refused.get(one.leader) if one.series and one.word != "error" else None
        if other is None or other.reason is None:
            yield one
        else:
            why = f"the event {other.event_id}, which is in its series: {other.why}"
            yield one.turned("error", other.reason, why)


def _refused(members: Group, why: str) -> Group:
    """Refuse events that cannot be one schedule; what is wrong with one alone stays said."""
    told = f"schedule {members[0].schedule_id} is that of {len(members)} events, and {why}"
    return [one.turned("error", "not_periodic", told) if one.booking is not None else one for one in members]


def _unlike(bookings: Sequence[Booking]) -> str | None:
    """Say in what bookings differ that are to be one schedule."""
    facts = [_facts(one) for one in bookings]
    names = [name for name in facts[0] if any(one[name] != facts[0][name] for one in facts)]
    return f"they differ in {', '.join(names)}" if names else None


def _facts(booking: Booking) -> dict[str, Any]:
    return {
        "name": booking.name,
        "room": booking.room_id,
        "duration": booking.duration,
        "template": sorted(booking.template.items()),
        "share": booking.share and (sorted(booking.share.users), sorted(booking.share.groups)),
    }


def _begins(verdict: Verdict) -> tuple[int, str]:
    return (verdict.booking.start_at if verdict.booking else 0, verdict.event_id)
