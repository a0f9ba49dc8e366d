"""Which records are still alive, by subject: a closing record replaces all that came before it."""

from collections.abc import Iterator
from typing import NamedTuple

from engine.checkpoint.line import Entry


class Place(NamedTuple):
    """Where a line lies in the file, its end left out."""

    offset: int
    length: int


_AROUND_A_BODY = 24
"""Bytes that number, CRC and end of line take at least."""

Kept = bytes | Place
"""A body in memory, or where its line is: open subjects are asked for often, closed ones are many."""


class Live:
    """The subjects with their live records, oldest first.

    A closed subject costs its name and a place, however much was said of it. A later record opens it again,
    with the closing record as its first.
    """

    def __init__(self) -> None:
        self.open: dict[str, list[Kept]] = {}
        self.closed: dict[str, Place] = {}
        self.records = 0
        self.bytes = 0

    def add(self, entry: Entry, place: Place) -> None:
        """Take one more record, whose line lies at `place`."""
        subject, closes, body = entry
        if closes:
            self._forget(subject)
            self.closed[subject] = place
        elif (records := self.open.get(subject)) is not None:
            records.append(body)
        elif subject in self.closed:
            self.open[subject] = [self.closed.pop(subject), body]
        else:
            self.open[subject] = [body]
        self.records += 1
        self.bytes += _cost(place if closes else body)

    def kept(self, subject: str) -> list[Kept]:
        """Return the live records of a subject, none where it is unknown."""
        if subject in self.closed:
            return [self.closed[subject]]
        return list(self.open.get(subject, ()))

    def subjects(self) -> list[str]:
        """Return all subjects, the open ones first."""
        return [*self.open, *self.closed]

    def __iter__(self) -> Iterator[tuple[str, Kept]]:
        """Give every live record with its subject, so that adding them again makes the same."""
        for subject in self.subjects():
            for kept in self.kept(subject):
                yield subject, kept

    def _forget(self, subject: str) -> None:
        for kept in self.kept(subject):
            self.records -= 1
            self.bytes -= _cost(kept)
        self.open.pop(subject, None)
        self.closed.pop(subject, None)


def _cost(kept: Kept) -> int:
    return kept.length if isinstance(kept, Place) else len(kept) + _AROUND_A_BODY
