"""The missing parts of one upload, sent by lanes until none is missing.

::

    missing parts ──runs──> lane: 1 or 2 places, one GET, part after part ──> receipt ──> journal ──> kept
          ^                                                    │
          └───────── after a wait that holds no place ─────────┘ failure

Parts leave `missing` when a lane takes them, lowest first, and come back when they fail or were not reached.
When none is missing, and places are free that nobody else waits for, another lane takes half of what the lane
with the longest run has not asked for yet.
"""

from collections import Counter
from dataclasses import dataclass, replace

import anyio
from anyio.abc import TaskGroup, TaskStatus

from engine import journal
from engine.errors import (
    FerryError,
    Interrupted,
    LocationExpired,
    ShortBody,
    Throttled,
    TimedOut,
    UploadGone,
)
from engine.http import host_of
from engine.lanes.paying import Paying
from engine.lanes.runs import Missing, Taken, run_length
from engine.lanes.sent import Sent
from engine.limits import Held
from engine.model import ByteRange, Transfer, Validator
from engine.parts import Cut
from engine.ports import Ports
from engine.progress import PartFailed, PartSettled, Waiting
from engine.reader import Reader
from engine.retry import GiveUp, decide
from engine.source import begins_at
from engine.whole import FileSum
from engine.wire import BytesGet, PartFailure, PartPut, PartReceipt, Places, RangedGet

SHORTEST_DEADLINE = 30.0

LONGEST_FIND = 10.0
"""Seconds that a lane with places looks for its source anew; beyond that it does so without them."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What the lanes of one transfer work on: the same for all of them.

    `id` is the multipart upload's; None where the file goes as one object by one PUT. `sum` is that of the
    whole file, which then goes through one lane at a time, in order.
    """

    transfer: Transfer
    id: str | None
    validator: Validator
    cut: Cut
    sum: FileSum | None = None

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.transfer.subject}/{self.transfer.name}"


