"""One thread that writes for all who wait: one write and one fsync for as many as have come meanwhile."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

from engine.checkpoint.files import local_resource
from engine.checkpoint.line import Entry
from engine.checkpoint.store import Store
from engine.errors import LocalResource

_AT_ONCE = 4096


class _Waiter(NamedTuple):
    entry: Entry
    durable: asyncio.Future[None]


class Writer:
    """The thread of one open checkpoint. It starts at once and ends with `close`.

    After the first failure nothing is written any more: every waiter and every later caller gets
    LocalResource, for after a failed fsync nobody knows what the disk holds.
    """

    def __init__(self, store: Store, where: str) -> None:
        self.commits = 0
        self._store = store
        self._where = where
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Waiter | None] = SimpleQueue()
        self._failure: Exception | None = None
        self._closed = False
        self._thread = Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many records are queued."""
        return self._queue.qsize()

    def put(self, entry: Entry) -> asyncio.Future[None]:
        """Queue a record; the future ends when it is durable, or with LocalResource.

        Who stops waiting for it leaves the record.
        """
        if self._closed:
            raise RuntimeError("the checkpoint is closed")
        waiter = _Waiter(entry, self._loop.create_future())
        self._queue.put(waiter)
        return waiter.durable

    def close(self) -> None:
        """Write what is queued and end the thread. Blocks."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next_batch():
            if self._failure is None:
                self._failure = self._commit(batch)
            with suppress(RuntimeError):  # the loop is gone, and with it all who waited
                self._loop.call_soon_threadsafe(self._settle, batch, self._failure is None)
            if self._failure is None:
                self._failure = self._tidy()

    def _next_batch(self) -> list[_Waiter]:
        batch = []
        waiter = self._queue.get()
        with suppress(Empty):
            while waiter is not None:
                batch.append(waiter)
                if len(batch) == _AT_ONCE:
                    return batch
                waiter = self._queue.get_nowait()
            if batch:
                self._queue.put(None)
        return batch

    def _commit(self, batch: Sequence[_Waiter]) -> Exception | None:
        try:
            self._store.append([waiter.entry for waiter in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            return error
        self.commits += 1
        return None

    def _tidy(self) -> Exception | None:
        try:
            if self._store.wasteful:
                self._store.rewrite()
        except Exception as error:  # noqa: BLE001 - whoever comes next must hear of it
            return error
        return None

    def _settle(self, batch: Sequence[_Waiter], written: bool) -> None:
        for waiter in batch:
            if waiter.durable.done():
                continue
            if written:
                waiter.durable.set_result(None)
            else:
                waiter.durable.set_exception(self._unwritable())

    def _unwritable(self) -> LocalResource:
        return local_resource(self._failure, self._where)
