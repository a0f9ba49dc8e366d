"""Multipart uploads that nobody will ever complete: found where the target lists them, aborted until gone.

A Create whose answer was lost leaves one whose id was never heard; a file that began anew leaves one that the
journal knows. A part that arrives while its upload is aborted may outlive that (Amazon S3 API Reference,
AbortMultipartUpload), so the abort is repeated until the target does not know the upload any more.
"""

from collections.abc import Collection

import anyio

from engine import journal
from engine.errors import FerryError, Final, Stopping, Throttled, Transient, UploadGone
from engine.journal import TransferState
from engine.model import Transfer
from engine.ports import Ports
from engine.progress import OrphansLeft

LIMIT = 5.0
"""Seconds that clearing up after one file may take."""

WAITS = (0.2, 0.5, 1.0)
"""Seconds after each abort of an upload that is still there."""


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
        """Give an upload up; tell whether it is gone, by ListParts where there is one, else by its word."""
        uploads, target = self._ports.uploads, self._transfer.target
        for wait in WAITS:
            try:
                await uploads.abort(target, upload)
                if await uploads.list_parts(target, upload) is None:
                    return True
            except UploadGone:
                return True
            except FerryError:
                return False
            await self._ports.sleep(wait)
        return False
