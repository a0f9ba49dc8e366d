"""Which parts a lane takes: a run of those that nobody has, or the end of a run that another lane has."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.wire import PartFailure

LONGEST_RUN = 8
"""Parts that one lane takes at most: long enough to hide a GET's latency, short enough to share a file."""


class Missing:
    """The numbers of the parts that nobody has taken, lowest first."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = list(numbers)
        heapq.heapify(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def put(self, number: int) -> None:
        """Give a part back."""
        heapq.heappush(self._numbers, number)

    def take(self, longest: int) -> list[int]:
        """Take the lowest run of neighbours, at most `longest` of them."""
        run: list[int] = []
        while self._numbers and len(run) < longest and (not run or self._numbers[0] == run[-1] + 1):
            run.append(heapq.heappop(self._numbers))
        return run


def run_length(missing: int, lanes: int) -> int:
    """Return how many of a transfer's missing parts one of its lanes takes, where it may have so many lanes.

    A lane that is alone with its file carries as much of it as it may: each run pays the latency of a GET
    once, and a run of one part has nothing to send while its answer is awaited.
    """
    return min(max(-(-missing // lanes), 1), LONGEST_RUN)


def given_away(run: int, *, flows: bool) -> int:
    """Return how many parts at the end of a run another lane may take: half of them.

    Of an odd number the one in the middle stays with a lane of which none is under way yet, so that it has
    one. The lane that gives had asked for all their bytes: its connection is cut with some of them on their
    way (two windows, and what the sockets hold), and another GET begins. Even one part is worth that: on a
    slow connection it would hold the whole file up, and lanes that are equally fast end together and have
    none left to give.
    """
    return run - run // 2 if flows else run // 2


@dataclass(eq=False, slots=True)
class Taken:
    """What one lane has taken: parts still to be asked for, those under way, and what failed.

    Before its bytes are `paid` for it gives nothing away. `begun` tells that a part was asked for.
    """

    run: list[int] = field(default_factory=list)
    under_way: set[int] = field(default_factory=set)
    failures: list[PartFailure] = field(default_factory=list)
    paid: bool = False
    begun: bool = False

    @property
    def to_give(self) -> int:
        """How many parts another lane may take."""
        return given_away(len(self.run), flows=bool(self.under_way)) if self.paid else 0

    def give(self) -> list[int]:
        """Give the end of the run away."""
        kept = len(self.run) - self.to_give
        given = self.run[kept:]
        del self.run[kept:]
        return given
