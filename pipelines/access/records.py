"""What the checkpoint keeps of permissions that were granted: whoever takes one away asks here whose it is.

An intent stands under the event's subject beside the records of its item, which it leaves as it is; what was
granted in the end is the value of the aspect `access`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from engine import Record
from pipelines import items
from pipelines.access.difference import Right
from pipelines.items import Outcome

GRANT = "access.grant"


@dataclass(frozen=True, slots=True)
class Verified:
    """An item whose session is right; which rights on it this checkpoint granted, and how it stood last."""

    event_id: str
    session_id: str
    granted: frozenset[Right] = frozenset()
    aspect: Mapping[str, Any] = field(default_factory=dict)


def grant(event_id: str, right: Right) -> Record:
    """Say that a right is about to be granted."""
    return Record(event_id, GRANT, asdict(right))


def verified(event_id: str, history: Iterable[Record]) -> Verified | None:
    """Return an item by its records; None where it is not verified."""
    state = items.fold(records := list(history))
    if state.outcome is not Outcome.VERIFIED or not state.session_id:
        return None
    return Verified(event_id, state.session_id, _granted(records), state.aspects.get("access", {}))


def _granted(history: Iterable[Record]) -> frozenset[Right]:
    """Return what was granted by the last word on it, and by the intents since."""
    found: set[Right] = set()
    for one in history:
        if (aspect := (one.facts.get("aspects") or {}).get("access")) is not None:
            found = {Right(**right) for right in aspect.get("granted", ())}
        elif one.kind == GRANT:
            found.add(Right(**one.facts))
    return frozenset(found)
