"""The checkpoint's own file code as a journal on the loop: what its thread does is done between two rounds.

So a run in virtual time meets the same writes, fsyncs and renames in the same order each time, and dies at
any of them.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from engine import Record
from engine.checkpoint.files import local_resource
from engine.checkpoint.line import Entry, entry_of
from engine.checkpoint.store import Store
from fakes.crashing_disk import Stopped


class Died(SystemExit):
    """The process was killed. The loop stops where it is, and no task takes another step of its own."""


class StoreJournal:
    """A Journal over an open Store: those who append in one round of the loop share a write and an fsync.

    Where the disk says that the process was killed, the loop ends with Died. After any other error nothing is
    written any more: who waits and who comes gets LocalResource.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._contents = store.contents
        self._queue: list[tuple[Entry, asyncio.Future[None]]] = []
        self._failure: OSError | None = None

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
        kept = self._failure is None and self._written([entry for entry, _ in batch])
        for _, durable in batch:
            if durable.done():
                continue
            if kept:
                durable.set_result(None)
            else:
                durable.set_exception(local_resource(self._failure, "checkpoint"))
        if kept and self._store.wasteful:
            self._try(self._store.rewrite)

    def _written(self, entries: Sequence[Entry]) -> bool:
        return self._try(lambda: self._store.append(entries))

    def _try(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except Stopped:
            raise Died from None
        except OSError as error:
            self._failure = error
        return self._failure is None

    def history(self, subject: str) -> Sequence[Record]:
        """Return the live records of a subject, oldest first."""
        return self._contents.history(subject)

    def subjects(self) -> Sequence[str]:
        """Return all subjects."""
        return self._contents.subjects()

    def each(self) -> Iterator[tuple[str, Sequence[Record]]]:
        """Give each subject with its records."""
        return self._contents.each()
