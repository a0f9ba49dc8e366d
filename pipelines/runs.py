"""The runs that a checkpoint tells apart: one record each, and which run each session was made by.

A run is on record from the moment when it is about to tell Panopto that a session upload is complete; one
that makes no session leaves nothing. What was made before runs were told apart belongs to the run `before`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import anyio

from engine import Journal, Record
from pipelines.items import RUNS

BEGAN = "run.began"

BEFORE = "before"
"""The run of sessions that were made before runs were told apart."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its number, when it began (ISO 8601), and which version of ferry it was."""

    id: str
    at: str = ""
    by: str = ""


def subject(run_id: str) -> str:
    """Return under what the checkpoint keeps a run."""
    return RUNS + run_id


def began(run: Run) -> Record:
    """Say that a run is about to make its first session."""
    return Record(subject(run.id), BEGAN, {"run": run.id, "at": run.at, "by": run.by}, closes=True)


def read(record: Record) -> Run:
    """Read a run back."""
    facts: dict[str, Any] = dict(record.facts)
    return Run(facts["run"], facts["at"], facts["by"])


def utc_now() -> datetime:
    """Return the time of day, in UTC."""
    return datetime.now(UTC)


class CurrentRun:
    """The run of this process: it takes the next number, and is put on record, when it is first asked for."""

    def __init__(self, journal: Journal, by: str = "", *, now: Callable[[], datetime] = utc_now) -> None:
        self._journal = journal
        self._by = by
        self._now = now
        self._turn = anyio.Lock()
        self._id: str | None = None

    async def id(self) -> str:
        """Return its number, once it is on record. Raises LocalResource."""
        async with self._turn:
            if self._id is None:
                run = Run(self._next(), self._now().isoformat(timespec="seconds"), self._by)
                await self._journal.append(began(run))
                self._id = run.id
            return self._id

    def _next(self) -> str:
        number = 1
        while self._journal.history(subject(str(number))):
            number += 1
        return str(number)
