"""Bodies of GETs to files in memory, as whoever reads a source again takes them."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from engine.relay.feed import Feed, Hand
from engine.wire import BytesGet, RangedGet
from fakes.memory_relay import Pieces, once
from fakes.memory_site import MemoryFiles


class AtOnce(Executor):
    """Does what it is given at once, in place of a thread: threads know no virtual time."""

    def submit(self, do: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Do it, and return what came of it."""
        done: Future[Any] = Future()
        done.set_result(do(*args, **kwargs))
        return done


class MemoryBody:
    """The body of one GET."""

    def __init__(self, files: MemoryFiles, get: RangedGet | BytesGet) -> None:
        self.where = "memory"
        self.left = get.span.length
        self._files = files
        self._get = get
        self._pieces = Pieces(once(b""), 0)

    async def open(self) -> None:
        """Send the GET and judge its head."""
        if isinstance(self._get, BytesGet):
            self._pieces = Pieces(once(self._get.data), self.left)
            return
        head, body = await self._files.get(self._get.request)
        self._get.judge(head)
        self._pieces = Pieces(body, self.left)

    async def take(self, most: int) -> memoryview:
        """Return the next bytes."""
        piece = await self._pieces.take(most)
        self.left -= len(piece)
        return memoryview(piece)

    async def flow(self, most: int, hand: Hand) -> None:
        """Hand on one piece."""
        hand(await self.take(most))

    def close(self) -> None:
        """Nothing is open."""


def bodies(files: MemoryFiles) -> Callable[[RangedGet | BytesGet], Feed]:
    """Return what makes the body of a GET."""
    return lambda get: MemoryBody(files, get)
