"""What a checkpoint says that the services are to have: sessions, lecture items and schedules."""

from collections.abc import Iterable, Sequence

from engine import Record
from pipelines import items
from pipelines.items import SCHEDULES, ItemState
from pipelines.recheck.sessions import Kept, kept
from pipelines.schedules.records import ScheduleState, fold

Remembered = tuple[list[Kept], list[tuple[str, ItemState]], list[tuple[str, ScheduleState]]]
"""Sessions; items with a session, whose lecture items may be carried; schedules. Each with its event's id."""


def remembered(subjects: Iterable[tuple[str, Sequence[Record]]], at: str | None) -> Remembered:
    """Sort the subjects of a checkpoint. `at` is VALT's address; None believes what was spoken to last."""
    sessions: list[Kept] = []
    states: list[tuple[str, ItemState]] = []
    schedules: list[tuple[str, ScheduleState]] = []
    for subject, records in subjects:
        if not items.is_item(subject):
            site = at if at is not None else records[-1].facts.get("at", "")
            schedules.append((subject.removeprefix(SCHEDULES), fold(records, site)))
        elif (item := kept(subject, records)) is not None:
            sessions.append(item)
            states.append((subject, items.fold(records)))
    return sessions, states, schedules
