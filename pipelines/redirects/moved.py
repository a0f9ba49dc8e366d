"""Which events have a session that an old link may lead to, by the checkpoint."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine import Record
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.migration.found import TWO


@dataclass(frozen=True, slots=True, order=True)
class Moved:
    """An event and its session."""

    event_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """The events that have their sessions, by their ids, and how many others stand how.

    `unlike` counts those among `moved` whose session is not what was meant.
    """

    moved: tuple[Moved, ...]
    others: Mapping[Outcome, int]
    unlike: int = 0


def found_in(subjects: Iterable[tuple[str, Sequence[Record]]], differing: bool = False) -> Found:
    """Find them among a checkpoint's subjects; `differing` takes sessions in that are not what was meant."""
    moved: list[Moved] = []
    others: Counter[Outcome] = Counter()
    unlike = 0
    for event_id, records in subjects:
        if not items.is_item(event_id):
            continue
        state = items.fold(records)
        if state.session_id and (right(state) or (differing and differs(state))):
            moved.append(Moved(event_id, state.session_id))
            unlike += not right(state)
        elif state.earlier_sessions:  # Its films changed, and the newest session is not right yet.
            moved.append(Moved(event_id, state.earlier_sessions[-1]))
        else:
            others[state.outcome] += 1
    return Found(tuple(sorted(moved)), dict(sorted(others.items())), unlike)


def right(state: ItemState) -> bool:
    """Tell whether its session was found to be what was meant, whatever became of its lecture items."""
    return state.right is not None


def differs(state: ItemState) -> bool:
    """Tell whether it has one session that is not what was meant. Of two nobody knows which is to be seen."""
    return state.outcome is Outcome.DIFFERS and state.reason != TWO
