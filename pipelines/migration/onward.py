"""The stage after Panopto as a port: it takes items on whose session is right."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from pipelines.items import ItemState
from pipelines.migration.ends import End

Keep = Callable[[str, End], Awaitable[None]]
"""Told an item's end; returns when it is durable."""


class Onward(Protocol):
    """Takes items on (migration.carry.stage.Carry does so to LumiNUS)."""

    def wants(self, state: ItemState) -> bool:
        """Whether the item is one of its own."""
        ...

    def take(self, event_id: str) -> None:
        """Take an item; it comes to its end in `run`."""
        ...

    def finish(self) -> None:
        """Hear that nothing more will come."""
        ...

    def drain(self) -> None:
        """Wait for nothing any more; what is not done stays as its records say."""
        ...

    async def run(self, keep: Keep) -> None:
        """Bring all that is taken to its end. Raises Stopping errors."""
        ...


class Nowhere:
    """Nothing comes after Panopto."""

    def wants(self, state: ItemState) -> bool:  # noqa: ARG002 - the port's signature
        """Want nothing."""
        return False

    def take(self, event_id: str) -> None:
        """Refuse what was not wanted."""
        raise AssertionError(f"nobody takes {event_id} on")

    def finish(self) -> None:
        """Need no telling."""

    def drain(self) -> None:
        """Wait for nothing anyway."""

    async def run(self, keep: Keep) -> None:
        """Have nothing to do."""
