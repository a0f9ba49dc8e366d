"""How an item ends in one run: its outcome and why, and what is kept of it."""

from dataclasses import dataclass
from typing import Any

from engine import FerryError, Record, Transient
from pipelines import items
from pipelines.items import ItemState, Outcome

KEPT = (
    "title", "date", "duration", "files", "bytes", "parts", "checked", "level", "receipts", "taken", "left",
    "beside", "wants", "run", "described", "seen",
)  # fmt: skip
"""What the end of an item keeps of what its session was meant to be."""

_OF_ONE_END = frozenset({"outcome", "reason", "why", "asked", items.SEEN_ANEW})


@dataclass(frozen=True, slots=True)
class End:
    """How an item ended: its outcome, one word of why, and a sentence."""

    outcome: Outcome
    reason: str | None = None
    why: str = ""


def end_of(error: FerryError) -> End:
    """Return the outcome of an item that failed."""
    if isinstance(error, Transient):
        return End(Outcome.RETRYABLE, error.code, str(error))
    reason = error.code if error.code in items.PERMANENT else "refused"
    return End(Outcome.PERMANENT, reason, str(error))


def end_record(event_id: str, state: ItemState, end: End) -> Record:
    """Return the record of an end, with all that has to be known of an item when its other records are gone.

    From `item.right` on that is everything, but for lecture items of which nobody knows what they became.
    """
    whole = state.right is not None and not state.patches
    return items.ended(event_id, end.outcome, end.reason, whole=whole, why=end.why, **known(state))


def noted(event_id: str, state: ItemState, **notes: Any) -> Record:
    """Return the same end with other facts in it; one that is None is left out."""
    facts = {**known(state), items.SEEN_ANEW: state.seen_anew or None, **notes}
    end = state.ended or {}
    told = {name: value for name, value in facts.items() if value is not None}
    return items.ended(
        event_id, state.outcome, end.get("reason"), whole=True, why=end.get("why") or "", **told
    )


def known(state: ItemState) -> dict[str, Any]:
    """Return what is known of an item, for its end: what an earlier end kept, and what came after it."""
    earlier, upload, meant = state.ended or state.earlier, state.upload or {}, state.meant or {}
    facts = {name: value for name, value in earlier.items() if name not in _OF_ONE_END}
    for told in (state.found or {}, meant):
        facts |= {name: told[name] for name in (*KEPT, "folder_id") if name in told}
    facts |= {"upload_id": upload["id"], "folder_id": upload["folder_id"]} if upload else {}
    facts |= {"folder_id": state.aspects["folder"]["lies_in"]} if "folder" in state.aspects else {}
    given_up = [one for one in state.uploads if one != facts.get("upload_id")]
    facts |= {"given_up": given_up} if given_up else {}
    facts |= {"session_id": state.session_id, "series": state.series, "right": state.right}
    facts |= {"aspects": dict(state.aspects)} if state.aspects else {}
    facts |= {"asked": sorted(state.asked)} if state.asked else {}
    facts |= {"earlier_sessions": list(state.earlier_sessions)} if state.earlier_sessions else {}
    return {**facts, "carried": list(state.carried.values())}