class Lanes:
    """Sends what is missing. `receipts` are the durable ones, `sent` is what was sent before."""

    def __init__(
        self,
        upload: Upload,
        reader: Reader,
        ports: Ports,
        receipts: dict[int, PartReceipt],
        sent: Sent,
    ) -> None:
        self.receipts = receipts
        self._upload = upload
        self._reader = reader
        self._ports = ports
        numbers = range(1, len(upload.cut) + 1)
        sent.before(receipts)
        if not reader.ranged and len(receipts) < len(upload.cut):
            receipts.clear()
        self._missing = Missing(number for number in numbers if number not in receipts)
        self._in_order = upload.sum is not None or not reader.ranged
        self._paying = Paying(upload.cut, ports)
        self._open: list[Taken] = []
        self._asking: anyio.CancelScope | None = None
        self._attempts: Counter[int] = Counter()
        self._sent = sent
        self._changed = anyio.Event()
        self._error: FerryError | None = None
        self._host = host_of(upload.transfer.target.endpoint)

    async def send(self) -> None:
        """Return when no part is missing.

        Raises UploadGone, the error of a part whose tries are used up, or Interrupted where the run drains.
        """
        async with anyio.create_task_group() as group:
            while not self._finished():
                if self._missing and self._may_open():
                    await group.start(self._lane, group.cancel_scope, self._longest())
                    continue
                self._ask_for_spare(group)
                await self._changed.wait()
                self._changed = anyio.Event()
            if self._asking is not None:
                self._asking.cancel()
        if self._error is not None:
            raise self._error
        if len(self.receipts) < len(self._upload.cut):
            raise Interrupted("stopped while its parts were being sent", where=self._upload.where)

    def _finished(self) -> bool:
        if self._error is not None:
            return True
        if self._ports.drain.begun:
            return not self._open
        return len(self.receipts) == len(self._upload.cut)

    def _may_open(self) -> bool:
        return not self._ports.drain.begun and not (self._in_order and self._open)

    def _ask_for_spare(self, group: TaskGroup) -> None:
        """Let one lane wait for spare places, where another has something to give."""
        to_give = max((lane.to_give for lane in self._open), default=0)
        if to_give and self._asking is None and self._may_open():
            self._asking = anyio.CancelScope()
            group.start_soon(self._spare_lane, group.cancel_scope, to_give, self._asking)

    async def _spare_lane(self, scope: anyio.CancelScope, parts: int, asking: anyio.CancelScope) -> None:
        """Wait for places that nobody else could use, and send what another lane gives away."""
        with asking:
            await self._lane(scope, parts, spare=True)

    async def _lane(
        self,
        scope: anyio.CancelScope,
        parts: int,
        *,
        spare: bool = False,
        task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Send one run of parts; what failed comes back after its wait, when the slots are free again."""
        lane = Taken()
        try:
            if not await self._may_begin():
                task_status.started()
                return
            await self._run(lane, min(2, parts), spare, task_status)
            pause = max((self._weigh(failure) for failure in lane.failures), default=0.0)
            if self._error is not None:
                scope.cancel()
            if pause:
                await self._ports.drain.rest(pause, self._ports.sleep)
            self._take_back(lane.failures)
        finally:
            if lane in self._open:
                self._open.remove(lane)
            self._changed.set()

    async def _may_begin(self) -> bool:
        """Wait, without a place, until the source is located and both hosts may be spoken to.

        False where that comes to nothing.
        """
        reader = self._reader
        try:
            if not reader.located:
                await self._ports.again(reader.host, lambda: reader.find(self._upload.validator))
            for host in (self._host, reader.host):
                await self._ports.breaker.passes(host)
        except Interrupted:
            return False
        except FerryError as error:
            self._error = self._error or error
            return False
        return True

    async def _run(self, lane: Taken, want: int, spare: bool, task_status: TaskStatus[None]) -> None:
        async with self._ports.slots.hold(
            self._host, self._upload.where, want, spare=spare, early=self._reader.ranged
        ) as held:
            self._open.append(lane)
            if spare:
                self._asking = None
            task_status.started()
            if await self._take(lane):
                await self._carry(lane, held)
            self._give_back(lane)

    async def _carry(self, lane: Taken, held: Held) -> None:
        """Send a lane's run; a GET that waited in vain for a first place is begun anew when that has come."""
        while (get := await self._get(lane)) is not None:
            await self._relay(lane, get, held)
            if lane.begun or self._stopped:
                self._judge_end(lane)
                return
            await held.come()

    async def _take(self, lane: Taken) -> bool:
        """Take what is missing, else half of the longest run; tell whether its bytes may begin.

        Those of a run that is shared were paid for by the lane that had it.
        """
        lane.run = self._missing.take(self._longest())
        if lane.run:
            lane.paid = await self._paying.pay(lane.run)
        elif not self._ports.drain.begun:
            lane.run = max(self._open, key=lambda one: one.to_give).give()
            lane.paid = bool(lane.run)
        self._changed.set()
        return lane.paid

    def _judge_end(self, lane: Taken) -> None:
        """A lane may end early without a failure, and another goes on; not so at a server without ranges."""
        if self._reader.ranged or not lane.run or lane.failures or self._stopped:
            return
        slow = TimedOut("came too slowly to be read in one go; its server has no ranges", where=self._host)
        lane.failures.append(PartFailure(lane.run.pop(0), 0, slow))

    @property
    def _stopped(self) -> bool:
        return self._error is not None or self._ports.drain.begun

    def _longest(self) -> int:
        """Return how many parts the next lane takes: all of them at a server without ranges."""
        if self._reader.by_parts:
            return 1
        if not self._reader.ranged:
            return len(self._upload.cut)
        part = self._upload.cut.part(1).span.length
        fair = run_length(len(self._missing), self._ports.slots.lanes_each)
        return self._ports.bandwidth.together(part, fair)

    async def _get(self, lane: Taken) -> RangedGet | BytesGet | None:
        """Prepare to read a lane's run; None where that fails, or takes longer than places are held for."""
        first, last = self._upload.cut.part(lane.run[0]), self._upload.cut.part(lane.run[-1])
        with anyio.move_on_after(LONGEST_FIND):
            try:
                span = ByteRange(first.span.start, last.span.stop)
                return begins_at(span.start, await self._reader.get(span, self._upload.validator))
            except FerryError as error:
                self._fail(lane, PartFailure(lane.run.pop(0), 0, error))
        return None

    async def _relay(self, lane: Taken, get: RangedGet | BytesGet, places: Places) -> None:
        async def settle(settled: PartReceipt | PartFailure) -> None:
            await self._settle(lane, get, settled)

        await self._ports.relay.lane(get, lambda: self._next_put(lane), settle, places=places)

    def _next_put(self, lane: Taken) -> PartPut | None:
        """Hand out the lane's next part; none where the run drains or the transfer has failed."""
        lane.begun = True
        if not lane.run or self._stopped:
            return None
        number = lane.run.pop(0)
        self._paying.begun(number)
        lane.under_way.add(number)
        part = self._upload.cut.part(number)
        put = self._ports.uploads.part(
            self._upload.transfer.target,
            self._upload.id,
            part,
            max(SHORTEST_DEADLINE, part.span.length / self._ports.least_rate),
            self._ports.checks.wants(number, len(self._upload.cut)),
        )
        return put if self._upload.sum is None else replace(put, file=self._upload.sum.part(number))

    async def _settle(
        self, lane: Taken, get: RangedGet | BytesGet, settled: PartReceipt | PartFailure
    ) -> None:
        """Judge a part that ended; a receipt counts when it is durable."""
        lane.under_way.discard(settled.number)
        if isinstance(settled, PartReceipt):
            try:
                await self._keep(settled)
                return
            except FerryError as error:
                settled = PartFailure(settled.number, settled.bytes, error)
        if isinstance(settled.error, LocationExpired):
            self._reader.refused(get)
        self._fail(lane, settled)

    def _fail(self, lane: Taken, failure: PartFailure) -> None:
        """Take note of a failure; who asks for fewer calls is heard before another place is given."""
        lane.failures.append(failure)
        if isinstance(failure.error, Throttled):
            self._ports.slots.throttled(self._host)
            self._ports.breaker.hold(failure.error.where, failure.error.retry_after)

    async def _keep(self, receipt: PartReceipt) -> None:
        transfer = self._upload.transfer
        if receipt.bytes != self._upload.cut.part(receipt.number).span.length:
            raise ShortBody(f"part {receipt.number} was sent with another length", where=self._upload.where)
        kept = self._ports.checks.judge((self._upload.where, receipt.number), receipt, self._upload.where)
        await self._ports.journal.append(journal.part(transfer.subject, transfer.name, kept))
        self.receipts[kept.number] = kept
        self._ports.slots.went_well(self._host)
        for host in (self._host, self._reader.host):
            self._ports.breaker.answered(host)
        again = self._sent.count(kept.number, kept.bytes)
        self._ports.observer(PartSettled(transfer.subject, transfer.name, kept.number, kept.bytes, again))

    def _give_back(self, lane: Taken) -> None:
        """Put what the lane did not reach, or left unsettled, back for the next one."""
        for number in (*lane.run, *lane.under_way):
            self._missing.put(number)
        lane.run.clear()

    def _weigh(self, failure: PartFailure) -> float:
        """Return the seconds after which a part is sent again; where it is not, the transfer has failed."""
        transfer, number, error = self._upload.transfer, failure.number, failure.error
        again = self._sent.count(number, failure.bytes)
        self._ports.observer(
            PartFailed(transfer.subject, transfer.name, number, failure.bytes, error.code, again)
        )
        if failure.bytes == 0 and self._ports.breaker.failed(error):
            return 0.0
        tried = number if self._reader.ranged else 0  # without ranges every try is one of the whole file
        self._attempts[tried] += 1
        step = decide(self._ports.policy, error, self._attempts[tried], 0.0, self._ports.chance())
        if isinstance(step, GiveUp) or isinstance(error, UploadGone):
            self._error = self._error or error
            return 0.0
        if isinstance(error, LocationExpired):
            return 0.0
        self._ports.observer(Waiting(error.where, step.seconds, error.code))
        return step.seconds

    def _take_back(self, failures: list[PartFailure]) -> None:
        if failures and not self._reader.ranged:
            self._begin_again()
            return
        for failure in failures:
            self._missing.put(failure.number)

    def _begin_again(self) -> None:
        """Forget what arrived: a server without ranges can only be read from the first byte on."""
        self.receipts.clear()
        self._missing = Missing(range(1, len(self._upload.cut) + 1))
