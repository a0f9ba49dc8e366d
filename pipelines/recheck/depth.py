"""How deep to look: which of the files that were sent are read again at their source."""

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

File = TypeVar("File")

USUAL = "5%"
"""What a sample takes where nobody says how many."""

_SIZE = re.compile(r"(?P<percent>\d+(\.\d+)?)\s*%|(?P<count>\d+)")


class Level(StrEnum):
    """What is looked at. Each level does all that the one before it does."""

    QUICK = "quick"
    """What the services tell; no file is read."""
    SAMPLE = "sample"
    """Some of the files that were sent are read again at their source."""
    FULL = "full"
    """All of them are."""


@dataclass(frozen=True, slots=True)
class SampleSize:
    """So many files, or so great a share of them (above 0, at most 1); at least one where there are any."""

    count: int | None = None
    share: float | None = None

    def of(self, files: int) -> int:
        """Return how many of so many files."""
        if self.share is not None:
            return math.ceil(self.share * files)
        return min(self.count or 0, files)


def sample_size(text: str) -> SampleSize:
    """Read `5%`, `0.5%` or `200`. Raises ValueError with one sentence."""
    found = _SIZE.fullmatch(text.strip())
    share = float(found["percent"]) / 100 if found and found["percent"] else None
    count = int(found["count"]) if found and found["count"] else None
    if not (share and share <= 1) and not count:
        raise ValueError(f"a sample is a number of files or a share of them, such as 200 or 5%, not {text!r}")
    return SampleSize(count, share)


@dataclass(frozen=True, slots=True)
class Depth:
    """A level and, at the level sample, how many files and by which seed."""

    level: Level = Level.QUICK
    size: SampleSize = SampleSize()
    seed: int = 0

    def chosen(self, files: Sequence[tuple[str, File]]) -> list[File]:
        """Return those to read, of all files with their names, in the order in which they came.

        Names are drawn by a hash of seed and name: the same seed draws the same, on any machine, and of a
        checkpoint that has grown meanwhile mostly the same.
        """
        if self.level is Level.QUICK:
            return []
        if self.level is Level.FULL:
            return [file for _, file in files]
        names = drawn((name for name, _ in files), self.size.of(len(files)), self.seed)
        return [file for name, file in files if name in names]


def drawn(names: Iterable[str], count: int, seed: int) -> frozenset[str]:
    """Return `count` of the names, drawn by seed."""
    return frozenset(sorted(names, key=lambda name: _rank(seed, name))[:count])


def _rank(seed: int, name: str) -> bytes:
    return hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=16).digest()
