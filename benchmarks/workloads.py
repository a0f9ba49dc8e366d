"""Which files are moved: the workloads by their letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class File:
    """A file of a corpus: its name, which is also its key at the target, and its bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Workload:
    """So many files of one size. `like` names the workload whose first files these are."""

    name: str
    count: int
    size: int
    like: str = ""

    @property
    def files(self) -> Sequence[File]:
        """Return them, in order."""
        family = self.like or self.name
        return [File(f"{family}-{number:05}.mp4", self.size) for number in range(self.count)]

    @property
    def bytes(self) -> int:
        """How many bytes they have together."""
        return self.count * self.size

    @property
    def sentence(self) -> str:
        """Say it: 40 x 100 MiB."""
        size = f"{self.size // GIB} GiB" if self.size % GIB == 0 else f"{self.size / MIB:g} MiB"
        return f"{self.count} x {size}"


WORKLOADS: Mapping[str, Workload] = {
    one.name: one
    for one in (
        Workload("a", 1, 4 * GIB),
        Workload("b", 40, 100 * MIB),
        Workload("c", 1000, MIB),
        Workload("d", 10, 100 * MIB, like="b"),
        Workload("e", 200, MIB, like="c"),
        Workload("one-gib", 1, GIB),
        Workload("16-gib", 1, 16 * GIB),
        Workload("small", 3, 20 * MIB),
        Workload("tiny", 2, 17 * MIB),
        Workload("few", 3, MIB, like="c"),
    )
}
"""`one-gib`, `a` and `16-gib` grow in one file; `small` is for checking content.

`tiny` and `few` are for tests."""
