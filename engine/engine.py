"""The engine: many transfers at once over one set of limits, until it is drained."""

from dataclasses import dataclass

from engine.limits import SlotStatistics
from engine.model import Blob, LocalFile, Locator, Source, Transfer, TransferResult, Validator
from engine.ports import Ports
from engine.reader import BlobReader, LocalReader, Reader, RemoteReader
from engine.transfer import Carriage, record_measure
from engine.wire import Reads


@dataclass(frozen=True, slots=True)
class EngineStatistics:
    """How much is going on: transfers open, slots taken and waited for, and whether it is draining."""

    transfers: int
    slots: SlotStatistics
    draining: bool


class Engine:
    """Moves files. Each call runs in its caller's task, and its lanes in a task group of its own."""

    def __init__(self, ports: Ports, locator: Locator, reads: Reads) -> None:
        self._ports = ports
        self._locator = locator
        self._reads = reads
        self._open = 0
        self._measured: dict[tuple[str, str], Reader] = {}

    async def measure(self, subject: str, name: str, source: Source | LocalFile) -> Validator:
        """Find out size and validator of a source before anything is made at the target, and record them.

        Raises Empty, TooLarge (with the sum), Gone, Unreadable, or a Transient error.
        """
        reader = self._reader(source)
        ports = self._ports
        found = await ports.again(reader.host, reader.measure)
        ports.breaker.answered(reader.host)
        await record_measure(subject, name, found, ports)
        self._measured[subject, name] = reader
        return found

    async def look(self, source: Source) -> Validator:
        """Find out size and validator of a source, for nothing that is to be moved; nothing is recorded.

        Raises Empty, Gone, Unreadable, or a Transient error.
        """
        reader = RemoteReader(source, self._locator, self._reads)
        return await self._ports.again(reader.host, reader.measure)

    async def read(self, source: Source, largest: int) -> bytes:
        """Return all of a small source: captions, a catalogue, a picture.

        Raises TooLarge beyond `largest` bytes, Gone, Unreadable, or a Transient error.
        """
        reader = RemoteReader(source, self._locator, self._reads)
        return await self._ports.again(None, lambda: reader.whole(largest))

    async def transfer(self, transfer: Transfer) -> TransferResult:
        """Move one file, from where the journal says it is. See `Carriage.carry` for what it raises."""
        reader = self._measured.pop((transfer.subject, transfer.name), None) or self._reader(transfer.source)
        self._open += 1
        try:
            return await Carriage(transfer, reader, self._ports).carry()
        finally:
            self._open -= 1

    def forget(self, subject: str) -> None:
        """Drop what was measured of a subject that is not transferred after all."""
        for key in [key for key in self._measured if key[0] == subject]:
            del self._measured[key]

    def drain(self) -> None:
        """Begin no new part; those in flight end, and transfers that are not whole raise Interrupted."""
        self._ports.drain.begin()

    @property
    def draining(self) -> bool:
        """Whether nothing new is to begin."""
        return self._ports.drain.begun

    def statistics(self) -> EngineStatistics:
        """Tell how much is going on."""
        return EngineStatistics(self._open, self._ports.slots.statistics(), self.draining)

    def _reader(self, source: Source | Blob | LocalFile) -> Reader:
        if isinstance(source, Blob):
            return BlobReader(source)
        if isinstance(source, LocalFile):
            return LocalReader(source)
        return RemoteReader(source, self._locator, self._reads)
