"""Writes into the checkpoint how items end, and opens those again that go on to LumiNUS."""

from dataclasses import dataclass

from engine import Journal
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.migration.ends import End, end_record


@dataclass(frozen=True, slots=True)
class Keeping:
    """The items of one checkpoint."""

    journal: Journal

    def state(self, event_id: str) -> ItemState:
        """Return the state of an item."""
        return items.fold(self.journal.history(event_id))

    async def keep(self, event_id: str, end: End) -> None:
        """Write an item's end, unless it was right before and nothing is known to have changed."""
        state = self.state(event_id)
        if not (state.outcome is Outcome.VERIFIED and end.outcome in {Outcome.WAITING, Outcome.RETRYABLE}):
            await self.journal.append(end_record(event_id, state, end))

    async def open_again(self, event_id: str) -> None:
        """Open an item that ended in an earlier run: it is open as long as it is on its way."""
        state = self.state(event_id)
        if state.right is not None and state.ended is not None and not state.carried:
            right = state.right
            await self.journal.append(items.right(event_id, right["session_id"], right.get("start")))
