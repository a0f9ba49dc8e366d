"""Clears up at Panopto what runs left open: session uploads that no run goes on with, and what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio

from engine import (
    PANOPTO,
    FerryError,
    Multipart,
    Refused,
    Stopping,
    abort_left,
    left_open,
    open_multipart,
)
from pipelines import items
from pipelines.app.reconciliation import Books, open_books
from pipelines.app.services import network, open_services
from pipelines.config import Settings
from pipelines.panopto.client import Panopto
from pipelines.panopto.model import SessionUpload, State, target_of
from pipelines.recheck.each import AT_ONCE, each
from pipelines.reconcile.leftovers import Cleaned, Fate, Leftover, leftovers, unheard


@dataclass(frozen=True, slots=True)
class Cleanup:
    """What became of the session uploads on record that may be open.

    `unheard` counts those of which no id was ever heard: Panopto lists none, and gives them up by itself.
    """

    found: Sequence[Cleaned] = ()
    unheard: int = 0


async def cleaned(settings: Settings, *, apply: bool, all_open: bool = False) -> Cleanup:
    """Cancel the session uploads that no run goes on with; without `apply` only look.

    With `all_open` those go as well that a run would go on with: it begins them anew then. Raises what
    opening the checkpoint raises, and the Stopping errors of Panopto.
    """
    async with open_books(settings, dry_run=not apply) as books:
        wanted, lost = left_in(books)
        if not wanted:
            return Cleanup((), lost)
        async with (
            open_services(settings) as services,
            open_multipart(PANOPTO, network(settings), connections=AT_ONCE) as uploads,
        ):
            cleaner = Cleaner(services.panopto, uploads, books, all_open)
            return Cleanup(await cleaner.clean(wanted), lost)


def left_in(books: Books) -> tuple[list[Leftover], int]:
    """Return the session uploads that may be open, and how many were never heard of."""
    wanted: list[Leftover] = []
    lost = 0
    for name in filter(items.is_item, books.subjects):
        history = books.history(name)
        wanted += leftovers(name, history)
        lost += unheard(history)
    return wanted, lost


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Looks at session uploads and cancels them; where the books have no journal it only looks."""

    panopto: Panopto
    uploads: Multipart
    books: Books
    all_open: bool = False

    async def clean(self, wanted: Sequence[Leftover]) -> list[Cleaned]:
        """Say what became of each, in their order. Raises Stopping errors."""
        found: dict[Leftover, Cleaned] = {}

        async def one(left: Leftover) -> None:
            try:
                found[left] = await self._cleaned(left)
            except Stopping:
                raise
            except FerryError as error:
                found[left] = Cleaned(left.event_id, left.upload_id, Fate.UNDECIDED, str(error))

        await each(wanted, one)
        return [found[one] for one in wanted]

    async def _cleaned(self, left: Leftover) -> Cleaned:
        told = Cleaned(left.event_id, left.upload_id, Fate.OVER)
        upload = await self.panopto.get(left.upload_id)
        if upload is None:
            return replace(told, why="Panopto does not know it any more")
        if upload.state != State.UPLOADING:
            return replace(told, why=f"Panopto has it in state {int(upload.state)}")
        live = left.live and not self.all_open
        aborted, rest = await self._aborted(left, upload, dead=not live)
        told = replace(told, aborted=aborted, left=rest)
        if live:
            return replace(told, fate=Fate.KEPT, why="the next run goes on with it")
        if self.books.journal is None:
            return replace(told, fate=Fate.TO_CANCEL, why="it is open")
        await self._cancel(left.upload_id)
        return replace(told, fate=Fate.CANCELLED, why="it was open")

    async def _aborted(self, left: Leftover, upload: SessionUpload, *, dead: bool) -> tuple[int, int]:
        """Abort multipart uploads that nobody will complete; return how many are gone, and how many left."""
        gone = rest = 0
        for name in left.names:
            if self.books.journal is None:
                rest += len(left_open(self.books.history(left.event_id), name, dead=dead))
                continue
            target = target_of(upload.upload_target, file_of(name))
            counts = await abort_left(
                left.event_id, name, target, self.uploads, self.books.journal, dead=dead, sleep=anyio.sleep
            )
            gone, rest = gone + counts[0], rest + counts[1]
        return gone, rest

    async def _cancel(self, upload_id: str) -> None:
        """Cancel a session upload. A no counts only where it is still open then: a yes may have been lost."""
        try:
            await self.panopto.cancel(upload_id)
        except Refused:
            upload = await self.panopto.get(upload_id)
            if upload is not None and upload.state == State.UPLOADING:
                raise


def file_of(name: str) -> str:
    """Return the key of a file below its session upload, from what the engine calls it."""
    return name.partition("/")[2].partition("@")[0]
