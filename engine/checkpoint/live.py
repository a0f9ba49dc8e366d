"""Which records are still alive, by subject: a closing record replaces all that came before it."""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from engine.checkpoint.line import Entry


class Place(NamedTuple):
    """Where a line lies in the file, its end left out, and whether its record closes its subject."""

    offset: int
    length: int
    closes: bool = False


class Live:
    """The subjects with the places of their live records, oldest first.

    No record is kept itself: an item that waits for another run costs some bytes a record, a closed subject
    its name and one place, however much was said of it. A later record opens it again, with the closing
    record as its first.
    """

    def __init__(self) -> None:
        self.open: dict[str, array[int]] = {}
        self.closed: dict[str, Place] = {}
        self.records = 0
        self.bytes = 0

    def add(self, entry: Entry, place: Place) -> None:
        """Take one more record, whose line lies at `place`."""
        if entry.closes:
            self._forget(entry.subject)
            self.closed[entry.subject] = Place(place.offset, place.length, closes=True)
        else:
            self._opened(entry.subject).extend(_packed(place))
        self.records += 1
        self.bytes += place.length

    def kept(self, subject: str) -> list[Place]:
        """Return the places of a subject's live records, none where it is unknown."""
        if (closed := self.closed.get(subject)) is not None:
            return [closed]
        numbers = iter(self.open.get(subject, ()))
        return [Place(one >> 1, length, bool(one & 1)) for one, length in zip(numbers, numbers, strict=True)]

    def subjects(self) -> list[str]:
        """Return all subjects, the open ones first."""
        return [*self.open, *self.closed]

    def __iter__(self) -> Iterator[tuple[str, Place]]:
        """Give every live record's place with its subject, so that adding them again makes the same."""
        for subject in self.subjects():
            for kept in self.kept(subject):
                yield subject, kept

    def _opened(self, subject: str) -> "array[int]":
        places = self.open.get(subject)
        if places is None:
            closed = self.closed.pop(subject, None)
            places = self.open[subject] = array("Q", _packed(closed) if closed else ())
        return places

    def _forget(self, subject: str) -> None:
        for kept in self.kept(subject):
            self.records -= 1
            self.bytes -= kept.length
        self.open.pop(subject, None)
        self.closed.pop(subject, None)


def _packed(place: Place) -> tuple[int, int]:
    """Return a place as two numbers, the lowest bit of the first telling whether its record closes."""
    return place.offset << 1 | place.closes, place.length
