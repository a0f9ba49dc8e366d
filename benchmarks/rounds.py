"""In which order: every cell once a round, and within a cell the clients in an order that rotates."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field


def rotated(clients: Sequence[str], turn: int) -> list[str]:
    """Return the clients of one turn: each begins, ends and follows each neighbour's place in time."""
    cut = turn % len(clients) if clients else 0
    return [*clients[cut:], *clients[:cut]]


def turns(cells: Sequence[tuple[str, Sequence[str]]], count: int) -> Iterator[tuple[int, str, list[str]]]:
    """Give turn, cell and clients in order: all cells of the first turn, then all of the second."""
    for turn in range(count):
        for name, clients in cells:
            yield turn, name, rotated(clients, turn)


@dataclass(slots=True)
class Time:
    """How long there is, and how long each kind of work took so far."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    begun: float = field(init=False)
    taken: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begun = self.clock()

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return self.clock() - self.begun

    def enough_for(self, work: str) -> bool:
        """Tell whether there is time for what took so long before."""
        return self.passed + self.taken.get(work, 0.0) <= self.seconds
