"""Holds files that were sent against their sources: each is read again, and summed as when it was sent.

The sum on record is that of the bytes which we read and sent. Where the source gives others now, in the state
that it had then, one of the two readings was damaged or the source is; so what differs is read a second time
before it counts. A source in another state is told as changed, never as damaged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine import Changed, FerryError, Source, Stopping, Summed, Transient, Validator, checksum_text
from pipelines.migration.receipts import FileReceipt
from pipelines.recheck.each import each
from pipelines.recheck.found import Finding, Found, Unread
from pipelines.recheck.sessions import GIVEN_UP, Kept


class Sums(Protocol):
    """Reads sources again."""

    async def sum(self, source: Source, validator: Validator, *, md5: bool) -> Summed:
        """Return what a source in that state comes to.

        Raises Changed, Gone, Unreadable, or a Transient error.
        """
        ...


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of an event as it was sent."""

    event_id: str
    receipt: FileReceipt

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.event_id}/{self.receipt.name}"

    @property
    def field(self) -> str:
        """What findings call it."""
        return f"file {self.receipt.name}"

    @property
    def source(self) -> Source:
        """Where it came from."""
        return Source(self.event_id, self.receipt.track)


@dataclass(slots=True)
class ReadSoFar:
    """How far a look at sources is: files of all that are to be read, and bytes."""

    files: int = 0
    of: int = 0
    bytes: int = 0

    def flowed(self, count: int) -> None:
        """Hear of bytes that were read."""
        self.bytes += count


def sent_files(items: Iterable[Kept]) -> list[SentFile]:
    """Return the files of items as they were sent, as far as they are on record."""
    return [SentFile(item.event_id, one) for item in items for one in item.receipts]


def unrecorded(items: Iterable[Kept]) -> tuple[str, ...]:
    """Return the events of which an older version kept no checksums."""
    return tuple(item.event_id for item in items if len(item.receipts) < max(1, len(item.files)))


async def recheck_sources(
    files: Sequence[SentFile], sums: Sums, so_far: ReadSoFar | None = None, at_once: int = 8
) -> Found:
    """Read files again, `at_once` together, and compare. Raises Stopping errors."""
    look = _Look(sums, so_far or ReadSoFar())
    look.so_far.of = len(files)
    await each(files, look.at, at_once)
    return look.found


class _Look:
    """One look at the sources of files."""

    def __init__(self, sums: Sums, so_far: ReadSoFar) -> None:
        self.found = Found()
        self.so_far = so_far
        self._sums = sums
        self._in_a_row: list[Transient] = []

    async def at(self, file: SentFile) -> None:
        """Read one file again. Raises Stopping errors; what else goes wrong is found to be unread."""
        try:
            if len(self._in_a_row) >= GIVEN_UP:
                raise self._in_a_row[-1]
            found = await self._compared(file)
            self._in_a_row.clear()
        except Stopping:
            raise
        except Changed as error:
            found = Found(changed=(_untold(file, error),))
        except FerryError as error:
            if isinstance(error, Transient):
                self._in_a_row.append(error)
            found = Found(unread=(_untold(file, error),))
        self.found += found
        self.so_far.files += 1

    async def _compared(self, file: SentFile) -> Found:
        finding: Finding | None = None
        for _ in range(2):
            summed = await self._sums.sum(
                file.source, file.receipt.validator, md5=file.receipt.md5 is not None
            )
            if (finding := difference(file, summed)) is None:
                return Found(files=1, bytes=summed.size)
        return Found(differences=(finding,) if finding else ())


def _untold(file: SentFile, error: FerryError) -> Unread:
    return Unread(f"event {file.event_id}, {file.field}", str(error))


def difference(file: SentFile, summed: Summed) -> Finding | None:
    """Return where a source is not what was sent of it, or None."""
    sent = file.receipt
    pairs = (
        ("bytes", str(sent.size), str(summed.size)),
        ("CRC-32", checksum_text(sent.crc32), checksum_text(summed.crc32)),
        ("MD5", sent.md5 or "", summed.md5 or "" if sent.md5 else ""),
    )
    unlike = [(what, before, now) for what, before, now in pairs if before.lower() != now.lower()]
    if not unlike:
        return None
    expected, found = (", ".join(f"{what} {values[at]}" for what, *values in unlike) for at in range(2))
    return Finding(file.event_id, file.field, expected, found)
