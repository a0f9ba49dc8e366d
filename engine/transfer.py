"""One transfer: from what the journal says of it to an object that is whole at the target.

::

    measure ── Create ── lanes ── ask the source once more ── Complete
       │         │         │                                     │
    probed    create     part, part, ...                      complete
              created    (durable before it counts)           completed

Below the line stand the records. `create` and `complete` are intents, durable before the call; the others are
answers, durable before the next step. A run that was killed finds its place by folding them.

Where the target takes PutObject, a file of one part goes without Create and Complete: probed, part,
completed. The same PUT may always be sent again, so it has no intent. Its object is seen at once, but counts
only when the source was asked once more.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from engine import journal
from engine.errors import (
    FerryError,
    Final,
    Interrupted,
    PartDiffers,
    PartRefused,
    Stopping,
    Throttled,
    Transient,
    UploadGone,
)
from engine.http import host_of
from engine.integrity import bare_etag, combine, expected_etag
from engine.journal import Record, TransferState
from engine.lanes import Lanes, Sent, Upload
from engine.model import Blob, Transfer, TransferResult, Validator
from engine.multipart import ListedPart, ObjectHead
from engine.orphans import Orphans
from engine.parts import cut
from engine.ports import Ports
from engine.progress import TransferFailed, TransferFinished, TransferStarted
from engine.reader import Reader
from engine.source import changed, differs
from engine.whole import FileSum, same
from engine.wire import PartReceipt

Result = TypeVar("Result")

STARTS = 3
"""How often a file is begun under a new multipart upload in one run before it is left to the next."""

_COMPOSITE = re.compile(r"[0-9a-f]{32}-[0-9]+")


class Carriage:
    """The carrying of one transfer in one process."""

    def __init__(self, transfer: Transfer, reader: Reader, ports: Ports) -> None:
        self._transfer = transfer
        self._reader = reader
        self._ports = ports
        self._where = f"{transfer.subject}/{transfer.name}"
        self._sent = Sent(everything=transfer.again)
        self._orphans = Orphans(transfer, ports)

    async def carry(self) -> TransferResult:
        """Return when the object is whole at the target.

        Raises a Final error where it never will be, after giving the multipart upload up; a Transient one
        where a later run may succeed. Being cancelled gives nothing up: the next run goes on.
        """
        self._orphans.resume(self._state())
        try:
            return await self._carry()
        except PartRefused as error:
            await self._give_up(error.code)  # so that the next run may send parts of another size
            raise
        except Stopping:
            raise
        except FerryError as error:
            self._ports.observer(TransferFailed(self._transfer.subject, self._transfer.name, error.code))
            if isinstance(error, Final):
                await self._give_up(error.code)
            raise

    async def _carry(self) -> TransferResult:
        for start in range(1, STARTS + 1):
            try:
                return await self._from(self._state())
            except (UploadGone, PartDiffers) as error:
                self._sent.before(self._state().parts)
                await self._append(journal.abandoned(*self._name, error.code))
                if start == STARTS:
                    raise
        raise AssertionError("unreachable")

    async def _from(self, state: TransferState) -> TransferResult:
        """Go on from a state of the journal."""
        if not self._other_bytes(state):
            if state.completed is not None:
                await self._clear()
                return self._whole(TransferResult.of(state.completed))
            if state.complete_intended and state.upload and state.validator:
                work = self._work(state.upload, state.validator, state.part_size)
                self._tell_start(work, state.parts)
                return await self._complete(work, state.parts, state.md5)
        validator = await self._measured(state)
        state = self._state()
        upload, receipts = await self._opened(state, validator)
        work = self._work(upload, validator, state.part_size, FileSum() if self._proves else None)
        receipts = await self._send(work, receipts)
        await self._still(work)
        return await self._complete(work, receipts, await self._proven(work, receipts))

    def _other_bytes(self, state: TransferState) -> bool:
        """Tell whether these are bytes in memory, and others than those that the journal speaks of."""
        if not isinstance(self._transfer.source, Blob) or not self._reader.known or not state.validator:
            return False
        return differs(state.validator, self._reader.known)

    def _whole(self, result: TransferResult) -> TransferResult:
        """Tell of an object that an earlier process completed."""
        self._ports.observer(
            TransferStarted(*self._name, result.size, result.size, result.parts, result.parts)
        )
        self._ports.observer(TransferFinished(*self._name, result.size))
        return result

    def _work(
        self, upload: str | None, validator: Validator, part_size: int, whole: FileSum | None = None
    ) -> Upload:
        return Upload(self._transfer, upload, validator, cut(validator.size, part_size), whole)

    @property
    def _name(self) -> tuple[str, str]:
        return self._transfer.subject, self._transfer.name

    def _state(self) -> TransferState:
        return journal.fold(self._ports.journal.history(self._transfer.subject), self._transfer.name)

    async def _append(self, record: Record) -> None:
        await self._ports.journal.append(record)

    async def _measured(self, state: TransferState) -> Validator:
        """Return what the source was when the transfer began; raises Changed where it is another one now.

        Where no part has arrived yet, the size of parts that is wanted now holds.
        """
        found = self._reader.known
        if found is None:
            found = await self._ports.again(self._reader.host, self._reader.measure)
            self._ports.breaker.answered(self._reader.host)
        if state.validator is None:
            await record_measure(*self._name, found, self._ports)
        elif differs(state.validator, found):
            await self._differs(found)
        elif not state.parts and state.part_size != self._ports.part_size(found.size):
            await self._give_up("part_size")
            await record_measure(*self._name, found, self._ports)
        return found

    async def _differs(self, found: Validator) -> None:
        """Begin anew with other bytes from memory; another file at the source is Changed."""
        if not isinstance(self._transfer.source, Blob):
            raise changed(self._where)
        await self._append(journal.abandoned(*self._name, "changed"))
        await record_measure(*self._name, found, self._ports)

    async def _still(self, work: Upload) -> None:
        """Ask the source once more: a validator is judged only where a request starts."""
        if differs(work.validator, await self._ports.again(self._reader.host, self._reader.measure)):
            raise changed(self._where, stored=work.id is None)

    async def _opened(
        self, state: TransferState, validator: Validator
    ) -> tuple[str | None, dict[int, PartReceipt]]:
        """Return the multipart upload to go on with, None for one PUT, and the receipts of what is there."""
        if state.upload is None:
            self._sent.before(state.parts)
            one_put = self._ports.uploads.put_object and not self._proves
            if one_put and validator.size <= state.part_size:
                return None, dict(state.parts)
            if self._ports.drain.begun:
                raise Interrupted("stopped before its parts were sent", where=self._where)
            await self._append(journal.create(*self._name))
            upload = await self._again(self._orphans.create)
            await self._append(journal.created(*self._name, upload))
            return upload, {}
        upload, receipts = state.upload, dict(state.parts)
        self._sent.before(receipts)
        return upload, await self._there(upload, receipts)

    async def _there(self, upload: str, receipts: dict[int, PartReceipt]) -> dict[int, PartReceipt]:
        """Return the receipts of those parts that the target has; all of them where it does not tell."""
        listed = await self._again(lambda: self._listed(upload))
        if isinstance(listed, UploadGone):
            raise listed
        return {
            number: one
            for number, one in receipts.items()
            if listed is None or (number in listed and bare_etag(listed[number].etag) == bare_etag(one.etag))
        }

    async def _listed(self, upload: str) -> Mapping[int, ListedPart] | UploadGone | None:
        """Ask which parts are there; that the upload is gone is an answer, and is not asked for again."""
        try:
            return await self._ports.uploads.list_parts(self._transfer.target, upload)
        except UploadGone as gone:
            return gone

    async def _send(self, work: Upload, receipts: dict[int, PartReceipt]) -> dict[int, PartReceipt]:
        """Send what has no receipt; where the target lists its parts, one that it lost since goes again."""
        for start in range(STARTS):
            lanes = Lanes(work, self._reader, self._ports, receipts, self._sent)
            if start == 0:
                self._tell_start(work, lanes.receipts)
            await lanes.send()
            if work.id is None or len(work.cut) == 1:
                return lanes.receipts
            receipts = await self._there(work.id, lanes.receipts)
            if len(receipts) == len(work.cut):
                return receipts
        raise PartDiffers("the target loses parts that it has acknowledged", where=self._where)

    def _tell_start(self, work: Upload, receipts: Mapping[int, PartReceipt]) -> None:
        present = sum(one.bytes for one in receipts.values())
        self._ports.observer(
            TransferStarted(*self._name, work.validator.size, present, len(work.cut), len(receipts))
        )

    @property
    def _proves(self) -> bool:
        """Whether the file is held against the source's own checksum before it becomes an object."""
        return self._ports.checks.whole and self._transfer.md5 is not None and self._ports.proofs is not None

    async def _proven(self, work: Upload, kept: Mapping[int, PartReceipt]) -> str | None:
        """Return the MD5 of the whole file where the source's own checksum says the same; None without one.

        Raises PartDiffers where it is not what was sent, SourceDiffers where it is not what the source says.
        """
        expected, proofs = self._transfer.md5, self._ports.proofs
        if not self._proves or expected is None or proofs is None:
            return None
        receipts = [kept[number] for number in sorted(kept)]
        flowed = work.sum.md5(receipts) if work.sum else None
        if flowed is None or not same(flowed, expected):
            sent = combine(receipts)
            await proofs.prove(self._reader, work.validator, self._where, expected, sent)
        return expected

    async def _complete(
        self, work: Upload, kept: Mapping[int, PartReceipt], md5: str | None
    ) -> TransferResult:
        """Make the parts one object. A lost answer is settled by asking for it, else by asking again.

        `md5` is that of the whole file where it was compared with the source's.
        """
        receipts = [kept[number] for number in sorted(kept)]
        sent = sum(one.bytes for one in receipts)
        if sent != work.validator.size or len(receipts) != len(work.cut):
            raise PartDiffers(f"{sent} of {work.validator.size} bytes have receipts", where=self._where)
        crc32 = combine(receipts)
        etag = await self._joined(work, receipts, md5)
        result = TransferResult(
            size=sent,
            crc32=crc32,
            etag=etag,
            parts=len(receipts),
            checked=sum(one.md5 is not None for one in receipts),
            level=self._ports.checks.level_of(md5).value,
            md5=md5,
        )
        await self._append(journal.completed(*self._name, result.facts))
        await self._clear()
        self._ports.observer(TransferFinished(*self._name, sent))
        return result

    async def _joined(self, work: Upload, receipts: list[PartReceipt], md5: str | None) -> str:
        """Return the object's ETag: that of its one PUT, or what Complete answers."""
        if work.id is None:
            return receipts[0].etag
        await self._append(journal.complete(*self._name, md5))
        return await self._completed(work, work.id, receipts)

    async def _completed(self, work: Upload, upload: str, receipts: list[PartReceipt]) -> str:
        uploads, target = self._ports.uploads, self._transfer.target
        expected = expected_etag(receipts)

        async def once() -> str | None:
            try:
                return await uploads.complete(target, upload, receipts)
            except Throttled:
                raise
            except Transient as error:
                if (found := await self._held(work, expected)) is not None:
                    return found
                if isinstance(error, UploadGone):
                    return None
                raise

        etag = await self._again(once)
        if etag is None:
            raise UploadGone("the target does not know this upload any more", where=self._where)
        digests = any(one.md5 is not None for one in receipts)  # an ETag has been an MD5 here
        if digests and expected and _COMPOSITE.fullmatch(bare_etag(etag)) and bare_etag(etag) != expected:
            raise PartDiffers("the object's ETag is not that of its parts", where=self._where)
        return etag

    async def _held(self, work: Upload, expected: str | None) -> str | None:
        """Return the ETag of the object, if the target tells of it and it is the one that was sent."""
        found = await self._ports.uploads.head(self._transfer.target)
        if not isinstance(found, ObjectHead) or found.size != work.validator.size:
            return None
        return found.etag if bare_etag(found.etag) == expected else None

    async def _give_up(self, reason: str) -> None:
        """Abort the multipart upload: its intent is recorded first."""
        state = self._state()
        if state.upload or state.parts:
            await self._append(journal.abandoned(*self._name, reason))
        await self._clear()

    async def _clear(self) -> None:
        await self._orphans.clear(self._state().orphans)

    async def _again(self, operation: Callable[[], Awaitable[Result]]) -> Result:
        """Make a call of the target's until it comes to an end."""
        return await self._ports.again(host_of(self._transfer.target.endpoint), operation)


async def record_measure(subject: str, name: str, found: Validator, ports: Ports) -> None:
    """Keep what a source is and the size of its parts. Raises Empty or TooLarge, and then records nothing."""
    await ports.journal.append(journal.probed(subject, name, found, ports.part_size(found.size)))
