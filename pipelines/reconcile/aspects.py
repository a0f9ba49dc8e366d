"""Decides which aspects of a session that could not be carried may be tried again: no call.

What only a manifest can bring cannot come any more, and what may be there already is never sent again.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pipelines.items import AspectOutcome, ItemState
from pipelines.reconcile.release import Fate, Released

LATER = frozenset({"captions", "tags", "folder", "owner", "availability", "external_id"})
"""Aspects that a session can be given after it was made."""

IN_DOUBT = "in_doubt"


def tried_again(event_id: str, state: ItemState, names: Collection[str]) -> list[Released]:
    """Decide about each aspect of these names that is out of reach."""
    return [
        _decided(event_id, name, told)
        for name, told in state.aspects.items()
        if name in names and told["outcome"] == AspectOutcome.PERMANENT
    ]


def _decided(event_id: str, name: str, told: Mapping[str, Any]) -> Released:
    reason, why = f"{name} {told.get('reason', '')}".strip(), told.get("why") or ""
    if name == "access":
        return Released(event_id, reason, Fate.LEFT, f"{why}: `ferry access` looks at it again")
    if name == "metadata":
        return Released(event_id, reason, Fate.LEFT, f"{why}: each run tries it again")
    if name not in LATER:
        return Released(event_id, reason, Fate.BY_HAND, f"{why}; only a manifest brings it: add it by hand")
    if told.get("reason") == IN_DOUBT:
        return Released(event_id, reason, Fate.BY_HAND, f"{why}: it may be there, and is not sent twice")
    return Released(event_id, reason, Fate.RELEASED, why)


def released(state: ItemState, found: Collection[Released]) -> dict[str, Mapping[str, Any]]:
    """Return the aspects that the next run tries again, as they are kept then."""
    names = {one.reason.partition(" ")[0] for one in found if one.fate is Fate.RELEASED}
    return {
        name: {**told, "outcome": AspectOutcome.RETRYABLE.value}
        for name, told in state.aspects.items()
        if name in names
    }
