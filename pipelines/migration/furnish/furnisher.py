"""Sets the aspects of one session after the other, and keeps how each of them stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine import AccountRefused, FerryError, Journal, Stopping, Transient
from pipelines import items
from pipelines.items import AspectOutcome, ItemState
from pipelines.migration.furnish.wants import Wants

Told = Mapping[str, Any]
"""How an aspect stands: its outcome, and where that is not `carried` its reason and why."""


class Aspect(Protocol):
    """One thing that a session can be given."""

    @property
    def name(self) -> str:
        """Its name, of `items.ASPECTS`."""
        ...

    def wanted(self, wants: Wants) -> bool:
        """Whether an event has it."""
        ...

    async def set(self, session_id: str, wants: Wants, before: "Before") -> Told:
        """Set it, and tell how it stands. What it raises is told as well (`failed`)."""
        ...


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier run told of an aspect, and calls that it began and never heard of.

    `sessions` are earlier ones of the same event, which this one took the place of.
    """

    told: Told = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    sessions: tuple[str, ...] = ()


def carried(value: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Tell that an aspect is set."""
    return {"outcome": AspectOutcome.CARRIED.value, **(value or {})}


def failed(error: FerryError) -> dict[str, Any]:
    """Tell that an aspect is not set, and why."""
    outcome = AspectOutcome.RETRYABLE if isinstance(error, Transient) else AspectOutcome.PERMANENT
    return left(outcome, error.code, str(error))


def left(outcome: AspectOutcome, reason: str, why: str) -> dict[str, Any]:
    """Tell that an aspect is not set, for a reason of one word, and in a sentence."""
    return {"outcome": outcome.value, "reason": reason, "why": why}


class Furnisher:
    """Furnishes sessions; `aspects` come in the order in which they are set."""

    def __init__(self, aspects: Sequence[Aspect], journal: Journal) -> None:
        self._aspects = aspects
        self._journal = journal

    def lacking(self, state: ItemState, wants: Wants) -> list[Aspect]:
        """Return what is still to be set: never tried, or to be tried again, be it to set nothing."""
        return [
            one
            for one in self._aspects
            if one.name in state.lacking or (one.wanted(wants) and one.name not in state.aspects)
        ]

    async def furnish(self, event_id: str, state: ItemState, wants: Wants) -> None:
        """Set what is lacking. Raises Stopping errors alone; any other is the aspect's own outcome."""
        session_id = state.session_id
        lacking = self.lacking(state, wants)
        if session_id is None or not lacking:
            return
        told = {
            one.name: await self._one(
                one,
                session_id,
                wants,
                Before(state.aspects.get(one.name, {}), state.asked, state.earlier_sessions),
            )
            for one in lacking
        }
        await self._journal.append(items.aspects(event_id, told))

    async def _one(self, aspect: Aspect, session_id: str, wants: Wants, before: Before) -> Told:
        try:
            return await aspect.set(session_id, wants, before)
        except AccountRefused as error:
            return failed(error)  # The session is there: what refuses this one call stops no run.
        except Stopping:
            raise
        except FerryError as error:
            return failed(error)
