"""How a file is cut into parts: its size and the target's limits go in, numbered byte ranges come out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from engine.errors import Empty, TooLarge
from engine.model import ByteRange, Part

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

PREFERRED = 16 * MIB
"""The part size that kept links of 50 ms latency busiest with the fewest calls."""


@dataclass(frozen=True, slots=True)
class PartLimits:
    """The least and the most bytes of a part, and how many parts there may be; the last may be smaller."""

    minimum: int
    maximum: int
    count: int

    def __post_init__(self) -> None:
        if not 0 < self.minimum <= self.maximum or self.count < 1:
            raise ValueError(f"no part limits: {self.minimum} to {self.maximum} bytes, {self.count} parts")

    @property
    def largest(self) -> int:
        """The bytes of the largest file that fits."""
        return self.maximum * self.count


S3_PARTS = PartLimits(5 * MIB, 5 * GIB, 10_000)
"""Amazon S3 User Guide, "Multipart upload limits"."""

PANOPTO_PARTS = PartLimits(5 * MIB, 25_000_000, 10_000)
"""Panopto/upload-python-sample 2e2c7f8: "must be between 5MB and 25MB. Panopto server may fail if the size
is more than 25MB"; the number of parts is S3's, as Panopto publishes none."""


def part_size(size: int, limits: PartLimits, preferred: int = PREFERRED) -> int:
    """Return the bytes of each part of a file of `size` bytes, but for the last, which is the rest.

    The preferred size where it holds, else larger so that the count suffices, in whole MiB where they fit.
    Raises Empty for no bytes, and TooLarge where even the largest parts do not hold the file.
    """
    if size < 0:
        raise ValueError(f"no size: {size}")
    if size == 0:
        raise Empty("the source has no bytes", advice="nothing was sent")
    if size > limits.largest:
        raise _too_large(size, limits)
    wanted = min(max(preferred, limits.minimum), limits.maximum)
    needed = _quotient_up(size, limits.count)
    if needed <= wanted:
        return wanted
    return min(_quotient_up(needed, MIB) * MIB, limits.maximum)


def _quotient_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


def _too_large(size: int, limits: PartLimits) -> TooLarge:
    needed = _quotient_up(size, limits.count)
    return TooLarge(
        f"{_in_gib(size)} ({size:,} bytes) need parts of {needed:,} bytes; "
        f"at most {limits.count:,} parts of {limits.maximum:,} bytes = {_in_gib(limits.largest)}",
        advice="encode it smaller at the source",
    )


def _in_gib(count: int) -> str:
    return f"{count / GIB:,.1f} GiB"


@dataclass(frozen=True, slots=True)
class Cut(Sequence[Part]):
    """A file as the sequence of its parts, each made when it is asked for."""

    size: int
    part_size: int

    def __post_init__(self) -> None:
        if self.size < 1 or self.part_size < 1:
            raise ValueError(f"no cut: {self.size} bytes into parts of {self.part_size}")

    def part(self, number: int) -> Part:
        """Return the part of that number, from 1 on; raises IndexError beyond the last."""
        if not 1 <= number <= len(self):
            raise IndexError(f"no part {number} of {len(self)}")
        start = (number - 1) * self.part_size
        return Part(number, ByteRange(start, min(start + self.part_size, self.size)))

    def __len__(self) -> int:
        return _quotient_up(self.size, self.part_size)

    @overload
    def __getitem__(self, index: int) -> Part: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Part]: ...
    def __getitem__(self, index: int | slice) -> Part | Sequence[Part]:
        """Return by position, from 0 on, as every sequence does."""
        numbers = range(1, len(self) + 1)[index]
        return self.part(numbers) if isinstance(numbers, int) else [self.part(one) for one in numbers]


def cut(size: int, part_size: int) -> Cut:
    """Return the parts of a file of `size` bytes, in order and without a gap."""
    return Cut(size, part_size)
