"""Whether a whole file is what its source says it is: the source's own MD5 against that of the bytes sent.

The MD5 of a file is taken as its parts flow by in order (`FileSum`). Where that was not possible, as after a
resume, or where it is another one than the source's, the source is read once more, and the two readings are
judged together::

    another CRC-32 than was sent ....... damaged on the way to us: the file is sent again
    the same, and the source's MD5 ..... right
    the same, and another MD5 .......... the source is damaged, or its checksum is: final
"""

import hashlib
from collections.abc import Sequence
from enum import Enum

from engine.wire import PartReceipt, PartSum


class Proof(Enum):
    """What a second reading of a source says of what was sent."""

    RIGHT = "right"
    DAMAGED_ON_THE_WAY = "damaged_on_the_way"
    SOURCE_DIFFERS = "source_differs"


def proof(expected: str, sent: int, read: int, md5: str | None) -> Proof:
    """Judge a second reading, by its CRC-32 (`read`) and its MD5 in hex, against the source's own MD5.

    `sent` is the CRC-32 of what was sent.
    """
    if read != sent:
        return Proof.DAMAGED_ON_THE_WAY
    return Proof.RIGHT if md5 is not None and same(md5, expected) else Proof.SOURCE_DIFFERS


def same(one: str, other: str) -> bool:
    """Tell whether two MD5s in hex are one; their letters come in either case."""
    return one.lower() == other.lower()


class FileSum:
    """The MD5 of a file, taken while its parts flow by from the first to the last.

    A part counts when all its bytes went by; one that did not begins anew from the state before it.
    """

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32s: list[int] = []

    def part(self, number: int) -> PartSum | None:
        """Return what sums a part on top of those before it; None where it is not the next one."""
        if number != len(self._crc32s) + 1:
            return None

        def flowed(crc32: int) -> None:
            if number == len(self._crc32s) + 1:
                self._md5 = md5
                self._crc32s.append(crc32)

        md5 = self._md5.copy()
        return PartSum(md5.update, flowed)

    def md5(self, receipts: Sequence[PartReceipt]) -> str | None:
        """Return the MD5 in hex of what these receipts, in their order, say was sent.

        None where that is not what went by: parts of an earlier process, or one that was read again and was
        another one then.
        """
        if [one.crc32 for one in receipts] != self._crc32s:
            return None
        return self._md5.hexdigest()
