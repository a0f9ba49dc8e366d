"""Learns all subjects of an event where something is made of them: lists tell the first, parted at commas.

What cannot be read keeps no lecture back. For now: nothing is made of subjects, and the next run asks again.
For good, or in two runs: what was read earlier holds while the list does not speak against it, or else what
the list tells; and that is told.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine import FerryError, Stopping, Transient
from pipelines.items import AspectOutcome
from pipelines.migration.aspects.tags import tags_of
from pipelines.migration.changes import Shown
from pipelines.migration.furnish.furnisher import left
from pipelines.migration.furnish.wants import Wants
from pipelines.opencast.model import Event

ASPECT = "tags"
"""The aspect that tells what became of subjects, also where only the description shows them."""

Ask = Callable[[str], Awaitable[tuple[str, ...]]]
"""Returns all subjects of an event (pipelines.opencast.client.Opencast.subjects)."""


@dataclass(frozen=True, slots=True)
class Learned:
    """An event with its subjects, as far as they are known.

    `unread` tells why that may not be all, as the aspect stands then; it is empty where it is.
    """

    event: Event
    unread: Mapping[str, Any] = field(default_factory=dict)


Learn = Callable[[Event, Wants | None], Awaitable[Learned]]
"""Learns the subjects of an event. The other argument is what its session was to get when it was made."""


async def as_listed(event: Event, before: Wants | None) -> Learned:  # noqa: ARG001 - the port's signature
    """Take the subjects for all of them."""
    return Learned(event)


class Subjects:
    """Learns them by one call an event, and none where it has none or nothing is made of them."""

    def __init__(self, ask: Ask, shown: Shown) -> None:
        self._ask = ask
        self._shown = shown

    async def learn(self, event: Event, before: Wants | None) -> Learned:
        """Ask for the subjects of an event. Raises Stopping errors alone."""
        if not event.subjects or not self._shown.subjects:
            return Learned(event)
        try:
            return Learned(replace(event, subjects=await self._ask(event.identifier)))
        except Stopping:
            raise
        except FerryError as error:
            known = replace(event, subjects=_known(event.subjects, before))
            if not isinstance(error, Transient):
                return Learned(known, _left(AspectOutcome.PERMANENT, error))
            if before is not None and before.unread:
                return Learned(known, _left(AspectOutcome.PERMANENT, error, ", in two runs"))
            return Learned(replace(event, subjects=()), _left(AspectOutcome.RETRYABLE, error))


def _known(listed: tuple[str, ...], before: Wants | None) -> tuple[str, ...]:
    """Return what was read earlier, where the list tells the same of it as it does now."""
    if before is None or before.unread or set(as_in_a_list(before.tags)) != set(tags_of(listed)):
        return listed
    return before.tags


def as_in_a_list(subjects: Iterable[str]) -> tuple[str, ...]:
    """Return what Opencast's lists tell of subjects, as tags: the first one, parted at commas."""
    first = next(iter(subjects), "")
    return tags_of(first.split(","))


def _left(outcome: AspectOutcome, error: FerryError, how_often: str = "") -> dict[str, Any]:
    """Say what is known of subjects that could not be read, and why."""
    what = "none is carried yet" if outcome is AspectOutcome.RETRYABLE else "those of Opencast's list stand"
    why = f"not all its subjects could be read{how_often}, {what} ({error})"
    return left(outcome, error.code, why)


def told_alone(unread: Mapping[str, Any], shown: Shown) -> dict[str, Mapping[str, Any]]:
    """Return how the aspect stands where only the description shows subjects, so that no tags are set."""
    return {ASPECT: unread} if unread and ASPECT not in shown.aspects else {}
