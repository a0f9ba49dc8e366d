"""Holds all events against all of VALT's schedules: exactly one verdict an event, and the tables' faults.

What concerns two events is an error for both, before anything is sent: one schedule that two lead to, or two
bookings that would lie over each other in one room. Nobody guesses which of them is meant.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipelines.opencast.model import Event, Unread
from pipelines.schedules.judge import judge
from pipelines.schedules.records import ScheduleState
from pipelines.schedules.series import Series, all_or_none
from pipelines.schedules.verdict import Site, Tables, Terms, Verdict, lead_of

ROUNDING = 1
"""Seconds by which bookings may overlap because begun ones are counted whole."""

LONGEST_LIST = 20
"""Problems that are named; of more, the number."""

Found = Event | Unread


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The verdicts in the events' order, and what the operator should mend in the tables."""

    verdicts: tuple[Verdict, ...]
    problems: tuple[str, ...] = ()


def reconcile(
    found: Sequence[Found],
    tables: Tables,
    site: Site,
    terms: Terms,
    state_of: Callable[[str], ScheduleState],
    *,
    whole: bool = False,
) -> Reconciled:
    """Judge every event. `whole` tells whether every event that the table may name was looked for."""
    verdicts = judged(found, tables, site, terms, state_of)
    problems = (*_rows(verdicts, tables, whole), *_forsaken(found, tables, state_of))
    return Reconciled(verdicts, tuple(bounded(problems)))


def judged(
    found: Sequence[Found],
    tables: Tables,
    site: Site,
    terms: Terms,
    state_of: Callable[[str], ScheduleState],
) -> tuple[Verdict, ...]:
    """Return the verdicts on events, each held against the others."""
    leads = {one.identifier: lead_of(one.identifier, tables, state_of(one.identifier), site) for one in found}
    claimed = frozenset(lead.schedule_id for lead in leads.values() if lead)
    verdicts = [judge(one, leads[one.identifier], tables, site, terms, claimed) for one in found]
    if terms.recurring:
        events = {one.identifier: one for one in found if isinstance(one, Event)}
        verdicts = Series(events, leads, tables, site, terms, claimed, state_of).together(verdicts)
    else:
        verdicts = _without_duplicates(verdicts)
    return tuple(all_or_none(list(_without_overlaps(verdicts))))


def _without_duplicates(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Refuse all who share a schedule."""
    several = list(verdicts)
    held = Counter(one.schedule_id for one in several if one.word != "skip")
    return [_alone(one, held[one.schedule_id]) for one in several]


def _alone(verdict: Verdict, holders: int) -> Verdict:
    if verdict.schedule_id is None or verdict.word == "skip" or holders == 1:
        return verdict
    why = f"schedule {verdict.schedule_id} is that of {holders} events"
    return verdict.turned("error", "duplicate_target", why)


def _without_overlaps(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """Refuse what would be sent and lie over another booking of the same room."""
    rooms: dict[str, list[Verdict]] = defaultdict(list)
    for one in verdicts:
        if one.booking is not None and one.word != "error":
            rooms[one.booking.room_id].append(one)
    over: dict[str, str] = {}
    for booked in rooms.values():
        over |= overlapping(booked)
    for one in verdicts:
        other = over.get(one.event_id)
        if other is not None and one.sends:
            why = f"it overlaps with the event {other}, which has the same room"
            yield one.turned("error", "overlap_in_plan", why)
        else:
            yield one


def overlapping(booked: Iterable[Verdict]) -> dict[str, str]:
    """Return for each of one room's bookings that lies over another one an event that it lies over."""
    over: dict[str, str] = {}
    latest: tuple[int, str] | None = None
    spans = sorted((*_span(one), one.event_id) for one in booked)
    for start, stop, event_id in spans:
        if latest is not None and latest[0] - start > ROUNDING:
            over[event_id] = latest[1]
            over.setdefault(latest[1], event_id)
        if latest is None or stop > latest[0]:
            latest = (stop, event_id)
    return over


def _span(verdict: Verdict) -> tuple[int, int]:
    booking = verdict.booking
    return (booking.start_at, booking.start_at + booking.duration) if booking else (0, 0)


def _rows(verdicts: Iterable[Verdict], tables: Tables, whole: bool) -> Iterator[str]:
    """Say which rows of the table of schedules are of no use."""
    seen = {one.event_id: one for one in verdicts}
    for event_id in tables.schedules:
        one = seen.get(event_id)
        if one is None and whole:
            yield f"table of schedules, event {event_id}: Opencast does not have it"
        elif one is not None and one.reason == "not_scheduled":
            yield f"table of schedules, event {event_id}: nothing is to be recorded of it"


def _forsaken(
    found: Iterable[Found], tables: Tables, state_of: Callable[[str], ScheduleState]
) -> Iterator[str]:
    """Say which schedules were made for an event that the table now leads elsewhere."""
    for one in found:
        row = tables.schedules.get(one.identifier)
        made = state_of(one.identifier).schedule_id
        if row is not None and made is not None and made != row.id:
            yield (
                f"event {one.identifier}: schedule {made} was made for it, and the table has {row.id}; "
                f"VALT keeps {made} until somebody deletes it"
            )


def bounded(problems: Sequence[str]) -> Iterator[str]:
    """Yield the first of many problems, and how many more there are."""
    yield from problems[:LONGEST_LIST]
    if len(problems) > LONGEST_LIST:
        yield f"and {len(problems) - LONGEST_LIST} more"
