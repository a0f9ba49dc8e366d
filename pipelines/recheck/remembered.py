"""What a checkpoint says that the services are to have: sessions, lecture items and schedules.

What no run has finished, and Panopto has no session of, is to be nowhere yet: it waits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine import Record
from pipelines import items
from pipelines.items import SCHEDULES, ItemState, Outcome
from pipelines.recheck.found import Waiting
from pipelines.recheck.sessions import Kept, kept
from pipelines.schedules.records import ScheduleState, fold

UNFINISHED = frozenset({Outcome.WAITING, Outcome.RETRYABLE})
"""How an item stands that a later run goes on with, without anybody mending anything."""


@dataclass(slots=True)
class Remembered:
    """Sessions; items with a session, whose lecture items may be carried; schedules; items without a session.

    Each with its event's id.
    """

    sessions: list[Kept] = field(default_factory=list)
    states: list[tuple[str, ItemState]] = field(default_factory=list)
    schedules: list[tuple[str, ScheduleState]] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)


def remembered(subjects: Iterable[tuple[str, Sequence[Record]]], at: str | None) -> Remembered:
    """Sort the subjects of a checkpoint. `at` is VALT's address; None believes what was spoken to last."""
    found = Remembered()
    for subject, records in subjects:
        if items.is_schedule(subject):
            site = at if at is not None else records[-1].facts.get("at", "")
            found.schedules.append((subject.removeprefix(SCHEDULES), fold(records, site)))
        if not items.is_item(subject):
            continue
        state = items.fold(records)
        if (item := kept(subject, records)) is not None:
            found.sessions.append(item)
            found.states.append((subject, state))
        elif state.outcome in UNFINISHED:
            found.waiting.append(Waiting(subject, unfinished(state)))
    return found


def unfinished(state: ItemState) -> str:
    """Say where an item is that has no session yet."""
    if state.submitted:
        return "Panopto has not told its session yet; run again"
    return "it is not moved yet; run again"
