"""How an item ends in one run: its outcome, and why."""

from dataclasses import dataclass

from engine import FerryError, Transient
from pipelines import items
from pipelines.items import Outcome


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
