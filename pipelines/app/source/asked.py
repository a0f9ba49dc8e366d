"""Which events a report asks for, joined with the checkpoint; and what can become of each.

A report is a file, which anybody may have written or kept too long: it names events, and decides nothing. An
event counts only where the checkpoint says now that it is verified, with the session that the report tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine import Journal, Record
from pipelines import items, sources
from pipelines.app.reconciliation import Books
from pipelines.config import SettingsError
from pipelines.items import Outcome
from pipelines.migration.ends import noted
from pipelines.report.listed import Reported

NAMED = 5
"""So many events are named where a report is refused."""

ACTIVE = frozenset({"INSTANTIATED", "RUNNING", "PAUSED", "FAILING"})
"""States of a workflow that has an event: what is written then goes elsewhere, or nowhere."""


class Fate(StrEnum):
    """What becomes of an event."""

    TO_DO = "to do"
    DONE = "done"
    ALREADY = "already"
    RETRACTING = "retracting"
    LEFT = "left"
    UNDECIDED = "undecided"
    REFUSED = "refused"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of one event, and why."""

    event_id: str
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The events that something may be done to, each with its records, and those that are left alone."""

    events: Mapping[str, Sequence[Record]]
    left: Sequence[Told]


def asked_for(report: Reported, books: Books) -> Asked:
    """Join a report with the checkpoint. Raises SettingsError where it is of another one."""
    on_record, events, left = set(books.subjects), dict[str, Sequence[Record]](), list[Told]()
    foreign: list[str] = []
    for one in report.rows:
        if one.event_id not in on_record or not items.is_item(one.event_id):
            foreign.append(one.event_id)
            continue
        state = books.state(one.event_id)
        if one.outcome != Outcome.VERIFIED:
            left.append(Told(one.event_id, Fate.LEFT, f"it is {one.outcome} by the report"))
        elif state.outcome is not Outcome.VERIFIED:
            left.append(Told(one.event_id, Fate.LEFT, f"it is {state.outcome} by now"))
        elif not one.session_id or one.session_id != state.session_id:
            foreign.append(one.event_id)
        else:
            events[one.event_id] = books.history(one.event_id)
    if foreign:
        named = ", ".join(foreign[:NAMED]) + (", ..." if len(foreign) > NAMED else "")
        raise SettingsError(
            f"is not a report of this checkpoint: it tells otherwise of {len(foreign)} events ({named})",
            where=report.where,
            advice="write it anew with `ferry report`",
        )
    return Asked(events, left)


async def close(journal: Journal, event_id: str, history: Sequence[Record]) -> None:
    """Close an item again whose source has changed: what was done there stays in its end."""
    source = sources.fold(history).facts
    await journal.append(noted(event_id, items.fold(history), source=source))
