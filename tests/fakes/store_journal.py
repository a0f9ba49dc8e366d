"""The checkpoint's own file code as a journal on the loop: what its thread does is done between two rounds.

So a run in virtual time meets the same writes, fsyncs and renames in the same order each time, and dies at
any of them.
"""

import asyncio
from collections.abc import Iterator, Sequence

from engine import Record
from engine.checkpoint.line import Entry, entry_of
from engine.checkpoint.store import Store
from fakes.crashing_disk import Stopped


class Died(SystemExit):
    """The process was killed. The loop stops where it is, and no task takes another step of its own."""


class StoreJournal:
    """A Journal over an open Store: those who append in one round of the loop share a write and an fsync.

    Where the disk says that the process was killed, the loop ends with Died.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._contents = store.contents
        self._queue: list[tuple[Entry, asyncio.Future[None]]] = []

    async def append(self, record: Record) -> None:
        """Return when the record is durable."""
        loop = asyncio.get_running_loop()
        if not self._queue:
            loop.call_soon(self._commit)
        durable = loop.create_future()
        self._queue.append((entry_of(record), durable))
        await durable

    def _commit(self) -> None:
        batch, self._queue = self._queue, []
        try:
            self._store.append([entry for entry, _ in batch])
            if self._store.wasteful:
                self._store.rewrite()
        except Stopped:
            raise Died from None
        for _, durable in batch:
            if not durable.done():
                durable.set_result(None)

    def history(self, subject: str) -> Sequence[Record]:
        """Return the live records of a subject, oldest first."""
        return self._contents.history(subject)

    def subjects(self) -> Sequence[str]:
        """Return all subjects."""
        return self._contents.subjects()

    def each(self) -> Iterator[tuple[str, Sequence[Record]]]:
        """Give each subject with its records."""
        return self._contents.each()
