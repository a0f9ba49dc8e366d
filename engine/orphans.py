"""Multipart uploads that nobody will ever complete: found where the target lists them, aborted until gone.

A Create whose answer was lost leaves one whose id was never heard; a file that began anew leaves one that the
journal knows. A part that arrives while its upload is aborted may outlive that (Amazon S3 API Reference,
AbortMultipartUpload), so the abort is repeated until the target does not know the upload any more.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence

import anyio

from engine import journal
from engine.errors import FerryError, Final, Stopping, Throttled, Transient, UploadGone
from engine.journal import Journal, Record, TransferState
from engine.model import Target, Transfer
from engine.ports import Ports, Uploads
from engine.progress import OrphansLeft

LIMIT = 5.0
"""Seconds that clearing up after one file may take."""

WAITS = (0.2, 0.5, 1.0)
"""Seconds after each abort of an upload that is still there."""

CLEARED = "cleanup"
"""Why an upload is given up with which no run would have gone on."""

Sleep = Callable[[float], Awaitable[None]]


class Orphans:
    """What one transfer may leave behind: it makes the uploads, and counts those that it never heard of."""

    def __init__(self, transfer: Transfer, ports: Ports) -> None:
        self._transfer = transfer
        self._ports = ports
        self._resumed = False
        self._unheard = 0

    def resume(self, state: TransferState) -> None:
        """Take over what an earlier process left: a Create without an answer on record may have had none."""
        self._resumed = state.create_intended
        self._unheard = int(state.create_intended and state.upload is None)

    async def create(self) -> str:
        """Make one attempt at opening an upload, and return its id."""
        try:
            return await self._ports.uploads.create(self._transfer.target)
        except (Throttled, Final):
            raise
        except Transient:
            self._unheard += 1
            raise

    async def clear(self, known: Collection[str]) -> None:
        """Abort what is open under the transfer's key, none of which is to be completed any more.

        `known` are those that the journal tells. It fails nothing but where the journal does; what may be
        left is told.
        """
        if not (known or self._unheard or self._resumed):
            return
        left = self._unheard + len(known)
        with anyio.move_on_after(LIMIT, shield=True):
            try:
                left = await self._cleared(known)
            except Stopping:
                raise
            except FerryError:
                pass  # it is told below
        if left:
            self._ports.observer(OrphansLeft(self._transfer.subject, self._transfer.name, left))

    async def _cleared(self, known: Collection[str]) -> int:
        """Return how many are left: where the target lists its uploads, none is unheard of."""
        listed = await self._ports.uploads.list_uploads(self._transfer.target)
        left = self._unheard if listed is None else 0
        for upload in sorted({*known, *(listed or ())}):
            if not await self._aborted(upload):
                left += 1
            elif upload in known:
                await self._ports.journal.append(
                    journal.aborted(self._transfer.subject, self._transfer.name, upload)
                )
        return left

    async def _aborted(self, upload: str) -> bool:
        return await aborted(self._ports.uploads, self._transfer.target, upload, self._ports.sleep)


async def aborted(uploads: Uploads, target: Target, upload: str, sleep: Sleep) -> bool:
    """Give an upload up; tell whether it is gone, by ListParts where there is one, else by its word."""
    for wait in WAITS:
        try:
            await uploads.abort(target, upload)
            if await uploads.list_parts(target, upload) is None:
                return True
        except UploadGone:
            return True
        except FerryError:
            return False
        await sleep(wait)
    return False


def left_open(records: Sequence[Record], name: str, *, dead: bool) -> tuple[str, ...]:
    """Return the uploads of a file that nobody will complete, as the records of its subject tell.

    Where the file is `dead`, as no run goes on with it, the one that is open is among them.
    """
    state = journal.fold(records, name)
    last = (state.upload,) if dead and state.upload and not state.completed else ()
    return (*state.orphans, *last)


async def abort_left(
    subject: str, name: str, target: Target, uploads: Uploads, kept: Journal, *, dead: bool, sleep: Sleep
) -> tuple[int, int]:
    """Abort the uploads of a file that nobody will complete; return how many are gone, and how many left.

    Those of a `dead` file are looked for at the target as well, where it lists them. What was given up and
    what is gone is put on record. Raises what the list raises.
    """
    known = left_open(kept.history(subject), name, dead=dead)
    if len(known) > len(left_open(kept.history(subject), name, dead=False)):
        await kept.append(journal.abandoned(subject, name, CLEARED))
    listed = await uploads.list_uploads(target) if dead else ()
    gone = left = 0
    for upload in sorted({*known, *(listed or ())}):
        if not await aborted(uploads, target, upload, sleep):
            left += 1
            continue
        gone += 1
        if upload in known:
            await kept.append(journal.aborted(subject, name, upload))
    return gone, left
